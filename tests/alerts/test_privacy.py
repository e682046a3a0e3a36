"""A person's data erased on request: who may, what is recorded, what goes from the disk, and that the chain still proves."""

from __future__ import annotations

from pathlib import Path

import pytest
from stored_world import StoredWorld

from gateway.commands import journal as command
from gateway.commands import main
from gateway.store import audit

PHONE = "13800000002"


def test_erase_is_recorded_with_who_and_the_chain_still_proves(tmp_path: Path) -> None:
    world = StoredWorld(folder=tmp_path)
    world.read({"smoke-a/smoke": 1})
    world.wait(61_000)
    gone, person = "wang", world.school.people["wang"]
    assert any(n.person == gone for n in world.sent)
    assert any(n.person != gone and person.name in n.text for n in world.sent), "the leader is told who did not answer"
    out = world.do("erase", "head", whose=gone, why="离职申请")
    assert out.replies[0].ok
    event = next(e for e in out.events if e.kind == "erased")
    assert (event.who, event.args["person"], event.args["why"]) == ("head", gone, "离职申请")
    path = world.disk.path
    left = b"".join(p.read_bytes() for p in path.parent.glob("journal.db*"))
    assert person.name.encode() not in left and not (person.phone and person.phone.encode() in left)
    assert audit.verify(path) == []
    assert gone in {n.person for n in world.sent} and all(n.person != gone for n in world.disk.load().unsent)


@pytest.mark.parametrize(
    ("who", "args", "code"),
    [
        ("wang", {"whose": "li", "why": "x"}, "refused.role"),
        ("head", {"whose": "Li 2", "why": "x"}, "refused.no-person"),
        ("root", {"whose": "li", "why": " "}, "refused.erase-why"),
    ],
)
def test_a_refused_erase_is_recorded_and_erases_nothing(tmp_path: Path, who: str, args: dict[str, str], code: str) -> None:
    world = StoredWorld(folder=tmp_path)
    world.read({"smoke-a/smoke": 1})
    out = world.do("erase", who, **args)
    assert (out.replies[0].ok, out.replies[0].code, out.erased) == (False, code, {})
    assert [e.kind for e in out.events] == ["refused"]


def test_the_command_asks_the_living_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(command, "do", lambda *given, **named: asked.append((given, named)) or 0)
    assert main(["journal", "erase", "li", "--as", "zhou", "--why", "离职", "--data", str(tmp_path)]) == 0
    assert asked == [((tmp_path, "erase", "zhou"), {"args": {"whose": "li", "why": "离职"}})]
