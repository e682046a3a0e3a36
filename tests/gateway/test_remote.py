"""The bureau's commands on a real engine and a real journal: proven, written down, never obeyed twice, not after a restart either."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from alerts.engine import Engine
from alerts.model import Command, Policy, Reply, Rule, Scalar
from alerts.plant import Building, Person, Plant, Point, Zone
from drivers.reading import Now, Quality, Reading
from gateway.remote import QUIET, Remote
from gateway.store import audit
from gateway.store.chain import fields
from gateway.store.journal import Journal
from gateway.stream.command import LIFE, Answered, parse_reply, seal

KEY, NEW = bytes(range(32)), bytes(range(1, 33))
TOPIC = "campus/v1/songyang/s/command"
NONCE = "0123456789abcdef"
PLANT = Plant(
    site="s", name="学校", short="校", timezone="Asia/Shanghai",
    buildings={"b": Building("b", "宿舍楼", "dormitory")},
    zones={"z": Zone("z", "东走廊", "b", "dormitory")},
    points={"d/smoke": Point("d/smoke", "d", "smoke", "z", "烟感", 30_000)},
    people={"wang": Person("wang", "王", "duty"), "he": Person("he", "何", "bureau")},
    shifts=(), outputs={},
    rules=(Rule("smoke", "state", "fire", ("d/smoke",), {"equals": 1.0}, 0, 0, "fire"),),
    policies={"fire": Policy("fire", ())},
)  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.mono, self.good = 1_000, True

    def now(self) -> Now:
        return Now(1_800_000_000_000 + self.mono, self.mono)

    def ok(self) -> bool:
        return self.good


class Box:
    """One start of a box: its engine and journal, and what the bureau's commands meet."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.clock, self.folder = clock, folder
        self.journal = Journal(folder / "journal.db", "s", "boot", clock, reserve=1 << 16)
        kept = self.journal.load()
        self.engine = Engine(PLANT, boot="boot", next_seq=kept.next_seq, now=clock.now(), clock_ok=True)
        again = self.engine.restore(kept.alarms, kept.unsent, now=clock.now(), saved=kept.anchor, same_boot=True,
                                    replies=kept.commands.values(), marks=kept.marks, openings=kept.openings)  # fmt: skip
        self.journal.commit(again, clock.now())
        key = folder / "command.key"
        self.remote = Remote(TOPIC, str(key) if key.exists() else "", PLANT, clock, self.ask, self.note)

    async def ask(self, command: Command) -> Reply:
        outcome = self.engine.command(command, self.clock.now(), self.clock.ok())
        self.journal.commit(outcome, self.clock.now())
        return outcome.replies[0]

    async def note(self, kind: str, args: dict[str, Scalar]) -> None:
        self.journal.commit(self.engine.noted(kind, args, self.clock.now(), True), self.clock.now())

    def smoke(self) -> str:
        reading = Reading("d/smoke", 1.0, Quality.GOOD, self.clock.now())
        self.journal.commit(self.engine.readings([reading], self.clock.now(), True), self.clock.now())
        return next(iter(self.engine.alarms))

    async def sent(self, payload: bytes) -> Answered:
        return parse_reply(await self.remote.obey(payload))

    def command(self, verb: str = "note", **change: str) -> Command:
        expires = self.clock.now().wall + LIFE
        return replace(Command(NONCE, verb, "he", "bureau", expires, args={"text": "局端知道了"}), **change)  # type: ignore[arg-type]

    def events(self, kind: str) -> list[dict[str, object]]:
        found = [fields(body) or {} for _, body in audit.events(self.journal.path, 0, 1000)]
        return [e for e in found if e["kind"] == kind]


def key_file(folder: Path, *keys: bytes) -> None:
    file = folder / "command.key"
    file.write_text("".join(f"{key.hex()}\n" for key in keys), encoding="ascii")
    os.chmod(file, 0o600)


