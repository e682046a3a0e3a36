"""Backup and restore: everything a box knows in one file, while it writes; back onto it or onto another that takes its place."""

from __future__ import annotations

import fcntl
import json
import sqlite3
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alerts.model import Event, Outcome
from gateway import backup as backing
from gateway import restore as restoring
from gateway.backup import MANIFEST
from gateway.clock import SystemClock
from gateway.commands import main
from gateway.lockbox import Locked, lock, unlock
from gateway.store import audit, copies
from gateway.store.chain import fields
from gateway.store.copies import GAP
from gateway.store.journal import Journal

CLOCK = SystemClock(assume_ok=True)
WORDS = "correct horse battery"
CANARY = "canary-7f3a"
PICTURE = "ab" * 32


def event(seq: int) -> Outcome:
    return Outcome(events=(Event(seq, "", "note", "", "", "", "note", {"n": seq}, CLOCK.now(), True),))


class Place:
    """A box's folders."""

    def __init__(self, folder: Path) -> None:
        self.data, self.config = folder / "data", folder / "etc"
        self.args = ["--data", str(self.data), "--config", str(self.config)]

    def fill(self, events: int = 20) -> None:
        self.data.mkdir(parents=True)
        (self.config / "site").mkdir(parents=True)
        (self.config / "secrets").mkdir(mode=0o700)
        (self.config / "site" / "site.yaml").write_text("campus: 1\n")
        (self.config / "secrets" / "mqtt").write_text(CANARY)
        (self.config / "secrets" / "mqtt").chmod(0o600)
        for name in ("dashboard.db", "fleet.db"):
            with closing(sqlite3.connect(self.data / name)) as db:
                db.execute("CREATE TABLE user (id TEXT)")
                db.execute("INSERT INTO user VALUES ('wang')")
                db.commit()
        (self.data / "pictures").mkdir()
        (self.data / "pictures" / PICTURE).write_bytes(b"a picture")
        journal = self.journal()
        for seq in range(1, events + 1):
            journal.commit(event(seq), CLOCK.now())
        journal.close()

    def journal(self) -> Journal:
        return Journal(self.data / "journal.db", "no3-middle", "boot", CLOCK, reserve=1 << 16)

    def events(self) -> list[dict[str, Any]]:
        return [fields(body) or {} for _, body in audit.events(self.data / "journal.db", 0, 10_000)]


@pytest.fixture
def box(tmp_path: Path) -> Place:
    made = Place(tmp_path / "box")
    made.fill()
    return made


@pytest.fixture
def words(tmp_path: Path) -> str:
    file = tmp_path / "words"
    file.write_text(WORDS + "\n")
    file.chmod(0o600)
    return str(file)


