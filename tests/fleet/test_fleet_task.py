"""The fleet task over a real mosquitto: stores first, asks again for what is missing, proves the chain, sends commands with proof."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from stream_box import TestClock, until
from stream_daemons import Mosquitto

from alerts.model import Command, Scalar
from alerts.plant import Person, Plant
from drivers.reading import Reading
from gateway.fleet.task import Fleet
from gateway.site import School, UplinkConfig
from gateway.store import chain
from gateway.store.canonical import canonical
from gateway.stream.client import LinkOptions
from gateway.stream.command import keys_of, unseal
from gateway.stream.link import Link, Message
from gateway.stream.wire import Topics, parse_receipt, status_payload
from gateway.supervise import keep

KEY = "5a" * 32
TOPICS = Topics("town", "no1")
BODIES = {n: canonical({"v": 1, "seq": n, "kind": "noted", "alarm": "", "args": {}}) for n in range(1, 21)}


def head(upto: int) -> str:
    found = chain.GENESIS
    for n in range(1, upto + 1):
        found = chain.link(found, BODIES[n])
    return found.hex()


class County:
    """A fleet over a broker, one box's link beside it, and everything that the fleet asked its surroundings for."""

    def __init__(self, folder: Path, port: int) -> None:
        (folder / "key").write_text(KEY, "ascii")
        (folder / "key").chmod(0o600)
        self.folder, self.port, self.clock = folder, port, TestClock()
        self.readings: list[Reading] = []
        self.system: list[tuple[str, str, bool]] = []
        self.notes: list[str] = []
        self.noted: list[dict[str, Scalar]] = []
        self.heard: list[Message] = []
        options = LinkOptions(host="127.0.0.1", port=port, client_id="campus-no1")
        self.box = Link(options, [TOPICS.of("receipt"), TOPICS.of("command")], self.heard.append)
        self.fleet = self.fresh()

    def fresh(self) -> Fleet:
        people = {"ma": Person("ma", "局马", "duty"), "kan": Person("kan", "看", "viewer")}
        plant = Plant("ju", "局", "局", "Asia/Shanghai", {}, {}, {}, people, (), {}, (), {})
        schools = [
            School("no1", "town", "一中", "一中", command_key=str(self.folder / "key")),
            School("no2", "town", "二中", "二中"),
        ]
        config = UplinkConfig(host="127.0.0.1", port=self.port)

        async def system(kind: str, point: str, active: bool, evidence: Mapping[str, Scalar]) -> None:
            self.system.append((kind, point, active))

        async def note(kind: str, args: dict[str, Scalar]) -> None:
            self.notes.append(kind)
            self.noted.append(args)

        return Fleet(config, plant, schools, (), self.folder, self.clock, emit=self.readings.extend, system=system, note=note,
                     show=lambda rows: None)  # fmt: skip

    def event(self, n: int) -> None:
        self.box.publish(TOPICS.of("events"), BODIES[n])

    def status(self, upto: int, told: str = "") -> None:
        facts = {"seq": upto, "head": told or head(upto), "clock_ok": True, "wall": self.clock.now().wall}
        self.box.publish(TOPICS.of("status"), status_payload(True, facts), retain=True)

    async def site(self) -> Any:
        return await self.fleet.site("no1")

    def got(self, leaf: str) -> list[bytes]:
        return [m.payload for m in self.heard if m.topic == TOPICS.of(leaf)]


@pytest.fixture
async def county(tmp_path: Path, broker: Mosquitto, spawn: Callable[..., Any]) -> County:
    made = County(tmp_path, broker.port)
    spawn(made.fleet.run())
    spawn(made.box.run())
    await until("both connected", lambda: made.fleet.connected and made.box.up)
    return made


async def test_events_in_any_order_are_stored_gaps_asked_for_again_and_the_chain_proven(county: County) -> None:
    for n in (1, 2, 5, 3, 3, 8):
        county.event(n)
    county.status(8)
    await until("asked again", lambda: county.got("receipt"))
    receipt = parse_receipt(county.got("receipt")[0])
    assert (receipt.lane, receipt.ranges) == ("events", ((3, 3), (5, 5), (8, 8))), "what lies between: 4, 6 and 7"
    for n in (7, 4, 6):
        county.event(n)
    await until("whole", lambda: county.fleet.rows()["no1"]["seq"] == 8)
    row = county.fleet.rows()["no1"]
    assert (row["behind"], row["broken"], row["state"]) == (0, "", "alive")
    assert [e["seq"] for e in (await county.site())["events"]] == [8, 7, 6, 5, 4, 3, 2, 1]
    county.status(8, told="ab" * 32)
    await until("found", lambda: ("fault", "no1/chain", True) in county.system)
    assert county.notes == ["fleet.chain"] and "8" in county.fleet.rows()["no1"]["broken"]


