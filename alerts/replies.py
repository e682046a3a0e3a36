"""What a person is answered to a command: code -> (zh, en). Words only, no judgement.

{number} is the alarm's 编号 in two digits, {minutes} the time left for a result, {real} the word for "it is real".
"""

from __future__ import annotations

from alerts import mark_replies
from alerts.causes import causes
from alerts.kinds import KINDS
from alerts.model import Alarm, Result

TEXTS: dict[str, tuple[str, str]] = {
    "acked": ("已记录：你已收到{number}号", "Recorded: you have received no. {number}"),
    "acked-result": (
        "已记录：你已收到{number}号。请{minutes}分钟内报结果，2{real} 3误报",
        "Recorded: you have received no. {number}. Report within {minutes} min: 2 real, 3 false",
    ),
    "acked-seen": ("已记录，学校的呼叫照常进行", "Recorded; the school's own calls go on"),
    "result": ("已记录{number}号的结果", "Result of no. {number} recorded"),
    "silenced": ("已消音，新报警会再响", "Muted; a new alarm sounds again"),
    "reset": ("{number}号已复位", "No. {number} is reset"),
    "note": ("已记录", "Recorded"),
    "output-test": ("输出试验开始，到时自动断开", "The output is tried; it goes off by itself"),
    "refused.output": ("没有这个输出", "No such output"),
    "refused.seconds": ("试验时间为1到30秒", "A trial takes 1 to 30 seconds"),
    "refused.fire": ("有未结束的火警，不做输出试验", "A fire alarm is open: outputs are not tried now"),
    "assigned": ("{number}号已交办", "No. {number} is assigned"),
    "ticked": ("已记录", "Recorded"),
    "repair": ("{number}号已报修", "A repair is asked for, no. {number}"),
    "refused.nothing-open": ("没有未结束的报警", "Nothing is open"),
    "refused.which": ("有多条报警，请带编号", "Several alarms are open: give the number"),
    "refused.not-found": ("没有这个编号的报警", "No alarm with that number"),
    "refused.not-yet": ("{number}号还在判断中", "No. {number} is still being checked"),
    "refused.no-ack": ("请先收到{number}号", "Acknowledge no. {number} first"),
    "refused.not-gone": (
        "{number}号原因未消除，不能复位；若来自消防主机，请先在消防主机上复位",
        "The cause of no. {number} is still there; if it comes from a panel, reset the panel first",
    ),
    "refused.not-good": ("{number}号的传感器没有可靠数据，不能复位", "No reliable data from the sensor of no. {number}"),
    "refused.no-result": ("请先报{number}号的结果，2{real} 3误报", "Give the result of no. {number} first: 2 real, 3 false"),
    "refused.result": ("结果应为属实、误报、演练或测试", "The result must be real, false, drill or test"),
    "refused.cause": ("请写明原因：{list}", "Give one of these causes: {list}"),
    "refused.role": ("你没有这项权限", "Your role may not do this"),
    "refused.zone": ("这里不归你管理", "Not one of your places"),
    "refused.on-site": ("须先报误报并确认已到现场", "First report a false alarm from the spot"),
    "identified": ("已记录：你本人在场", "Recorded: you are there"),
    "declared": ("已登记，请按时关门锁好", "Recorded; close and lock in time"),
    "refused.no-store": ("你不是任何危化柜的保管人，或没有这个柜", "You hold no key, or there is no such store"),
    "refused.which-store": ("你管几个危化柜，请在值班室屏幕上选", "You hold keys of several stores: choose on the screen"),
    "refused.once": (
        "你已答过；还要另一位保管人用本人手机回4",
        "You have answered; another holder must reply 4 from their own phone",
    ),
    "refused.holder-stranger": ("你不在保管人名单上", "You are not on the list of key-holders"),
    "refused.holder-left": ("你已不再是保管人", "You no longer hold a key"),
    "refused.holder-training": ("你的年度培训已过期，不能作为保管人", "Your yearly training has lapsed"),
    "refused.session": (
        "登记写 take、stock、count 或 repair（1至480分钟）",
        "A session is take, stock, count or repair (1 to 480 min)",
    ),
    "refused.person": ("不认识的人", "Unknown person"),
    "refused.verb": ("不认识的命令", "Unknown command"),
    "refused.expired": ("命令已过期，请重发", "The command has expired; send it again"),
    "refused.clock": ("本机时间未校准，不接受远程命令", "The box's clock is not set; no remote commands"),
}

REAL: dict[str, str] = {"fire": "真火", "gas": "真泄漏"}  # by lamp; anything else is 属实


def text(code: str, alarm: Alarm | None = None, minutes: int = 0) -> tuple[str, str]:
    """(zh, en) of a code, about that alarm."""
    number = f"{alarm.number:02d}" if alarm else ""
    real = REAL.get(KINDS[alarm.kind].lamp, "属实") if alarm else ""
    words = "、".join(causes(alarm.kind, Result.FALSE)) if alarm else ""
    return say(code, number=number, minutes=str(minutes), real=real, list=words)


def say(code: str, **fields: str) -> tuple[str, str]:
    """(zh, en) of a code with its fields."""
    zh, en = TEXTS.get(code) or mark_replies.TEXTS[code]
    return zh.format(**fields), en.format(**fields)
