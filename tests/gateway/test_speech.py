"""What the guard room hears: sentences, the recordings they take, one WAV; the thread that plays, on a real player process."""

from __future__ import annotations

import asyncio
import io
import sys
import wave
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Alarm, AlarmState, Line, Mark, Policy, Severity, Stage, Step, Truth
from alerts.plant import Building, Plant, Point, Zone
from drivers.reading import Now
from gateway import speech
from gateway.shipped import data_dir
from gateway.speak import Speaker, sentence
from gateway.speech import SHIPPED, Words, joined, pieces, said

PLANT = Plant(
    "s", "三中", "三中", "Asia/Shanghai", {"d": Building("d", "3号宿舍楼", "dormitory")},
    {"z": Zone("z", "3号宿舍2层东走廊", "d", "dormitory")}, {"s/smoke": Point("s/smoke", "s", "smoke", "z", "烟感", 6_000)},
    {}, (), {}, (), {},
)  # fmt: skip


def words(own: Path) -> Words:
    return Words(data_dir() / SHIPPED, own)


def wav(samples: int, rate: int = speech.RATE) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\x01\x00" * samples)
    return out.getvalue()


def test_a_place_is_said_in_recorded_words_and_digits_singly(tmp_path: Path) -> None:
    found, missing = pieces(said("fire", "3号宿舍2层东走廊"), words(tmp_path).known())
    assert missing == []
    assert found == ["火警", "，", "火警", "。", "三", "号", "宿舍", "二", "层", "东", "走廊", "。", "请立即去看", "。"]


@pytest.mark.parametrize(
    ("lamp", "begins"),
    [("gas", "可燃气泄漏"), ("toxic-2", "有毒气泄漏"), ("store", "危化柜异常"), ("intrusion", ""), ("fault", "")],
)
def test_what_is_said_of_each_lamp(lamp: str, begins: str) -> None:
    assert said(lamp, "食堂后厨").startswith(begins) and bool(said(lamp, "食堂后厨")) == bool(begins)


def test_a_drill_says_so_before_and_after() -> None:
    text = said("fire", "食堂后厨", drill=True)
    assert text.startswith("这是演练。火警") and text.endswith("这是演练。")


def test_a_simulated_fire_is_never_said_as_a_real_one() -> None:
    """Twice a month it goes through the whole chain (R33): the guard must not run to it, nor learn to stay seated."""
    text = sentence(replace(alarm(), mode="rehearsal"), PLANT)
    assert (
        text.startswith("这是演练。火警")
        and text.endswith("这是演练。")
        and not sentence(alarm(), PLANT).startswith("这是演练")
    )


@given(st.text(max_size=30))
def test_every_character_is_said_or_missed(text: str) -> None:
    known = frozenset({"火警", "火", "三"})
    found, missing = pieces(text, known)
    assert len("".join(found)) + len(missing) == len(text)


def test_every_word_that_ships_can_be_joined(tmp_path: Path) -> None:
    shelf = words(tmp_path)
    sound = joined(sorted(shelf.known()), shelf.samples, times=1)
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnframes() > 20 * speech.RATE


def test_it_is_said_three_times(tmp_path: Path) -> None:
    once = joined(["。"], words(tmp_path).samples, times=1)
    assert len(joined(["。"], words(tmp_path).samples)) - 44 == 3 * (len(once) - 44)


def test_the_schools_own_recording_comes_first(tmp_path: Path) -> None:
    (tmp_path / "火警.wav").write_bytes(wav(10))
    (tmp_path / "望嵩楼.wav").write_bytes(wav(20))
    shelf = words(tmp_path)
    assert len(shelf.samples("火警")) == 20 and pieces("望嵩楼", shelf.known()) == (["望嵩楼"], [])


@pytest.mark.parametrize("data", [b"", b"RIFF", wav(10, 44_100)])
def test_a_recording_that_is_none_says_which(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "火警.wav").write_bytes(data)
    with pytest.raises(ValueError, match="火警"):
        words(tmp_path).samples("火警")


def alarm(state: AlarmState = AlarmState.UNACKED, kind: str = "fire", **more: object) -> Alarm:
    now = Now(1, 1)
    severity, truth = Severity.FIRE, Truth.BREACHED
    made = dict(occurrence=1, silenced=False) | more
    return Alarm("s-1", 1, "smoke", "s/smoke", kind, severity, state, int(str(made["occurrence"])), now, now, True,
                 Policy("fire", ()), truth, True, silenced=bool(made["silenced"]))  # fmt: skip


class Room:
    """A speaker whose player is a real process that appends what it was handed to a file, or waits to be killed."""

    def __init__(self, folder: Path, code: str = "") -> None:
        self.heard = folder / "heard"
        keep = f"import sys,pathlib,time; d=sys.stdin.buffer.read(); f=open({str(self.heard)!r},'ab'); f.write(d); f.close(); {code}"
        self.health: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
        (folder / "player.py").write_text(keep, encoding="utf-8")
        player = f"{sys.executable} {folder / 'player.py'}"
        self.speaker = Speaker(PLANT, words(folder / "own"), player, lambda *told: self.health.put_nowait(told))
        self.task = asyncio.ensure_future(self.speaker.run())

    async def next(self) -> tuple[bool, str]:
        return await asyncio.wait_for(self.health.get(), 30)


