"""The table of quantities: unit, names, sane range, digits shown. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a point measures.

    `unit` is printed after the value ("" for bits and codes). A value outside low..high is a sensor
    fault, not a measurement. `fire` points keep their guaranteed slot on the line and the fast lane.
    A `bit` has the values 0 and 1; `zero` and `one` say in (zh, en) what they mean.
    """

    id: str
    unit: str
    zh: str
    en: str
    low: float
    high: float
    digits: int = 0
    fire: bool = False
    zero: tuple[str, str] | None = None
    one: tuple[str, str] | None = None
    bit: bool = field(init=False)  # asked with every reading

    def __post_init__(self) -> None:
        object.__setattr__(self, "bit", self.one is not None)


def _bit(id: str, zh: str, en: str, zero: tuple[str, str], one: tuple[str, str], fire: bool = False) -> Quantity:
    return Quantity(id, "", zh, en, 0, 1, 0, fire, zero, one)


_NORMAL = ("正常", "normal")
_ALARM = ("报警", "alarm")

QUANTITIES: dict[str, Quantity] = {
    q.id: q
    for q in (
        _bit("smoke", "烟雾", "Smoke", _NORMAL, _ALARM, fire=True),
        _bit("heat", "感温", "Heat", _NORMAL, _ALARM, fire=True),
        _bit("flame", "火焰", "Flame", _NORMAL, _ALARM, fire=True),
        _bit("manual-call", "手动报警", "Manual call point", _NORMAL, ("按下", "pressed"), fire=True),
        _bit("flow", "水流指示", "Sprinkler flow", _NORMAL, ("动作", "flowing"), fire=True),
        _bit("arc-fault", "故障电弧", "Arc fault", _NORMAL, _ALARM),
        _bit("gas-alarm", "燃气报警", "Gas alarm", _NORMAL, _ALARM),
        _bit("panic", "一键报警", "Panic button", _NORMAL, ("按下", "pressed"), fire=True),
        _bit("intrusion", "入侵探测", "Intrusion detector", _NORMAL, _ALARM),
        _bit("ack-button", "收到按钮", "Acknowledge button", ("松开", "released"), ("按下", "pressed")),
        _bit("tamper", "防拆", "Tamper", _NORMAL, ("被拆", "removed")),
        _bit("panel-fire", "主机火警", "Fire at the panel", _NORMAL, _ALARM, fire=True),
        _bit("isolated", "屏蔽", "Isolated at the panel", _NORMAL, ("屏蔽", "isolated")),
        _bit("supervisory", "监管", "Supervisory", _NORMAL, _ALARM),
        _bit("device-fault", "设备故障", "Device fault", _NORMAL, ("故障", "fault")),
        _bit("contamination", "污染", "Contamination", _NORMAL, ("需清洗", "needs cleaning")),
        _bit("water-leak", "漏水", "Water leak", _NORMAL, ("漏水", "leak")),
        _bit("door", "门", "Door", ("关", "closed"), ("开", "open")),
        _bit("lock", "锁", "Lock", ("锁闭", "locked"), ("打开", "released")),
        _bit("valve", "阀门", "Valve", ("开", "open"), ("关", "closed")),
        _bit("fan-run", "风机运行", "Fan running", ("停", "stopped"), ("运行", "running")),
        _bit("output", "输出", "Output", ("断", "off"), ("通", "on")),
        _bit("contact", "触点", "Contact", ("断", "open"), ("通", "closed")),
        _bit("mains", "市电", "Mains", ("停电", "lost"), ("有电", "present")),
        _bit("link", "线路", "Line", ("断", "down"), ("通", "up")),
        _bit("online", "在线", "Online", ("离线", "offline"), ("在线", "online")),
        _bit("alert", "提示", "Alert", _NORMAL, _ALARM),
        Quantity("smoke-level", "ppm", "烟雾浓度", "Smoke level", 0, 10000, 0, fire=True),
        Quantity("temperature", "°C", "温度", "Temperature", -40, 125, 1),
        Quantity("cable-temperature", "°C", "线缆温度", "Cable temperature", -40, 200, 1),
        Quantity("humidity", "%RH", "湿度", "Humidity", 0, 100, 1),
        Quantity("residual-current", "mA", "剩余电流", "Residual current", 0, 60000, 0),
        Quantity(
            "combustible-gas", "%LEL", "可燃气体", "Combustible gas", 0, 120, 1
        ),  # a detector over range is an alarm, no fault
        Quantity("toxic-gas", "ppm", "有毒气体", "Toxic gas", 0, 5000, 1),
        Quantity("oxygen", "%VOL", "氧气", "Oxygen", 0, 30, 1),
        Quantity("voc", "ppb", "挥发性有机物", "VOC", 0, 60000, 0),
        Quantity("co2", "ppm", "二氧化碳", "CO2", 0, 60000, 0),
        Quantity("pm25", "ug/m3", "PM2.5", "PM2.5", 0, 1000, 0),
        Quantity("pm10", "ug/m3", "PM10", "PM10", 0, 2000, 0),
        Quantity("pressure", "MPa", "水压", "Water pressure", -0.1, 10, 3),
        Quantity("level", "m", "液位", "Level", -0.2, 50, 2),  # a transmitter in an empty tank reads a little below 0
        Quantity("leak-distance", "m", "漏水位置", "Leak distance", 0, 10000, 0),
        Quantity("voltage", "V", "电压", "Voltage", 0, 500, 1),
        Quantity("current", "A", "电流", "Current", 0, 10000, 2),
        Quantity("power", "W", "功率", "Power", -1e6, 1e6, 0),
        Quantity("energy", "kWh", "电能", "Energy", 0, 1e9, 1),
        Quantity("frequency", "Hz", "频率", "Frequency", 0, 100, 2),
        Quantity("power-factor", "", "功率因数", "Power factor", -1, 1, 2),
        Quantity("weight", "kg", "重量", "Weight", -1000, 10000, 3),
        Quantity("percent", "%", "百分比", "Percent", 0, 1000, 0),
        Quantity("rpm", "rpm", "转速", "Speed", 0, 20000, 0),
        Quantity("resistance", "ohm", "电阻", "Resistance", 0, 65535, 0),
        Quantity("leak-current", "uA", "漏电流", "Leak current", 0, 65535, 0),
        Quantity("panel-state", "", "主机设备状态", "State at the fire panel", 0, 9, 0, fire=True),
        Quantity("code", "", "状态码", "State code", 0, 4294967295, 0),
        Quantity("identity", "", "身份", "Identity", 0, 4294967295, 0),
        # the box itself and its lines: gateway/boxpoints.py
        _bit("reserve", "预留空间", "Reserved space", ("没有", "missing"), ("留着", "held")),
        _bit("broker-link", "上行连接", "Link to the centre", ("中断", "lost"), ("接通", "up")),
        _bit("modem-network", "短信模块入网", "Modem registered", ("没有入网", "not registered"), ("已入网", "registered")),
        Quantity("modem-signal", "dBm", "短信模块信号", "Modem signal", -120, -40, 0),
        _bit("undervoltage", "供电电压", "Supply voltage", _NORMAL, ("过低", "too low")),
        _bit("throttled", "处理器降频", "Processor slowed", _NORMAL, ("降频", "slowed")),
        _bit("box-alive", "学校报警盒", "Box of the school", ("离线", "silent"), ("在线", "online")),
        Quantity("free-space", "%", "磁盘可用空间", "Free disk space", 0, 100, 0),
        Quantity("free-memory", "%", "可用内存", "Free memory", 0, 100, 0),
        Quantity("cpu-busy", "%", "处理器占用", "Processor busy", 0, 100, 0),
        Quantity("chip-temperature", "°C", "芯片温度", "Chip temperature", -40, 150, 1),
        Quantity("process-memory", "MB", "程序占用内存", "Memory of the program", 0, 1e6, 1),
        Quantity("open-files", "", "打开的文件", "Open files", 0, 1e6, 0),
        Quantity("threads", "", "线程数", "Threads", 0, 1e5, 0),
        Quantity("wal", "MB", "数据库日志缓存", "Write-ahead logs", 0, 1e6, 1),
        Quantity("clock-state", "", "时钟状态", "State of the clock", 0, 2, 0),
        Quantity("panel-clock", "s", "主机时钟偏差", "Panel clock drift", -1e11, 1e11, 0),
        Quantity("clock-offset", "s", "时钟偏差", "Clock offset", -1e11, 1e11, 1),
        Quantity("backlog", "", "待传数据帧", "Frames waiting", 0, 1e12, 0),
        Quantity("certificate-days", "d", "证书剩余天数", "Days left of the certificate", -1e5, 1e5, 0),
        Quantity("backlog-age", "s", "数据待传时长", "Waiting for", 0, 1e9, 0),
        _bit("twin", "上行身份", "Identity upstream", ("唯一", "single"), ("重复", "twice")),
        Quantity("logins-locked", "", "被锁的账户和 PIN", "Locked accounts and PINs", 0, 1e6, 0),
        Quantity("frames-dropped", "", "一小时内丢弃的数据帧", "Frames dropped in an hour", 0, 1e12, 0),
        Quantity("lines-refused", "", "一小时内被拒收的数据", "Lines refused in an hour", 0, 1e12, 0),
        Quantity("events-refused", "", "上级拒收的事件", "Events refused by the centre", 0, 1e12, 0),
        Quantity("events-late", "s", "学校上报收不全的时长", "Reports of the school missing for", 0, 1e9, 0),
        Quantity("line-load", "%", "线路占用", "Line busy", 0, 100, 0),
        Quantity("line-errors", "%", "线路误码率", "Garbled answers", 0, 100, 1),
        Quantity("line-silent", "%", "线路无应答率", "Unanswered questions", 0, 100, 1),
        Quantity("count", "", "计数", "Count", 0, 4294967295, 0),
        Quantity("number", "", "数值", "Number", -1e9, 1e9, 3),
    )
}


