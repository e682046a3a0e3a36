"""What a person is answered to a command: code -> (zh, en). Words only, no judgement.

{number} is the alarm's 编号 in two digits, {minutes} the time left for a result, {real} the word for "it is real".
"""

from __future__ import annotations

from collections.abc import Sequence

from alerts import mark_replies
from alerts.causes import causes
from alerts.kinds import KINDS
from alerts.model import Alarm, AlarmState, Result
from alerts.plant import Plant
from alerts.render import what

TEXTS: dict[str, tuple[str, str]] = {
    "acked": ("已记录：你已收到{number}号", "Recorded: you have received no. {number}"),
    "acked-result": (
        "已记录：你已收到{number}号。请{minutes}分钟内报结果，2{real} 3误报",
        "Recorded: you have received no. {number}. Report within {minutes} min: 2 real, 3 false",
    ),
    "acked-seen": ("已记录你已收到，叫人照常进行", "Recorded that you have received it; the calls go on"),
    "result": ("已记录{number}号的结果", "Result of no. {number} recorded"),
    "silenced": ("已消音，新报警会再响", "Muted; a new alarm sounds again"),
    "reset": ("{number}号已复位", "No. {number} is reset"),
    "note": ("已记录", "Recorded"),
    "erased": (
        "已抹去此人的短信、回执和号码；事件链不变。以前导出的文件和备份请另行删除",
        "Texts, answers and numbers of this person are erased; the chain is unchanged. Delete earlier exports and backups too",
    ),
    "refused.erase-why": ("请写明谁要求抹去、为什么", "Write on whose request, and why"),
    "refused.no-person": ("人员编号不对", "That is no person id"),
    "output-test": ("输出试验开始，到时自动断开", "The output is tried; it goes off by itself"),
    "refused.output": ("没有这个输出", "No such output"),
    "refused.seconds": ("试验时间为1到30秒", "A trial takes 1 to 30 seconds"),
    "refused.fire": ("有未结束的火警，不做输出试验", "A fire alarm is open: outputs are not tried now"),
    "assigned": ("{number}号已交办", "No. {number} is assigned"),
    "ticked": ("已记录", "Recorded"),
    "repair": ("{number}号已报修", "A repair is asked for, no. {number}"),
    "acked-many": (
        "已记录：你已收到{k}条：{numbers}。请尽快报结果，如 2 {one} 或 3 {one}",
        "Recorded: {k} received: {numbers}. Report each: 2 {one} or 3 {one}",
    ),
    "acked-all": ("已记录：你已收到{k}条：{numbers}", "Recorded: {k} received: {numbers}"),
    "declined": ("已记录：你去不了{number}号，正在叫下一人", "Recorded: you cannot; the next person is being called"),
    "declined.shift": ("已记录：你不能到岗，已告诉带班领导", "Recorded: you cannot; the leader on duty has been told"),
    "next": ("正在叫下一人", "The next person is being called"),
    "answered.S": ("接班成功，从现在起由你负责。下班前等下一班接班", "You have taken over. Stay until the next shift has"),
    "answered.T": ("测试成功，本机可收发", "Test passed: this phone sends and receives"),
    "checking": (
        "已发出查岗，5分钟内未应岗依次查下一岗",
        "Duty check sent; who is silent for 5 min is followed by the next post",
    ),
    "ordered": ("督办J{n}已送达，等签收", "Order J{n} delivered; to be signed for"),
    "asked": ("已发往学校，等学校的回执", "Sent to the school; done when the school's own record says so"),
    "refused.school": ("名单里没有这所学校", "No such school on the list"),
    "refused.no-school-key": (
        "这所学校没有可用的命令密钥（command_key），发不了",
        "No usable command key for this school",
    ),
    "refused.fleet-down": (
        "局端与消息服务器断开，请稍后再发或打电话",
        "No connection to the broker: try again, or call the school",
    ),
    "refused.order": ("督办要写内容和以后的期限", "An order needs words and a date to come"),
    "logged": ("已写入值班记录", "Written into the duty log"),
    "handed-over": ("已签交班；接班人接班以前仍由你负责", "Signed; you stay responsible until somebody takes over"),
    "countersigned": ("已会签该班记录", "Countersigned"),
    "refused.no-shift": ("请指明会签哪一班", "Say which shift is countersigned"),
    "refused.log": ("请写内容", "Write what is to be logged"),
    "refused.not-on": ("你现在不当班，不能交班", "You are not on duty: there is nothing to hand over"),
    "swap.proposed": (
        "换班已提出，等对方或带班领导、安全员同意",
        "Swap proposed; the other, the leader or the officer has to agree",
    ),
    "swap.agreed": ("换班已生效，到时问换上的人接班", "The swap is in force; who has taken the turn will be asked"),
    "swap.over": ("换班已取消，按原来的值班表", "The swap is taken back; the rota counts"),
    "refused.swap-who": ("换给的人不在值班人员里，或就是本人", "The other is not one who takes shifts, or the same person"),
    "refused.swap-turn": (
        "没有这个班次，已经开始，或已换过；请先取消原来的换班",
        "No such turn to come, or swapped already: take that back first",
    ),
    "refused.swap-busy": ("对方那时已有别的班", "That person has another turn at that time"),
    "refused.swap-gone": ("这次换班已经没有了", "That swap is no more"),
    "answered.C": ("已应岗", "Duty check answered"),
    "ask.cause-real": (
        "已记录{n}号为{real}，正在通知。原因？回：{list}",
        "No. {n} recorded as real; people are being told. Why? One of: {list}",
    ),
    "answered.J": ("已签收J{n}", "J{n} signed for"),
    "ask.cause": ("{n}号误报原因？回：{list}", "False alarm {n}: why? One of: {list}"),
    "ask.order": ("督办、通知请带编号签收，如：1 J3", "Sign for an order with its number: 1 J3"),
    "list": (
        "没看懂。回：1收到 2真火 3误报 4本人在场 8延长2小时 9我去不了 0现状；几条同时未结束时加编号，如 3 07",
        "Not understood. 1 received, 2 real, 3 false, 4 I am present, 8 2 h more, 9 I cannot, 0 state; several open: add no., 3 07",
    ),
    "state.none": ("现在没有未结束的报警", "Nothing is open now"),
    "state": ("未结束{k}条：{list}", "{k} open: {list}"),
    "refused.which-of": ("有几条未结束：{numbers}。请带编号，如：3 07", "Several are open: {numbers}. Add the number: 3 07"),
    "refused.answered": ("这条已经答过，或不是问你的", "Answered already, or not asked of you"),
    "refused.rate": ("短信太多，请稍后再发；急事请打电话", "Too many texts; wait a while, or call"),
    "refused.not-called": ("这条没有叫你", "You were not called for this"),
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
    "refused.early": (
        "这条回复写在本次报警之前，网络现在才送到，没有记。请再回一次",
        "This answer was written before the alarm and has come late; it was not taken. Answer again",
    ),
    "refused.real-since": (
        "{p}已报{n}号属实，没有改。看过现场确是误报，请回：3 {n} 原因",
        "{p} has called no. {n} real; nothing was changed. If you have looked and it is false: 3 {n} and the cause",
    ),
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
    "refused.clocks": ("局端与本机时间不一致，请先对时", "The bureau's clock and the box's differ: set them first"),
    "refused.no-key": ("本机没有局端命令的密钥，不接受远程命令", "This box has no key for the bureau's commands"),
    "refused.proof": ("命令的签名不对，未执行", "The command's proof is not right; it was not carried out"),
    "refused.bureau": ("本校名单里没有这个局端人员", "Nobody of the bureau by that name on this school's list"),
}

