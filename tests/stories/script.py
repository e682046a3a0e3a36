"""The language of the stories: one Chinese sentence a line, read by tables of patterns. Reads and checks; knows no engine inside.

A story file:

    故事：蚊香
    开始：2026-03-04 02:14:00
    02:14:04  3号宿舍2层东走廊 烟感 报警
              → 5秒内 王建国 收到 火警首次
    02:14:30  王建国 回 1
              → 王建国 得到答复 已记录
    禁止：郑明德 收到 任何

A line with a time is something that happens; a line with an arrow must follow it within its time (10 s where none is named). Every
message that reaches a phone must be foretold by an arrow or allowed by 允许, else the story fails; what 禁止 names must never come.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from theatre import ZONE, Theatre, Told

from alerts.escalation import SCHOOL
from alerts.model import AlarmState, Result, Severity
from drivers.reading import Quality
from gateway.marks_view import modes_json

SOON = 10_000  # ms within which an arrow without a time must come true

MESSAGES = {
    "火警首次": "fire.first", "火警再报": "fire.again", "火警未核实": "fire.unverified", "火警升级": "fire.multi",
    "真火警": "fire.real", "火警报局": "fire.bureau", "燃气低限": "gas.l1", "燃气高限": "gas.l2", "燃气报局": "gas.bureau",
    "电气预警": "elec.warn", "电气报警": "elec.alarm", "单人开启": "store.single", "身份待核实": "store.unproven",
    "强行开启": "store.forced", "一键报警": "panic", "监测中断": "comm.sleep", "一般故障": "comm.other", "停电": "mains",
    "火警结束": "recover.fire", "监测恢复": "recover.fault", "演练": "drill.start", "演练结束": "drill.end", "演练中真报警": "drill.break",
    "接班": "shift.take", "手机测试": "test.phone", "停用到期": "oos.expire", "每日一条": "daily", "报局": "bureau.other",
    "危化柜异常": "store.deviation", "危化柜仍开": "store.ask", "报警结束": "recover.alarm",
    "测试报警": "test.alarm", "维保报警": "maint.alarm", "没有接班": "shift.missed",
}  # fmt: skip
OUTPUTS = {
    "值班室声光": "guard-sounder",
    "疏散信号": "evacuation",
    "室内声光": "room-sounder",
    "排风机": "fan",
    "燃气阀": "valve",
    "蜂鸣": "chirp",
}
STATES = {
    "判断中": "pending", "待响应": "unacked", "已收到": "acked", "无人响应": "rtn_unacked", "待复位": "latched", "已结束": "normal",
}  # fmt: skip
MODES = {"正常": "", "停用": "out-of-service", "未验证": "unverified", "维保": "maintenance", "试运行": "trial", "测试": "test"}
LINES = {"线路一": "line-1", "线路二": "line-2"}


class StoryError(AssertionError):
    """The story does not go as written; the text says at which line."""


@dataclass(frozen=True, slots=True)
class Wanted:
    line: str
    within: int
    check: Callable[[Theatre, int], bool]  # (theatre, ms when what it follows happened) -> has it come true?


@dataclass(slots=True)
class Scene:
    at: int
    line: str
    play: Callable[[Theatre], None]
    wanted: list[Wanted] = field(default_factory=list)


@dataclass(slots=True)
class Story:
    name: str
    start: datetime
    scenes: list[Scene] = field(default_factory=list)
    allowed: list[tuple[str, str]] = field(default_factory=list)  # (person or 全校 or 任何, message or 任何)
    forbidden: list[tuple[str, str]] = field(default_factory=list)
    end: int = 0

    def play(self, theatre: Theatre, *, checked: bool = True) -> None:
        """Play it to the end. `checked`: an arrow that does not come true in its time is a StoryError."""
        for scene in self.scenes:
            theatre.until(scene.at)
            scene.play(theatre)
            for wanted in scene.wanted if checked else ():
                self._await(theatre, scene, wanted)
        theatre.until(self.end)
        if checked:
            self.judge(theatre.told)

    def _await(self, theatre: Theatre, scene: Scene, wanted: Wanted) -> None:
        """Arrows of one scene are looked at side by side: time goes on only until this one is true."""
        limit = scene.at + wanted.within
        while not wanted.check(theatre, scene.at):
            if theatre.ms >= limit:
                said = [f"{t.at / 1000:.0f}s {t.person} {t.message} {t.text[:30]}" for t in theatre.told]
                raise StoryError(f"{self.name}: 没有发生 never came: {wanted.line}（{scene.line}）\n" + "\n".join(said))
            theatre.until(min(limit, theatre.ms + 500))

    def judge(self, told: list[Told]) -> None:
        """Nothing forbidden came, and nothing that nobody foretold."""
        for one in told:
            if one.message and any(self._means(rule, one) for rule in self.forbidden):
                raise StoryError(f"{self.name}: 禁止的消息 forbidden: {one}")
            if one.message and not any(self._means(rule, one) for rule in self.allowed):
                raise StoryError(f"{self.name}: 没有人预料的消息 nobody foretold: {one}")

    @staticmethod
    def _means(rule: tuple[str, str], one: Told) -> bool:
        people, message = rule
        return one.person in people.split() and message in ("任何", one.message)


def read(path: Path) -> Story:
    """The story of a file. Raises StoryError for a sentence nobody understands, naming the line."""
    story: Story | None = None
    name = path.stem
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.split("#")[0].strip()
        if not line:
            continue
        try:
            story = _line(story, line, name)
        except (KeyError, ValueError, IndexError) as error:
            raise StoryError(f"{path.name}:{number}: 看不懂 not understood: {line} ({error})") from error
        name = line.partition("：")[2] if line.startswith("故事：") else name
    assert story is not None
    return story


def _line(story: Story | None, line: str, name: str) -> Story | None:
    head, _, rest = line.partition("：")
    if head in ("故事", "说明"):
        return story
    if head == "开始":
        return Story(name, datetime.fromisoformat(rest))
    if story is None:
        raise ValueError("开始 comes first")
    if head in ("允许", "禁止"):
        rules = [_who_what(part) for part in rest.split("；") if part]
        (story.allowed if head == "允许" else story.forbidden).extend(rules)
    elif line.startswith("→"):
        _arrow(story, line.removeprefix("→").strip())
    else:
        clock, _, what = line.partition(" ")
        at = _at(story, clock)
        story.end = max(story.end, at)
        if what.strip() != "落幕":
            story.scenes.append(Scene(at, line, _deed(what.strip())))
    return story


def _at(story: Story, clock: str) -> int:
    """Ms since the beginning; a time of day earlier than the scene before belongs to the next day."""
    parts = [int(p) for p in clock.split(":")]
    moment = story.start.replace(hour=parts[0], minute=parts[1], second=parts[2] if len(parts) > 2 else 0)
    before = story.start + timedelta(milliseconds=story.scenes[-1].at if story.scenes else 0)
    while moment < before:
        moment += timedelta(days=1)
    return int((moment - story.start).total_seconds() * 1000)


def _arrow(story: Story, text: str) -> None:
    found = re.match(r"(?:(\d+)(秒|分钟)内 |立即 )?(.*)", text)
    assert found is not None
    within = int(found[1]) * {"秒": 1_000, "分钟": 60_000}[found[2]] if found[1] else SOON
    if told := re.fullmatch(r"(.+) 收到 (.+)", found[3]):
        who, what = _who_what(found[3])
        story.allowed.append((who, what))
        people = who.split()

        def came(t: Theatre, since: int, people: list[str] = people, what: str = what) -> bool:
            return all(any(x.at >= since and x.person == p and x.message == what for x in t.told) for p in people)

        story.scenes[-1].wanted.append(Wanted(told[0], within, came))
        return
    story.scenes[-1].wanted.append(Wanted(text, within, _seen(found[3])))


def _seen(text: str) -> Callable[[Theatre, int], bool]:
    if found := re.fullmatch(r"(\S+) 得到答复 (.+)", text):
        who, words = people(found[1]), found[2]
        return lambda t, since: any(x.at >= since and x.person in who and not x.message and words in x.text for x in t.told)
    if found := re.fullmatch(r"(.+) (响|停|开|关)", text):
        role, on = OUTPUTS[found[1]], found[2] in ("响", "开") if found[1] != "燃气阀" else found[2] == "关"
        return lambda t, since: any(t.outputs.get(o.id) is on for o in t.plant.outputs.values() if o.role == role)
    if found := re.fullmatch(r"(\S+) (\S+) 模式 (\S+)", text):
        where, what, mode = found[1], found[2], MODES[found[3]]
        return lambda t, since: _mode(t, point(t, where, what)) == mode
    if found := re.fullmatch(r"(\S+) (\S+) 是 (\S+)", text):
        place, device, state = found[1], found[2], STATES[found[3]]
        return lambda t, since: _state(t, point(t, place, device)) == state
    raise ValueError(text)


def _state(t: Theatre, id: str) -> str:
    """The state of the point's alarm. Faults of the point itself (no data) are not what a story means."""
    found = [a for a in t.engine.alarms.values() if a.point == id and a.severity > Severity.FAULT]
    return max(found, key=lambda a: a.severity).state.value if found else AlarmState.NORMAL.value


