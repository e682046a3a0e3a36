"""The table of alarm kinds: lamp, severity, latching, sound and messages. Data only (R12, R13, people's words)."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.model import Severity


@dataclass(frozen=True, slots=True)
class Kind:
    """`lamp` is the state-bar lamp. `latching`: never clears by itself (R12). `demands`: output roles on while open.

    `scope` of each demand: "site", "building", "zone". `fire` kinds take part in the confirmation of a building's fire;
    `sure` ones confirm it alone (manual call point, flow).
    """

    id: str
    lamp: str
    severity: Severity
    latching: bool
    zh: str
    en: str
    demands: tuple[tuple[str, str], ...] = ()
    fire: bool = False
    sure: bool = False
    suppressible: bool = True  # may a dead line hide it? Never fire, gas level 2, breach.


KINDS: dict[str, Kind] = {
    k.id: k
    for k in (
        Kind("fire", "fire", Severity.FIRE, True, "火警", "Fire", (("guard-sounder", "site"),), fire=True, suppressible=False),
        Kind(
            "heat", "fire", Severity.FIRE, True, "感温火警", "Heat", (("guard-sounder", "site"),), fire=True, suppressible=False
        ),
        Kind(
            "manual",
            "fire",
            Severity.FIRE,
            True,
            "手动火警",
            "Manual call point",
            (("guard-sounder", "site"),),
            fire=True,
            sure=True,
            suppressible=False,
        ),
        Kind(
            "flow",
            "fire",
            Severity.FIRE,
            True,
            "喷淋动作",
            "Sprinkler flow",
            (("guard-sounder", "site"),),
            fire=True,
            sure=True,
            suppressible=False,
        ),
        Kind(
            "gas-2",
            "gas",
            Severity.GAS,
            True,
            "可燃气泄漏",
            "Gas leak",
            (("guard-sounder", "site"), ("room-sounder", "zone"), ("fan", "zone"), ("valve", "zone")),
            suppressible=False,
        ),
        Kind(
            "gas-1", "gas", Severity.WARNING, False, "可燃气偏高", "Gas low limit", (("room-sounder", "zone"), ("fan", "zone"))
        ),
        # not what burns but what poisons or is missing: what people are told to do is another thing
        Kind(
            "toxic-2",
            "gas",
            Severity.GAS,
            True,
            "有毒气泄漏",
            "Toxic gas leak",
            (("guard-sounder", "site"), ("room-sounder", "zone"), ("fan", "zone"), ("valve", "zone")),
            suppressible=False,
        ),
        Kind("toxic-1", "gas", Severity.WARNING, False, "有毒气偏高", "Toxic gas", (("room-sounder", "zone"), ("fan", "zone"))),
        Kind("oxygen", "gas", Severity.WARNING, False, "氧气异常", "Oxygen", (("room-sounder", "zone"), ("fan", "zone"))),
        Kind(
            "store",
            "store",
            Severity.BREACH,
            True,
            "危化柜异常开启",
            "Store opened wrongly",
            (("guard-sounder", "site"),),
            suppressible=False,
        ),
        Kind("lock", "warning", Severity.WARNING, False, "一把锁打开", "One lock open", (("chirp", "zone"),)),
        Kind("panic", "intrusion", Severity.BREACH, True, "一键报警", "Panic button", suppressible=False),
        Kind("intrusion", "intrusion", Severity.BREACH, True, "入侵", "Intrusion", suppressible=False),
        Kind("store-proof", "store", Severity.WARNING, False, "身份待核实", "Identities awaited", suppressible=False),
        Kind("store-ask", "store", Severity.WARNING, False, "柜门久开", "Store still open", suppressible=False),
        Kind("store-care", "store", Severity.WARNING, False, "危化柜异常", "Store needs care"),
        Kind("electrical", "electrical", Severity.ELECTRICAL, True, "电气报警", "Electrical alarm"),
        Kind("electrical-warning", "warning", Severity.WARNING, False, "电气预警", "Electrical warning"),
        Kind("warning", "warning", Severity.WARNING, False, "预警", "Early warning"),
        Kind("cold", "warning", Severity.WARNING, False, "留样柜超温", "Sample cabinet warm"),
        Kind("water", "supervisory", Severity.SUPERVISORY, False, "消防水压", "Fire water"),
        Kind("supervisory", "supervisory", Severity.SUPERVISORY, False, "监管", "Supervisory"),
        Kind("tamper", "fault", Severity.FAULT, True, "防拆", "Tamper", suppressible=False),
        Kind("comm", "fault", Severity.FAULT, False, "无数据", "No data"),
        Kind("comm-sleep", "fault", Severity.FAULT, False, "睡眠区监测中断", "No monitoring where people sleep"),
        Kind("silent", "offline", Severity.FAULT, False, "学校离线", "School silent"),
        Kind("school-fire", "fire", Severity.FIRE, False, "学校火警", "Fire at a school", suppressible=False),
        Kind("school-gas", "gas", Severity.GAS, False, "学校燃气", "Gas at a school", suppressible=False),
        Kind("school-alarm", "intrusion", Severity.BREACH, False, "学校报警", "Alarm at a school", suppressible=False),
        Kind("line", "fault", Severity.FAULT, False, "线路中断", "Line down"),
        Kind("mains", "fault", Severity.FAULT, False, "停电", "Mains lost"),
        Kind("output", "fault", Severity.FAULT, False, "输出未动作", "Output did not follow"),
        Kind("fault", "fault", Severity.FAULT, False, "故障", "Fault"),
        Kind(
            "cannot-record",
            "fault",
            Severity.BREACH,
            False,
            "报警盒不能记录",
            "Box cannot record",
            (("guard-sounder", "site"),),
            suppressible=False,
        ),
        Kind(
            "cannot-call",
            "fault",
            Severity.BREACH,
            False,
            "报警盒不能通知",
            "Box cannot call",
            (("guard-sounder", "site"),),
            suppressible=False,
        ),
    )
}

LAMPS: tuple[str, ...] = (
    "normal", "fire", "gas", "store", "intrusion", "electrical", "warning",
    "supervisory", "fault", "out-of-service", "offline", "test",
)  # fmt: skip
