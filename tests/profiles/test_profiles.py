"""Every shipped profile against its frames: bytes from the source or written by hand, never made by our own codec."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from drivers.bus import READ_FUNCTION, Space
from drivers.codec import decode
from drivers.fields import ProfileError
from drivers.plan import Read, plan
from drivers.profile import Device, Profile, profile_from_dict, profile_to_dict
from drivers.reading import Now, Quality, Reading

ROOT = Path(__file__).resolve().parents[2]
FRAMES = Path(__file__).parent
ALL = sorted((ROOT / "config/profiles").glob("*.yaml"))
IDS = [path.stem for path in ALL if "signal:" not in path.read_text("utf-8")]  # the others: test_framed.py

# Ids and channels other parts of the product and its documents rely on.
FIXED = {
    "calectro-ug3": "mounted service smoke",
    "xiyu-arc": "arc current",
    "acrel-aim-r100": " ".join(f"leak-{n}" for n in range(1, 13)),
    "acrel-asj": "leak warning alarm ct",
    "renke-rs-ws-n01": "humidity temperature",
    "jxct-th": "humidity temperature",
    "sga-gas": "gas",
    "jxct-tvoc": "humidity temperature pm25 co2 tvoc pm10",
    "qdy-pressure": "pressure",
    "waveshare-io8": " ".join([f"di-{n}" for n in range(1, 9)] + [f"do-{n}" for n in range(1, 9)]),
    "waveshare-relay8": " ".join(f"relay-{n}" for n in range(1, 9)),
    "lctech-2di": "in-1 in-2",
    "rle-ld1500": "leak cable-break contamination distance",
    "sdm630": "voltage-l1 voltage-l2 voltage-l3 current-l1 current-l2 current-l3 power frequency energy",
    "lx47le": "leak temp-n temp-a voltage current",
    "raeguard3": "voc",
    "generic-smoke": "smoke fault",
    "generic-heat": "heat fault",
    "generic-manual-call": "call",
    "generic-combustible-gas": "gas",
    "generic-cable-temperature": "t-1 t-2 t-3 t-4",
    "generic-panic": "panic",
}


def load_yaml(path: Path) -> dict[str, Any]:
    try:
        return YAML(typ="safe", pure=True).load(path.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        pytest.fail(f"{path.name}: 不是 UTF-8，编辑器里另存为 UTF-8 · not UTF-8: save it as UTF-8", pytrace=False)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        cure = (
            "缩进用空格，标点用半角，冒号后空一格，一个键只写一次 indent with spaces, no full-width punctuation, each key once"
        )
        pytest.fail(f"{path.name} 第 {line} 行 line {line}: {error.problem.splitlines()[0]}。{cure}", pytrace=False)


def load_profile(id: str) -> Profile:
    try:
        return profile_from_dict(load_yaml(ROOT / f"config/profiles/{id}.yaml"), f"{id}.yaml")
    except ProfileError as mistake:
        pytest.fail(str(mistake), pytrace=False)


def load_frames(id: str) -> dict[str, Any]:
    path = FRAMES / id / "frames.yaml"
    need(path.exists(), f"tests/profiles/{id}/frames.yaml is missing: the bytes that show what the registers mean")
    frames = load_yaml(path)
    need(
        isinstance(frames, dict) and isinstance(frames.get("cases"), list), f"{id}/frames.yaml: cases: and a list are expected"
    )
    for n, case in enumerate(frames["cases"], 1):
        lost = {"name", "from", "exchange"} - set(case)
        need(not lost, f"{id}/frames.yaml: case {n}: {', '.join(sorted(lost))} is missing")
        need(case["from"] in ("source", "hand"), f"{id}/frames.yaml: case {n}: from is source or hand")
        pairs = all(isinstance(pair, list) and len(pair) == 2 for pair in case["exchange"])
        need(pairs, f"{id}/frames.yaml: case {n}: exchange is a list of [question, answer]")
    return frames


def need(fine: bool, otherwise: str) -> None:
    """What is wrong with the two files, for an installer: the words alone, without the innards of this test."""
    if not fine:
        pytest.fail(otherwise, pytrace=False)


def crc(frame: bytes) -> bytes:
    """CRC-16/MODBUS bit by bit, low byte first; independent of the product's."""
    register = 0xFFFF
    for byte in frame:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ 0xA001 if register & 1 else register >> 1
    return bytes((register & 0xFF, register >> 8))


def unframe(text: str) -> bytes:
    try:
        frame = bytes.fromhex(text)
    except (TypeError, ValueError):
        frame = b""
    need(len(frame) > 3, f"{text}: 只能是成对的十六进制数，加引号 · pairs of hex digits, in quotes")
    need(frame[-2:] == crc(frame[:-2]), f"{text}: CRC should be {crc(frame[:-2]).hex(' ').upper()}")
    return frame[:-2]