def _mode(t: Theatre, id: str) -> str:
    """What the page shows beside the point: 停用, 维保 … or nothing."""
    return str(modes_json(t.plant, t.engine.marks.values()).get(id, {}).get("mode", ""))


def _who_what(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.+?) 收到 (.+)", text.strip())
    if found is None:
        raise ValueError(text)
    return " ".join(people(found[1])), found[2] if found[2] == "任何" else MESSAGES[found[2]]


def people(text: str) -> list[str]:
    """Person ids of 王建国、刘桂英 · 全校 (everybody the school's list names) · 校外 (the bureau) · 任何人."""
    from theatre import school

    known = school().plant.people
    if text == "全校":
        return [p.id for p in known.values() if p.role in SCHOOL]
    if text == "任何人":
        return list(known)
    by_name = {p.name: p.id for p in known.values()}
    return [by_name[name] for name in text.split("、")]


def point(t: Theatre, place: str, device: str) -> str:
    """The point of a device's name in a place's name. KeyError when there is none."""
    zones = {z.id for z in t.plant.zones.values() if z.name == place}
    found = [p.id for p in t.plant.points.values() if p.zone in zones and p.name == device and p.quantity != "device-fault"]
    if not found:
        raise KeyError(f"{place} {device}")
    return found[0]


