"""The incident file: one alarm with everything that proves it, as a zip that anybody can open and `journal verify` can check.

Contents: docs/incident.md. It holds names and texts of messages: it is for those who may read them.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from alerts.plant import Person
from gateway.jsonable import to_jsonable
from gateway.site import Site
from gateway.store import audit, chain, incident
from gateway.store.chain import Finding
from gateway.store.incident import NoSuchAlarm as NoSuchAlarm
from gateway.store.incident import Stretch
from gateway.store.lines import samples

FORMAT = 1
TRANSITIONS = ("seq", "wall", "alarm", "kind", "old", "new", "who", "code", "args")
MESSAGES = ("key", "alarm", "step", "person", "channel", "attempt", "state", "fates", "answers", "text")
READINGS = ("wall", "point", "value", "quality")
QUALITY = ("GOOD", "UNCERTAIN", "STALE", "FAULT")


def write(data: Path, site: Site, alarm: str, out: Path, note: Callable[[str], None] = lambda _: None) -> Stretch:
    """Write the incident of `alarm` (id or open 编号) from the stores in `data` to `out`, whole or not at all.

    `note` hears of each part as it is begun. Raises NoSuchAlarm, OSError, and the stores' StoreError.
    """
    found = incident.stretch(data / "journal.db", alarm)
    told = incident.messages(data / "journal.db", found)
    half = out.with_name(out.name + ".part")
    try:
        with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as file:
            note("events")
            file.writestr("events.jsonl", "".join(_event(row) for row in found.rows))
            file.writestr("transitions.csv", audit.table(TRANSITIONS, _transitions(found)))
            file.writestr("messages.csv", audit.table(MESSAGES, told))
            file.writestr("messages.json", _json(told))
            note("readings")
            _readings(file, data / "readings.db", found, out.parent)
            file.writestr("site.json", _json(to_jsonable(_bare(site))))
            file.writestr("manifest.json", _json(_manifest(site, found)))
        half.replace(out)
    finally:
        half.unlink(missing_ok=True)
    return found


def verify(path: Path) -> list[Finding]:
    """All that is wrong with an incident file's chain; empty when its events prove from the hash before them to the last.

    ValueError or zipfile.BadZipFile for what is no incident file. Compare `manifest.json`'s head with the box's.
    """
    with zipfile.ZipFile(path) as file:
        manifest = load(file, "manifest.json")
        rows = [_row(line) for line in file.read("events.jsonl").splitlines()]
        texts = load(file, "messages.json")
    before = (int(manifest["before"]["seq"]), bytes.fromhex(manifest["before"]["hash"]))
    findings = list(chain.check(rows, before))
    if rows and rows[-1][2].hex() != manifest["head"]:
        findings.append(Finding(rows[-1][0], "hash", "the last event is not the one that the manifest names"))
    vouched = {str(value) for _, body, _ in rows for value in _args(body).values()}
    for text in texts:
        if text["salt"] and chain.text_hash(bytes.fromhex(text["salt"]), text["text"]) not in vouched:
            findings.append(Finding(0, "text", f"no event vouches for the text of {text['key']}"))
    return findings


def load(file: zipfile.ZipFile, name: str) -> Any:
    """A JSON part of the file. ValueError when it is missing or none."""
    try:
        return json.loads(file.read(name))
    except KeyError:
        raise ValueError(f"no incident file: {name} is missing") from None


def _manifest(site: Site, found: Stretch) -> dict[str, object]:
    return {
        "incident": FORMAT,
        "site": site.plant.site,
        "name": site.plant.name,
        "alarm": found.alarm,
        "from": found.start,
        "to": found.end,
        "before": {"seq": found.before[0], "hash": found.before[1].hex()},
        "head": found.rows[-1][2].hex(),
        "last": found.rows[-1][0],
        "config": site.source_hash,
    }


def _event(row: tuple[int, bytes, bytes]) -> str:
    seq, body, hashed = row
    return json.dumps({"seq": seq, "hash": hashed.hex(), "body": body.decode("utf-8", "replace")}, ensure_ascii=False) + "\n"


def _row(line: bytes) -> tuple[int, bytes, bytes]:
    found = json.loads(line)
    return int(found["seq"]), str(found["body"]).encode(), bytes.fromhex(found["hash"])


def _transitions(found: Stretch) -> Iterator[Mapping[str, object]]:
    for event in found.events():
        if event.get("alarm"):
            yield {**event, "args": json.dumps(event.get("args", {}), ensure_ascii=False, sort_keys=True)}


def _readings(file: zipfile.ZipFile, readings: Path, found: Stretch, scratch: Path) -> None:
    """frames.lp: the stored lines of the window as they are; readings.csv: the same for a spreadsheet.

    A fault may stand for weeks, and the process that tells of fires writes this: the whole is never in memory.
    """
    with tempfile.TemporaryFile(dir=scratch) as rows:
        rows.write(audit.table(READINGS, ()).encode())
        with file.open("frames.lp", "w", force_zip64=True) as raw:
            for frame in incident.frames(readings, found.start, found.end):
                inside = b"".join(line + b"\n" for line in frame.splitlines() if found.start <= _stamp(line) <= found.end)
                raw.write(inside)
                rows.write(audit.table(READINGS, _cells(inside), heading=False).encode())
        rows.seek(0)
        with file.open("readings.csv", "w", force_zip64=True) as table:
            shutil.copyfileobj(rows, table)


def _cells(lines: bytes) -> Iterable[Mapping[str, object]]:
    for one in samples(lines):
        value = "" if math.isnan(one.value) else one.value
        yield {"wall": one.wall, "point": one.point, "value": value, "quality": QUALITY[min(one.quality, 3)]}


def _stamp(line: bytes) -> int:
    digits = line.rpartition(b" ")[2]
    return int(digits) // 1_000_000 if digits.isdigit() else -1


def _bare(site: Site) -> Site:
    """The site without people's numbers, channels and the broker: what a replay needs, and no secret."""
    people = {id: Person(p.id, p.name, p.role, "", (), p.zones, p.language) for id, p in site.plant.people.items()}
    return replace(site, plant=replace(site.plant, people=people), channels=(), uplink=type(site.uplink)(), data="", source="")


def _args(body: bytes) -> dict[str, object]:
    args = (chain.fields(body) or {}).get("args")
    return args if isinstance(args, dict) else {}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
