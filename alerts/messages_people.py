"""The catalogue of messages that are no alarm: shifts, phone tests, orders, what is told together. Data only, as messages.py."""

from __future__ import annotations

from alerts.message import Message

SHIFT = {"d1": 6, "t1": 5, "t2": 5}  # a day as 12月31日, times as 22:00

NOTES: dict[str, Message] = {
    m.id: m
    for m in (
        Message(
            "shift.take",
            "接班：你值{d1}{t1}至{t2}班。到岗回1，不能到岗回9。15分钟未回将通知带班领导。编号S{n}",
            "Shift {d1} {t1}-{t2} is yours. Reply 1 at your post, 9 if you cannot. S{n}",
            SHIFT,
        ),
        Message(
            "shift.missed",
            "无人接班：{p}{t1}{post}15分钟未应答，仍由{who}负责。请落实接班人，到岗回1或在值班室接班。编号S{n}",
            "Shift not taken: {p} did not answer for {t1} ({post}); {who} stays responsible. Find who takes over. S{n}",
            {**SHIFT, "post": 4},
        ),
        Message(
            "shift.declined",
            "不能到岗：{p}不能值{t1}{post}，仍由{who}负责。请安排他人，到岗后在值班室接班。编号S{n}",
            "{p} cannot take the {t1} shift ({post}); {who} stays responsible. Find somebody else. S{n}",
            {**SHIFT, "post": 4},
        ),
        Message(
            "test.phone",
            "测试短信，无需到场。回1证明本机可收发。{s}报警盒{t}。编号T{n}",
            "Test, no action. Reply 1 to prove this phone works. {s} box {t}. T{n}",
        ),
        Message(
            "bureau.order",
            "{b}督办：{what}，{date}前整改。请签收：回1。编号J{n}",
            "{b} order: {what}, due {date}. Sign for it: reply 1 J{n}.",
            {"what": 20, "b": 6, "date": 6},
        ),
        Message(
            "bureau.check",
            "查岗：{b}{t}。当班人5分钟内回1应岗，不必离岗。编号C{n}",
            "Duty check by {b}, {t}. Person on duty reply 1 within 5 min. C{n}",
            {"b": 6},
        ),
        Message(
            "check.missed",
            "{s}查岗无人应岗：{t}前值班、第二值班、带班领导均未应答。请立即联系值班室",
            "{s} Duty check unanswered at {t}: duty, second and leader were silent. Call the guard room now",
        ),
        Message(
            "bureau.offline",
            "{s}报警盒离线：{t}起局端收不到信号。请查供电网络，期间加强人工巡查。编号J{n}",
            "{s} box silent at the bureau since {t}. Check power and network, patrol meanwhile. J{n}",
        ),
        Message(
            "hazard.due",
            "隐患到期：{what}，责任人{p}，{date}到期。完成请登记，未完成请说明。编号H{n}",
            "Hazard due: {what}, {p}, {date}. Record it done or say why not. H{n}",
            {"what": 20, "date": 6},
        ),
        Message(
            "storm",
            "又有{k}条报警：{list}。最重：{what}{place}。回1全部收到，回0看现状",
            "{k} more alarms: {list}. Worst: {what}, {place}. 1 all received, 0 state",
            {"k": 3, "list": 20},
        ),
        Message(
            "storm.bureau",  # which school it is comes first, as in all that the bureau is told
            "{s}又有{k}条报警：{list}。最重：{what}{place}。回1收到",
            "{s}: {k} more alarms: {list}. Worst: {what}, {place}. 1 all received",
            {"k": 3, "list": 20},
        ),
        Message(
            "storm.test",
            "测试！非真实报警。又有{k}条：{list}，{place}。若有真的，请回2和编号",
            "TEST, not real: {k} more: {list}, {place}. If one is real reply 2 and its number",
            {"k": 3, "list": 20},
        ),
        Message(
            "list",
            "待办{k}条：{list}。看屏幕或回0",
            "{k} to see to: {list}. See the screen or reply 0",
            {"k": 3, "list": 54},
        ),
        Message(
            "daily",
            "昨日{s}：火警{a}误报{f}故障{c}（未修{u}）停用{o}巡查{r}。待办：{todo}",
            "{s} yesterday: fire {a}, false {f}, faults {c} (open {u}), out of service {o}, patrols {r}. To do: {todo}",
            {"a": 3, "f": 3, "c": 3, "u": 3, "o": 3, "r": 3, "todo": 14},
        ),
    )
}