def _deed(text: str) -> Callable[[Theatre], None]:
    """What happens, from the first pattern that fits the whole sentence."""
    for pattern, make in DEEDS:
        if found := re.fullmatch(pattern, text):
            return make(*found.groups())
    raise ValueError(text)


def _set(place: str, device: str, value: float) -> Callable[[Theatre], None]:
    return lambda t: t.set(point(t, place, device), value)


def _silent(place: str, device: str, back: str | None) -> Callable[[Theatre], None]:
    def deed(t: Theatre) -> None:
        id = point(t, place, device)
        device_id = id.partition("/")[0]
        for other in t.values:
            if other.startswith(f"{device_id}/"):
                t.quality[other] = Quality.GOOD if back else Quality.FAULT
        t.scan()

    return deed


def _line_down(line: str, what: str) -> Callable[[Theatre], None]:
    def deed(t: Theatre) -> None:
        (t.down.add if what == "断线" else t.down.discard)(LINES[line])
        t.scan()

    return deed


def _mains(what: str) -> Callable[[Theatre], None]:
    return lambda t: t.set(next(p.id for p in t.plant.points.values() if p.quantity == "mains"), float(what == "来电"))


def _press(who: str, button: str, number: str | None, cause: str | None) -> Callable[[Theatre], None]:
    verb, args = BUTTONS[button]
    given = {**args, **({"cause": cause} if cause else {})}
    id = people(who)[0]
    return lambda t: _ok(t.press(id, verb, number or "", **given), button)


def _ok(reply: object, button: str) -> None:
    if not getattr(reply, "ok", False):
        raise StoryError(f"{button}: {reply}")


def _refused(who: str, button: str, number: str | None, cause: str | None) -> Callable[[Theatre], None]:
    verb, args = BUTTONS[button]
    id = people(who)[0]

    def deed(t: Theatre) -> None:
        if t.press(id, verb, number or "", **{**args, **({"cause": cause} if cause else {})}).ok:
            raise StoryError(f"{button}: 应当被拒 should have been refused")

    return deed