def test_d25_24_another_box_takes_its_place_and_goes_on_with_its_numbers(box: Place, tmp_path: Path, words: str) -> None:
    file = tmp_path / "box.campus"
    assert main(["backup", str(file), *box.args, "--passphrase-file", words]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    lost = box.journal()
    lost.commit(event(21), CLOCK.now())  # sent by the box after its last backup, then lost with it
    lost.close()

    other = Place(tmp_path / "other")
    assert main(["restore", str(file), *other.args, "--passphrase-file", words]) == 0
    assert (other.config / "site" / "site.yaml").read_text() == "campus: 1\n"
    assert (other.config / "secrets" / "mqtt").read_text() == CANARY
    assert (other.config / "secrets" / "mqtt").stat().st_mode & 0o777 == 0o600
    for name in ("dashboard.db", "fleet.db"):  # who may log in; what a bureau knows of its schools
        with closing(sqlite3.connect(other.data / name)) as db:
            assert db.execute("SELECT id FROM user").fetchall() == [("wang",)]
    assert (other.data / "pictures" / PICTURE).read_bytes() == b"a picture"  # its hash stands in an event
    journal = other.journal()
    following = journal.load().next_seq
    journal.commit(event(following), CLOCK.now())
    journal.close()
    seqs = [e["seq"] for e in other.events()]
    assert seqs == [*range(1, 21), 20 + GAP, 21 + GAP]  # number 21 is never used twice
    assert other.events()[-2]["kind"] == "restored" and other.events()[-2]["args"]["last"] == 20
    assert audit.verify(other.data / "journal.db") == []  # and the chain proves all of it


def test_it_is_consistent_while_the_box_writes(box: Place, tmp_path: Path) -> None:
    journal, stop = box.journal(), threading.Event()

    def write() -> None:
        seq = 21
        while not stop.is_set():
            journal.commit(event(seq), CLOCK.now())
            seq += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(3):
            assert main(["backup", str(tmp_path / f"{n}.campus"), *box.args]) == 0
    finally:
        stop.set()
        writer.join()
        journal.close()
    for n in range(3):
        other = Place(tmp_path / f"other-{n}")
        assert main(["restore", str(tmp_path / f"{n}.campus"), *other.args]) == 0
        seqs = [e["seq"] for e in other.events()][:-1]
        assert seqs == list(range(1, len(seqs) + 1)) and len(seqs) >= 20
        assert audit.verify(other.data / "journal.db") == []


def test_a_large_database_is_copied_although_its_writer_never_rests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some GB of readings take a card minutes, and something is stored every five seconds."""
    source, made, steps = tmp_path / "readings.db", tmp_path / "copy.db", list[int]()
    with closing(sqlite3.connect(source, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE frame (x)")
        writer.executemany("INSERT INTO frame VALUES (?)", [(bytes(3500),)] * 200)

        class Watched(sqlite3.Connection):
            def backup(self, target: sqlite3.Connection, *, pages: int = -1, **more: Any) -> None:
                def step(status: int, left: int, of: int) -> None:
                    assert len(steps) < 50, f"still {left} of {of} pages"
                    steps.append(left)
                    writer.execute("INSERT INTO frame VALUES (1)")

                super().backup(target, pages=pages, progress=step)

        real = sqlite3.connect
        monkeypatch.setattr(copies, "PAGES", 20)
        monkeypatch.setattr(sqlite3, "connect", lambda *args, **more: real(*args, **{**more, "factory": Watched}))
        copies.copy(source, made)
        monkeypatch.undo()
    with closing(sqlite3.connect(made)) as copy:
        assert copy.execute("SELECT count(*) FROM frame").fetchone() == (200,) and len(steps) > 5


def test_secrets_are_left_out_locked_or_open_as_it_is_said(
    box: Place, tmp_path: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, locked, bare = (tmp_path / name for name in ("out", "locked", "open"))
    assert main(["backup", str(out), *box.args]) == 0
    assert "config/secrets/mqtt" in capsys.readouterr().err  # said in clear words
    assert main(["backup", str(locked), *box.args, "--passphrase-file", words]) == 0
    assert main(["backup", str(bare), *box.args, "--open-secrets"]) == 0
    for file, inside in ((out, False), (locked, False), (bare, True)):
        with zipfile.ZipFile(file) as archive:
            assert any(CANARY.encode() in archive.read(name) for name in archive.namelist()) is inside
    other = Place(tmp_path / "other")
    assert main(["restore", str(out), *other.args]) == 0
    assert "没有密钥" in capsys.readouterr().err and not (other.config / "secrets").exists()
    assert main(["restore", str(locked), *Place(tmp_path / "a").args]) == 1
    assert "--passphrase-file" in capsys.readouterr().err
    (tmp_path / "words").write_text("another passphrase\n")
    assert main(["restore", str(locked), *Place(tmp_path / "b").args, "--passphrase-file", words]) == 1
    assert "口令不对" in capsys.readouterr().err
    assert not (tmp_path / "b" / "data" / "journal.db").exists()


def test_the_keys_of_a_worker_and_of_the_page_are_secrets_too(
    box: Place, tmp_path: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As docs/install.md puts them: /etc/campus-gateway/ingest, and a key for --tls-key wherever somebody likes."""
    (box.config / "ingest").mkdir(mode=0o700)
    (box.config / "ingest.env").write_text("INGEST_OPTIONS=--broker mqtt.example.org:8883\n")
    for name in ("ingest/influx.token", "ingest/client.key", "page.key"):
        (box.config / name).write_text(CANARY)
    (box.config / "page.key").chmod(0o600)
    assert main(["backup", str(tmp_path / "out"), *box.args]) == 0
    said = capsys.readouterr().err
    assert all(f"config/{name}" in said for name in ("ingest/influx.token", "ingest/client.key", "page.key"))
    with zipfile.ZipFile(tmp_path / "out") as archive:
        assert "config/ingest.env" in archive.namelist()
        assert not any(CANARY.encode() in archive.read(name) for name in archive.namelist())
    assert main(["backup", str(tmp_path / "locked"), *box.args, "--passphrase-file", words]) == 0
    other = Place(tmp_path / "other")
    assert main(["restore", str(tmp_path / "locked"), *other.args, "--passphrase-file", words]) == 0
    assert (other.config / "ingest" / "client.key").read_text() == CANARY == (other.config / "page.key").read_text()


def test_what_root_restores_the_services_can_read(
    box: Place, tmp_path: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run` is not root: a site folder or a secret of root's is a box that never starts again, or that reaches nobody."""
    owned: dict[str, tuple[int, int]] = {}
    monkeypatch.setattr(restoring.os, "geteuid", lambda: 0)
    monkeypatch.setattr(restoring.os, "chown", lambda path, user, group: owned.update({str(path): (user, group)}))
    monkeypatch.setattr(restoring.pwd, "getpwnam", lambda name: {"campus": SimpleNamespace(pw_uid=71)}[name])
    monkeypatch.setattr(backing, "_owner", lambda path: "elsewhere" if path.suffix == ".db" else "campus")
    assert main(["backup", str(tmp_path / "file"), *box.args, "--passphrase-file", words]) == 0
    other = Place(tmp_path / "other")
    for folder, mode in ((other.data, 0o770), (other.config / "site", 0o750), (other.config / "secrets", 0o700)):
        folder.mkdir(parents=True)
        folder.chmod(mode)  # as install.sh makes them
    here = other.config.stat()
    mine = (here.st_uid, here.st_gid)
    assert main(["restore", str(tmp_path / "file"), *other.args, "--passphrase-file", words]) == 0
    found = {path.partition("restoring/")[2]: who for path, who in owned.items() if "restoring/" in path}
    assert found["site"] == mine and (other.config / "site").stat().st_mode & 0o777 == 0o750, "as it was there"
    assert found["secrets/mqtt"] == mine, "locked, it has no owner: that of the folder it comes into"
    assert found["site/site.yaml"] == found["pictures"] == (71, mine[1]), "whose it was; a new folder is his, too"
    assert found["journal.db"] == mine, "a user that this machine does not know"
    assert owned[str(other.data / "run.lock")] == mine, "else `run` has no lock"


def test_nothing_is_overwritten_and_a_living_box_is_left_alone(
    box: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "box.campus"
    assert main(["backup", str(file), *box.args]) == 0
    assert main(["backup", str(file), *box.args]) == 1
    assert "--force" in capsys.readouterr().err
    assert main(["backup", str(file), *box.args, "--force"]) == 0
    before = (box.data / "journal.db").read_bytes()
    assert main(["restore", str(file), *box.args]) == 1
    assert "不覆盖" in capsys.readouterr().err
    with (box.data / "run.lock").open("ab") as lock_:
        fcntl.flock(lock_, fcntl.LOCK_EX)
        assert main(["restore", str(file), *box.args, "--force"]) == 1
        assert "systemctl stop" in capsys.readouterr().err
    assert (box.data / "journal.db").read_bytes() == before
    assert main(["restore", str(file), *box.args, "--force"]) == 0
    (aside,) = box.data.glob("before-*")
    assert (aside / "journal.db").read_bytes() == before  # moved aside, not lost
    assert (box.config / "secrets" / "mqtt").read_text() == CANARY  # a backup without secrets takes none away


class Cut(BaseException):
    """The power."""


@pytest.mark.parametrize("forced", [False, True], ids=["empty box", "over another"])
def test_a_restore_cut_off_at_any_move_is_finished_by_the_same_command(
    box: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], forced: bool
) -> None:
    file, real, last = tmp_path / "box.campus", Path.rename, 0
    assert main(["backup", str(file), *box.args, "--open-secrets"]) == 0
    for cut_at in range(1, 40):
        other, moves = Place(tmp_path / f"other-{cut_at}"), iter(range(1, 100))
        if forced:
            other.fill(3)
        args = ["restore", str(file), *other.args]

        def rename(self: Path, target: Path, moves: Iterator[int] = moves, cut_at: int = cut_at) -> Path:
            if next(moves) == cut_at:
                raise Cut
            return real(self, target)

        monkeypatch.setattr(Path, "rename", rename)
        try:
            assert main([*args, *(["--force"] if forced else [])]) == 0
            break
        except Cut:
            last = cut_at
        monkeypatch.setattr(Path, "rename", real)
        capsys.readouterr()
        assert main([*args, *(["--force"] if forced and cut_at == 1 else [])]) == 0  # the first move is the plan's own
        assert ("接着做完" in capsys.readouterr().out) is (cut_at > 1)
        assert (other.config / "site" / "site.yaml").read_text() == "campus: 1\n"
        assert (other.config / "secrets" / "mqtt").read_text() == CANARY
        assert (other.data / "pictures" / PICTURE).read_bytes() == b"a picture"
        assert [e["seq"] for e in other.events()] == [*range(1, 21), 20 + GAP]
        left = {path.name for path in [*other.data.iterdir(), *other.config.iterdir()]}
        assert {name for name in left if not name.startswith("before-")} == {
            "journal.db", "dashboard.db", "fleet.db", "pictures", "run.lock", "site", "secrets"
        } | ({"journal.reserve"} & left)  # fmt: skip
    assert last > 6, "each of them was cut off once"


def test_a_data_folder_on_a_disk_of_its_own_is_restored_too(box: Place, tmp_path: Path) -> None:
    """As docs/install.md advises for a card: what is moved cannot be moved to another disk."""
    file = tmp_path / "box.campus"
    assert main(["backup", str(file), *box.args]) == 0
    other = Place(tmp_path / "other")
    other.data.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "data", str(other.data)], check=True)
    try:
        for force in ([], ["--force"]):
            assert main(["restore", str(file), *other.args, *force]) == 0
            assert other.events()[-1]["kind"] == "restored"
    finally:
        subprocess.run(["umount", "-l", str(other.data)], check=True)


def test_a_small_backup_leaves_the_readings_and_pictures_that_are_there(box: Place, tmp_path: Path) -> None:
    """What an upgrade makes: a copy of gigabytes would take a card many minutes, and may not fit."""
    (box.data / "readings.db").write_bytes(b"gigabytes")
    file = tmp_path / "small.campus"
    assert main(["backup", str(file), *box.args, "--without-readings"]) == 0
    with zipfile.ZipFile(file) as archive:
        assert not any(large in name for name in archive.namelist() for large in ("readings", "pictures", "fleet"))
    assert main(["restore", str(file), *box.args, "--force"]) == 0
    assert (box.data / "readings.db").read_bytes() == b"gigabytes" and (box.data / "pictures" / PICTURE).exists()
    assert box.events()[-1]["kind"] == "restored"
    assert main(["backup", str(tmp_path / "next"), *box.args, "--without-readings"]) == 0
    with zipfile.ZipFile(tmp_path / "next") as archive:
        assert not any("before-" in name for name in archive.namelist()), "what was put aside is no part of the box"


def test_a_backup_without_the_right_to_read_a_database_says_which_and_the_cure(
    box: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = box.data / "journal.db"  # root may read everything: played
    monkeypatch.setattr(backing.os, "access", lambda path, _: path != hidden)
    with pytest.raises(backing.BackupError, match=r"journal.db.*may not be read\n.*sudo"):
        backing.write(tmp_path / "file", box.data, box.config, 1)
    assert not (tmp_path / "file").exists()


def remade(file: Path, to: Path, head: dict[str, Any] | None = None, **content: bytes) -> Path:
    """A copy of a backup with another manifest, or other bytes in a file (`/` written `__`)."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            data = content.pop(name.replace("/", "__").replace(".", "_"), old.read(name))
            new.writestr(name, json.dumps({**json.loads(data), **(head or {})}) if name == MANIFEST else data)
        for name, data in content.items():
            new.writestr(name.replace("__", "/"), data)
    return to


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("missing", "没有这个文件"),
        ("text", "不是备份"),
        ("cut", "损坏"),
        ("foreign", "不是本软件的备份"),
        ("newer", "先升级"),
        ("changed", "已损坏：data/journal.db"),
        ("extra", "内容不全"),
        ("name", "不该有的名字"),
        ("rotten", "已损坏"),
    ],
)
def test_what_is_no_sound_backup_is_refused_and_changes_nothing(
    box: Place, tmp_path: Path, how: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good, file = tmp_path / "good", tmp_path / "file"
    assert main(["backup", str(good), *box.args]) == 0
    with zipfile.ZipFile(good) as archive:
        head = json.loads(archive.read(MANIFEST))
        journal = archive.read("data/journal.db")
    import hashlib

    rotten = journal[:4096] + b"\xff" * 200 + journal[4296:]
    match how:
        case "text":
            file.write_text("hello")
        case "cut":
            file.write_bytes(good.read_bytes()[:-200])
        case "foreign":
            remade(good, file, {"format": "something else"})
        case "newer":
            remade(good, file, {"v": 2, "version": "9.0.0"})
        case "changed":
            remade(good, file, data__journal_db=rotten)
        case "extra":
            remade(good, file, config__x=b"x")
        case "name":
            about = {"sha256": hashlib.sha256(b"x").hexdigest(), "owner": "", "mode": 0o600}
            remade(good, file, {"files": {**head["files"], "data/../../evil": about}}, **{"data/../../evil": b"x"})
        case "rotten":
            files = {
                **head["files"],
                "data/journal.db": {**head["files"]["data/journal.db"], "sha256": hashlib.sha256(rotten).hexdigest()},
            }
            remade(good, file, {"files": files}, data__journal_db=rotten)
    other = Place(tmp_path / "other")
    assert main(["restore", str(file), *other.args]) == 1
    assert words.replace("：", "") in capsys.readouterr().err.replace(" · is damaged: ", "") or how == "cut"
    assert not (other.data / "journal.db").exists() and not (tmp_path / "evil").exists()
    assert list((tmp_path / "other").rglob("restoring")) == []


def test_wrong_use_is_told(box: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str) -> None:
    assert main(["backup", str(tmp_path / "x"), "--data", str(tmp_path / "none"), "--config", str(box.config)]) == 1
    assert "journal.db" in capsys.readouterr().err
    assert main(["backup", str(tmp_path / "x"), *box.args, "--open-secrets", "--passphrase-file", words]) == 2
    (tmp_path / "words").write_text("short\n")
    assert main(["backup", str(tmp_path / "x"), *box.args, "--passphrase-file", words]) == 1
    assert "12" in capsys.readouterr().err and not (tmp_path / "x").exists()
    assert main(["backup", str(tmp_path / "x"), *box.args, "--passphrase-file", str(tmp_path / "none")]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err


@pytest.mark.parametrize("at", [0, 20, 40, -1])  # its name, salt, proof and content
def test_a_lockbox_opens_only_whole_and_with_its_words(at: int) -> None:
    sealed = lock(CANARY.encode(), WORDS)
    assert unlock(sealed, WORDS) == CANARY.encode() and CANARY.encode() not in sealed
    broken = bytearray(sealed)
    broken[at] ^= 1
    for data, words in ((bytes(broken), WORDS), (sealed, WORDS + "x")):
        with pytest.raises(Locked):
            unlock(data, words)
