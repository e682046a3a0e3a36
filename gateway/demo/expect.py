"""What each story must leave at the far side, in order: data only. `evidence` looks for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """The simulator's log holds a write that switches an output of this role on (or off)."""

    words: str
    role: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """The stub phone received a text holding `text` for somebody of every one of these roles."""

    words: str
    text: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """The database, asked over HTTP, holds a value of this quantity within low..high (quality 2 and 3: a row without data)."""

    words: str
    quantity: str
    low: float = 0.0
    field: str = "value"
    high: float = float("inf")


@dataclass(frozen=True, slots=True)
class Recorded:
    """`journal export` holds an event of this kind ("": any) that belongs to an alarm of one of these kinds and led to `new`."""

    words: str
    event: str
    kinds: tuple[str, ...]
    new: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Not an expectation: somebody answers through the command line, as a person at the desk would."""

    words: str
    role: str
    verb: str
    kinds: tuple[str, ...]
    result: str = ""
    cause: str = ""


Item = Written | Told | Stored | Recorded | Person

FIRE = ("fire", "heat", "manual")

EXPECTED: dict[str, tuple[Item, ...]] = {
    "fire": (
        Written("值班室声响 guard-room sounder", "guard-sounder"),
        Told("值班、楼管收到火警 duty and keeper told", "火警！", ("duty", "keeper")),
        Told("1分钟无人响应：第二值班、带班领导 unanswered: second duty and leader", "无人响应", ("leader",)),
        Told("2分钟无人响应：校长、局端 head and bureau", "火警", ("head", "bureau")),
        Told("第二个探测器确认：全校 confirmed: everyone", "火警升级", ("duty", "officer", "head")),
        Written("疏散信号 evacuation signal", "evacuation"),
        Stored("烟雾=1 已入库 smoke = 1 stored", "smoke", 1.0),
        Person("值班员收到 duty answers", "duty", "ack", FIRE),
        Recorded("收到已记入日志 the answer is journaled", "acked", FIRE),
        Person("真火警 duty reports real", "duty", "result", FIRE, "real", "电气"),
        Recorded("结果已记入日志 the result is journaled", "result", FIRE),
        Written("声响停止 sounder off", "guard-sounder", on=False),
    ),
    "leak": (
        Written("排风机启动 fan on", "fan"),
        Told("低限：楼管 level 1: keeper", "可燃气偏高", ("keeper",)),
        Written("燃气阀关闭 valve closed", "valve"),
        Written("值班室声响 guard-room sounder", "guard-sounder"),
        Told("高限：全部 level 2: everyone", "燃气泄漏", ("duty", "leader", "head")),
        Stored("浓度已入库 concentration stored", "combustible-gas", 40.0),
        Person("值班员收到 duty answers", "duty", "ack", ("gas-2",)),
        Recorded("收到已记入日志 the answer is journaled", "acked", ("gas-2",)),
    ),
    "two-locks": (
        Written("值班室声响 guard-room sounder", "guard-sounder"),
        Told("单人开启：保管人、安全员、带班领导 opened by one: holders, officer, leader", "单人开启", ("holder", "officer", "leader")),
        Stored("门开已入库 door open stored", "door", 1.0),
        Person("带班领导收到 leader answers", "leader", "ack", ("store",)),
        Recorded("收到已记入日志 the answer is journaled", "acked", ("store",)),
    ),
    "bus-cut": (
        Recorded("线路中断已记入日志 line down is journaled", "raised", ("line",)),
        Stored("无数据已入库 no data stored (quality 2 or 3)", "combustible-gas", 2.0, field="quality"),
        Person("值班员收到 duty answers", "duty", "ack", ("line",)),
        Recorded("恢复已记入日志 its end is journaled", "", ("line",), "normal"),
    ),
    "power": (
        Told("停电：值班、带班领导 mains lost: duty and leader", "停电", ("duty", "leader")),
        Recorded("停电已记入日志 mains lost is journaled", "raised", ("mains",)),
        Stored("停电已入库 mains = 0 stored", "mains", 0.0, high=0.0),
        Person("值班员收到 duty answers", "duty", "ack", ("mains",)),
        Recorded("收到已记入日志 the answer is journaled", "acked", ("mains",)),
    ),
}  # fmt: skip

SABOTAGES = ("sounder", "channel", "uplink", "journal")
