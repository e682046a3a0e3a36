"""What must follow a scene of a story: one pattern a sentence, each a question to the theatre. Looks only; makes nothing happen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from theatre import Theatre
from words import MODES, OUTPUTS, STATES, VERDICTS, people, point, who_what

from alerts.model import AlarmState, Result, Severity
from gateway.marks_view import modes_json
from gateway.speak import sentence
from gateway.store import audit

RESULTS = {"误报": Result.FALSE.value, "真": Result.REAL.value}
SOON = 10_000  # ms within which an arrow without a time must come true
Check = Callable[[Theatre, int], bool]  # (theatre, ms when what it follows happened) -> has it come true?


@dataclass(frozen=True, slots=True)
class Wanted:
    line: str
    within: int
    check: Check
    allows: tuple[str, str] | None = None  # (people, message) that is thereby foretold


def arrow(text: str) -> Wanted:
    """`5秒内 王建国 收到 火警首次 “立即去看”`: within how long, and what. ValueError for a sentence nobody understands."""
    found = re.match(r"(?:(\d+)(秒|分钟)内 |立即 )?(.*)", text)
    assert found is not None
    within = int(found[1]) * {"秒": 1_000, "分钟": 60_000}[found[2]] if found[1] else SOON
    for pattern, make in ARROWS:
        if parts := re.fullmatch(pattern, found[3]):
            made = make(*parts.groups())
            check, allows = made if isinstance(made, tuple) else (made, None)
            return Wanted(text, within, check, allows)
    raise ValueError(text)


def _told(who_and_what: str, words: str, ring: str | None) -> tuple[Check, tuple[str, str]]:
    """Everybody named gets the message, it holds each of the quoted words, and where it is said the telephone rings or does not."""
    who, what = who_what(who_and_what)
    quoted = re.findall("“([^”]+)”", words)

    def came(t: Theatre, since: int) -> bool:
        heard = [x for x in t.told if x.at >= since and x.message == what and all(q in x.text for q in quoted)]
        heard = [x for x in heard if ring is None or x.rung is (ring == "响铃")]
        return all(any(x.person == p for x in heard) for p in who.split())

    return came, (who, what)


def _answered(who: str, words: str) -> Check:
    ids = people(who)
    return lambda t, since: any(x.at >= since and x.person in ids and not x.message and words in x.text for x in t.told)


def _output(name: str, how: str) -> Check:
    on = how == "关" if name == "燃气阀" else how in ("响", "开")
    role = OUTPUTS[name]
    return lambda t, since: any(t.outputs.get(o.id) is on for o in t.plant.outputs.values() if o.role == role)


def _mode(place: str, device: str, mode: str) -> Check:
    """What the page shows beside the point: 停用, 维保 … or nothing."""

    def shown(t: Theatre, since: int) -> bool:
        return str(modes_json(t.plant, t.engine.marks.values()).get(point(t, place, device), {}).get("mode", "")) == MODES[mode]

    return shown


def _state(place: str, device: str, state: str) -> Check:
    """The state of the point's alarm. Faults of the point itself (no data) are not what a story means."""

    def stands(t: Theatre, since: int) -> bool:
        id = point(t, place, device)
        found = [a for a in t.engine.alarms.values() if a.point == id and a.severity > Severity.FAULT]
        worst = max(found, key=lambda a: a.severity).state if found else AlarmState.NORMAL
        return worst.value == STATES[state]

    return stands


def _opening(verdict: str) -> Check:
    """What the screen says of the last opening of the store."""

    def says(t: Theatre, since: int) -> bool:
        openings = [o for s in t.engine.stores.values() for o in (s.current, s.last, *s.openings) if o is not None]
        return bool(openings) and max(openings, key=lambda o: o.opened.mono).verdict == VERDICTS[verdict]

    return says


def _out(count: str) -> Check:
    """How many marks of 停用 stand on the page: one for a whole dormitory."""
    return lambda t, since: sum(m.kind == "out-of-service" for m in t.engine.marks.values()) == int(count)


def _quiet() -> Check:
    return lambda t, since: not t.open()


def _rows(count: str) -> Check:
    """The maintenance record (F5): a row for each detector, with the seconds to the first phone."""

    def filled(t: Theatre, since: int) -> bool:
        lines = [x for m in t.engine.marks.values() if m.kind == "maintenance" for x in m.lines]
        tested, phoned = ({x.about for x in lines if x.what == what} for what in ("test", "phone"))
        return len(tested) == int(count) and len(phoned) == int(count)

    return filled


def _broken(place: str, device: str) -> Check:
    """The drill's record says by which point it was broken off."""

    def recorded(t: Theatre, since: int) -> bool:
        events = [e for e in audit.bodies(t.folder / "journal.db") if '"drill-break"' in e]
        return any(point(t, place, device) in e for e in events)

    return recorded


def _said(words: str) -> Check:
    """What the guard room hears of an alarm that nobody has answered yet."""
    return lambda t, since: any(
        words in sentence(a, t.plant) for a in t.open() if a.state is AlarmState.UNACKED and not a.silenced
    )


def _readable(place: str, device: str, result: str, cause: str) -> Check:
    """The bureau's screen is made of the journal's events: it can be read there, which rings nobody."""

    def written(t: Theatre, since: int) -> bool:
        events = [json.loads(e) for e in audit.bodies(t.folder / "journal.db")]
        alarms = {e["alarm"] for e in events if e["kind"] == "raised" and e["args"]["point"] == point(t, place, device)}
        found = [e["args"] for e in events if e["kind"] == "result" and e["alarm"] in alarms]
        return any((x["result"], x["cause"]) == (RESULTS[result], cause) for x in found)

    return written


def _first(school: str, state: str) -> Check:
    """Who stands on top of the bureau's list, with what: the worst that nobody has answered."""

    def stands(t: Theatre, since: int) -> bool:
        first = t.bureau.rows()[0]
        short = next(k.short for k in t.bureau.known.values() if k.id == first["id"])
        return short == school and bool(first["worst"]) and first["worst"]["state"] == STATES[state]

    return stands


def _silent(places: str, last: str) -> Check:
    """The places of the bureau's list at which the silent schools stand, and nowhere else."""
    wanted = range(int(places) - 1, int(last))
    return lambda t, since: [n for n, row in enumerate(t.bureau.rows()) if row["state"] == "silent"] == list(wanted)


ARROWS: tuple[tuple[str, Callable[..., Check | tuple[Check, tuple[str, str]]]], ...] = (
    (r"(\S+ 收到 [^\s“]+)((?: ?“[^”]+”)*)(?: (响铃|只发短信))?", _told),
    (r"(\S+) 得到答复 (.+)", _answered),
    (r"值班室 说 “(.+)”", _said),
    (r"局里 读得到 (\S+) (\S+) (误报|真)（(\S+)）", _readable),
    (r"局里屏幕 第一行 是 (\S+) (待响应|已收到)", _first),
    (r"局里屏幕 第(\d+)行到第(\d+)行 是 离线", _silent),
    (r"局里屏幕 没有 离线", lambda: _silent("1", "0")),
    (r"(\S+) (响|停|开|关)", _output),
    (r"(\S+) (\S+) 模式 (\S+)", _mode),
    (r"开柜记录 是 (\S+)", _opening),
    (r"停用 共(\d+)条", _out),
    (r"没有未结束的报警", _quiet),
    (r"维保记录 共(\d+)行", _rows),
    (r"演练记录 写明 (\S+) (\S+)", _broken),
    (r"(\S+) (\S+) 是 (\S+)", _state),
)