@dataclass(frozen=True, slots=True)
class Gas:
    """A toxic gas and its occupational exposure limit (OEL) in ppm, as `source` says it in mg/m3, rounded down."""

    id: str
    zh: str
    en: str
    oel: float
    source: str


# GBZ 2.1-2019 (recalled; ppm at 20 C): MAC a ceiling, TWA the mean of a shift.
GASES: dict[str, Gas] = {
    g.id: g
    for g in (
        Gas("carbon-monoxide", "一氧化碳", "Carbon monoxide", 17, "TWA 20 mg/m3"),
        Gas("ammonia", "氨气", "Ammonia", 28, "TWA 20 mg/m3"),
        Gas("hydrogen-sulfide", "硫化氢", "Hydrogen sulfide", 7, "MAC 10 mg/m3"),
        Gas("chlorine", "氯气", "Chlorine", 0.33, "MAC 1 mg/m3"),
        Gas("sulfur-dioxide", "二氧化硫", "Sulfur dioxide", 1.8, "TWA 5 mg/m3"),
        Gas("nitrogen-dioxide", "二氧化氮", "Nitrogen dioxide", 2.6, "TWA 5 mg/m3"),
        Gas("ozone", "臭氧", "Ozone", 0.15, "MAC 0.3 mg/m3"),
        Gas("formaldehyde", "甲醛", "Formaldehyde", 0.4, "MAC 0.5 mg/m3"),
        Gas("hydrogen-chloride", "氯化氢", "Hydrogen chloride", 4.9, "MAC 7.5 mg/m3"),
    )
}
