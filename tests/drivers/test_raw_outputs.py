"""Outputs of raw frames: what stands on the wire, what is believed of an answer, renewal, and what may never be switched."""

from __future__ import annotations

from pathlib import Path

import pytest
from field_far import Far, PtyLine
from test_poller import Rig, Script, running

from drivers.bus import Refused
from drivers.framing import PortSettings
from drivers.modbus.rtu import RtuBus
from drivers.outputs import Outputs
from drivers.profile import Device, ProfileError, profile_from_dict, profile_to_dict
from drivers.switch import Output

# generic sounder-beacon, protocol V2 (github.com/ppkdch54/ZSJCMaster AlarmLamp.cs): function 16 without its byte count
SIREN = {
    "profile": 1, "id": "siren", "vendor": "v", "model": "m", "kind": "sounder", "verified": "frames", "source": "s",
    "name_zh": "声光", "caveats": [], "line": {}, "limits": {"latency": 20}, "channels": {},
    "outputs": {"sound": {"raw_on": "10 00 1A 00 01 01", "raw_off": "10 00 1A 00 01 00", "renew": 30_000}},
}  # fmt: skip
ON, OFF = bytes.fromhex("01 10 00 1A 00 01 01 CE 18"), bytes.fromhex("01 10 00 1A 00 01 00 0F D8")


def siren() -> Device:
    return Device("siren", profile_from_dict(SIREN, "siren.yaml"), "line", 1, 5_000)


class Silent(Far):
    """Keeps what was sent; answers with `says`."""

    def __init__(self, says: bytes = b"") -> None:
        super().__init__({}, (0, 0), 0, 1)
        self.says, self.got = says, b""

    def take(self, data: bytes) -> list[bytes]:
        self.got += data
        return [self.says] if self.says else []


@pytest.mark.parametrize(
    "says", [b"", b"\x55\xaa\x00", bytes.fromhex("01 10 00 1A 00 01 A0 0E")], ids=["silent", "noise", "answer"]
)
async def test_the_frames_of_the_source_stand_on_the_wire_whatever_comes_back(tmp_path: Path, says: bytes) -> None:
    line = PtyLine(tmp_path / "tty", far := Silent(says))
    rig = Rig(RtuBus(PortSettings(str(tmp_path / "tty"), 115_200)), [siren()])
    bus = rig.poller._bus
    for on, frame in ((True, ON), (False, OFF)):
        far.got = b""
        await bus.tell(1, siren().profile.outputs[0].raw(on), latency=20)
        await rig.until(lambda frame=frame: far.got == frame)
    await rig.poller.close()
    line.close()


async def test_an_exception_is_a_refusal(tmp_path: Path) -> None:
    line = PtyLine(tmp_path / "tty", Silent(bytes.fromhex("01 90 01 8D C0")))
    bus = RtuBus(PortSettings(str(tmp_path / "tty"), 115_200))
    with pytest.raises(Refused):
        await bus.tell(1, bytes.fromhex("10 00 1A 00 01 01"), latency=50)
    await bus.close()
    line.close()


class Told(Script):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[bytes] = []

    async def tell(self, unit: int, frame: bytes, *, latency: int = 300, gap: int = 0) -> None:
        self.told.append(bytes([unit]) + frame)


async def test_a_device_without_channels_is_switched_and_never_polled() -> None:
    bus = Told()
    async with running(bus, siren()) as rig:
        rig.poller.want("siren/sound", True)
        await rig.until(lambda: bus.told)
        rig.poller.want("siren/sound", False)
        await rig.until(lambda: len(bus.told) == 2)
        assert bus.told == [ON[:-2], OFF[:-2]] and not bus.reads and rig.last("line/link") is None


def test_a_raw_level_is_written_again_in_time() -> None:
    o = Outputs({"siren": siren()})
    o.want("siren/sound", True)
    (wish,) = o.wanted("siren", 0)
    o.written(wish, 0)
    assert o.due(29_999) is None and o.wait(1_000) == 29_000
    assert o.due(30_000) is not None and o.wanted("siren", 30_000) == (wish,)


def test_the_flash_timer_of_a_relay_is_a_raw_output_with_a_readback() -> None:
    """Relay board, FC05 at 0x0200: on for 100 × 100 ms, renewed every 5 s. A dead gateway leaves no siren driven."""
    data = {**SIREN, "channels": {"relay-1": {"quantity": "output", "space": "coil", "address": 0}},
            "outputs": {"pulse-1": {"raw_on": "05 02 00 00 64", "raw_off": "05 00 00 00 00", "renew": 5_000,
                                    "timer": 10_000, "readback": "relay-1"}}}  # fmt: skip
    profile = profile_from_dict(data, "relay.yaml")
    output = profile.outputs[0]
    frames = {"raw_on": "05 02 00 00 64", "raw_off": "05 00 00 00 00"}
    assert output == Output("pulse-1", readback="relay-1", **frames, renew=5_000, timer=10_000)
    assert output.raw(True) == bytes.fromhex("0502000064") and profile_from_dict(profile_to_dict(profile), "again") == profile


@pytest.mark.parametrize("kind", ["lock", "breaker", "power", "residual-current", "arc-fault", "fire-panel"])
def test_r18_a_lock_a_breaker_a_supply_or_a_panel_has_no_outputs(kind: str) -> None:
    with pytest.raises(ProfileError, match="opens a lock"):
        profile_from_dict({**SIREN, "kind": kind}, "x.yaml")


def test_r18_nor_has_a_board_that_reports_locks() -> None:
    data = {**SIREN, "channels": {"l": {"quantity": "lock", "space": "coil", "address": 0}}}
    with pytest.raises(ProfileError, match="opens a lock"):
        profile_from_dict(data, "x.yaml")


@pytest.mark.parametrize(
    "change",
    [
        {"raw_on": "zz"},
        {"raw_on": "03 00 00 00 01"},
        {"raw_off": "10 00 1A 00 01 01"},
        {"renew": 100},
        {"raw_on": "10" * 65},
        {"timer": 59_999},
    ],
    ids=["no hex", "a read", "the same", "too often", "too long", "a lost renewal drops it"],
)
def test_a_mistaken_raw_output(change: dict[str, object]) -> None:
    outputs = {"sound": {"raw_on": "10 00 1A 00 01 01", "raw_off": "10 00 1A 00 01 00", "renew": 30_000, **change}}
    with pytest.raises(ProfileError):
        profile_from_dict({**SIREN, "outputs": outputs}, "x.yaml")


def test_nothing_to_read_and_nothing_to_switch_is_no_profile() -> None:
    with pytest.raises(ProfileError, match="channel"):
        profile_from_dict({k: v for k, v in SIREN.items() if k != "outputs"}, "x.yaml")
