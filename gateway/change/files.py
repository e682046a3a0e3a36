"""The files of a change: candidate, trial, last good and history, each written whole or not at all. Decides nothing.

They lie in one folder beside the compiled site, `<compiled>.d/`: `trial.json` while a change is on trial, `good.json` the last
compiled site that held, `history/NNNN.json` every version with who and when.
"""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import hashlib
import json
import os
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gateway.change.trial import STARTS, Trial
from gateway.jsonable import from_jsonable

CHECK_S = 60.0  # a Pi compiles a large school in some seconds
KEPT = 50  # versions
DIFF = 400  # lines of a difference shown

Json = dict[str, Any]


class CannotChange(Exception):
    """The change cannot be carried out: (zh, en) say why and the cure."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


@dataclass(frozen=True, slots=True)
class Checked:
    """`compiled` is "" when a finding is an error; the findings name lines of the candidate."""

    compiled: str
    findings: tuple[Json, ...]


class ConfigFiles:
    """`compiled` is the file `run` was started with, `source` the YAML it was made from, `data` what it was compiled for."""

    def __init__(self, compiled: Path, source: Path, data: Path) -> None:
        self.compiled, self.source, self.data = compiled, source, data
        self._own = own(compiled)
        self._checking = asyncio.Lock()  # its candidate has one name

    def text(self) -> str:
        """The site file as it is. Raises CannotChange when it cannot be read."""
        try:
            return self.source.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CannotChange(
                "config.unreadable", f"读不了 {self.source}：{error}", f"{self.source} cannot be read: {error}"
            ) from None

    async def check(self, text: str, by: str) -> Checked:
        """Compile the text in a process of its own, as if it were the site file: beside it, so that its neighbours are found.

        One after the other: two people who check at once are each told of their own text. Raises CannotChange.
        """
        async with self._checking:
            return await self._check(text, by)

    async def _check(self, text: str, by: str) -> Checked:
        candidate = self.source.with_name(f".{self.source.stem}.candidate.yaml")
        out = candidate.with_suffix(".json")
        try:
            await asyncio.to_thread(write_whole, candidate, text)
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "gateway.commands", "check", str(candidate), "-o", str(out), "--json",
                "--data", str(self.data), "--by", by, "--source", str(self.source),
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                told, wrong = await asyncio.wait_for(child.communicate(), CHECK_S)
            except TimeoutError:
                child.kill()
                await child.wait()
                raise CannotChange(
                    "config.check-failed", "检查没有在 60 秒内结束", "the check did not end within 60 s"
                ) from None
            findings = tuple(_shown(json.loads(line), self.source) for line in told.splitlines() if line.startswith(b"{"))
            if child.returncode not in (0, 78):
                why = wrong.decode(errors="replace").strip()[-300:]
                raise CannotChange("config.check-failed", f"检查没有做完：{why}", f"the check failed: {why}")
            return Checked(out.read_text(encoding="utf-8") if child.returncode == 0 else "", findings)
        except OSError as error:
            raise CannotChange(
                "config.unwritable",
                f"{self.source.parent} 写不进去：{error.strerror}；请让运行网关的账户可以写这个文件夹",
                f"{self.source.parent} cannot be written: {error.strerror}; let the gateway's account write this folder",
            ) from None
        finally:
            with contextlib.suppress(OSError):
                candidate.unlink(missing_ok=True)
                out.unlink(missing_ok=True)

    def begin(self, trial: Trial) -> None:
        """From here on a start finishes what this one does not: the trial is written first.

        Raises OSError when the disk does not take it all; then nothing of it comes into force, now or at a later start.
        """
        try:
            self._save(trial)
            self.remember(trial.old_source, "", "", 0)
            self.remember(trial.new_source, trial.by, trial.name, trial.at)
            _put(self.compiled, self.source, trial.new_compiled, trial.new_source)
            self._save(replace(trial, phase="on"))
        except OSError:
            (self._own / "trial.json").unlink(missing_ok=True)  # first: what was refused must not be finished by a start
            _put(self.compiled, self.source, trial.old_compiled, trial.old_source)
            raise

    def keep(self, trial: Trial) -> None:
        """The trial has held: what it brought is the last good one."""
        write_whole(self._own / "good.json", trial.new_compiled)
        (self._own / "trial.json").unlink(missing_ok=True)

    def back(self, trial: Trial, why: str) -> None:
        """Return to what was before; the next start tells why."""
        self._save(replace(trial, phase="returning"))
        _put(self.compiled, self.source, trial.old_compiled, trial.old_source)
        write_whole(
            self._own / "returned.json", json.dumps({"by": trial.by, "name": trial.name, "why": why}, ensure_ascii=False)
        )
        (self._own / "trial.json").unlink(missing_ok=True)

    def trial(self) -> Trial | None:
        """Raises nothing: what cannot be read counts as none, and is moved aside."""
        try:
            return read_trial(self.compiled)
        except ValueError:
            path = self._own / "trial.json"
            path.replace(path.with_suffix(".broken"))
            return None

    def hold(self) -> None:
        """Nothing is on trial: what `run` was started with is the last good one, and the first version of the history."""
        compiled = self.compiled.read_text(encoding="utf-8")
        good = self._own / "good.json"
        if not good.exists() or good.read_text(encoding="utf-8") != compiled:
            self._own.mkdir(mode=0o700, exist_ok=True)
            write_whole(good, compiled)

    def returned(self) -> Json | None:
        """What an earlier start returned from, told once."""
        path = self._own / "returned.json"
        try:
            told: Json = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        path.unlink(missing_ok=True)
        return told

    def remember(self, text: str, by: str, name: str, at: int) -> None:
        """A version for the history, unless it is the newest there."""
        kept = self.history()
        digest = hashlib.sha256(text.encode()).hexdigest()
        if kept and kept[0]["sha256"] == digest:
            return
        n = kept[0]["n"] + 1 if kept else 1
        folder = self._own / "history"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        entry = {"n": n, "at": at, "by": by, "name": name, "sha256": digest, "text": text}
        write_whole(folder / f"{n:04}.json", json.dumps(entry, ensure_ascii=False))
        for old in kept[KEPT - 1 :]:
            (folder / f"{old['n']:04}.json").unlink(missing_ok=True)

    def history(self) -> list[Json]:
        """The versions without their text, the newest first."""
        return [{k: v for k, v in entry.items() if k != "text"} for entry in self._entries()]

    def version(self, n: int) -> str | None:
        return next((entry["text"] for entry in self._entries() if entry["n"] == n), None)

    def _entries(self) -> list[Json]:
        found = []
        for path in sorted((self._own / "history").glob("*.json"), reverse=True):
            with contextlib.suppress(OSError, ValueError):
                found.append(json.loads(path.read_text(encoding="utf-8")))
        return found

    def _save(self, trial: Trial) -> None:
        self._own.mkdir(mode=0o700, exist_ok=True)
        write_whole(self._own / "trial.json", json.dumps(asdict(trial), ensure_ascii=False))


def own(compiled: Path) -> Path:
    """The folder of the change's own files."""
    return compiled.with_name(compiled.name + ".d")