@pytest.mark.parametrize("head", ["z" * 64, "½" * 64, "ab " * 21 + "a"])
async def test_a_hash_that_is_none_ends_nobodys_sight(county: County, head: str) -> None:
    """What ends the task is not acknowledged and comes again: the bureau would see no school any more."""
    county.status(1, told=head)
    county.event(1)
    await until("heard all the same", lambda: county.fleet.rows()["no1"]["seq"] == 1)
    assert county.fleet.rows()["no1"]["state"] == "alive" and county.fleet.rows()["no1"]["broken"] == ""


async def test_words_that_boxes_live_do_not_have_the_whole_county_looked_at_each_time(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand boxes say so 33 times a second, and looking through all of them takes 13 ms."""
    looks, real = list[float](), county.fleet._look

    async def look() -> None:
        looks.append(time.monotonic())
        await real()

    monkeypatch.setattr(county.fleet, "_look", look)
    begun = time.monotonic()
    for n in range(20):
        county.status(n + 1, told="")
        await until("heard", lambda n=n: county.fleet._known["no1"].said.get("seq") == n + 1)
    assert len(looks) <= 2 + (time.monotonic() - begun), "by the clock alone"
    county.event(1)
    seen = len(looks)
    await until("an event at once", lambda: len(looks) > seen)


async def test_what_comes_at_once_is_stored_at_once(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut in the city a thousand boxes tell of all their alarms: with a sync for each a fire among them would wait."""
    store, may, calls = county.fleet._opened(), threading.Event(), list[int]()
    real = store.keep

    def keep(alarms: Any, statuses: Any) -> None:
        calls.append(len(alarms))
        real(alarms, statuses)

    monkeypatch.setattr(store, "keep", keep)
    busy, inbox = asyncio.create_task(county.fleet._on_disk(may.wait)), county.fleet._inbox
    came = inbox._unfinished_tasks + 200  # type: ignore[attr-defined]
    for n in range(200):
        picture = {"v": 1, "id": f"no1-{n}", "state": "unacked", "severity": 2}
        county.box.publish(TOPICS.alarm(f"no1-{n}"), json.dumps(picture).encode())
    await until("they have come", lambda: inbox._unfinished_tasks == came)  # type: ignore[attr-defined]
    may.set()
    await until("all here", lambda: sum(calls) == 200)
    assert len(calls) <= 3 and len(store.alarms()) == 200
    await busy


async def test_what_the_broker_remembers_is_no_sign_of_life(county: County) -> None:
    county.status(8)
    await until("heard", lambda: county.fleet.rows()["no1"]["state"] == "alive")
    (county.folder / "later").mkdir()
    (county.folder / "later" / "key").write_text(KEY)
    later = County(county.folder / "later", county.port)
    task = asyncio.create_task(later.fleet.run())
    await until("connected", lambda: later.fleet.connected)
    await asyncio.sleep(0.3)  # what is retained comes with the subscription
    assert later.fleet.rows()["no1"]["state"] == "unheard" and later.readings == []
    task.cancel()


async def test_an_alarm_rings_as_long_as_the_school_says_so(county: County) -> None:
    alarm = {
        "v": 1,
        "id": "no1-7",
        "kind": "fire",
        "lamp": "fire",
        "severity": 7,
        "state": "unacked",
        "first": 1,
        "place": "301室",
    }
    county.box.publish(TOPICS.alarm("no1-7"), json.dumps(alarm).encode(), retain=True)
    await until("shown", lambda: county.fleet.rows()["no1"]["unanswered"] == 1)
    assert county.system == []
    county.box.publish(
        TOPICS.alarm("no1-7"), json.dumps(alarm | {"bureau": {"zh": "2分钟无人响应", "en": "x"}}).encode(), retain=True
    )
    await until("rung", lambda: county.system == [("school-fire", "no1/no1-7", True)])
    county.box.publish(TOPICS.alarm("no1-7"), b"", retain=True)
    await until("over", lambda: county.system[-1] == ("school-fire", "no1/no1-7", False))
    assert county.fleet.rows()["no1"]["open"] == 0


async def test_a_command_goes_with_proof_after_it_is_journaled_and_is_refused_to_whom_it_is_not(county: County) -> None:
    def asked(verb: str, person: str, site: str = "no1", **args: Any) -> Any:
        return county.fleet.ask(site, Command("x", verb, person, "local", 0, "no1-7", args, "/bureau · 未结束报警 1"))

    for given, code in (
        (asked("ack", "kan"), "refused.role"), (asked("ack", "nobody"), "refused.person"), (asked("reset", "ma"), "refused.verb"),
        (asked("order", "ma", what="x", until=1), "refused.role"), (asked("ack", "ma", "no9"), "refused.school"),
        (asked("ack", "ma", "no2"), "refused.no-school-key"),
    ):  # fmt: skip
        assert (await given).code == code
        assert (county.notes[-1], county.noted[-1]["code"]) == ("fleet.refused", code)
    assert county.notes == ["fleet.refused"] * 6 and county.got("command") == []
    assert (await asked("ack", "ma")).code == "asked" and county.notes[6:] == ["fleet.asked"]
    assert {"school": "no1", "verb": "ack", "who": "ma", "on_screen": "/bureau · 未结束报警 1"}.items() <= county.noted[
        -1
    ].items()
    await until("it arrives", lambda: county.got("command"))
    command = unseal(TOPICS.of("command"), county.got("command")[0], keys_of(KEY), time.time_ns() // 1_000_000)
    assert (command.verb, command.person, command.alarm) == ("ack", "ma", "no1-7")
    one = (await county.site())["asked"][0]
    assert one["state"] == "sent" and command.id == f"bureau:{one['id']}"
    seen = canonical({"v": 1, "seq": 1, "kind": "seen", "alarm": "no1-7", "who": "ma", "args": {"command": command.id}})
    county.box.publish(TOPICS.of("events"), seen)
    deadline = time.monotonic() + 60
    while (one := (await county.site())["asked"][0])["state"] != "done":
        assert time.monotonic() < deadline, one
        await asyncio.sleep(0.05)
    assert one["seq"] == 1


async def test_an_event_stored_before_the_process_died_still_says_that_it_is_done(county: County) -> None:
    """What was not acknowledged to the broker comes again; it is in the store already, and what follows from it is not."""
    assert (await county.fleet.ask("no1", Command("x", "check", "ma", "local", 0))).code == "asked"
    nonce = (await county.site())["asked"][0]["id"]
    seen = canonical({"v": 1, "seq": 1, "kind": "question-asked", "alarm": "", "args": {"command": f"bureau:{nonce}"}})
    store = county.fleet._opened()
    await county.fleet._on_disk(lambda: store.add([("no1", 1, seen)]))
    county.box.publish(TOPICS.of("events"), seen)
    await until("done", lambda: county.fleet._asked[nonce].state == "done")


async def test_d17_a_store_broken_on_the_disk_is_put_aside_told_and_filled_again(county: County) -> None:
    for n in (1, 2):
        county.event(n)
    await until("stored", lambda: county.fleet.rows()["no1"]["seq"] == 2)
    await county.fleet.close()
    (county.folder / "fleet.db").write_bytes(b"torn" * 4096)
    again = county.fleet = county.fresh()
    task = asyncio.create_task(again.run())
    await until("up again", lambda: again.connected)
    assert county.notes == ["fleet.anew"]
    assert county.system[-2:] == [("fault", "ju/fleet-db", True), ("fault", "ju/fleet-db", False)]
    county.event(3)
    county.status(3)
    await until("it goes on", lambda: again.rows()["no1"]["seq"] == 3 and again.rows()["no1"]["broken"] == "")
    task.cancel()


async def test_d17_a_page_found_broken_while_it_is_read_is_put_aside_and_filled_again(
    county: County, spawn: Callable[..., Any]
) -> None:
    """A start does not read all of it: what is broken inside is found when it is wanted, and only then is the whole looked at."""
    large = canonical({"v": 1, "seq": 1, "kind": "noted", "alarm": "", "args": {"words": "x" * 60_000}})
    await county.fleet._on_disk(lambda: county.fleet._opened().add([("no2", 1, large), ("no1", 1, BODIES[1])]))
    await county.fleet.close()
    path = county.folder / "fleet.db"
    pages = path.read_bytes()
    at = next(n for n in range(0, len(pages), 4096) if pages[n : n + 1] == b"\x0a" and BODIES[1] in pages[n : n + 4096])
    path.write_bytes(pages[:at] + b"\xa5" * 4096 + pages[at + 4096 :])
    again = county.fleet = county.fresh()
    spawn(keep("fleet", again.run, lambda *_: None, raised=False))
    await until("up again", lambda: again.connected)
    county.event(2)
    await until("put aside and told", lambda: county.notes == ["fleet.anew"])
    county.status(2)
    await until("it goes on", lambda: again.rows()["no1"]["seq"] == 2 and again.rows()["no1"]["broken"] == "")
