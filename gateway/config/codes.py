"""The table of everything that can be wrong with a site file: stable code, words, cure. docs/errors.md lists it. Data only."""

# ruff: noqa: E501 - one row a line

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """`zh` and `en` may hold {fields}; `warning` ones do not stop anything."""

    id: str
    zh: str
    en: str
    warning: bool = False


CODES: dict[str, Code] = {
    c.id: c
    for c in (
        Code("CFG-001", "文件读不了：{why}", "the file cannot be read: {why}"),
        Code("CFG-002", "YAML 写法有误：{why}", "not valid YAML: {why}"),
        Code("CFG-003", "文件应以 `campus: 1` 开头", "a site file begins with `campus: 1`"),
        Code("CFG-010", "没有这一项；可用：{allowed}", "no such key; allowed: {allowed}"),
        Code("CFG-011", "缺少 {name}", "{name} is missing"),
        Code("CFG-012", "{value} 不是{wanted_zh}", "{value} is not {wanted}"),
        Code("CFG-013", "{value} 不在可选值内：{allowed}", "{value} is none of: {allowed}"),
        Code("CFG-014", "{value} 超出范围 {low} 至 {high}", "{value} is outside {low} to {high}"),
        Code("CFG-015", "标识 {value} 只能用小写字母、数字和短横线，最多32个", "id {value}: small letters, digits and hyphens, at most 32"),
        Code("CFG-016", "“{value}”有{length}个字，最多{most}个，夜里要一口气念完", "{value} has {length} characters; at most {most}"),
        Code("CFG-017", "时间 {value} 看不懂；例：500ms、30s、5min、1h", "duration {value} is not understood; e.g. 500ms, 30s, 5min, 1h"),
        Code("CFG-018", "钟点 {value} 看不懂；例：07:00", "time of day {value} is not understood; e.g. 07:00"),
        Code("CFG-020", "{what_zh}“{value}”没有定义；已定义：{allowed}", "{what} {value} is not defined; defined: {allowed}"),
        Code("CFG-021", "标识 {value} 已在第{line}行用过", "id {value} is already used on line {line}"),
        Code("CFG-022", "总线 {bus} 上的地址 {unit} 已被 {other} 占用", "unit {unit} on bus {bus} is already taken by {other}"),
        Code("CFG-023", "总线类型 {type} 需要 {name}", "a bus of type {type} needs {name}"),
        Code("CFG-024", "设备型号 {profile} 没有通道 {value}；可用：{allowed}", "profile {profile} has no channel {value}; it has: {allowed}"),
        Code("CFG-025", "设备型号 {profile} 没有输出 {value}；可用：{allowed}", "profile {profile} has no output {value}; it has: {allowed}"),
        Code("CFG-026", "点位 {value} 不存在；相近：{allowed}", "point {value} does not exist; close: {allowed}"),
        Code("CFG-027", "设备型号文件有误：{why}", "the device profile is wrong: {why}"),
        Code("CFG-028", "规则文件有误：{why}", "the rule file is wrong: {why}"),
        Code("CFG-030", "{rule} 的 {name} 为 {value}，安全上限下限为 {low} 至 {high}，不能越过", "{rule}: {name} is {value}; the hard limits are {low} to {high}"),
        Code("CFG-031", "没有规则 {value}；可用：{allowed}", "no rule {value}; there are: {allowed}"),
        Code("CFG-032", "二级报警值必须高于一级", "level 2 must be above level 1"),
        Code("CFG-033", "总线 {bus} 忙不过来：{arithmetic}", "bus {bus} cannot do it: {arithmetic}"),
        Code("CFG-034", "{device} 每{period}秒才问一次，{quantity}点位最多{limit}秒", "{device} is asked every {period} s; {quantity} points need {limit} s"),
        Code("CFG-035", "厨房请用感温：{device} 是烟感", "a kitchen takes heat detectors: {device} detects smoke"),
        Code("CFG-040", "没有值班人员，报警时没有人会接到电话", "nobody is on duty: no phone would ring"),
        Code("CFG-041", "{person} 没有通知通道", "{person} has no channel"),
        Code("CFG-050", "总线 {bus} 负荷 {share}%：{arithmetic}", "bus {bus} is loaded to {share} %: {arithmetic}", warning=True),
        Code("CFG-051", "只有一个值班人员：手机没电就没有人知道", "only one person on duty: one flat battery and nobody knows", warning=True),
        Code("CFG-052", "{rule} 的 {name} 为 {value}，超出标准建议的 {low} 至 {high}", "{rule}: {name} is {value}, outside the standard's {low} to {high}", warning=True),
        Code("CFG-053", "型号 {profile} 未经核对：{caveat}", "profile {profile} is not verified: {caveat}", warning=True),
        Code("CFG-054", "上行只确认到代理（puback），不等于已入库", "uplink.confirm puback: the broker's word is not the database's", warning=True),
        Code("CFG-055", "没有远程通道：断网时只有本地声响", "no remote channel: nobody outside hears", warning=True),
        Code("CFG-056", "没有值班室声响输出", "no guard-room sounder is configured", warning=True),
    )
}  # fmt: skip