def _text(who: str, words: str) -> Callable[[Theatre], None]:
    def deed(t: Theatre) -> None:
        t.text(people(who)[0], words)

    return deed


BUTTONS: dict[str, tuple[str, dict[str, str | bool]]] = {
    "收到": ("ack", {}),
    "消音": ("silence", {}),
    "复位": ("reset", {}),
    "误报": ("result", {"result": Result.FALSE.value, "on_site": True}),
    "真火警": ("result", {"result": Result.REAL.value, "on_site": True}),
    "真泄漏": ("result", {"result": Result.REAL.value, "on_site": True}),
}


def _clock(t: Theatre, text: str) -> int:
    """Wall ms of a time of day, today or (已过) tomorrow; or of a date."""
    if "-" in text:
        return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)
    here = datetime.fromtimestamp(t.now.wall / 1000, ZONE)
    hour, minute = map(int, text.split(":"))
    then = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return int((then if then > here else then + timedelta(days=1)).timestamp() * 1000)


def _out(who: str, place: str, device: str, until: str, why: str) -> Callable[[Theatre], None]:
    def deed(t: Theatre) -> None:
        args: dict[str, str | bool | int | tuple[str, ...]] = {"why": why, "until": _clock(t, until), "measure": "每小时巡查"}
        if device == "整栋":
            args["building"] = _building(t, place)
        elif device == "全部":
            args["zone"] = _zone(t, place)
        else:
            args["points"] = point(t, place, device)
        _ok(t.press(people(who)[0], "out-of-service", **args), "停用")

    return deed


def _building(t: Theatre, name: str) -> str:
    return next(b.id for b in t.plant.buildings.values() if b.name == name)


def _zone(t: Theatre, name: str) -> str:
    return next(z.id for z in t.plant.zones.values() if z.name == name)


def _maintain(who: str, building: str, technician: str, rooms: str, until: str) -> Callable[[Theatre], None]:
    def deed(t: Theatre) -> None:
        zones = ",".join(_zone(t, room) for room in rooms.split("、"))
        args = {"building": _building(t, building), "technician": technician, "rooms": zones, "until": _clock(t, until)}
        _ok(t.press(people(who)[0], "maintenance", **args), "维保")

    return deed


def _drill(who: str, what: str) -> Callable[[Theatre], None]:
    if what == "结束":
        return lambda t: _ok(t.press(people(who)[0], "drill-end"), "演练结束")
    return lambda t: _ok(t.press(people(who)[0], "drill-start", kind={"疏散": "evacuation", "通信": "calls"}[what]), "演练开始")


def _session(who: str, what: str) -> Callable[[Theatre], None]:
    kind = {"领用": "take", "入库": "stock", "盘点": "count"}[what]
    return lambda t: _ok(t.press(people(who)[0], "session", "chem-store", kind=kind), "登记")


_BUTTON = r"(\S+) 按 (收到|消音|复位|误报|真火警|真泄漏)(?: (\d+)号)?(?:（(.+)）)?"
DEEDS: tuple[tuple[str, Callable[..., Callable[[Theatre], None]]], ...] = (
    (r"(\S+) 回 (.+)", _text),
    (_BUTTON, _press),
    (_BUTTON + r" 被拒", _refused),
    (r"(\S+) 停用 (\S+) (\S+) 到 (\S+)（(.+)）", _out),
    (r"(\S+) 维保 (\S+) 由 (\S+) 在 (\S+) 到 (\S+)", _maintain),
    (r"(\S+) 演练(疏散|通信|结束)", _drill),
    (r"(\S+) 登记 (领用|入库|盘点)", _session),
    (r"(线路一|线路二) (断线|接好)", _line_down),
    (r"(停电|来电)", _mains),
    (r"报警盒断电(\d+)秒", lambda s: lambda t: t.crash(int(s) * 1000)),
    (r"(\S+) (\S+) (?:报警|按下|打开|开)", lambda place, device: _set(place, device, 1.0)),
    (r"(\S+) (\S+) (?:恢复|松开|关上|关|锁好)", lambda place, device: _set(place, device, 0.0)),
    (r"(\S+) (\S+) 到 ([\d.]+)", lambda place, device, v: _set(place, device, float(v))),
    (r"(\S+) (\S+) (?:没有应答|(恢复应答))", _silent),
)
