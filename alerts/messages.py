"""The catalogue of messages: id -> words in zh and en and what they become for whom. Data only; render.py fills them in.

Source: people's messages, §5. Each zh text has at most 70 UTF-16 units with every field at its FIELDS maximum and the
mark of a repeat before it. The kind comes first, the place second, the verb third; no link, no emoji.
"""

from __future__ import annotations

from alerts.message import Message
from alerts.messages_bureau import SCHOOLS

MESSAGES: dict[str, Message] = {
    m.id: m
    for m in (
        Message(
            "fire.first",
            "火警！{place}，{dev}{t}报警。立即去看。回1收到 2真火 3误报。编号{n}",
            "FIRE! {place}, {dev}, {t}. Go and look now. Reply 1 received, 2 real, 3 false. No.{n}",
            bureau="fire.bureau",
        ),
        Message(
            "fire.again",
            "火警{m}分钟无人响应！{place}，{dev}{t}。值班{p}未应答。立即处置。回1收到 2真火 3误报。编号{n}",
            "FIRE unanswered {m} min! {place}, {dev}, {t}. {p} did not answer. Act now. Reply 1/2/3. No.{n}",
            bureau="fire.bureau",
        ),
        Message(
            "fire.unverified",
            "火警未核实！{place}{t}报警，{p}已收到，{m}分钟无结果。请联系现场或亲自去看。回2真火 3误报。编号{n}",
            "FIRE not checked! {place}, {t}. {p} answered, no result for {m} min. Call or go. Reply 2/3. No.{n}",
            bureau="fire.bureau",
        ),
        Message(
            "fire.multi",
            "火警升级！{place}{many}，首警{t0}。拨119，组织疏散，清点人数。回1收到。编号{n}",
            "FIRE confirmed by {many}, {place}, first {t0}. Call 119, evacuate, count heads. Reply 1. No.{n}",
            bureau="fire.bureau",
            instead=(("result", "real", "fire.real"),),
        ),
        Message(
            "fire.real",
            "真火警！{place}，{p}{t}现场核实。拨119，疏散，按预案到位。回1收到。编号{n}",
            "REAL FIRE! {place}, checked by {p} at {t}. Call 119, evacuate, take your posts. Reply 1. No.{n}",
            bureau="fire.bureau",
        ),
        Message(
            "fire.bureau",
            "{s}火警！{place}{t}报警，{why}。校方{p}{tel}。回1收到。编号{n}",
            "{s} FIRE! {place}, {t}, {why}. School: {p} {tel}. Reply 1. No.{n}",
            bureau="fire.bureau",
        ),
        Message(
            "gas.l1",
            "可燃气偏高（低限）！{place}{val}，{t}。{act}。关火开窗，勿动开关。回1收到。编号{n}",
            "GAS low limit! {place} {val}, {t}. {act}. Flames off, windows open, touch no switch. Reply 1. No.{n}",
            bureau="gas.bureau",
            instead=(("kind", "toxic-1", "toxic.l1"),),
        ),
        Message(
            "gas.l2",
            "燃气泄漏（高限）！{place}{val}，{t}。{act}。撤人，勿碰开关，室外拨119。回1收到。编号{n}",
            "GAS LEAK high limit! {place} {val}, {t}. {act}. Everybody out, no switches, call 119 outdoors. Reply 1. No.{n}",
            {"val": 7},
            bureau="gas.bureau",
            instead=(("kind", "toxic-2", "toxic.l2"),),
        ),
        Message(
            "gas.bureau",
            "{s}燃气泄漏！{place}{val}，{t}。校方{p}{tel}。回1收到。编号{n}",
            "{s} GAS LEAK! {place} {val}, {t}. School: {p} {tel}. Reply 1. No.{n}",
            {"val": 7},
            bureau="gas.bureau",
            instead=(("kind", "toxic-2", "toxic.bureau"),),
        ),
        Message(
            "toxic.l1",
            "有毒气偏高（低限）！{place}{val}，{t}。{act}。离开，开门窗通风。回1收到。编号{n}",
            "TOXIC GAS low limit! {place} {val}, {t}. {act}. Leave, doors and windows open. Reply 1. No.{n}",
            bureau="toxic.bureau",
        ),
        Message(
            "toxic.l2",
            "有毒气泄漏（高限）！{place}{val}，{t}。{act}。撤人，勿入内，室外拨119。回1收到。编号{n}",
            "TOXIC GAS high limit! {place} {val}, {t}. {act}. Everybody out, do not enter, call 119 outdoors. Reply 1. No.{n}",
            {"val": 7},
            bureau="toxic.bureau",
        ),
        Message(
            "toxic.bureau",
            "{s}毒气泄漏！{place}{val}，{t}。校方{p}{tel}。回1收到。编号{n}",
            "{s} TOXIC GAS! {place} {val}, {t}. School: {p} {tel}. Reply 1. No.{n}",
            {"val": 7},
            bureau="toxic.bureau",
        ),
        Message(
            "oxygen",
            "氧气异常！{place}{val}，{rule}，{t}。{act}。撤人，开门窗，勿动火。回1收到。编号{n}",
            "OXYGEN! {place} {val}, {rule}, {t}. {act}. Everybody out, windows open, no flames. Reply 1. No.{n}",
            {"rule": 4},
        ),
        Message(
            "elec.warn",
            "电气预警：{place}{dev}{val}，限值{lim}。请电工今日内检查。回1收到。编号{n}",
            "Electrical warning: {place} {dev} {val}, limit {lim}. Check today. Reply 1. No.{n}",
            {"dev": 8},
            instead=(("limit", "no", "elec.warn-state"),),
            only=("work", "yes"),
        ),
        Message(
            "elec.warn-state",
            "电气预警：{place}{dev}{val}，{t}。请电工今日内检查。回1收到。编号{n}",
            "Electrical warning: {place} {dev} {val}, {t}. Check today. Reply 1. No.{n}",
            {"dev": 8},
        ),
        Message(
            "elec.alarm",
            "电气报警！{place}{dev}{val}，限{lim}，{t}。电工到场，勿反复合闸。回1收到。编号{n}",
            "ELECTRICAL ALARM! {place} {dev} {val}, limit {lim}, {t}. Electrician to site, do not re-close. Reply 1. No.{n}",
            {"dev": 8, "val": 6, "lim": 6},
            instead=(("limit", "no", "elec.state"),),
        ),
        Message(
            "elec.state",
            "电气报警！{place}{dev}{val}，{t}。请电工到场，勿反复合闸。回1收到。编号{n}",
            "ELECTRICAL ALARM! {place} {dev} {val}, {t}. Electrician to site, do not re-close. Reply 1. No.{n}",
            {"dev": 8},
        ),
        Message(
            "store.single",
            "危化柜单人开启！{place}{t}仅{lock}锁开，门已开。立即到场核实。回1收到 4本人在场。编号{n}",
            "STORE opened by one person! {place}, {t}, only lock {lock}, door open. Go and check."
            " Reply 1, or 4 if you are there. No.{n}",
            instead=(("which", "none", "store.forced"),),
        ),
        Message(
            "store.unproven",
            "危化柜已开，身份待核实：{place}{t}。在场保管人请用本人手机回4。5分钟内不足两人将报警。编号{n}",
            "Store open, identities not proven: {place}, {t}. Holders present reply 4 from your own phone;"
            " alarm if fewer than two in 5 min. No.{n}",
        ),
        Message(
            "store.forced",
            "危化柜异常开启！{place}{t}两锁未开而门开。立即到场，必要时拨110。回1收到。编号{n}",
            "STORE FORCED! {place}, {t}, door open, both locks closed. Go now, 110 if needed. Reply 1. No.{n}",
            only=("which", "none"),
        ),
        Message(
            "lock",
            "危化柜一把锁打开：{place}{t0}起仅{lock}锁开，已{d}。请到场或锁好。回1收到 4本人在场。编号{n}",
            "Store: one lock open. {place}, since {t0} only lock {lock}, for {d}. Go there or lock it."
            " Reply 1, or 4 if you are there. No.{n}",
        ),
        Message(
            "store.deviation",
            "危化柜异常！{place}{t}，{rule}。立即到场核实。回1收到 4本人在场。编号{n}",
            "STORE! {place}, {t}, {rule}. Go and check. Reply 1, or 4 if you are there. No.{n}",
            instead=(("alone", "yes", "store.alone"),),
        ),
        Message(
            "store.alone",
            "危化柜单人开启！{place}{t}，5分钟仅{who}证明在场。立即到场核实。回1收到 4本人在场。编号{n}",
            "STORE opened by one person! {place}, {t}: in 5 min only {who} proved to be there. Go and check."
            " Reply 1, or 4 if you are there. No.{n}",
        ),
        Message(
            "store.ask",
            "危化柜仍开着：{place}{t}起超过登记时间。用完请锁好，要延长请登记。5分钟后将报警。回1收到。编号{n}",
            "Store still open: {place}, longer than declared since {t}. Lock it or declare more time; alarm in 5 min. Reply 1. No.{n}",
        ),
        Message(
            "store.care",
            "危化柜异常：{place}{t}，{rule}。请到场查看。回1收到。编号{n}",
            "Store: {place}, {t}, {rule}. Go and look. Reply 1. No.{n}",
        ),
        Message(
            "intrusion",
            "入侵报警！{place}{dev}{t}{val}。立即去看，必要时拨110。回1收到 2真 3误报。编号{n}",
            "INTRUSION! {place}, {dev} {val} at {t}. Go and look, 110 if needed. Reply 1 received, 2 real, 3 false. No.{n}",
            {"dev": 8, "val": 2},
        ),
        Message(
            "cold",
            "{place}温度{val}已{d}，{t}。请检查通电和柜门。回1收到。编号{n}",
            "{place} {val} for {d}, {t}. Check power and door. Reply 1. No.{n}",
            instead=(("limit", "no", "cold.power"),),
        ),
        Message(
            "cold.power",
            "{place}停电已{d}，{t}。请检查通电和柜门。回1收到。编号{n}",
            "{place} without power for {d}, {t}. Check power and door. Reply 1. No.{n}",
        ),
        Message(
            "panic",
            "一键报警！{place}{t}。立即支援，拨110，勿单独靠近。回1收到。编号{n}",
            "PANIC BUTTON! {place}, {t}. Help at once, call 110, do not go alone. Reply 1. No.{n}",
        ),
        Message(
            "unverified",
            "{what}未核实！{place}{t}报警，{p}已收到，{m}分钟无结果。请去看。回2真 3误报。编号{n}",
            "{what} not checked! {place}, {t}. {p} answered, no result for {m} min. Call or go. Reply 2/3. No.{n}",
        ),
        Message(
            "comm.sleep",
            "监测中断！{place}{k}个{sort}{t}起无数据。恢复前每小时巡查一次并登记。回1收到。编号{n}",
            "NO MONITORING! {place}, {k} {sort} silent since {t}. Patrol hourly and record it. Reply 1. No.{n}",
        ),
        Message(
            "comm.other",
            "设备故障：{place}{dev}{t}起无数据，共{k}点。请报修。编号{n}",
            "Fault: {place} {dev}, no data since {t}, {k} points. Arrange repair. No.{n}",
            {"dev": 8},
        ),
        Message(
            "line",
            "线路中断：{dev}{t}起无应答，整条线失去监测。请加强巡查并报修。回1收到。编号{n}",
            "LINE DOWN: {dev} silent since {t}, everything on it unmonitored. Patrol more, arrange repair. Reply 1. No.{n}",
            {"dev": 14},
        ),
        Message(
            "mains",
            "停电：全校市电{t}中断，报警盒用电池约可撑{h}小时，{lost}点失去监测。请加强巡查。编号{n}",
            "Mains lost {t}; box on battery about {h} h; {lost} points not monitored. Patrol more. No.{n}",
            instead=(("battery", "no", "mains.unknown"),),
        ),
        Message(
            "mains.unknown",
            "停电：全校市电{t}中断，报警盒电池能撑多久未登记，{lost}点失去监测。请加强巡查。编号{n}",
            "Mains lost {t}; nobody has noted how long the box's battery lasts; {lost} points not monitored. Patrol more. No.{n}",
        ),
        Message(
            "water",
            "消防水压低：{place}{val}，限值{lim}，{t}。请查阀门和泵房。回1收到。编号{n}",
            "Fire water low: {place} {val}, limit {lim}, {t}. Check valves and pump room. Reply 1. No.{n}",
        ),
        Message(
            "warning",
            "预警：{place}{dev}{val}，{t}。请去查看。回1收到。编号{n}",
            "Early warning: {place} {dev} {val}, {t}. Have a look. Reply 1. No.{n}",
            {"dev": 8},
        ),
        Message(
            "tamper",
            "防拆报警：{place}{dev}{t}被拆下或打开。请去查看。回1收到。编号{n}",
            "Tamper: {place} {dev} removed or opened at {t}. Go and look. Reply 1. No.{n}",
            {"dev": 8},
            only=("night", "yes"),
        ),
        Message(
            "output",
            "输出未动作！{place}{out}{t}未按命令动作。请立即人工操作并报修。回1收到。编号{n}",
            "OUTPUT did not follow! {place}, {out}, {t}. Operate it by hand now, arrange repair. Reply 1. No.{n}",
        ),
        Message(
            "cannot-record",
            "报警盒不能记录！{t}起报警可能无记录，仍会鸣响和通知。请立即报修。回1收到。编号{n}",
            "BOX CANNOT RECORD since {t}! It still sounds and calls. Arrange repair now. Reply 1. No.{n}",
        ),
        Message(
            "cannot-call",
            "报警盒不能通知！{t}起消息送不到{who}。请守在值班室，口头转告并报修。回1收到。编号{n}",
            "BOX CANNOT CALL since {t}! No message reaches {who}. Stay in the guard room, tell people, arrange repair."
            " Reply 1. No.{n}",
        ),
        Message(
            "test.alarm",
            "测试！非真实报警。{place}{dev}{t}测试报警。若不是测试请回2。回1收到。编号{n}",
            "TEST, not real: {place}, {dev}, {t}. Reply 2 if it is not a test, 1 received. No.{n}",
        ),
        Message(
            "test.chain",
            "测试！模拟报警，无需到场。{place}{dev}{t}。回1收到。编号{n}",
            "TEST, simulated, no action: {place}, {dev}, {t}. Reply 1. No.{n}",
        ),
        Message(
            "maint.alarm",
            "维保报警：{place}{dev}{t}。维保测试请忽略；这是真的请立即回2。编号{n}",
            "Maintenance: {place}, {dev}, {t}. Ignore it if it is your test; reply 2 at once if it is real. No.{n}",
        ),
        Message(
            "maint.over",
            "维保到期：{place}{t}到期，报警已恢复正常通知。未完请回8延2小时。编号{n}",
            "Maintenance of {place} ended {t}; alarms are told as usual again. Reply 8 for 2 h more. No.{n}",
        ),
        Message(
            "oos.expire",
            "停用到期：{place}{dev}（{why}）{t}到期。请取下防护罩并测试报警。回8延2小时。编号{n}",
            "Out of service ends: {place} {dev} ({why}) {t}. Uncover and test it. Reply 8 for 2 h more. No.{n}",
        ),
        Message(
            "test.over",
            "测试结束：{place}{dev}{t}起恢复正常报警。回8延2小时。编号{n}",
            "Test over: {place} {dev}, alarms are real again from {t}. Reply 8 for 2 h more. No.{n}",
        ),
        Message(
            "drill.call",
            "通信演练，无需到场。回1证明本机可收发。{s}报警盒{t}。演练编号D{n}",
            "Communication drill, no action. Reply 1 to prove this phone works. {s} box {t}. Drill D{n}",
        ),
        Message(
            "drill.start",
            "演练！非真实火情。{place}模拟火警{t}，请按预案疏散。回1应答。演练编号D{n}",
            "DRILL, not real. Simulated fire at {place}, {t}. Evacuate as planned. Reply 1. Drill D{n}",
        ),
        Message(
            "drill.end",
            "演练结束{t}。应答{a}/{b}人，疏散最慢{bl}{sec}。真火警仍用119。演练编号D{n}",
            "Drill over {t}. Answers {a}/{b}; slowest building {bl} {sec}. Real fires: 119. Drill D{n}",
        ),
        Message(
            "drill.break",
            "这不是演练！{place}，{dev}{t}报警。演练中止，立即去看。回1收到 2真火 3误报。编号{n}",
            "THIS IS NOT THE DRILL! {place}, {dev}, {t}. Drill stopped, go and look. Reply 1/2/3. No.{n}",
        ),
        Message(
            "bureau.other",
            "{s}{what}！{place}{t}报警。校方{p}{tel}。回1收到。编号{n}",
            "{s} {what}! {place}, {t}. School: {p} {tel}. Reply 1. No.{n}",
        ),
        *SCHOOLS,
        Message(
            "late",
            "{s}{what}消息迟发：{place}{t}报警，至今未结束。回0看现状，回1收到。编号{n}",
            "LATE: {s} {what}, {place}, {t}, still open. Reply 0 for the state, 1 received. No.{n}",
        ),
        Message(
            "recover.fire",
            "{s}已结束：{place}{t0}火警，{p}{t1}核实{verdict}，{now}复位。编号{n}",
            "{s} Closed: fire {t0} at {place}, {p} found {verdict} at {t1}, reset {now}. No.{n}",
            bureau="recover.fire",
        ),
        Message(
            "recover.alarm",
            "{s}已结束：{place}{t0}{what}，{p}{t1}核实{verdict}，{now}复位。编号{n}",
            "{s} Closed: {what} {t0} at {place}, {p} found {verdict} at {t1}, reset {now}. No.{n}",
            bureau="recover.alarm",
            instead=(("result", "", "recover.other"),),
        ),
        Message(
            "recover.fault",
            "{s}已恢复：{place}{dev}{end}恢复监测，中断{d}。编号{n}",
            "{s} Restored: {place} {dev} at {end}, after {d}. No.{n}",
            {"dev": 8},
            bureau="recover.fault",
        ),
        Message(
            "recover.other",
            "{s}已恢复：{place}{what}{end}结束，历时{d}。编号{n}",
            "{s} Over: {what} at {place}, {end}, after {d}. No.{n}",
            bureau="recover.other",
        ),
    )
}
