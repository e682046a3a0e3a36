"""Every fault: what it does to an answer, when it strikes, how it is asked for, and that the log says what was sent."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from conftest import Campus, wait_for
from simulator_play import MORNING, Play

from drivers.simulator import faults, school, script
from drivers.simulator.control import Control
from drivers.simulator.faults import ALWAYS, KINDS, make, parse

QUESTION = bytes.fromhex("15 02 00 00 00 04 B9 1D")
BODY = bytes.fromhex("02 01 01")
ANSWER = bytes.fromhex("15 02 01 01 61 8D")


def spoken(kind: str, seed: int = 1) -> bytes:
    return b"".join(p.data for p in faults.pieces(ANSWER, QUESTION, [make(kind)], Random(seed)))


def test_what_each_fault_does_to_an_answer() -> None:
    assert spoken("duplicated") == ANSWER * 2
    assert spoken("echoed") == QUESTION
    for seed in range(50):
        cut, flipped, clash = spoken("truncated", seed), spoken("flipped", seed), spoken("clash", seed)
        assert 0 < len(cut) < len(ANSWER) and ANSWER.startswith(cut)
        assert sum((a ^ b).bit_count() for a, b in zip(ANSWER, flipped, strict=True)) == 1
        assert clash[:1] == ANSWER[:1] and len(clash) > len(ANSWER)
    assert [p.pause for p in faults.pieces(ANSWER, QUESTION, [make("gaps", 0.02)], Random(1))] == [0.0] + [0.02] * 5
    assert faults.named(247, [make("wrong-unit")]) == 1 and faults.named(21, []) == 21
    assert faults.said(QUESTION[1:], BODY, [make("wrong-function")])[0] == 1
    assert faults.said(bytes.fromhex("03 00 00 00 01"), bytes.fromhex("03 02 00 01"), [make("wrong-function")])[0] == 4
    assert faults.said(QUESTION[1:], BODY, [make("exception", 6)]) == bytes.fromhex("82 06")
    assert len(faults.babble([make("noise", 3), make("echo")], Random(1))) == 3
    assert faults.delay([make("slow", 0.8), make("late", 0.3)]) == 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_strikes_and_is_counted(play: Play, kind: str) -> None:
    play.world.spoil("rs485-a", None, make(kind))
    question = QUESTION[1:-2]
    medium = play.world.medium("rs485-a")
    reply = play.world.ask("rs485-a", 21, question)
    if kind in faults.MEDIUM:
        assert reply is not None and reply.mode == "normal"
        assert [f.kind for f in medium] == [kind] or play.world.is_unplugged("rs485-a")
        return
    assert play.world.struck["rs485-a"] == {kind: 1}
    assert (reply is None) == (kind in faults.MUTE)
    if reply is not None:
        assert reply.mode == kind
        play.world.sent(reply, b"\x15")
    assert [e for e in play.log.entries if e["what"] == "fault"][-1]["fault"] == kind
    play.world.mend("rs485-a", None)
    assert play.world.ask("rs485-a", 21, question) is not None


def test_by_device_by_share_and_by_time(play: Play) -> None:
    question = QUESTION[1:-2]
    play.world.spoil("rs485-a", 21, make("lost", share=0.25))
    lost = sum(play.world.ask("rs485-a", 21, question) is None for _ in range(400))
    assert 60 < lost < 140
    assert all(play.world.ask("rs485-a", 22, question) is not None for _ in range(50))
    play.world.mend("rs485-a", 21)
    play.world.spoil("rs485-a", 21, make("dead", since=10, until=20))
    seen = {}
    for second in (5, 10, 19.5, 20):
        play.log.second = MORNING + second
        seen[second] = play.world.ask("rs485-a", 21, question) is not None
    assert seen == {5: True, 10: False, 19.5: False, 20: True}


@pytest.mark.parametrize("way", ["command line", "story file"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_one_device_or_line_for_a_time(play: Play, tmp_path: Path, kind: str, way: str) -> None:
    """Asked for both ways it strikes from second 10 to 20 and no other second, and no other device."""
    unit = None if kind in faults.MEDIUM else 21
    if way == "command line":
        line, asked, fault = parse(f"rs485-a{f'/{unit}' if unit else ''}:{kind}@10-20")
        play.world.spoil(line, asked, fault)
        due = []
    else:
        about = {"line": "rs485-a", "kind": kind, "for": 10} | ({"unit": unit} if unit else {})
        (tmp_path / "story.jsonl").write_text(json.dumps({"at": 10, "fault": about}) + "\n")
        control = Control(play.world, play.stage, play.log, lambda: play.log.second, lambda: None)  # type: ignore[arg-type]
        due = script.read(tmp_path / "story.jsonl", control.verbs)
    struck = {}
    for second in (9.5, 10, 19.5, 20):
        play.log.second = MORNING + second
        while due and due[0][0] <= second:
            control.carry_out(due.pop(0)[1])
        before = play.world.struck["rs485-a"][kind]
        play.world.ask("rs485-a", 21, QUESTION[1:-2])
        play.world.ask("rs485-a", 22, QUESTION[1:-2])
        medium = [f.kind for f in play.world.medium("rs485-a")]
        on_line = kind in medium or (kind == "unplug" and play.world.is_unplugged("rs485-a"))
        struck[second] = on_line if kind in faults.MEDIUM else play.world.struck["rs485-a"][kind] - before == 1
    assert struck == {9.5: False, 10: True, 19.5: True, 20: False}


def test_the_words_of_the_command_line() -> None:
    assert parse("rs485-a/21:late=0.8%10@60-120") == ("rs485-a", 21, make("late", 0.8, 0.1, 60, 120))
    assert parse("rs485-b:noise") == ("rs485-b", None, make("noise", 4, 1.0, 0, ALWAYS))
    for wrong in ("rs485-a/21", "rs485-a:asleep", "rs485-a:lost%0", "rs485-a:dead@20-10", "a b:dead"):
        with pytest.raises(ValueError, match=r"is not LINE|no fault|the share"):
            parse(wrong)


def test_a_fault_of_a_line_is_not_one_of_a_unit(play: Play) -> None:
    with pytest.raises(ValueError, match="whole line"):
        play.world.spoil("rs485-a", 21, make("noise"))
    with pytest.raises(ValueError, match="no unit"):
        play.world.spoil("rs485-a", 199, make("dead"))


def test_a_script_is_checked_before_it_plays(tmp_path: Path) -> None:
    path = tmp_path / "story.jsonl"
    path.write_text('# noise, then quiet\n\n{"at": 2, "mend": {}}\n{"at": 1, "fault": {"kind": "lost"}}\n')
    assert script.read(path, {"fault", "mend"}) == [(1.0, {"fault": {"kind": "lost"}}), (2.0, {"mend": {}})]
    for text, words in (
        ('{"mend": {}}', ":1: not"),
        ('\n{"at": 1, "fly": 1}', ":2: no command 'fly'"),
        ("nonsense", ":1: not"),
        ('{"at": 9, "fault": {"line": "a", "kind": "asleep"}}', ":1: no fault: .*there are: dead"),
        ('{"at": 9, "fault": {"line": "a"}}', ":1: no fault"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=words):
            script.read(path, {"fault", "mend"})


def test_a_school_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "school.json"
    path.write_text(
        '{"lines": {"a": {}}, "devices": [{"id": "x", "line": "a", "unit": 1, "image": {"holding": {"0x10": 7, "17": 8}}}]}'
    )
    model = school.from_file(path).models["x"]
    assert model.spans == (("holding", 16, 2),) and model.fixed["holding", 17] == 8
    for text, words in (
        ('{"lines": {"a": {}}, "devices": [{"id": "x", "line": "b", "unit": 1, "image": {}}]}', "no line 'b'"),
        ('{"lines": {"a": {"type": "x"}}, "devices": []}', "type is one of"),
        ('{"lines": {"a": {}}, "devices": [{"id": "x", "line": "a", "unit": 1, "image": {"reg": {}}}]}', "no space reg"),
        ("[]", "TypeError"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=words):
            school.from_file(path)


def test_all_three_kinds_of_line_with_faults_from_the_command_line(tmp_path: Path, start: Callable[..., Campus]) -> None:
    """mbpoll reads the pty, the serial server answers RTU frames; what was spoilt is in the log as it went out."""
    path = tmp_path / "school.json"
    path.write_text(
        '{"lines": {"a": {"baud": 4800}, "b": {"type": "rtu-tcp"}, "c": {"type": "tcp"}}, "devices": ['
        '{"id": "x", "line": "a", "unit": 1, "image": {"holding": {"0": 11}}},'
        '{"id": "y", "line": "b", "unit": 2, "image": {"holding": {"0": 22}}},'
        '{"id": "z", "line": "c", "unit": 3, "image": {"holding": {"0": 33}}}]}'
    )
    campus = start("--school", str(path), "--fault", "b:echo", "--fault", "c/3:exception=6@0-3600", "--speed", "100")
    assert campus.mbpoll("a", 1, "4", 0).returncode != 0, "9600 on a line of 4800 is heard as broken bytes"
    assert campus.log("bad")
    campus.baud = "4800"
    assert campus.poll("a", 1, "4", 0) == [11]
    assert "busy" in campus.mbpoll("tcp", 3, "4", 0).stderr.lower()
    end = time.monotonic() + 20
    while not campus.log("fault"):  # it is written once the answer has gone out
        assert time.monotonic() < end
        time.sleep(0.02)
    assert campus.log("fault")[-1]["bytes"].endswith("83 06")
    host, _, port = campus.ready["b"].partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as master:
        question = bytes.fromhex("02 03 00 00 00 01 84 39")
        master.sendall(question)
        got = b""
        while len(got) < 8 + 7:
            got += master.recv(64)
        assert got[:8] == question and got[8:13] == bytes.fromhex("02 03 02 00 16")
    campus.tell(fault={"line": "a", "kind": "unplug", "for": 3600})
    wait_for(lambda: not (campus.dir / "a").is_symlink())
    campus.tell(mend={"line": "a"})
    wait_for((campus.dir / "a").is_symlink)
    assert campus.poll("a", 1, "4", 0) == [11]


def test_a_script_plays(tmp_path: Path, start: Callable[..., Campus]) -> None:
    path = tmp_path / "story.jsonl"
    path.write_text(
        '{"at": 0, "fault": {"line": "tcp", "unit": 1, "kind": "exception", "amount": 6}}\n{"at": 1, "story": "flood"}\n'
    )
    campus = start("--script", str(path), "--speed", "100")
    wait_for(lambda: bool(campus.log("refused")))
    assert "busy" in campus.mbpoll("tcp", 1, "4", 2).stderr.lower()
