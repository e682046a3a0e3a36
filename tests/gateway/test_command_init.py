"""`init`: answers from a pipe make a file that passes `check`; wrong answers are asked again; nothing is ever overwritten."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tools_school import BAUD, School, command, device, image_of

from gateway.site import site_from_json

GOOD = [
    "登封市第三中学", "三中", "no3", "songyang",
    "/dev/serial/by-path/platform-xhci-usb-0:1.2:1.0-port0", "4800", "8E1", "", "192.0.2.40:1502", "", "",
    "3号宿舍楼 dormitory", "食堂 canteen", "",
    "3号宿舍101室 dormitory 1", "食堂后厨 kitchen 2", "",
    "calectro-ug3 1 21 1", "sga-gas 1 1 2", "qdy-pressure 2 1 2", "",
    "王建国 duty 13800000001", "李保安 duty +8613800000002", "陈志远 leader 13800000004", "刘桂英 keeper 13800000005", "",
]  # fmt: skip


WRONG = [  # (before this answer, a wrong one, what is said of it)
    (1, "一个长得放不进短信的校名", "1 到 8 个字"),
    (2, "No 3", "小写字母"),
    (4, "no such thing", "/dev/"),
    (4, "ttyUSB0", "/dev/ttyUSB0"),
    (4, "COM3", "/dev/ttyUSB0"),
    (8, "192.0.2.300", "HOST[:PORT]"),
    (8, "192.0.2.4:", "HOST[:PORT]"),
    (8, "192.0.2.40:99999", "1-65535"),
    (5, "9601", "115200"),
    (10, GOOD[8], "和第 2 个重复"),
    (6, "7E1", "8O1"),
    (7, "0-300", "1-255"),
    (12, "3号宿舍楼 office", "和第 1 个重复"),
    (15, "3号宿舍101室 kitchen 2", "和第 1 个重复"),
    (18, "jxct-th 1 21 2", "和第 1 个重复"),
    (11, "楼 palace", "laboratory"),
    (14, "3号宿舍101室 dormitory 3", "楼栋号"),
    (17, "calectro-ug4 1 21 1", "是不是 calectro-ug3"),
    (17, "?", "感烟"),
    (17, "calectro-ug3 1 248 1", "地址 '248'"),
    (21, "王建国 duty 12", "5 到 15 位"),
    (21, "王建国 duty １３８００００００１", "5 到 15 位"),
    (21, "王建国 king 13800000001", "electrician"),
    (21, "王建国", "要 3 项"),
    (21, "", "还缺一个值班人"),
]


def answers(rows: list[str]) -> str:
    return "\n".join(rows) + "\n"


def test_answers_from_a_pipe_make_a_file_that_passes_check(tmp_path: Path) -> None:
    """Among them every kind of wrong one: it is asked again, with what would be right."""
    file, target = tmp_path / "site.yaml", tmp_path / "site.compiled.json"
    rows = [row for n, good in enumerate(GOOD) for row in (*(wrong for at, wrong, _ in WRONG if at == n), good)]
    text = command("init", str(file), answers=answers(rows))
    assert "已写入" in text and len([row for row in text.splitlines() if row.startswith("  ✗")]) == len(WRONG)
    assert all(says in text for _, _, says in WRONG)
    command("check", str(file), "-o", str(target))
    site = site_from_json(target.read_text(encoding="utf-8"))
    assert [(b.type, b.port or b.host, b.baud if b.port else b.tcp_port) for b in site.buses] == [
        ("modbus-rtu", GOOD[4], 4800), ("modbus-tcp", "192.0.2.40", 1502),
    ]  # fmt: skip
    assert site.buses[0].framing == "8E1"
    assert [(d.id, d.profile.id, d.bus, d.unit) for d in site.devices] == [
        ("zone-1-1", "calectro-ug3", "line-1", 21), ("zone-2-1", "sga-gas", "line-1", 1), ("zone-2-2", "qdy-pressure", "line-2", 1),
    ]  # fmt: skip
    assert {p.name: p.phone for p in site.plant.people.values()}["王建国"] == "+8613800000001"
    assert "#" in file.read_text(encoding="utf-8"), "with its comments"


def test_an_existing_file_is_never_touched(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("mine", encoding="utf-8")
    assert "不覆盖" in command("init", str(file), answers=answers(GOOD), code=1)
    assert file.read_text(encoding="utf-8") == "mine"


def test_answers_that_end_early_write_nothing(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    assert "什么也没写" in command("init", str(file), answers=answers(GOOD[:12]), code=1)
    assert not file.exists()


def test_a_school_without_a_duty_person_is_asked_for_one_and_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    late = [*GOOD[:21], "陈志远 leader 13800000004", "", "王建国 duty 13800000001", ""]
    assert "还缺一个值班人" in command("init", str(file), answers=answers(late))
    assert "陈志远" in (text := file.read_text(encoding="utf-8")) and "王建国" in text


@pytest.mark.parametrize("mode", ["utf8=0", "utf8=1"])
def test_answers_in_another_encoding_write_nothing(tmp_path: Path, mode: str) -> None:
    """A file written on an old Windows computer."""
    file, words = tmp_path / "site.yaml", [sys.executable, "-X", mode, "-m", "gateway.commands", "init"]
    done = subprocess.run(
        [*words, str(file)], input="登封市第三中学\n".encode("gbk"), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1 and "UTF-8" in done.stderr.decode() and b"Traceback" not in done.stderr and not file.exists()


def test_without_any_input_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    shell = f"exec {sys.executable} -m gateway.commands init {file} <&-"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "什么也没写" in done.stderr and "Traceback" not in done.stderr and not file.exists()


@pytest.mark.parametrize("where", ["none/site.yaml", "/proc/site.yaml"])
def test_where_nothing_can_be_written_nothing_is_asked(tmp_path: Path, where: str) -> None:
    text = command("init", str(tmp_path / where), answers=answers(GOOD), code=1)
    assert "写不了" in text and "school" not in text


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text is that of a full disk: what reaches the file fails after some bytes."""
    file = tmp_path / "site.yaml"
    monkeypatch.setattr("gateway.newsite.site_text", lambda a: "campus: 1\n\udcff")
    with pytest.raises(UnicodeEncodeError):
        command("init", str(file), answers=answers(GOOD))
    assert not file.exists()


