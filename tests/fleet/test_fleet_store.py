"""fleet.db: events in any order, each once, the chain walked as gaps close, and what a box has that is not here."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.store import chain, copies
from gateway.store import fleet as fleet_module
from gateway.store.canonical import canonical
from gateway.store.fleet import FleetStore


def bodies(many: int, first: int = 1, kind: str = "raised") -> list[tuple[int, bytes]]:
    return [(n, canonical({"v": 1, "seq": n, "kind": kind})) for n in range(first, first + many)]


def heads(events: list[tuple[int, bytes]], head: bytes = chain.GENESIS) -> dict[int, bytes]:
    found = {}
    for seq, body in events:
        head = found[seq] = chain.link(head, body)
    return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FleetStore]:
    made = FleetStore(tmp_path / "fleet.db")
    yield made
    made.close()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(1, 40), max_size=6))
def test_any_order_and_any_repeats_give_the_boxs_own_chain(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cuts: list[int]
) -> None:
    store = FleetStore(tmp_path_factory.mktemp("f") / "fleet.db")
    events = bodies(40)
    told = [*events, *events[: cuts[0] if cuts else 0]]
    random.Random(seed).shuffle(told)
    new = 0
    for at in range(0, len(told), 7):
        fresh, differing = store.add(("no1", seq, body) for seq, body in told[at : at + 7])
        new += len(fresh)
        assert not differing
    assert new == 40 and store.missing("no1", 40) == []
    found = store.chains()["no1"]
    assert (found.seq, found.hash, found.broken) == (40, heads(events)[40], "")
    assert store.head("no1", 25, heads(events)[25]).broken == ""
    store.close()


def test_what_is_missing_is_named_and_the_chain_waits_there(store: FleetStore) -> None:
    events = dict(bodies(12))
    store.add(("no1", n, events[n]) for n in (1, 2, 5, 6, 9))
    assert store.chains()["no1"].seq == 2
    assert store.missing("no1", 12) == [(3, 4), (7, 8), (10, 12)]
    store.add(("no1", n, events[n]) for n in (3, 4))
    assert store.chains()["no1"].seq == 6 and store.missing("no1", 9) == [(7, 8)]
    assert store.missing("no9", 5) == [], "of a box nothing is known of, its next status says where to begin"


def test_a_changed_event_is_found_by_the_next_status(store: FleetStore) -> None:
    events = bodies(5)
    told = [(n, body if n != 3 else body.replace(b"raised", b"closed")) for n, body in events]
    store.add(("no1", n, body) for n, body in told)
    assert "5" in store.head("no1", 5, heads(events)[5]).broken
    assert store.add([("no1", 2, b'{"seq":2}')])[1] == [("no1", 2)]


def test_two_words_under_one_number_break_it_at_once(store: FleetStore) -> None:
    store.add(("no1", n, body) for n, body in bodies(3))
    store.add([("no1", 2, canonical({"v": 1, "seq": 2, "kind": "other"}))])
    assert "2" in store.chains()["no1"].broken


def test_a_bureau_that_comes_late_begins_where_the_box_says(store: FleetStore) -> None:
    events = bodies(20)
    store.add(("no1", n, body) for n, body in events[14:17])  # 15 to 17, nothing before
    assert "no1" not in store.chains()
    assert store.head("no1", 14, heads(events)[14]).seq == 17, "and goes on over what is here already"
    store.add(("no1", n, body) for n, body in events[17:])
    assert store.head("no1", 20, heads(events)[20]).broken == "" and store.chains()["no1"].hash == heads(events)[20]


def test_a_journal_started_anew_is_said_and_its_new_chain_is_followed(store: FleetStore) -> None:
    store.add(("no1", n, body) for n, body in bodies(3))
    anew = [*bodies(1, 9, "chain.break"), *bodies(2, 10)]
    store.add(("no1", n, body) for n, body in anew)
    found = store.chains()["no1"]
    assert (found.seq, found.hash) == (11, heads(anew)[11]) and "9" in found.broken


def test_a_box_set_up_anew_without_its_backup_is_heard_from_its_first_event_on(store: FleetStore) -> None:
    """Its numbers come a second time. Taken for lies they would be thrown away until they pass the old ones, in years."""

    def journal(wall: int, many: int) -> list[tuple[int, bytes]]:
        return [(n, canonical({"v": 1, "seq": n, "kind": "raised", "wall": wall + n})) for n in range(1, many + 1)]

    old, new = journal(1_000, 30), journal(9_000, 6)
    store.add(("no1", n, body) for n, body in old)
    store.head("no1", 2, heads(new)[2])  # its status may come first
    assert store.add(("no1", n, body) for n, body in new[:2])[1] == []
    store.add(("no1", n, body) for n, body in new[3:])
    assert store.missing("no1", 6) == [(3, 3)]
    store.add([("no1", *new[2])])
    found = store.chains()["no1"]
    assert (found.seq, found.hash) == (6, heads(new)[6]) and "没有用备份" in found.broken
    assert [e["wall"] for e in store.events("no1", 9)] == [9_006 - n for n in range(6)]
    assert len(store.events("no1~1", 99)) == 30, "what the lost machine wrote stays"
    assert store.add([("no1", *old[0])])[1] == [("no1", 1)], "an old one that comes late is not the younger journal"
    again = journal(20_000, 3)
    store.add(("no1", n, body) for n, body in again)
    assert store.chains()["no1"].seq == 3 and len(store.events("no1~2", 99)) == 6


def out_of_a_backup(events: list[tuple[int, bytes]], last: int) -> list[tuple[int, bytes]]:
    """What a box writes that was restored from a backup made at `last`."""
    restored = canonical({"v": 1, "seq": last + copies.GAP, "kind": "restored", "args": {"last": last, "made": 7}})
    return [*events[:last], (last + copies.GAP, restored), *bodies(4, last + copies.GAP + 1)]


@pytest.mark.parametrize("last", [12, 20])
def test_a_box_out_of_its_backup_goes_on_in_the_same_chain(store: FleetStore, last: int) -> None:
    """Numbers were left free on purpose: they are never asked for, and what follows is proven and may grow old."""
    lost = bodies(20)
    store.add(("no1", n, body) for n, body in lost)
    new = out_of_a_backup(lost, last)
    store.add(("no1", n, body) for n, body in new[last:])
    found, end = store.chains()["no1"], new[-1][0]
    assert (found.seq, found.hash, found.broken) == (end, heads(new)[end], "")
    assert store.missing("no1", end) == [] and store.head("no1", end, heads(new)[end]).broken == ""
    changed = [(n, body.replace(b"raised", b"closed")) if n == end else (n, body) for n, body in new]
    assert store.head("no1", end, heads(changed)[end]).broken, "and a changed one is still found"


def test_what_lies_before_the_backup_and_is_not_here_is_asked_for_and_no_number_left_free(store: FleetStore) -> None:
    new = out_of_a_backup(bodies(20), 12)
    store.add(("no1", n, body) for n, body in new if n <= 5 or n > 12)
    assert store.chains()["no1"].seq == 5 and store.missing("no1", new[-1][0]) == [(6, 12)]
    store.add(("no1", n, body) for n, body in new[5:12])
    assert store.chains()["no1"] == fleet_module.Chain(new[-1][0], heads(new)[new[-1][0]])


def test_a_backup_older_than_what_is_kept_here_is_said_and_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "TRIM", 1)
    store = FleetStore(tmp_path / "fleet.db", kept=5)
    lost = bodies(20)
    store.add(("no1", n, body) for n, body in lost)
    new = out_of_a_backup(lost, 3)
    store.add(("no1", n, body) for n, body in new[3:])
    found = store.chains()["no1"]
    assert found.seq == new[-1][0] and " 3" in found.broken and store.missing("no1", new[-1][0]) == []
    store.close()


def test_alarms_orders_and_statuses_come_back_after_a_restart(tmp_path: Path) -> None:
    store = FleetStore(tmp_path / "fleet.db")
    store.keep({("no1", "no1-1"): {"id": "no1-1"}, ("no1", "no1-2"): {"id": "no1-2"}}, {})
    store.asked("n", "no1", 5, {"id": "n"})
    store.keep({("no1", "no1-1"): None}, {"no1": (7, {"seq": 1})})
    store.close()
    store = FleetStore(tmp_path / "fleet.db")
    assert store.alarms() == {("no1", "no1-2"): {"id": "no1-2"}}
    assert store.all_asked(5) == {"n": {"id": "n"}} and store.all_asked(6) == {}
    assert store.statuses() == {"no1": (7, {"seq": 1})} and store.events("no1", 5) == []
    store.close()


def test_only_the_newest_events_of_a_school_stay_and_none_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_module, "TRIM", 10)
    store = FleetStore(tmp_path / "fleet.db", kept=50)
    events = bodies(200)
    for seq, body in events:
        store.add([("no1", seq, body)])
    store.add([("no2", 1, events[0][1])])
    left = [e["seq"] for e in store.events("no1", 500)]
    assert left[0] == 200 and 50 <= len(left) <= 60 and left == list(range(200, 200 - len(left), -1))
    assert store.missing("no1", 200) == [] and store.chains()["no1"] == fleet_module.Chain(200, heads(events)[200])
    assert store.head("no1", 200, heads(events)[200]).broken == ""
    assert len(store.events("no2", 9)) == 1
    store.close()


def test_what_is_not_proven_yet_stays_however_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "TRIM", 1)
    store = FleetStore(tmp_path / "fleet.db", kept=5)
    events = bodies(30)
    store.add([("no1", seq, body) for seq, body in events if seq != 3])
    assert len(store.events("no1", 99)) == 27 and store.missing("no1", 30) == [(3, 3)], (
        "1 and 2 are proven, the others wait for 3"
    )
    store.add([("no1", 3, events[2][1])])
    assert store.chains()["no1"].seq == 30 and len(store.events("no1", 99)) == 5
    store.close()


def test_d17_a_broken_file_is_put_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "fleet.db"
    store = FleetStore(path)
    store.add([("no1", seq, body) for seq, body in bodies(5)])
    store.close()
    path.write_bytes(b"no database at all" * 400)
    again = FleetStore(path)
    assert "fleet.db.quarantine-1" in again.quarantined and again.chains() == {}
    assert (tmp_path / "fleet.db.quarantine-1").read_bytes().startswith(b"no database")
    last = heads(bodies(5))[5]
    assert again.head("no1", 5, last).seq == 5, "the chain goes on where the box says it stands"
    again.close()
