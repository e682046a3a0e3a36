"""What travels over MQTT: topics, reading payloads, receipts and status, both directions. Pure; no paho, no store."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.plant import Point
from drivers.reading import Quality, Reading

ROOT = "campus/v1"
DEST = "influx"  # the name of the destination the readings are confirmed for

_BOOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HEAD = re.compile(rb"# boot=([A-Za-z0-9][A-Za-z0-9._-]{0,63}) seq=(\d{1,18})(?:-(\d{1,18}))?")
_QUALITY = {quality: f"quality={quality:d}i " for quality in Quality}  # ready: an enumeration is slow to format
_NOT_A_TAG = re.compile(r"[\\\x00-\x1f\x7f]")


class WireError(ValueError):
    """A payload that is not what its topic promises; the text says what is wrong, for the log."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one box: `campus/v1/<district>/<site>/…`."""

    district: str
    site: str

    def of(self, leaf: str) -> str:
        """`leaf` is readings, events, status, devices/<n>, receipt, command, reply or alarm/<id>."""
        return f"{ROOT}/{self.district}/{self.site}/{leaf}"

    def alarm(self, id: str) -> str:
        return self.of(f"alarm/{id}")


def parse_topic(topic: str) -> tuple[Topics, str]:
    """The box and the leaf of a topic; WireError for one outside the contract."""
    parts = topic.split("/", 4)
    if len(parts) != 5 or f"{parts[0]}/{parts[1]}" != ROOT or not all(parts[2:]):
        raise WireError(f"topic {topic!r} is not {ROOT}/<district>/<site>/…")
    return Topics(parts[2], parts[3]), parts[4]


def escape_tag(value: str) -> str:
    """A tag value as line protocol writes it. ValueError for what the protocol cannot carry (empty, backslash, control)."""
    if not value or _NOT_A_TAG.search(value):
        raise ValueError(f"{value!r} cannot be a tag value")
    return value.replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")


def line_heads(site: str, district: str, points: Collection[Point]) -> dict[str, str]:
    """The part of a point's lines that never changes: `<quantity>,district=,site=,zone=,device=,point= `.

    ValueError for a name that cannot be a tag value.
    """
    box = f",district={escape_tag(district)},site={escape_tag(site)}"
    zones = {point.zone: f",zone={escape_tag(point.zone)}" if point.zone else "" for point in points}
    return {
        point.id: f"{point.quantity}{box}{zones[point.zone]},device={escape_tag(point.device)},point={escape_tag(point.id)} "
        for point in points
    }


def frame_lines(heads: Mapping[str, str], readings: Sequence[Reading]) -> bytes:
    r"""One line per reading: its point's head and `value=<float>,quality=<int>i <ns>\n`.

    `value` is left out when the reading has none. The stamp is `at.wall`, whole ms written as ns. A value that
    is not finite goes as quality FAULT without value: no database takes NaN. KeyError for a point without a head.
    """
    out = []
    for reading in readings:
        value, quality = reading.value, reading.quality
        if value is not None and not math.isfinite(value):
            value, quality = None, Quality.FAULT
        field = "" if value is None else f"value={float(value)!r},".replace(".0,", ",")
        out.append(f"{heads[reading.point]}{field}{_QUALITY[quality]}{reading.at.wall}000000\n")
    return "".join(out).encode()


@dataclass(frozen=True, slots=True)
class Batch:
    """A parsed `readings` payload: the frames `a`..`b` of one boot, and their lines without line ends.

    `live`: one frame, sent as it was made.
    """

    boot: str
    a: int
    b: int
    lines: tuple[bytes, ...]
    live: bool = False


def readings_payload(boot: str, seq_a: int, seq_b: int, lines: bytes, live: bool = False) -> bytes:
    """`lines` under the head that names their frames: `seq=<n>` for one `live` frame, else `seq=<a>-<b>`.

    A comment to Telegraf and InfluxDB, which take it as it is.
    """
    if not _BOOT.fullmatch(boot) or not 0 <= seq_a <= seq_b < 10**18:
        raise ValueError(f"boot {boot!r} seq {seq_a}-{seq_b} cannot be written")
    seq = f"{seq_a}" if live and seq_a == seq_b else f"{seq_a}-{seq_b}"
    return f"# boot={boot} seq={seq}\n".encode() + lines