async def test_a_fire_is_said_and_said_once(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.speaker.show([alarm()])
    assert await room.next() == (False, "")
    sound = room.heard.read_bytes()
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnframes() > 3 * speech.RATE
    room.speaker.show([alarm()])
    room.speaker.show([alarm(kind="panic")])
    room.speaker.show([alarm(occurrence=2)])
    while len(room.heard.read_bytes()) < 2 * len(sound):
        await asyncio.sleep(0.01)
    assert len(room.heard.read_bytes()) == 2 * len(sound)
    room.task.cancel()


@pytest.mark.parametrize("after", [alarm(AlarmState.ACKED), alarm(silenced=True)])
async def test_it_stops_when_somebody_answers_or_mutes(after: Alarm, tmp_path: Path) -> None:
    room = Room(tmp_path, code="time.sleep(60)")
    room.speaker.show([alarm()])
    while not room.heard.exists():
        await asyncio.sleep(0.01)
    room.speaker.show([after])
    assert await room.next() == (False, "")  # long before the minute of the player is over
    room.task.cancel()


async def test_a_fire_whose_smoke_has_gone_is_said_to_its_end_as_the_sounder_sounds_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A detector that clears at once, a call point that springs back: nobody has answered, and the guard has to hear where."""
    room, hushed = Room(tmp_path), list[str]()
    monkeypatch.setattr(room.speaker, "_hush", hushed.append)
    room.speaker.show([alarm()])
    room.speaker.show([alarm(AlarmState.RTN_UNACKED)])
    assert hushed == []
    assert await room.next() == (False, "") and room.heard.exists(), "gone before the first word, and said all the same"
    room.speaker.show([alarm(AlarmState.LATCHED)])
    assert hushed == ["s-1"]
    room.task.cancel()


async def test_a_fire_cuts_off_what_is_less_and_that_is_said_after_it(tmp_path: Path) -> None:
    """Three times a store's sentence takes twenty seconds: a fire is said within ten."""
    room = Room(tmp_path, code="time.sleep(60)")
    room.speaker.show([replace(alarm(kind="store"), id="s-2", severity=Severity.BREACH)])
    while not room.heard.exists():
        await asyncio.sleep(0.01)
    (tmp_path / "player.py").write_text((tmp_path / "player.py").read_text(encoding="utf-8").replace("time.sleep(60)", ""))
    store = room.heard.read_bytes()
    room.speaker.show([alarm()])
    while len(room.heard.read_bytes()) <= 2 * len(store) or not room.heard.read_bytes().endswith(store):
        await asyncio.sleep(0.01)
    assert not room.heard.read_bytes()[len(store) :].startswith(store), "the fire first"
    room.speaker.show([replace(alarm(), id="s-3")])  # as bad: it waits its turn
    room.task.cancel()


async def test_a_player_that_fails_is_a_fault_with_its_words(tmp_path: Path) -> None:
    room = Room(tmp_path, code="sys.exit('no such sound card')")
    room.speaker.show([alarm()])
    bad, why = await room.next()
    assert bad and "no such sound card" in why
    room.task.cancel()


async def test_a_player_that_does_not_exist_is_a_fault(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.task.cancel()
    lost = Speaker(PLANT, words(tmp_path), "/nonexistent/player", lambda *told: room.health.put_nowait(told))
    task = asyncio.ensure_future(lost.run())
    lost.show([alarm()])
    assert (await room.next())[0]
    task.cancel()


def test_r9_each_tone_is_another_one_and_the_check_is_soft() -> None:
    loud, soft = speech.tone("drill-break"), speech.tone("check")
    peak = {name: max(memoryview(data).cast("h")) for name, data in (("l", loud), ("s", soft))}
    assert peak["l"] > 29_000 and 9_000 < peak["s"] < 10_500 and loud[:2000] != soft[:2000]


async def test_an_alarm_that_breaks_a_drill_begins_with_its_own_tone(tmp_path: Path) -> None:
    broken = replace(alarm(), policy=Policy("fire", (Step("drill-break", "always", 0, ("wang",), "drill.break"),)))
    heard = []
    for n, one in enumerate((alarm(), broken)):
        (tmp_path / str(n)).mkdir()
        room = Room(tmp_path / str(n))
        room.speaker.show([one])
        assert await room.next() == (False, "")
        heard.append(room.heard.read_bytes())
        room.task.cancel()
    assert heard[1][44:].startswith(speech.tone("drill-break")) and len(heard[1]) - len(heard[0]) == 3 * len(
        speech.tone("drill-break")
    )


async def test_r9_a_duty_check_sounds_once_and_an_alarm_goes_first(tmp_path: Path) -> None:
    room = Room(tmp_path)
    check = Mark("s-9", 1, "question", Stage.ON, "", "", Now(1, 1), None, facts={"letter": "C", "people": "wang"})
    room.speaker.marked([check, replace(check, id="s-10", facts={"letter": "S"})])
    assert await room.next() == (False, "")
    sound = room.heard.read_bytes()
    assert sound[44:].startswith(speech.tone("check")) and len(sound) < 3 * len(speech.tone("check")) + 40_000
    room.speaker.marked([replace(check, lines=(Line("answered", "wang", "wang", Now(2, 2)),))])
    await asyncio.sleep(0)
    assert room.heard.read_bytes() == sound
    room.task.cancel()


async def test_a_walk_test_says_the_place_once_and_other_tests_are_not_said(tmp_path: Path) -> None:
    room = Room(tmp_path)
    walked = replace(alarm(), mode="walk")
    room.speaker.show([replace(alarm(), id="s-2", mode="test"), replace(alarm(), id="s-3", mode="maintenance"), walked])
    assert await room.next() == (False, "")
    known = words(tmp_path)
    once = joined(pieces(said("fire", "3号宿舍2层东走廊", walk=True), known.known())[0], known.samples, 1)
    assert room.heard.read_bytes() == once, "the place, no fire, one time"
    room.speaker.show([alarm()])
    while len(room.heard.read_bytes()) < 2 * len(once):
        await asyncio.sleep(0.01)
    room.task.cancel()  # it was no walk after all: now it has been said as a fire
