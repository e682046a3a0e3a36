"""A backup back onto a box: examined whole before anything is written, put beside what is there, then moved in. Starts nothing.

"Beside" is a folder in the place itself: that may be a disk of its own. While the moving goes on, PLAN stands in the data folder:
cut off there (power), the same command goes on where it was.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import pwd
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from drivers.reading import Now
from gateway.backup import ASIDE, FORMAT, LOCKED, LOCKED_IN, MANIFEST, BackupError, V
from gateway.lockbox import Locked, unlock
from gateway.store import copies

NAME = re.compile(r"(data|config)(/[^/\x00-\x1f]+)+")
LARGEST = 64 << 30  # bytes of one file; more is no backup of ours
PLAN = "restore.unfinished"
FRESH, BEFORE = ASIDE  # folders of ours in both places; the second gets a number


@dataclass(frozen=True, slots=True)
class Restored:
    """`seq`: the number of the event with which the journal goes on. `aside`: where what was there is now. `without`: no secrets.

    `resumed`: an earlier call had begun with the moving; what it moved aside is not in `aside`.
    """

    site: str
    made: int
    seq: int
    aside: tuple[Path, ...]
    without: bool
    resumed: bool


def restore(
    file: Path, data: Path, config: Path, boot: str, now: Now, clock_ok: bool, *, force: bool = False, passphrase: str = ""
) -> Restored:
    """Raises BackupError, and then nothing has changed. With `force` what is there is moved aside, never deleted.

    After an OSError or the end of the process the same call does it, or goes on with it, also without `force`.
    """
    with _opened(file) as archive:
        head = _examined(file, archive)
        fresh = {place: place / FRESH for place in (data, config)}
        seq = _begun(data, head, fresh.values())
        held = [
            path for path in (data / "journal.db", config / "site") if path.exists() and (path.is_file() or any(path.iterdir()))
        ]
        if held and not force and seq is None:
            raise BackupError(
                f"{' '.join(map(str, held))} 已经有了，不覆盖 · is there already and is not overwritten\n"
                "  要换掉就加 --force：原来的移到一边 · --force moves what is there aside"
            )
        inner = _secrets(archive, head, passphrase) if seq is None else None
        with _stopped(data):
            resumed = seq is not None
            if seq is None:
                (data / PLAN).unlink(missing_ok=True)  # of another backup
                _fresh(file, archive, head, inner, fresh)
                seq = copies.go_on(fresh[data] / "journal.db", boot, now, clock_ok, int(head["made"]))
                _begin(data, head, seq, fresh.values())
            aside = [_moved_in(fresh[place], place) for place in (data, config) if any(fresh[place].iterdir())]
            (data / PLAN).unlink()
            for folder in fresh.values():
                shutil.rmtree(folder)
    return Restored(head["site"], head["made"], seq, tuple(a for a in aside if a), head["secrets"] == "excluded", resumed)


def _begun(data: Path, head: Mapping[str, Any], fresh: Iterable[Path]) -> int | None:
    """`Restored.seq` of a restore of this backup whose moving has begun."""
    try:
        plan = json.loads((data / PLAN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return int(plan["seq"]) if plan["of"] == _name(head) and all(folder.is_dir() for folder in fresh) else None


def _begin(data: Path, head: Mapping[str, Any], seq: int, fresh: Iterable[Path]) -> None:
    """All of it is on the disk, and so is the plan, before anything moves."""
    for folder in fresh:
        for made, _, _ in os.walk(folder):
            _sync(Path(made))
        _sync(folder.parent)
    new = data / f"{PLAN}.new"
    with new.open("w", encoding="utf-8") as plan:
        json.dump({"of": _name(head), "seq": seq}, plan)
        plan.flush()
        os.fsync(plan.fileno())
    new.rename(data / PLAN)
    _sync(data)


def _name(head: Mapping[str, Any]) -> str:
    """Of this backup and no other: its manifest holds the hash of each file."""
    return hashlib.sha256(json.dumps(head, sort_keys=True).encode()).hexdigest()


def _fresh(
    file: Path, archive: zipfile.ZipFile, head: Mapping[str, Any], inner: bytes | None, fresh: Mapping[Path, Path]
) -> None:
    """Fill the folders of `fresh` (place -> folder in it), anew where an earlier call left something; they are gone after an error."""
    (data, beside), (config, other) = fresh.items()
    into = {"data": (beside, data), "config": (other, config)}
    try:
        for place, folder in fresh.items():
            if folder.exists():
                shutil.rmtree(folder)
            place.mkdir(mode=0o750, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700)
        _unpack(archive, head["files"], into)
        if inner is not None:
            with zipfile.ZipFile(io.BytesIO(inner)) as secret:
                _unpack(secret, {name: {"owner": "", "mode": 0o600} for name in secret.namelist()}, into)
        for name in copies.DATABASES:
            if (beside / name).exists() and (wrong := copies.sound(beside / name)):
                raise BackupError(f"{file}: {name} 已损坏 · is damaged: {wrong}")
    except BaseException:
        for folder in (beside, other):
            shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except FileNotFoundError:
        raise BackupError(f"{file} 没有这个文件 · does not exist") from None
    except (zipfile.BadZipFile, EOFError, zipfile.LargeZipFile, NotImplementedError) as error:
        raise BackupError(f"{file} 不是备份，或已损坏 · is no backup, or is damaged: {error}") from None


def _examined(file: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    """The manifest, after every byte of every file has proven to be the one that was backed up."""
    try:
        head = json.loads(archive.read(MANIFEST))
        if head["format"] != FORMAT or not isinstance(head["v"], int):
            raise ValueError(head["format"])
    except (KeyError, ValueError, TypeError):
        raise BackupError(f"{file} 不是本软件的备份 · is no backup of this software") from None
    if head["v"] > V:
        by = head.get("version")
        raise BackupError(
            f"{file} 是新版 {by} 做的 · was made by a newer version\n  先升级再恢复 · upgrade first, then restore"
        )
    files = head.get("files")
    if not isinstance(files, dict) or set(files) != set(archive.namelist()) - {MANIFEST} or "data/journal.db" not in files:
        raise BackupError(f"{file} 内容不全 · is not whole: its list and its files differ")
    for name, about in files.items():
        if name != LOCKED and (not NAME.fullmatch(name) or ".." in PurePosixPath(name).parts):
            raise BackupError(f"{file} 里有不该有的名字 · holds a name it must not: {name!r}")
        if archive.getinfo(name).file_size > LARGEST or _hash(archive, name) != about["sha256"]:
            raise BackupError(f"{file} 已损坏 · is damaged: {name}")
    return dict(head)


def _hash(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as content:
        while piece := content.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _secrets(archive: zipfile.ZipFile, head: Mapping[str, Any], passphrase: str) -> bytes | None:
    if head["secrets"] != LOCKED_IN:
        return None
    if not passphrase:
        raise BackupError("密钥加了口令 · its secrets are locked\n  --passphrase-file FILE")
    try:
        return unlock(archive.read(LOCKED), passphrase)
    except Locked as error:
        raise BackupError(str(error)) from None


@contextmanager
def _stopped(data: Path) -> Iterator[None]:
    """`run` holds this lock as long as it lives."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / "run.lock").open("ab") as lock:
        _own(data / "run.lock", data, "")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError("run 正在运行 · runs\n  先停 · stop it first: systemctl stop campus-gateway") from None
        yield