REAL: dict[str, str] = {"fire": "真火", "gas": "真泄漏"}  # by lamp; anything else is 属实


STATE: dict[AlarmState, tuple[str, str]] = {
    AlarmState.UNACKED: ("待响应", "waiting"),
    AlarmState.ACKED: ("已收到", "received"),
    AlarmState.RTN_UNACKED: ("已消失", "gone"),
    AlarmState.LATCHED: ("待复位", "to be reset"),
}
MOST_STATE = 58  # UTF-16 units of the list of open alarms: with its head one SMS


def standing_words(alarms: Sequence[Alarm], plant: Plant) -> tuple[str, str]:
    """What is open now in one SMS, the worst first; what has no room is in the number."""
    if not alarms:
        return TEXTS["state.none"]
    zh, en = (_fitting([_item(a, plant, n) for a in alarms]) for n in (0, 1))
    return TEXTS["state"][0].format(k=len(alarms), list=zh), TEXTS["state"][1].format(k=len(alarms), list=en)


def _item(alarm: Alarm, plant: Plant, language: int) -> str:
    point = plant.points.get(alarm.point)
    zone = plant.zones.get(point.zone) if point else None
    school, place = (str(alarm.evidence.get(name) or "") for name in ("school", "place"))  # of a bureau's own alarm
    where = zone.name if zone else place
    return f"{alarm.number:02d}{school}{what(alarm)[language]}{where}{STATE[alarm.state][language]}"


def _fitting(items: Sequence[str]) -> str:
    text = items[0]
    for item in items[1:]:
        if len(text) + len(item) + 2 > MOST_STATE:
            return text + "等"
        text += f"；{item}"
    return text


def numbers(alarms: Sequence[Alarm], most: int = 24) -> str:
    """Their 编号, neighbours as ranges: 07-09 12; what has no room is left out, "等" says so."""
    text, kept = ranges(alarms, most - 1)
    return text if len(kept) == len({a.number for a in alarms}) else text + "等"


def ranges(alarms: Sequence[Alarm], most: int) -> tuple[str, frozenset[int]]:
    """The 编号 as ranges in at most `most` characters, and which of them had room."""
    runs: list[list[int]] = []
    for n in sorted({a.number for a in alarms}):
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    text, kept = "", set()
    for run in runs:
        word = f"{run[0]:02d}" if len(run) == 1 else f"{run[0]:02d}-{run[-1]:02d}"
        if len(text) + len(word) + 1 <= most:
            text += (" " if text else "") + word
            kept.update(run)
    return text, frozenset(kept)


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
