"""The journal on real files: what is committed comes back, the chain proves, broken files and full disks are survived."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from store_makers import WALL, FakeClock, alarm, at, delivery, event, mark, note, outcome

from alerts.model import AlarmState, Fate, Outcome, Stage
from gateway.store import audit
from gateway.store.database import quarantine
from gateway.store.journal import SEQ_GAP, Journal, JournalError, fallback_seq
from gateway.store.restored import overlay
from gateway.store.rows import Entry

Open = Callable[..., Journal]


def test_everything_of_an_outcome_comes_back(open_journal: Open) -> None:
    journal = open_journal()
    first = outcome(1)
    journal.commit(first, at(5))
    journal.close()
    found = open_journal("boot-2").load()
    assert found.alarms == first.alarms
    assert found.unsent == first.notifications
    assert found.outputs == {"relay/1": True}
    assert found.commands == {"c1": first.replies[0]}
    assert (found.next_seq, found.anchor, found.boot) == (3, at(5), "boot-1")


def test_closed_alarms_and_settled_messages_are_not_restored(open_journal: Open) -> None:
    journal = open_journal()
    journal.commit(
        Outcome(alarms=(alarm(1), alarm(2, AlarmState.PENDING)), notifications=(note("a"), note("b"), note("c"))), at(1)
    )
    journal.commit(
        Outcome(
            alarms=(alarm(1, AlarmState.NORMAL),),
            deliveries=(delivery("a", Fate.ACCEPTED), delivery("b", Fate.GAVE_UP), delivery("c", Fate.TRY_AGAIN)),
        ),
        at(2),
    )
    found = journal.load()
    assert [one.id for one in found.alarms] == ["s-2"]
    assert [one.key for one in found.unsent] == ["c"]
    assert [one.key for one in found.taken] == ["a"]


def test_what_a_channel_took_while_the_disk_was_dead_is_known_as_well(open_journal: Open) -> None:
    journal = open_journal()
    journal.commit(Outcome(events=(event(1),), notifications=(note("a"), note("b"), note("c"))), at(1))
    late = Outcome(deliveries=(delivery("a", Fate.ACCEPTED), delivery("b", Fate.GAVE_UP), delivery("c", Fate.TRY_AGAIN)))
    found = overlay(journal.load(), [(late, at(2))], "boot-1")
    assert [[one.key for one in group] for group in (found.taken, found.unsent)] == [["a"], ["c"]]


def test_a_channel_asks_on_after_what_it_took_and_nothing_more_is_known_of(open_journal: Open) -> None:
    """A key pressed in a call while the box starts again is heard: the provider is asked by its own id."""
    journal = open_journal()
    journal.commit(Outcome(events=(event(1),), notifications=tuple(note(key) for key in "abcd")), at(1))
    taken = tuple(replace(delivery(key, Fate.ACCEPTED), provider_id=f"call-{key}") for key in "ab")
    journal.commit(Outcome(deliveries=(*taken, replace(delivery("c", Fate.ACCEPTED), provider_id=""))), at(2))
    journal.commit(Outcome(deliveries=(replace(delivery("b", Fate.READ), provider_id="call-b"),)), at(3))
    journal.close()
    found = open_journal("boot-2").load()
    assert found.receipts == {"a": "call-a"} and {n.key for n in found.taken} == {"a", "b", "c"}
    late = Outcome(deliveries=(delivery("a", Fate.SILENT), replace(delivery("d", Fate.ACCEPTED), provider_id="call-d")))
    assert overlay(found, [(late, at(4))], "boot-2").receipts == {"d": "call-d"}


def test_standing_marks_come_back_and_ended_ones_do_not(open_journal: Open) -> None:
    journal = open_journal()
    journal.commit(Outcome(marks=(mark(2), mark(1, Stage.UNVERIFIED), mark(3))), at(1))
    journal.commit(Outcome(marks=(mark(3, Stage.OVER),)), at(2))
    journal.close()
    assert open_journal("boot-2").load().marks == (mark(1, Stage.UNVERIFIED), mark(2))


def test_a_repeated_message_is_restored_in_its_last_attempt(open_journal: Open) -> None:
    journal = open_journal()
    journal.commit(Outcome(events=(event(1, key="a"),), notifications=(note("a", "one"),)), at(1))
    journal.commit(Outcome(events=(event(2, key="a"),), notifications=(note("a", "重发 one", attempt=2),)), at(2))
    assert [(one.text, one.attempt) for one in journal.load().unsent] == [("重发 one", 2)]
    assert audit.verify(journal.path) == []


def test_the_body_is_the_documented_event_and_the_hash_ties_it(open_journal: Open) -> None:
    journal = open_journal()
    first = journal.commit(Outcome(events=(event(1, value=1.5, bad=float("nan"), zh="烟"),)), at(1))
    second = journal.commit(Outcome(events=(event(2),)), at(2))
    assert first.bodies[0].decode() == (
        '{"alarm":"s-1","args":{"bad":null,"value":1.5,"zh":"烟"},"boot":"boot-1","clock_ok":true,"code":"raised",'
        '"kind":"raised","mono":1,"new":"unacked","old":"normal","seq":1,"v":1,"wall":1790000000001,"who":"wang"}'
    )
    assert first.head == hashlib.sha256(bytes(32) + first.bodies[0]).digest()
    assert second.head == hashlib.sha256(first.head + second.bodies[0]).digest()
    assert audit.events(journal.path, 1, 10) == [(2, second.bodies[0])]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE event SET body = replace(CAST(body AS TEXT), 'wang', 'li') WHERE seq = 3", "hash"),
        ("UPDATE event SET hash = zeroblob(32) WHERE seq = 5", "hash"),
        ("DELETE FROM event WHERE seq = 3", "gap"),
        ("DELETE FROM event WHERE seq < 3", "gap"),
        ("DELETE FROM event WHERE seq >= 7", "gap"),
        ("DELETE FROM event", "gap"),
        ("UPDATE event SET body = 'x' WHERE seq = 3", "body"),
        ("UPDATE notification SET body = replace(body, '火警', '误报')", "text"),
        ("UPDATE delivery SET why = 'other'", "text"),
    ],
)
def test_verify_notices(open_journal: Open, change: str, code: str) -> None:
    journal = open_journal()
    for seq in (1, 3, 5):
        journal.commit(outcome(seq), at(seq))
    journal.commit(
        Outcome(events=(event(7, "delivered", key="k1"),), deliveries=(delivery("k1", Fate.READ, "13800000001"),)), at(7)
    )
    assert audit.verify(journal.path) == []
    with sqlite3.connect(journal.path) as db:
        db.execute(change)
    db.close()
    assert code in {finding.code for finding in audit.verify(journal.path)}


def test_a_person_can_be_erased_and_the_chain_still_proves(open_journal: Open) -> None:
    journal = open_journal()
    journal.commit(outcome(1), at(1))
    journal.commit(
        Outcome(events=(event(3, "delivered", key="k1"),), deliveries=(delivery("k1", Fate.READ, "13800000001"),)), at(3)
    )
    journal.commit(Outcome(events=(event(4, "erased", person="wang"),), erased={"wang": ()}), at(4))
    assert journal.load().unsent == (), "what is blank is not sent"
    left = b"".join(path.read_bytes() for path in journal.path.parent.glob("journal.db*"))
    journal.close()
    with sqlite3.connect(journal.path) as db:
        assert db.execute("SELECT provider_id, why FROM delivery").fetchall() == [("", "")]
        assert "火警" not in db.execute("SELECT body FROM notification").fetchone()[0]
    db.close()
    assert b"13800000001" not in left
    assert audit.verify(journal.path) == []


def test_export_gives_every_event(open_journal: Open) -> None:
    journal = open_journal()
    journal.commit(Outcome(events=(event(1, words='=1+1,"x"'), event(2))), at(1))
    assert [json.loads(line)["seq"] for line in audit.lines(audit.bodies(journal.path), "jsonl")] == [1, 2]
    table = list(csv.DictReader(audit.lines(audit.bodies(journal.path), "csv")))
    assert [(row["seq"], row["kind"]) for row in table] == [("1", "raised"), ("2", "raised")]
    assert [event["seq"] for event in json.loads("".join(audit.lines(audit.bodies(journal.path), "json")))] == [1, 2]
    assert json.loads("".join(audit.lines([], "json"))) == []
    with pytest.raises(ValueError, match="jsonl, json, csv"):
        list(audit.lines(audit.bodies(journal.path), "xml"))


def test_retention_leaves_an_anchor(open_journal: Open) -> None:
    journal = open_journal()
    for seq in (1, 3, 5, 7):
        journal.commit(outcome(seq), at(seq))
    assert journal.retain(at(5).wall, keep=0) == 4
    assert journal.retain(at(5).wall, keep=0) == 0
    assert [seq for seq, _ in audit.events(journal.path, 0, 99)] == [5, 6, 7, 8]
    assert audit.verify(journal.path) == []
    assert journal.retain(at(99).wall, keep=0) == 4
    journal.close()
    journal = open_journal()
    assert journal.load().next_seq == 9
    journal.commit(outcome(9), at(9))
    assert audit.verify(journal.path) == []


def test_r28_ten_thousand_events_stay_and_so_does_what_nobody_has_confirmed(open_journal: Open) -> None:
    journal = open_journal()
    journal.commit(Outcome(events=tuple(event(n) for n in range(1, 10_101))), at(1))
    assert journal.retain(at(10_200).wall, sent=40) == 40
    assert journal.retain(at(10_200).wall, sent=40) == 0
    assert journal.retain(at(10_200).wall) == 60
    assert journal.retain(at(10_200).wall) == 0
    kept = audit.events(journal.path, 0, 20_000)
    assert (len(kept), kept[0][0], kept[-1][0]) == (10_000, 101, 10_100)
    assert audit.verify(journal.path) == []


@pytest.mark.parametrize("damage", ["rubbish", "zeroed-header", "middle", "truncated"])
def test_a_broken_file_goes_to_quarantine_and_the_box_starts(open_journal: Open, damage: str) -> None:
    journal = open_journal()
    for seq in range(1, 401, 2):
        journal.commit(outcome(seq), at(seq))
    path = journal.path
    journal.close()
    data = bytearray(path.read_bytes())
    if damage == "rubbish":
        data[:] = b"no database" * 300
    elif damage == "zeroed-header":
        data[:100] = bytes(100)
    elif damage == "middle":
        for page in range(3, len(data) // 4096, 2):
            data[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    else:
        del data[len(data) // 2 :]
    path.write_bytes(data)

    journal = open_journal("boot-2")
    restored = journal.load()
    assert path.with_name("journal.db.quarantine-1").read_bytes() == bytes(data)
    [(seq, body)] = audit.events(path, 0, 10)
    told = json.loads(body)
    assert (told["kind"], told["args"]["file"]) == ("chain.break", "journal.db.quarantine-1")
    assert restored.next_seq == seq + 1
    if damage == "rubbish":
        assert seq == fallback_seq(at(1_000).wall) + 1
    else:
        assert seq > (100 if damage == "truncated" else 400)
    journal.commit(outcome(seq + 1), at(500))
    assert {finding.code for finding in audit.verify(path)} == {"anchor"}


def test_what_can_be_read_of_a_broken_file_is_carried_over(open_journal: Open) -> None:
    journal = open_journal()
    for seq in range(1, 401, 2):
        journal.commit(Outcome(events=(event(seq), event(seq + 1))), at(seq))
    journal.commit(outcome(401), at(401))
    journal.commit(Outcome(marks=(mark(9),)), at(402))
    head = journal.load().head.hex()
    journal.close()
    with sqlite3.connect(journal.path) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'event'").fetchone()[0]
        pages = db.execute("SELECT count(*) FROM pragma_page_count").fetchone()[0]
    db.close()
    assert root and pages
    data = bytearray(journal.path.read_bytes())
    spot = data.index(b'"seq":201,') // 4096 * 4096
    data[spot : spot + 8] = b"\xa5" * 8
    journal.path.write_bytes(data)
    journal = open_journal("boot-2")
    found = journal.load()
    assert [one.id for one in found.alarms] == ["s-401"]
    assert [one.key for one in found.unsent] == ["k401"]
    assert found.outputs == {"relay/1": True}
    assert found.marks == (mark(9),)
    told = json.loads(audit.events(journal.path, 0, 1)[0][1])
    assert (told["args"]["head"], told["args"]["last"], told["seq"]) in ((head, 402, 403), ("", 402 + SEQ_GAP, 403 + SEQ_GAP))


def test_quarantine_keeps_every_broken_file(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / "a.db").write_bytes(b"x")
        assert quarantine(tmp_path / "a.db").name == f"a.db.quarantine-{number}"


def test_a_folder_that_is_none_is_a_journal_error(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError):
        Journal(tmp_path / "file" / "journal.db", "s", "b", clock)


def test_a_newer_release_s_file_opens(open_journal: Open) -> None:
    journal = open_journal()
    journal.commit(outcome(1), at(1))
    journal.close()
    with sqlite3.connect(journal.path) as db:
        db.executescript(
            "ALTER TABLE event ADD COLUMN later TEXT; ALTER TABLE meta ADD COLUMN later TEXT; PRAGMA user_version=9"
        )
    db.close()
    journal = open_journal()
    journal.commit(outcome(3), at(3))
    assert journal.load().next_seq == 5


def test_a_row_of_a_newer_release_is_named_and_left_alone(open_journal: Open) -> None:
    journal = open_journal()
    journal.commit(outcome(1), at(1))
    journal.commit(outcome(3), at(3))
    with sqlite3.connect(journal.path) as db:
        db.execute("UPDATE alarm SET snapshot = replace(snapshot, '\"unacked\"', '\"dreaming\"') WHERE id = 's-1'")
        db.execute("UPDATE alarm SET snapshot = replace(snapshot, '\"number\"', '\"later\":1,\"number\"') WHERE id = 's-3'")
    db.close()
    found = journal.load()
    assert [one.id for one in found.alarms] == ["s-3"]
    assert found.unreadable == ("Alarm s-1",)


def test_a_number_that_is_taken_is_renumbered_and_says_so(open_journal: Open) -> None:
    journal = open_journal()
    journal.commit(outcome(1), at(1))
    [body] = journal.commit(Outcome(events=(event(2, "acked"),)), at(9)).bodies
    assert (json.loads(body)["seq"], json.loads(body)["was"]) == (3, 2)
    assert audit.verify(journal.path) == []


def test_a_late_outcome_that_is_there_already_is_not_stored_twice(open_journal: Open) -> None:
    journal = open_journal()
    done = journal.commit(outcome(1), at(1))
    [again] = journal.commit_all([Entry(outcome(1), at(1), "boot-1", late=True)])
    assert again.bodies == done.bodies
    assert len(audit.events(journal.path, 0, 99)) == 2


def test_a_group_is_all_or_nothing(open_journal: Open) -> None:
    journal = open_journal()
    bad = Outcome(events=(event(3, words=object()),))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        journal.commit_all([Entry(outcome(1), at(1), "b"), Entry(bad, at(3), "b")])
    assert journal.load().next_seq == 1
    journal.commit(outcome(1), at(1))
    assert audit.verify(journal.path) == []


class SmallDisk(Journal):
    """A journal on a disk that is full at 60 pages, until the reserve is released."""

    def fill(self) -> None:
        pages = self._db.execute("PRAGMA page_count").fetchone()[0]
        self._db.execute(f"PRAGMA max_page_count={pages}")

    def _give_reserve(self) -> bool:
        given = super()._give_reserve()
        if given:
            self._db.execute("PRAGMA max_page_count=100000")
        return given


def test_d7_a_full_disk_releases_the_reserve_and_takes_it_again(open_journal: Open, clock: FakeClock) -> None:
    journal = open_journal(kind=SmallDisk)
    assert isinstance(journal, SmallDisk)
    reserve = journal.path.with_name("journal.reserve")
    assert reserve.stat().st_size == 1 << 20
    journal.fill()
    for seq in range(1, 101, 2):
        journal.commit(outcome(seq), at(seq))
    assert not reserve.exists()
    journal.fill()
    with pytest.raises(JournalError, match="full"):
        for seq in range(101, 201, 2):
            journal.commit(outcome(seq), at(seq))
    last = journal.load().next_seq
    journal._db.execute("PRAGMA max_page_count=100000")
    clock.mono += 60_000
    journal.commit(outcome(last), at(last))
    assert reserve.stat().st_size == 1 << 20
    assert audit.verify(journal.path) == []


def test_notes_ride_on_the_next_commit(open_journal: Open) -> None:
    journal = open_journal()
    journal.remember("events_sent", "41")
    assert journal.load().notes == {}
    journal.commit(Outcome(), at(1))
    assert journal.load().notes == {"events_sent": "41"}


def test_replies_are_remembered_for_a_day(open_journal: Open) -> None:
    journal = open_journal()
    journal.commit(outcome(1), at(1))
    journal.commit(outcome(3), at(86_400_000))
    assert set(journal.load().commands) == {"c1", "c3"}
    journal.commit(outcome(5), at(86_400_002))
    assert set(journal.load().commands) == {"c3", "c5"}


def test_d11_a_clock_of_1970_gives_no_number_that_was_used() -> None:
    """No journal can be read and no battery kept the time: alarm no3-40 of today must not be the one of last year."""
    assert fallback_seq(40_000) > 10**9 and fallback_seq(WALL) == WALL // 1000
