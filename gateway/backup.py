"""One file of everything a box knows, written while `run` lives; what it holds is listed and hashed in it. Restores nothing.

A zip: `manifest.json` first, `data/…` (databases, recordings, pictures), `config/…` (the folder of site file and secrets). Secrets
lie in it under a passphrase (`secrets.locked`), in the open, or not at all. What `run` has not yet flushed (seconds) is not in it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.lockbox import lock
from gateway.pictures import FOLDER as PICTURES
from gateway.speech import OWN
from gateway.store import copies
from gateway.store.database import StoreError
from gateway.version import VERSION

FORMAT, V = "campus-gateway backup", 1
MANIFEST, LOCKED = "manifest.json", "secrets.locked"
# Folders of secrets. Outside them, and outside site/, what only its owner may read is one too.
SECRETS = ("config/secrets/", "config/ingest/")
ASIDE = ("restoring", "before-")  # so begins what `restore` makes in both folders: no part of what is there now
KEPT_OUT, LOCKED_IN, OPEN = "excluded", "locked", "open"


class BackupError(Exception):
    """It cannot be done; the text says why and what to do, for a person."""


@dataclass(frozen=True, slots=True)
class Made:
    """What is in the backup. `left_out`: names of secrets that are not."""

    site: str
    seq: int
    files: tuple[str, ...]
    left_out: tuple[str, ...]
    size: int


def write(
    file: Path, data: Path, config: Path, wall: int, *, secrets: str = KEPT_OUT, passphrase: str = "", large: bool = True
) -> Made:
    """Write the backup, whole or not at all. `secrets` is KEPT_OUT, LOCKED_IN (then `passphrase`) or OPEN. Raises BackupError.

    Without the `large` (readings, pictures, a bureau's copy of its schools' events) it is done in seconds; restored, it leaves those
    that are there.
    """
    if not (data / "journal.db").exists():
        raise BackupError(f"{data} 里没有 journal.db · there is no journal\n  --data 写对了吗 · is --data right?")
    for name in copies.DATABASES:
        if (data / name).exists() and not os.access(data / name, os.R_OK):  # the page's has an owner of its own
            raise BackupError(f"{data / name} 没有权限读 · may not be read\n  在命令前加 sudo · put before the command: sudo")
    with tempfile.TemporaryDirectory(prefix="campus-backup-", dir=file.resolve().parent) as scratch:
        part = Path(scratch) / "part.zip"
        try:
            found = {**dict(_data(data, Path(scratch), large)), **dict(_tree(config, "config"))}
            site, seq = copies.about(found["data/journal.db"].path)
            made = _pack(part, found, {"site": site, "seq": seq, "made": wall}, secrets, passphrase)
            part.replace(file)
        except StoreError as error:
            raise BackupError(f"{data}: 数据库读不了 · a database cannot be read: {error}") from None
    return made


@dataclass(frozen=True, slots=True)
class _Item:
    """A file to pack. `like`: whose owner and mode it has (a copied database is like the original)."""

    path: Path
    like: Path

    def listed(self) -> dict[str, object]:
        return {"sha256": _hash(self.path), "owner": _owner(self.like), "mode": self.like.stat().st_mode & 0o777}


def _pack(part: Path, found: Mapping[str, _Item], about: Mapping[str, object], secrets: str, passphrase: str) -> Made:
    secret = {name: item for name, item in found.items() if _is_secret(name, item)}
    chosen = {name: item for name, item in found.items() if secrets == OPEN or name not in secret}
    locked = lock(_inner(secret), passphrase) if secrets == LOCKED_IN else b""
    listed = {name: item.listed() for name, item in chosen.items()}
    if locked:
        listed[LOCKED] = {"sha256": hashlib.sha256(locked).hexdigest(), "owner": "", "mode": 0o600}
    head = {"format": FORMAT, "v": V, "version": VERSION, **about, "secrets": secrets, "files": listed}
    with open(part, "xb", opener=_private) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(MANIFEST, json.dumps(head, ensure_ascii=False, indent=1))
        for name, item in chosen.items():
            archive.write(item.path, name)
        if locked:
            archive.writestr(LOCKED, locked)
    with part.open("rb") as done:
        os.fsync(done.fileno())
    left = tuple(sorted(secret)) if secrets == KEPT_OUT else ()
    return Made(str(about["site"]), int(str(about["seq"])), tuple(listed), left, part.stat().st_size)


def _is_secret(name: str, item: _Item) -> bool:
    """A key of the page or of a worker lies beside the site file as well; whoever made it knew that nobody else may read it."""
    return name.startswith(SECRETS) or (
        name.startswith("config/") and not name.startswith("config/site/") and not item.like.stat().st_mode & 0o077
    )


def _data(data: Path, scratch: Path, large: bool) -> Iterator[tuple[str, _Item]]:
    for name in copies.DATABASES:
        if (data / name).exists() and (large or name not in copies.LARGE):
            copies.copy(data / name, scratch / name)
            yield f"data/{name}", _Item(scratch / name, data / name)
    for folder in (OWN, PICTURES) if large else (OWN,):
        yield from _tree(data / folder, f"data/{folder}")


def _tree(folder: Path, under: str) -> Iterator[tuple[str, _Item]]:
    """The plain files below a folder, or the file itself; links are not followed."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
        rest = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and not rest.startswith(ASIDE):
            yield under if rest == "." else f"{under}/{rest}", _Item(path, path)


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:  # a user without a name
        return ""


def _inner(secret: Mapping[str, _Item]) -> bytes:
    """The secret files as a zip of their own."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, item in secret.items():
            archive.write(item.path, name)
    return out.getvalue()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
