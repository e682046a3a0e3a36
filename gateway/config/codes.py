"""The table of everything that can be wrong with a site file: stable code, words, cure. docs/errors.md is made of it. Data only."""

# ruff: noqa: E501 - one line for the words, one for the cure

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """`zh` and `en` may hold {fields}, the cures hold none. A `warning` does not stop anything."""

    id: str
    zh: str
    en: str
    cure_zh: str
    cure_en: str
    warning: bool = False


CODES: dict[str, Code] = {
    c.id: c
    for c in (
        Code("CFG-001", "文件读不了：{why}", "the file cannot be read: {why}",
             "检查文件名和权限，存成 UTF-8", "check its name and permissions; save it as UTF-8"),
        Code("CFG-002", "YAML 写法有误：{why}", "not valid YAML: {why}",
             "看这一行和上一行的缩进、冒号、引号；同一个键只写一次", "look at indentation, colons and quotes of this line and the one before; each key once"),
        Code("CFG-003", "不是学校配置文件：开头应是 `campus: 1`", "not a site file: one begins with `campus: 1`",
             "照 config/site.example.yaml 写", "start from config/site.example.yaml"),
        Code("CFG-010", "没有这一项；可用：{allowed}", "no such key; allowed: {allowed}",
             "改成可用的键，或删掉这一行", "use one of the allowed keys or delete the line"),
        Code("CFG-011", "缺少 {name}", "{name} is missing",
             "补上这一项", "add it"),
        Code("CFG-012", "{value} 不是{wanted_zh}", "{value} is not {wanted}",
             "按要求的类型写", "write a value of that type"),
        Code("CFG-013", "{value} 不在可选值内：{allowed}", "{value} is none of: {allowed}",
             "选其中一个", "choose one of them"),
        Code("CFG-014", "{value} 超出范围 {low} 至 {high}", "{value} is outside {low} to {high}",
             "写范围内的数", "write a number within the range"),
        Code("CFG-015", "标识 {value} 不合规则", "{value} is not an id",
             "只用小写字母、数字和短横线，以字母或数字开头，最多32个", "small letters, digits and hyphens, a letter or digit first, at most 32"),
        Code("CFG-016", "“{value}”有{length}个字，最多{most}个", "{value} has {length} characters; at most {most}",
             "写短些：夜里电话要一口气念完", "shorten it: it is read aloud on the phone at night"),
        Code("CFG-017", "时间 {value} 看不懂", "{value} is no duration",
             "数字加单位，例：500ms、30s、5m、1h", "a number and a unit: 500ms, 30s, 5m, 1h"),
        Code("CFG-018", "钟点 {value} 看不懂", "{value} is no time of day",
             "两位小时和分钟加引号，例：\"07:00\"；一天结束写 \"24:00\"", "hours and minutes in quotes: \"07:00\"; the end of the day is \"24:00\""),
        Code("CFG-019", "YAML 把 {raw} 读成了 {value}，这里要文字", "YAML reads {raw} as {value}; text is wanted here",
             "加引号", "put it in quotes"),
        Code("CFG-020", "{what_zh}“{value}”没有定义；已有：{allowed}", "{what} {value} is not defined; there are: {allowed}",
             "改正写法，或先定义它", "correct the spelling or define it"),
        Code("CFG-021", "标识 {value} 已在第{line}行用过", "id {value} is already used on line {line}",
             "换一个标识", "choose another id"),
        Code("CFG-022", "总线 {bus} 上的地址 {unit} 已被 {other} 占用", "unit {unit} on bus {bus} is already taken by {other}",
             "在设备上拨一个空地址，这里照写", "set a free address at the device and write it here"),
        Code("CFG-023", "{type} 需要 {name}", "{type} needs {name}",
             "补上这一项", "add it"),
        Code("CFG-024", "型号 {profile} 没有通道 {value}；可用：{allowed}", "profile {profile} has no channel {value}; it has: {allowed}",
             "用可用的通道名（见 docs/devices.md）", "use a channel the profile has (docs/devices.md)"),
        Code("CFG-025", "型号 {profile} 没有输出 {value}；可用：{allowed}", "profile {profile} has no output {value}; it has: {allowed}",
             "用可用的输出名，写成 设备/输出；输出的回读通道不能关掉", "use an output the profile has, as device/output; its readback channel must not be off"),
        Code("CFG-026", "点位 {value} 不存在；相近：{allowed}", "point {value} does not exist; close: {allowed}",
             "写成 设备/通道，通道不能是 off", "write device/channel of a channel that is not off"),
        Code("CFG-027", "设备型号文件有误：{why}", "a device profile is wrong: {why}",
             "照 docs/add-a-device.md 改型号文件", "correct the profile as docs/add-a-device.md says"),
        Code("CFG-028", "规则或升级策略文件有误：{why}", "a rule or escalation file is wrong: {why}",
             "照 docs/rules.md、docs/escalation.md 改该文件，或重装软件", "correct it as docs/rules.md and docs/escalation.md say, or install again"),
        Code("CFG-029", "不认识时区 {value}", "time zone {value} is not known",
             "写 Asia/Shanghai", "write e.g. Asia/Shanghai"),
        Code("CFG-030", "{rule} 的 {name} 为 {value}，硬限为 {low} 至 {high}", "{rule}: {name} is {value}; the hard limits are {low} to {high}",
             "写硬限之内的数；硬限来自标准，不能越过", "stay within the hard limits: they come from the standards"),
        Code("CFG-031", "没有规则 {value}；可用：{allowed}", "no rule {value}; there are: {allowed}",
             "用 docs/rules.md 里的规则名", "use a rule's name from docs/rules.md"),
        Code("CFG-032", "{rule} 的限值 {value} 必须低于 {other} 的 {limit}", "{rule}: its limit {value} must stay below {limit} of {other}",
             "两条规则一起改，低的要低于高的", "change both, the lower one below the higher"),
        Code("CFG-033", "总线 {bus} 忙不过来（{share}%）：{arithmetic}。可改为：{advice_zh}", "bus {bus} cannot do it ({share} %): {arithmetic}. Would do: {advice}",
             "提高波特率（设备上也要改）、放长 period，或把设备分到几条线上", "raise the baud rate (at the devices too), lengthen periods, or spread the devices over several lines"),
        Code("CFG-034", "{device} 每{period}秒才问一次，{quantity} 最慢{limit}秒", "{device} is asked every {period} s; {quantity} needs {limit} s at most",
             "缩短 period", "shorten the period"),
        Code("CFG-035", "厨房里的 {device} 是烟感，油烟会误报", "{device} detects smoke in a kitchen: cooking would set it off",
             "厨房请用感温", "use a heat detector in a kitchen"),
        Code("CFG-036", "{rule} 的 return_at 为 {value}，{words_zh} {side} 的 {limit}", "{rule}: return_at is {value}; it must be {words} {limit} ({side})",
             "返回值要在限值的正常一侧", "the return value lies on the normal side of the limit"),
        Code("CFG-037", "{point} 测的是 {quantity}，这里要 {wanted}", "{point} measures {quantity}; {wanted} is wanted here",
             "改用别的点位，或在设备的 channels 里写 quantity（开关量只能换成开关量）", "use another point, or set its quantity under the device's channels (two states stay two states)"),
        Code("CFG-038", "{role} 输出没有写 {name}，永远不会动作", "a {role} output without {name} would never act",
             "写明它管哪个区域或楼栋", "say which zone or building it acts for"),
        Code("CFG-039", "{point} 在区域 {zone}，库在 {wanted}：报警会报错地方、找错保管人", "{point} is in zone {zone}, the store in {wanted}: the alarm would name the wrong place and holders",
             "给这个通道写上库所在的 zone", "give that channel the zone of the store"),
        Code("CFG-040", "没有值班人员，报警时没有电话会响", "nobody is on duty: no phone would ring",
             "加一个 role: duty 的人，或写 duty 班次", "add a person of role duty or a shift under duty"),
        Code("CFG-041", "{person} 没有通知通道", "{person} has no channel",
             "在 channels 里写上通道", "name channels under channels"),
        Code("CFG-042", "校历有误：{why}", "the calendar is wrong: {why}",
             "照 docs/roster.md 和 config/calendar.example.yaml 写", "write it as docs/roster.md and config/calendar.example.yaml show"),
        Code("CFG-043", "串口 {value} 已归总线 {other}", "port {value} already belongs to bus {other}",
             "一个串口一条总线：改成另一个口，或把设备写到同一条总线上", "one bus a port: name the other port, or put the devices on that bus"),
        Code("CFG-045", "{point} 是有毒气体，没有写明是哪种（现为 {value}），没有限值可用；已知：{allowed}", "{point} is a toxic gas that nobody names (now {value}), so it has no limits; known: {allowed}",
             "在设备的 channels 里写 gas；别的气体再写 oel（职业接触限值，ppm）", "name the gas under the device's channels; for any other give oel, its exposure limit in ppm, too"),
        Code("CFG-075", "{slow} 不应答时占线 {holds} 秒，{fire} 的读数会晚到：{period} + {holds} + {own} = {age} 秒，最多 2 秒", "{slow} holds the line for {holds} s when it does not answer; a reading of {fire} comes too late: {period} + {holds} + {own} = {age} s, 2 s at most",
             "缩短火灾点位的 period（1s），或把应答慢的设备移到另一条总线", "shorten the fire point's period (1s), or move the slow device to another bus"),
        Code("CFG-050", "总线 {bus} 负荷 {share}%：{arithmetic}。可改为：{advice_zh}", "bus {bus} is loaded to {share} %: {arithmetic}. Would do: {advice}",
             "提高波特率（设备上也要改）、放长 period，或分线", "raise the baud rate (at the devices too), lengthen periods, or use a second line", warning=True),
        Code("CFG-051", "只有一个能接电话的人", "only one phone can be reached",
             "再加一个有电话的值班人或带班领导：手机没电时还有人知道", "add a second person on duty or a leader with a phone: one flat battery and nobody knows", warning=True),
        Code("CFG-052", "{rule} 的 {name} 为 {value}，标准建议 {low} 至 {high}", "{rule}: {name} is {value}; the standard advises {low} to {high}",
             "有书面理由才这样改", "keep it only for a reason in writing", warning=True),
        Code("CFG-053", "型号 {profile}（{count} 台）的寄存器表不公开，地址是占位", "{profile} ({count} devices): no public register map, its addresses are placeholders",
             "向厂家要表，照 docs/add-a-device.md 在本文件旁的 profiles 文件夹里写自己的型号", "ask the maker for the map and write a profile of your own beside this file, in the folder profiles (docs/add-a-device.md)", warning=True),
        Code("CFG-054", "上行只等代理确认（puback），不等于已经入库", "uplink.confirm puback: the broker's word, not the database's",
             "只有对方不回执时才用 puback；否则删掉这一行", "use it only where the one consumer gives no receipts; else remove the line", warning=True),
        Code("CFG-055", "没有远程通道：只有本地声响", "no remote channel: nobody outside hears",
             "加一个 modem（短信模块）或其他远程通道", "add a modem or another remote channel", warning=True),
        Code("CFG-056", "没有值班室声响输出", "no guard-room sounder is configured",
             "在 outputs 里加一个 role: guard-sounder", "add an output of role guard-sounder", warning=True),
        Code("CFG-057", "楼栋 {building} 没有写 evacuation: true，疏散信号不会自动响", "building {building} is not evacuation: true; its signal never sounds by itself",
             "学校同意自动疏散时，在楼栋写 evacuation: true；否则删掉这个输出", "write evacuation: true where the school wants it, or remove the output", warning=True),
        Code("CFG-058", "没有校历：按星期一至星期五算上学日，节假日和调休都不认识", "no calendar: Monday to Friday count as school days, holidays and make-up days are unknown",
             "照 config/calendar.example.yaml 写一份，在 calendar: 里写它的文件名", "write one like config/calendar.example.yaml and name it under calendar:", warning=True),
        Code("CFG-060", "{value} 这个名字随插拔顺序变，重启后可能指向另一条线", "{value} is named by the order of plugging in and may be another line after a restart",
             "改用 /dev/serial/by-path/ 下的名字（ls -l /dev/serial/by-path 看它指向哪里）", "use the name under /dev/serial/by-path/ (ls -l /dev/serial/by-path shows where each leads)", warning=True),
        Code("CFG-070", "通道类型 {type} 不用 {name}；可用：{allowed}", "a channel of type {type} has no {name}; it has: {allowed}",
             "删掉这一行，或改通道类型（见 docs/channels.md）", "delete the line or change the type (docs/channels.md)"),
    )
}  # fmt: skip