def parse_readings(payload: bytes) -> Batch:
    """The reverse of `readings_payload`. Empty lines are nothing; the lines themselves are not judged here."""
    head, _, body = payload.partition(b"\n")
    match = _HEAD.fullmatch(head)
    if match is None:
        raise WireError(f"first line {head[:80]!r} is not '# boot=<id> seq=<n>'")
    a = int(match[2])
    b = a if match[3] is None else int(match[3])
    if b < a:
        raise WireError(f"frames {a}-{b} run backwards")
    return Batch(match[1].decode(), a, b, tuple(line for line in body.split(b"\n") if line), live=match[3] is None)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line the far side will never store. `seq` is the first frame of the payload it came in."""

    seq: int
    line: str
    why: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The far side has these frames for good. `lane` is readings, events, or alarms (whose pictures it sees); `ranges` are closed.

    `twins`: two boots that send under this identity at once, when the far side sees such.
    """

    dest: str
    boot: str
    ranges: tuple[tuple[int, int], ...]
    refused: tuple[Refusal, ...] = ()
    lane: str = "readings"
    twins: tuple[str, ...] = ()


def receipt_payload(receipt: Receipt) -> bytes:
    return _dump(
        {
            "v": 1,
            "dest": receipt.dest,
            "lane": receipt.lane,
            "boot": receipt.boot,
            "ranges": [list(pair) for pair in receipt.ranges],
            "refused": [{"seq": r.seq, "line": r.line, "why": r.why} for r in receipt.refused],
            **({"twins": list(receipt.twins)} if receipt.twins else {}),
        }
    )


def parse_receipt(payload: bytes) -> Receipt:
    """WireError for anything that is not a receipt; unknown fields are ignored."""
    data = parse_json(payload)
    dest, boot, lane = (_text(data, key) for key in ("dest", "boot", "lane"))
    refused = []
    for item in _list(data, "refused"):
        if not isinstance(item, dict):
            raise WireError("refused holds something that is not an object")
        refused.append(Refusal(_seq(item.get("seq")), _text(item, "line"), _text(item, "why")))
    ranges = []
    for pair in _list(data, "ranges"):
        if not isinstance(pair, list) or len(pair) != 2:
            raise WireError("ranges holds something that is not a pair")
        a, b = _seq(pair[0]), _seq(pair[1])
        if b < a:
            raise WireError(f"frames {a}-{b} run backwards")
        ranges.append((a, b))
    twins = tuple(boot for boot in _list(data, "twins") if isinstance(boot, str))
    return Receipt(dest, boot, tuple(ranges), tuple(refused), lane, twins)


def merge_ranges(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same frames in as few closed ranges as possible, in order."""
    merged: list[tuple[int, int]] = []
    for a, b in sorted(ranges):
        if merged and a <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return tuple(merged)


def status_payload(online: bool, facts: Mapping[str, object]) -> bytes:
    """The retained `status`: `facts` are version, boot, clock, backlog, chain head …; the will is offline without facts."""
    return _dump({**facts, "v": 1, "online": online})


def devices_payload(devices: Sequence[Mapping[str, object]], of: int, wall: int) -> bytes:
    """The retained `devices/<n>`: part n of `of` of the box's devices (gateway.devicelist), as of `wall`, ms of its own clock."""
    return _dump({"v": 1, "wall": wall, "of": of, "devices": list(devices)})


def parse_json(payload: bytes) -> dict[str, object]:
    """Any JSON object of the contract: it has `v`, no number that is none, no half character; WireError otherwise."""
    try:
        text = payload.decode()
        data = json.loads(text, parse_constant=_no_number)
        if "\\u" in text:
            json.dumps(data, ensure_ascii=False).encode()  # half a surrogate pair, which no file, page or database takes
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("v"), int):
        raise WireError("not a JSON object with v")
    return data


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _dump(data: Mapping[str, object]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _text(data: Mapping[str, object], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not _encodable(value):
        raise WireError(f"{key} is not text")
    return value


def _encodable(text: str) -> bool:
    """JSON can carry half a surrogate pair, which no file or database takes."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _list(data: Mapping[str, object], key: str) -> list[object]:
    value = data.get(key, [])
    if not isinstance(value, list):
        raise WireError(f"{key} is not a list")
    return value


def _seq(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**18:
        raise WireError(f"{value!r} is not a frame number")
    return value
