"""`scan ports`: lasting names, adapters, who holds a port, may we; and what to do about each. A machine made of files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tools_school import command

from gateway.ports import SerialPort, serial_ports

USB = "devices/pci0/usb1/1-2"


def file(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def link(path: Path, to: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A USB adapter that mbpoll holds, a board's own port, a chip that is listed and not there."""
    for name in ("ttyUSB0", "ttyS0", "ttyS1", "tty1", "null"):
        file(tmp_path / "dev" / name)
    link(tmp_path / "dev/serial/by-path/pci-0:1.2:1.0-port0", tmp_path / "dev/ttyUSB0")
    file(tmp_path / "sys" / USB / "manufacturer", "FTDI\n")
    file(tmp_path / "sys" / USB / "product", "FT232R USB UART\n")
    (tmp_path / "sys" / USB / "1-2:1.0/ttyUSB0").mkdir(parents=True)
    link(tmp_path / "sys/class/tty/ttyUSB0/device", tmp_path / "sys" / USB / "1-2:1.0/ttyUSB0")
    file(tmp_path / "sys/class/tty/ttyS0/type", "4\n")
    file(tmp_path / "sys/class/tty/ttyS1/type", "0\n")
    file(tmp_path / "proc/77/comm", "mbpoll\n")
    link(tmp_path / "proc/77/fd/3", tmp_path / "dev/ttyUSB0")
    file(tmp_path / "proc/meminfo")
    return tmp_path


def test_each_port_with_its_lasting_name_its_adapter_and_its_holder(machine: Path) -> None:
    board, usb = serial_ports(machine)
    assert board == SerialPort(str(machine / "dev/ttyS0"), str(machine / "dev/ttyS0"), "", "", True, False)
    lasting = str(machine / "dev/serial/by-path/pci-0:1.2:1.0-port0")
    assert usb == SerialPort(lasting, str(machine / "dev/ttyUSB0"), "FTDI FT232R USB UART", "mbpoll (pid 77)", True, True)


def test_a_port_that_is_not_ours_to_open(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("ttyUSB0"))
    assert [port.allowed for port in serial_ports(machine)] == [True, False]


def test_what_an_installer_is_told_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [
        SerialPort("/dev/serial/by-path/x", "/dev/ttyUSB0", "FTDI", "mbpoll (pid 77)", False, True),
        SerialPort("/dev/ttyS0", "/dev/ttyS0", "", "", True, False),
    ]
    monkeypatch.setattr("gateway.ports.serial_ports", lambda: ports)
    usb, _, board = command("scan", "ports").partition("/dev/ttyS0\n")
    assert "/dev/serial/by-path/x\n" in usb and "FTDI" in usb and "正被占用 · in use by mbpoll (pid 77)" in usb
    assert "sudo usermod -aG dialout " in usb and "没有 by-path 名" not in usb
    assert "没有 by-path 名" in board and "dialout" not in board
    monkeypatch.setattr("gateway.ports.serial_ports", list)
    assert "插上 USB-485 适配器" in command("scan", "ports", code=1)