def _before(place: Path) -> Path:
    """A new folder in the place for what was there, so that moving is a rename."""
    number = 1
    while (made := place / f"{BEFORE}{number}").exists():
        number += 1
    made.mkdir(mode=0o700)
    return made


def _unpack(archive: zipfile.ZipFile, files: Mapping[str, Any], into: Mapping[str, tuple[Path, Path]]) -> None:
    """`into`: data and config, each a fresh folder and the place that what is in it will take."""
    for name, about in files.items():
        if name == LOCKED:
            continue
        where, _, rest = name.partition("/")
        fresh, place = into[where]
        target = fresh / rest
        _folder(target.parent, fresh, place, about["owner"])
        with archive.open(name) as source, target.open("xb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
            os.fchmod(out.fileno(), int(about["mode"]) & 0o777)
            out.flush()
            os.fsync(out.fileno())
        _own(target, place / rest, about["owner"])


def _folder(folder: Path, fresh: Path, place: Path, owner: str) -> None:
    """Make it as it is in its place (install.sh has made it for the services); one that is new there is the owner's only."""
    if folder.exists():
        return
    _folder(folder.parent, fresh, place, owner)
    there = place / folder.relative_to(fresh)
    folder.mkdir(mode=0o700)
    if there.is_dir():
        folder.chmod(there.stat().st_mode & 0o7777)
    _own(folder, there, "" if there.is_dir() else owner)


def _own(path: Path, there: Path, owner: str) -> None:
    """Restored by root for services that are not root: its owner of before where he is known here, else whoever owns the place."""
    if os.geteuid() == 0:
        near = next(p for p in (there, *there.parents) if p.exists()).stat()
        try:
            user = pwd.getpwnam(owner).pw_uid
        except KeyError:
            user = near.st_uid
        os.chown(path, user, near.st_gid)


def _moved_in(fresh: Path, place: Path) -> Path | None:
    """Each thing at the top of `fresh` takes its place; what was there goes aside, all of it into one folder."""
    aside: Path | None = None
    for item in sorted(fresh.iterdir()):
        target = place / item.name
        parts = [target, *(place / f"{item.name}{end}" for end in ("-wal", "-shm"))]
        for old in parts:
            if old.exists():
                aside = aside or _before(place)
                old.rename(aside / old.name)
        item.rename(target)
    _sync(place)
    return aside


def _sync(folder: Path) -> None:
    """What stands in it is on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
