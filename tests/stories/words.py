"""The words of the stories and what they stand for: messages, outputs, states, people, places. Tables and look-ups; plays nothing."""

from __future__ import annotations

from county import bureau
from theatre import Theatre, school

from alerts.escalation import SCHOOL

MESSAGES = {
    "火警首次": "fire.first", "火警再报": "fire.again", "火警未核实": "fire.unverified", "火警升级": "fire.multi",
    "真火警": "fire.real", "火警报局": "fire.bureau", "燃气低限": "gas.l1", "燃气高限": "gas.l2", "燃气报局": "gas.bureau",
    "电气预警": "elec.warn", "电气报警": "elec.alarm", "单人开启": "store.single", "身份待核实": "store.unproven",
    "强行开启": "store.forced", "一键报警": "panic", "监测中断": "comm.sleep", "一般故障": "comm.other", "停电": "mains",
    "火警结束": "recover.fire", "监测恢复": "recover.fault", "演练": "drill.start", "演练结束": "drill.end", "演练中真报警": "drill.break",
    "接班": "shift.take", "手机测试": "test.phone", "停用到期": "oos.expire", "每日一条": "daily", "报局": "bureau.other",
    "危化柜异常": "store.deviation", "危化柜单人": "store.alone", "危化柜仍开": "store.ask", "报警结束": "recover.alarm",
    "报警恢复": "recover.other",
    "测试报警": "test.alarm", "一把锁": "lock", "通信演练": "drill.call",
    "学校离线": "school.silent", "多校离线": "school.silent-many", "学校报警": "school.call", "学校报警结束": "school.over",
    "学校恢复": "school.back", "多校恢复": "school.back-many",
    "未核实": "unverified", "维保报警": "maint.alarm", "维保到期": "maint.over", "没有接班": "shift.missed",
    "清单": "list", "多条报警": "storm",
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
LINES = {"线路一": "line-1", "线路二": "line-2", "线路三": "line-3"}
VERDICTS = {"身份待核实": "", "两人已核实": "two", "身份未核实": "unproven"}


class StoryError(AssertionError):
    """The story does not go as written; the text says at which line."""


def people(text: str) -> list[str]:
    """Person ids of 王建国、刘桂英 · 全校 (everybody the school's list names) · 任何人, of the school and of its bureau."""
    known = school().plant.people | bureau().plant.people
    if text == "全校":
        return [p.id for p in school().plant.people.values() if p.role in SCHOOL]
    if text == "任何人":
        return list(known)
    by_name = {p.name: p.id for p in known.values()}
    return [by_name[name] for name in text.split("、")]


def points(t: Theatre, place: str, device: str) -> list[str]:
    """The points of a place whose names begin with the device's: 烟感, 烟感01, 烟感02."""
    zones = {z.id for z in t.plant.zones.values() if z.name == place}
    known = (p for p in t.plant.points.values() if p.zone in zones and p.quantity != "device-fault")
    return [p.id for p in known if p.name.startswith(device)]


def point(t: Theatre, place: str, device: str) -> str:
    """The point of a device's name in a place's name. KeyError when there is none."""
    found = [id for id in points(t, place, device) if t.plant.points[id].name == device]
    if not found:
        raise KeyError(f"{place} {device}")
    return found[0]


def building(t: Theatre, name: str) -> str:
    return next(b.id for b in t.plant.buildings.values() if b.name == name)


def zone(t: Theatre, name: str) -> str:
    return next(z.id for z in t.plant.zones.values() if z.name == name)


def who_what(text: str) -> tuple[str, str]:
    """`王建国、刘桂英 收到 火警首次` as (ids, message id); 任何 stays as it is."""
    who, found, what = text.strip().partition(" 收到 ")
    if not found:
        raise ValueError(text)
    return " ".join(people(who)), what if what == "任何" else MESSAGES[what]
