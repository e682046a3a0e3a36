"""What happens in a story: one pattern a sentence, each a deed in the theatre. Makes it happen; judges nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from theatre import ZONE, Theatre
from words import LINES, StoryError, building, people, point, points, zone

from alerts.model import Result
from drivers.reading import Quality

Deed = Callable[[Theatre], None]


def deed(text: str) -> Deed:
    """What happens, from the first pattern that fits the whole sentence."""
    for pattern, make in DEEDS:
        if found := re.fullmatch(pattern, text):
            return make(*found.groups())
    raise ValueError(text)


def _set(place: str, device: str, value: float) -> Deed:
    return lambda t: t.set(point(t, place, device), value)


def _silent(place: str, device: str, back: str | None) -> Deed:
    def happens(t: Theatre) -> None:
        id = point(t, place, device)
        device_id = id.partition("/")[0]
        for other in t.values:
            if other.startswith(f"{device_id}/"):
                t.quality[other] = Quality.GOOD if back else Quality.FAULT
        t.scan()

    return happens


def _line_down(line: str, what: str) -> Deed:
    def happens(t: Theatre) -> None:
        (t.down.add if what == "断线" else t.down.discard)(LINES[line])
        t.scan()

    return happens


def _mains(what: str) -> Deed:
    return lambda t: t.set(next(p.id for p in t.plant.points.values() if p.quantity == "mains"), float(what == "来电"))


def _press(who: str, button: str, number: str | None, cause: str | None) -> Deed:
    verb, args = BUTTONS[button]
    given = {**args, **({"cause": cause} if cause else {})}
    id = people(who)[0]
    return lambda t: _ok(t.press(id, verb, number or "", **given), button)


def _ok(reply: object, button: str) -> None:
    if not getattr(reply, "ok", False):
        raise StoryError(f"{button}: {reply}")


def _refused(who: str, button: str, number: str | None, cause: str | None) -> Deed:
    verb, args = BUTTONS[button]
    id = people(who)[0]

    def happens(t: Theatre) -> None:
        if t.press(id, verb, number or "", **{**args, **({"cause": cause} if cause else {})}).ok:
            raise StoryError(f"{button}: 应当被拒 should have been refused")

    return happens


def _text(who: str, words: str) -> Deed:
    def happens(t: Theatre) -> None:
        t.text(people(who)[0], words)

    return happens


BUTTONS: dict[str, tuple[str, dict[str, str | bool]]] = {
    "收到": ("ack", {}),
    "消音": ("silence", {}),
    "复位": ("reset", {}),
    "误报": ("result", {"result": Result.FALSE.value, "on_site": True}),
    "真火警": ("result", {"result": Result.REAL.value, "on_site": True}),
    "真泄漏": ("result", {"result": Result.REAL.value, "on_site": True}),
}


UNITS = {"秒": 1_000, "分钟": 60_000, "小时": 3_600_000}


def _clock(t: Theatre, text: str) -> int:
    """Wall ms of a time of day, today or (已过) tomorrow; or of a date."""
    if "-" in text:
        return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)
    here = datetime.fromtimestamp(t.now.wall / 1000, ZONE)
    hour, minute = map(int, text.split(":"))
    then = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return int((then if then > here else then + timedelta(days=1)).timestamp() * 1000)


def _out(who: str, place: str, device: str, until: str, why: str) -> Deed:
    def happens(t: Theatre) -> None:
        args: dict[str, str | bool | int | tuple[str, ...]] = {"why": why, "until": _clock(t, until), "measure": "每小时巡查"}
        if device == "整栋":
            args["building"] = building(t, place)
        elif device == "全部":
            args["zone"] = zone(t, place)
        else:
            args["points"] = ",".join(point(t, one, device) for one in place.split("、"))
        _ok(t.press(people(who)[0], "out-of-service", **args), "停用")

    return happens


def _maintain(who: str, house: str, technician: str, rooms: str, until: str) -> Deed:
    def happens(t: Theatre) -> None:
        zones = ",".join(zone(t, room) for room in rooms.split("、"))
        args = {"building": building(t, house), "technician": technician, "rooms": zones, "until": _clock(t, until)}
        _ok(t.press(people(who)[0], "maintenance", **args), "维保")

    return happens


def _one_by_one(place: str, device: str, count: str, gap: str, unit: str) -> Deed:
    """Each detector of the place smokes for 20 s, one after the other."""

    def happens(t: Theatre) -> None:
        every = int(gap) * UNITS[unit]
        found = points(t, place, device)
        if len(found) != int(count):
            raise StoryError(f"{place} {device}: {len(found)}个 instead of {count}")
        for id in found:
            begun = t.ms
            t.set(id, 1.0)
            t.until(begun + 20_000)
            t.set(id, 0.0)
            t.until(begun + every)

    return happens


def _pace(count: str, unit: str) -> Deed:
    """From here on the school is looked at this often: what changes or is due between is not missed by it."""

    def happens(t: Theatre) -> None:
        t.period = int(count) * UNITS[unit]

    return happens


def _drill(who: str, what: str) -> Deed:
    if what == "结束":
        return lambda t: _ok(t.press(people(who)[0], "drill-end"), "演练结束")
    return lambda t: _ok(t.press(people(who)[0], "drill-start", kind={"疏散": "evacuation", "通信": "calls"}[what]), "演练开始")


def _off(count: str, what: str) -> Deed:
    """The bureau hears nothing of so many schools any more, or hears them again."""

    def happens(t: Theatre) -> None:
        schools = {f"s{n}" for n in range(1, int(count) + 1)}
        (t.bureau.off.update if what == "断网" else t.bureau.off.difference_update)(schools)

    return happens


def _session(who: str, what: str) -> Deed:
    kind = {"领用": "take", "入库": "stock", "盘点": "count"}[what]
    return lambda t: _ok(t.press(people(who)[0], "session", "chem-store", kind=kind), "登记")


_BUTTON = r"(\S+) 按 (收到|消音|复位|误报|真火警|真泄漏)(?: (\d+)号)?(?:（(.+)）)?"
DEEDS: tuple[tuple[str, Callable[..., Deed]], ...] = (
    (r"(\S+) 回 (.+)", _text),
    (_BUTTON, _press),
    (_BUTTON + r" 被拒", _refused),
    (r"(\S+) 停用 (\S+) (\S+) 到 (\S+)（(.+)）", _out),
    (r"(\S+) 维保 (\S+) 由 (\S+) 在 (\S+) 到 (\S+)", _maintain),
    (r"(\S+) 演练(疏散|通信|结束)", _drill),
    (r"(\S+) 登记 (领用|入库|盘点)", _session),
    (r"(\S+) 恢复 停用", lambda who: lambda t: _ok(t.press(people(who)[0], "back"), "恢复")),
    (r"\S+ 逐个试 (\S+) (\S+) 共(\d+)个，每(\d+)(秒|分钟)一个", _one_by_one),
    (r"每(\d+)(秒|分钟|小时)看一遍", _pace),
    (r"——.*", lambda: lambda t: None),  # nothing happens; the time has come for what follows
    (r"(线路[一二三]) (断线|接好)", _line_down),
    (r"(停电|来电)", _mains),
    (r"(\d+)所学校 (断网|恢复)", _off),
    (r"报警盒断电(\d+)秒", lambda s: lambda t: t.crash(int(s) * 1000)),
    (r"(\S+) (\S+) (?:报警|按下|打开|开)", lambda place, device: _set(place, device, 1.0)),
    (r"(\S+) (\S+) (?:恢复|松开|关上|关|锁好)", lambda place, device: _set(place, device, 0.0)),
    (r"(\S+) (\S+) 到 ([\d.]+)", lambda place, device, v: _set(place, device, float(v))),
    (r"(\S+) (\S+) (?:没有应答|(恢复应答))", _silent),
)