@dataclass(frozen=True)
class Exchange:
    unit: int
    space: Space
    address: int
    count: int
    values: tuple[int, ...]


def exchange(request_hex: str, answer_hex: str) -> Exchange:
    """Read the two frames as the Modbus specification says."""
    request, answer = unframe(request_hex), unframe(answer_hex)
    need(len(request) == 6 and request[1] in READ_FUNCTION.values(), f"{request_hex} is no question of function 1 to 4")
    unit, function, address, count = request[0], request[1], *(int.from_bytes(request[i : i + 2], "big") for i in (2, 4))
    space = next(s for s, f in READ_FUNCTION.items() if f == function)
    data = answer[3:]
    need(answer[:2] == request[:2], f"{answer_hex}: its unit and function are not those of the question {request_hex}")
    size = -(-count // 8) if space in ("coil", "discrete") else 2 * count
    need(answer[2] == size == len(data), f"{answer_hex}: says {answer[2]} bytes, has {len(data)}; asked for are {size}")
    if space in ("coil", "discrete"):
        values = tuple(data[i // 8] >> (i % 8) & 1 for i in range(count))
    else:
        values = tuple(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
    return Exchange(unit, space, address, count, values)


def play(profile: Profile, case: dict[str, Any]) -> tuple[list[Exchange], dict[str, Reading]]:
    exchanges = [exchange(request, answer) for request, answer in case["exchange"]]
    image = {(e.space, e.address + i): value for e in exchanges for i, value in enumerate(e.values)}
    device = Device("place", profile, "line", profile.unit, 1000)
    told = [*case.get("expect", {}), *case.get("fault", {})]
    unknown = set(told) - {c.id for c in profile.channels}
    need(not unknown, f"{case['name']}: the profile has no channel {', '.join(sorted(unknown))}")
    return exchanges, {r.point.removeprefix("place/"): r for r in decode(device, told, image, Now(0, 0))}


def sentinels_met(profile: Profile, case: dict[str, Any]) -> set[int]:
    """The fault codes that channels of the profile meet in the case's frames."""
    met = {}
    for channel in profile.channels:
        for code in channel.sentinels:
            only = replace(channel, id=f"x{len(met)}", sentinels={code: "met"}, valid_if=(), states={})
            met[only.id] = (code, only)
    asked = {**case, "expect": dict.fromkeys(met, 0), "fault": {}}
    _, got = play(replace(profile, channels=tuple(only for _, only in met.values())), asked)
    return {code for id, (code, _) in met.items() if got[id].fault == "met"}


@pytest.mark.parametrize("id", IDS)
def test_frames_decode_to_what_they_mean(id: str) -> None:
    profile = load_profile(id)
    for case in load_frames(id)["cases"]:
        _, got = play(profile, case)
        for channel, value in case.get("expect", {}).items():
            read = got[channel].value if got[channel].quality is Quality.GOOD else got[channel].fault
            need(read == pytest.approx(value, abs=1e-9), f"{case['name']}: {channel} is read as {read}, expect says {value}")
        for channel, words in case.get("fault", {}).items():
            said = got[channel].fault or f"{got[channel].value} and no fault"
            need(words in got[channel].fault, f"{case['name']}: {channel} is read as {said}, fault says {words}")


@pytest.mark.parametrize("id", IDS)
def test_frames_ask_what_the_plan_asks(id: str) -> None:
    """Every question of ours is shown; only a source's own frames may ask otherwise (say, one value at a time)."""
    profile = load_profile(id)
    ours = {(r.space, r.address, r.count) for r in plan(profile)}
    asked: set[tuple[Space, int, int]] = set()
    for case in load_frames(id)["cases"]:
        exchanges, _ = play(profile, case)
        units = {e.unit for e in exchanges}
        need(units == {profile.unit}, f"{case['name']}: unit {units} in the frames, {profile.unit} in the profile")
        questions = {(e.space, e.address, e.count) for e in exchanges}
        odd = questions - ours if case["from"] == "hand" else set()
        need(not odd, f"{case['name']}: asks {in_words(profile, odd)}; ours: {in_words(profile, ours)}")
        asked |= questions
    need(ours <= asked, f"in no frame; ours: {in_words(profile, ours - asked)}")


def in_words(profile: Profile, questions: set[tuple[Space, int, int]]) -> str:
    """The questions and their frames, for whoever writes the frames of a new model. The answers are theirs to find."""
    frames = []
    for space, address, count in sorted(questions):
        body = bytes((profile.unit, READ_FUNCTION[space])) + address.to_bytes(2, "big") + count.to_bytes(2, "big")
        frames.append(f"{space} {address} count {count} = {(body + crc(body)).hex(' ').upper()}")
    return "; ".join(frames)


@pytest.mark.parametrize("id", IDS)
def test_frames_show_every_channel_good_and_every_kind_of_fault(id: str) -> None:
    profile = load_profile(id)
    cases = load_frames(id)["cases"]
    good: dict[str, set[float]] = {}
    faults: dict[str, list[str]] = {}
    for case in cases:
        for channel, value in case.get("expect", {}).items():
            good.setdefault(channel, set()).add(value)
        for channel, words in case.get("fault", {}).items():
            faults.setdefault(channel, []).append(words)
    lost = {c.id for c in profile.channels} - set(good)
    need(not lost, f"no frame shows a good value of {', '.join(sorted(lost))}")
    texts = [text for words in faults.values() for text in words]
    shown = {code for case in cases for code in sentinels_met(profile, case)}
    unseen = {f"{code:#x} {fault}" for c in profile.channels for code, fault in c.sentinels.items() if code not in shown}
    need(not unseen, f"no frame shows the code {', '.join(sorted(unseen))}")
    for channel in profile.channels:
        if channel.invert or channel.states:
            both = "is inverted" if channel.invert else "has states"
            need(good[channel.id] == {0, 1}, f"{channel.id} {both}: frames show both of its states")
        span = [channel.within.fault] if channel.within else []
        for fault in (*channel.sentinels.values(), *(v.fault for v in channel.valid_if), *span):
            need(any(words in fault for words in texts), f"no frame shows {fault}")
        for key in ("scale_from", "states"):
            odd = not getattr(channel, key) or any("代码" in words for words in faults.get(channel.id, []))
            need(odd, f"no frame shows a code that {key} of {channel.id} does not list (fault: 代码)")
    told = any(case["from"] == "source" for case in cases) or not profile.channels  # what is only written shows its writes
    assert (profile.verified == "frames") <= told


@pytest.mark.parametrize("id", IDS)
def test_plan_makes_every_channel_decodable(id: str) -> None:
    profile = load_profile(id)
    reads: tuple[Read, ...] = plan(profile, max_registers=60)
    image = {cell: 0 for read in reads for cell in read.cells()}
    device = Device("place", profile, "line", profile.unit, 1000)
    channels = [channel for read in reads for channel in read.channels]
    assert sorted(channels) == sorted(c.id for c in profile.channels)
    assert not [r for r in decode(device, channels, image, Now(0, 0)) if "没有读到" in r.fault]


@pytest.mark.parametrize("id", IDS)
def test_profile_is_complete_and_survives_json(id: str) -> None:
    profile = load_profile(id)
    need(profile.id == id, f"{id}.yaml: id is {profile.id}, the file's name says {id}")
    assert profile.name_zh and profile.source, "name_zh and source: what people call it, and where its map was read"
    bare = [c.id for c in profile.channels if not (c.page and c.name)]
    need(not bare, f"{', '.join(bare)}: every channel names its page in the manual (page) and what people call it (name)")
    assert profile.caveats, "caveats: what the installer must know or must check on site"
    assert profile.verified != "false" or any("不公开" in c for c in profile.caveats), (
        'verified "false" is for a map that is 不公开, and a caveat says so; recalled or inferred in part is "partial"'
    )
    assert profile_from_dict(profile_to_dict(profile), id) == profile


@pytest.mark.parametrize("id", IDS)
def test_outputs_write_the_frames_shown(id: str) -> None:
    profile = load_profile(id)
    writes = load_frames(id).get("writes", {})
    outputs = {output.id: output for output in profile.outputs}
    assert not outputs or writes, f"{id}/frames.yaml: writes: shows no output; there are: {' '.join(outputs)}"
    assert set(writes) <= set(outputs), f"{id}/frames.yaml: writes: {' '.join(set(writes) - set(outputs))} is no output"
    for name, frames in writes.items():
        output = outputs[name]
        for on, word, text in ((True, output.on, frames["on"]), (False, output.off, frames["off"])):
            pdu = output.raw(on)
            if not pdu:
                pdu = bytes((output.function, *output.address.to_bytes(2, "big"), *word.to_bytes(2, "big")))
            assert unframe(text) == bytes((profile.unit, *pdu))


@pytest.mark.parametrize("id", FIXED)
def test_names_others_rely_on_stay(id: str) -> None:
    assert set(FIXED[id].split()) <= {channel.id for channel in load_profile(id).channels}


def test_frames_and_profiles_pair_up() -> None:
    assert sorted(path.parent.name for path in FRAMES.glob("*/frames.yaml")) == [path.stem for path in ALL]


def test_nothing_here_cuts_mains_or_opens_a_lock() -> None:
    """Only plain relay boards have outputs; a breaker's remote control is never one."""
    with_outputs = {load_profile(id).kind for id in IDS if load_profile(id).outputs}
    others = with_outputs - {"relay", "digital-io", "sounder"}
    assert not others, f"kind {', '.join(others)}: outputs are for kind relay, digital-io or sounder"
    assert load_profile("lx47le").outputs == ()
