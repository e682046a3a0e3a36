"""A backup back onto a box: examined whole before anything is written, put beside what is there, then moved in. Starts nothing."""

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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from drivers.reading import Now
from gateway.backup import FORMAT, LOCKED, LOCKED_IN, MANIFEST, BackupError, V
from gateway.lockbox import Locked, unlock
from gateway.store import copies

NAME = re.compile(r"(data|config)(/[^/\x00-\x1f]+)+")
LARGEST = 64 << 30  # bytes of one file; more is no backup of ours


@dataclass(frozen=True, slots=True)
class Restored:
    """`seq`: the number of the event with which the journal goes on. `aside`: where what was there is now. `without`: no secrets."""

    site: str
    made: int
    seq: int
    aside: tuple[Path, ...]
    without: bool


def restore(
    file: Path, data: Path, config: Path, boot: str, now: Now, clock_ok: bool, *, force: bool = False, passphrase: str = ""
) -> Restored:
    """Raises BackupError, and then nothing has changed. With `force` what is there is moved aside, never deleted."""
    with _opened(file) as archive:
        head = _examined(file, archive)
        held = [
            path for path in (data / "journal.db", config / "site") if path.exists() and (path.is_file() or any(path.iterdir()))
        ]
        if held and not force:
            raise BackupError(
                f"{' '.join(map(str, held))} 已经有了，不覆盖 · is there already and is not overwritten\n"
                "  要换掉就加 --force：原来的移到一边 · --force moves what is there aside"
            )
        inner = _secrets(archive, head, passphrase)
        with _stopped(data):
            fresh = {data: _beside(data, "restored"), config: _beside(config, "restored")}
            into = {"data": (fresh[data], data), "config": (fresh[config], config)}
            try:
                _unpack(archive, head["files"], into)
                if inner is not None:
                    with zipfile.ZipFile(io.BytesIO(inner)) as secret:
                        _unpack(secret, {name: {"owner": "", "mode": 0o600} for name in secret.namelist()}, into)
                for name in copies.DATABASES:
                    if (fresh[data] / name).exists() and (wrong := copies.sound(fresh[data] / name)):
                        raise BackupError(f"{file}: {name} 已损坏 · is damaged: {wrong}")
                seq = copies.go_on(fresh[data] / "journal.db", boot, now, clock_ok, int(head["made"]))
                aside = [_moved_in(fresh[place], place) for place in (data, config) if any(fresh[place].iterdir())]
            finally:
                for folder in fresh.values():
                    shutil.rmtree(folder, ignore_errors=True)
    return Restored(head["site"], head["made"], seq, tuple(a for a in aside if a), head["secrets"] == "excluded")


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


def _beside(folder: Path, what: str) -> Path:
    """A new name beside a folder, so that moving is a rename."""
    number = 1
    while (made := folder.with_name(f"{folder.name}.{what}-{number}")).exists():
        number += 1
    made.mkdir(mode=0o700, parents=True)
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
    for made, _, _ in os.walk(fresh):
        _sync(Path(made))
    for item in sorted(fresh.iterdir()):
        target = place / item.name
        parts = [target, *(place / f"{item.name}{end}" for end in ("-wal", "-shm"))]
        for old in parts:
            if old.exists():
                aside = aside or _beside(place, "before")
                old.rename(aside / old.name)
        place.mkdir(mode=0o750, parents=True, exist_ok=True)
        item.rename(target)
    for folder in (place, place.parent):
        _sync(folder)
    return aside


def _sync(folder: Path) -> None:
    """What stands in it is on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