def test_ctrl_c_in_the_middle_says_that_nothing_was_written(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    words = [sys.executable, "-m", "gateway.commands", "init", str(file)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job is deaf to it
    ) as asked:  # fmt: skip
        assert asked.stdin and asked.stdout
        asked.stdin.write(answers(GOOD[:3]))
        asked.stdin.flush()
        for row in asked.stdout:  # the fourth question stands there, its answer is awaited
            if "district" in row or "学校代号" in row:
                break
        asked.send_signal(signal.SIGINT)
        said = asked.communicate(timeout=60)[1]
    assert asked.returncode == 130 and "什么也没写" in said and "Traceback" not in said
    assert not file.exists()


def test_a_scan_on_the_way_writes_what_it_found(tmp_path: Path) -> None:
    """Three that answer, one of them left out, one that may be of two models; a host that nobody is at is said and forgotten."""
    school = School(
        tmp_path / "school", [
            device("a", 2, "th", image_of("jxct-th", 2)), device("a", 5, "g", image_of("sga-gas", 5)),
            device("a", 6, "s", {("discrete", 0): 0, ("discrete", 1): 0}),
        ],
    )  # fmt: skip
    file, target = tmp_path / "site.yaml", tmp_path / "site.compiled.json"
    rows = [
        *GOOD[:4],
        school.a,
        str(BAUD),
        "",
        "1-6",
        "127.0.0.1:1",
        "1",
        "",
        *GOOD[11:17],
        "1",
        "-",
        "1",
        "",
        "generic-smoke",
        "",
        *GOOD[21:],
    ]
    try:
        text = command("init", str(file), answers=answers(rows))
    finally:
        school.close()
    assert (
        "找到 3 个" in text and "只能是 generic-heat generic-smoke" in text and "找到 0 个" in text and "是 is jxct-th" in text
    )
    command("check", str(file), "-o", str(target))
    site = site_from_json(target.read_text(encoding="utf-8"))
    assert [(d.profile.id, d.bus, d.unit) for d in site.devices] == [("jxct-th", "line-1", 2), ("generic-smoke", "line-1", 6)]