async def test_d25_17_a_proven_command_is_obeyed_once_even_across_a_restart(tmp_path: Path) -> None:
    key_file(tmp_path, KEY)
    clock = Clock()
    box = Box(tmp_path, clock)
    box.smoke()
    payload = seal(TOPIC, box.command(), KEY)
    first = await box.sent(payload)
    assert first.ok and first.code == "note" and first.id == NONCE and first.seq
    assert await box.sent(payload) == first
    box.journal.close()
    clock.mono += 10_000
    again = Box(tmp_path, clock)
    assert await again.sent(payload) == first
    assert len(again.events("note")) == 1


async def test_d25_17_one_that_has_expired_is_refused_and_written_down(tmp_path: Path) -> None:
    key_file(tmp_path, KEY)
    clock = Clock()
    box = Box(tmp_path, clock)
    alarm = box.smoke()
    payload = seal(TOPIC, box.command(), KEY)
    clock.mono += LIFE + 1
    assert (await box.sent(payload)).code == "refused.expired"
    assert [e["code"] for e in box.events("refused")] == ["refused.expired"]
    clock.good = False
    other = seal(TOPIC, box.command(id="fedcba9876543210"), KEY)
    assert (await box.sent(other)).code == "refused.clock"
    assert box.engine.alarms[alarm].acked is None


async def test_d25_17_a_bureau_speaks_for_nobody_at_the_school(tmp_path: Path) -> None:
    key_file(tmp_path, KEY)
    box = Box(tmp_path, Clock())
    alarm = box.smoke()
    for person in ("wang", "desk", "nobody", ""):
        reply = await box.sent(seal(TOPIC, box.command("ack", person=person), KEY))
        assert (reply.ok, reply.code, reply.id) == (False, "refused.bureau", NONCE)
    for verb in ("reset", "silence", "result", "out-of-service"):
        assert not (await box.sent(seal(TOPIC, box.command(verb, id=f"{NONCE}-{verb}", alarm=alarm), KEY))).ok
    assert box.engine.alarms[alarm].acked is None and not box.engine.alarms[alarm].silenced
    seen = await box.sent(seal(TOPIC, box.command("ack", alarm=alarm), KEY))
    assert seen.code == "seen" and box.engine.alarms[alarm].acked is None  # 收到 of a bureau stops only its own calls


async def test_d25_17_refusals_without_proof_are_written_down_but_cannot_fill_the_disk(tmp_path: Path) -> None:
    key_file(tmp_path, KEY)
    clock = Clock()
    box = Box(tmp_path, clock)
    for n in range(50):
        reply = await box.sent(seal(TOPIC, box.command(id=f"{NONCE}{n}"), NEW))
        assert reply.code == "refused.proof" and reply.id == f"{NONCE}{n}" and "签名" in reply.text[0]
    clock.mono += QUIET
    await box.sent(b"noise")
    told = [e["args"] for e in box.events("refused")]
    assert [a["count"] for a in told] == [1, 50]  # type: ignore[index]


async def test_d25_17_without_a_usable_key_nothing_is_obeyed_and_a_new_key_needs_no_restart(tmp_path: Path) -> None:
    box = Box(tmp_path, Clock())
    assert (await box.sent(seal(TOPIC, box.command(), KEY))).code == "refused.no-key"
    key_file(tmp_path, KEY)
    box.journal.close()
    box = Box(tmp_path, box.clock)
    key_file(tmp_path, NEW, KEY)  # while the bureau changes over, both prove
    assert (await box.sent(seal(TOPIC, box.command(), KEY))).code == "refused.nothing-open"
    key_file(tmp_path, NEW)
    assert (await box.sent(seal(TOPIC, box.command(id=f"{NONCE}2"), KEY))).code == "refused.proof"
    for text in ("", "tooshort", "\udcff"):
        (tmp_path / "command.key").write_text(text, encoding="utf-8", errors="surrogateescape")
        reply = await box.sent(seal(TOPIC, box.command(id=f"{NONCE}3"), KEY))
        assert reply.code == "refused.no-key"