def read_trial(compiled: Path) -> Trial | None:
    try:
        return from_jsonable(Trial, json.loads((own(compiled) / "trial.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def at_start(compiled: Path) -> None:
    """Before the compiled site is loaded: finish a change that a crash cut short; return from one that does not hold."""
    trial = read_trial(compiled)
    if trial is None:
        return
    source = Path(json.loads(trial.new_compiled)["source"])  # what was before may be broken: then the last good one runs
    files = ConfigFiles(compiled, source, Path())
    if trial.phase == "returning" or trial.starts >= STARTS:
        files.back(trial, "starts" if trial.starts >= STARTS else "asked")
        return
    if trial.phase == "applying":
        _put(compiled, source, trial.new_compiled, trial.new_source)
    files._save(replace(trial, phase="on", starts=trial.starts + 1))


def difference(old: str, new: str, name: str = "site.yaml") -> list[str]:
    """Unified, at most DIFF lines."""
    return list(difflib.unified_diff(old.splitlines(), new.splitlines(), name, name, "", "", 1, ""))[:DIFF]


def write_whole(path: Path, text: str) -> None:
    """Whole or not at all, and on the disk before it counts; only the owner reads it where it is new."""
    part = path.with_name(path.name + ".part")
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)  # half a file must not hold the room that the way back needs
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _put(compiled: Path, source: Path, new_compiled: str, new_source: str) -> None:
    """Both files as told; one that is so already is left alone, so that going back needs no room."""
    for path, text in ((source, new_source), (compiled, new_compiled)):
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_whole(path, text)


def _shown(finding: Json, source: Path) -> Json:
    """A finding as the person knows the file."""
    return finding | {"file": source.name}
