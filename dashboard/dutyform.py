"""F10 值班记录: shifts of the duty log in the form's columns, from answers of `handover`. Pure; always in Chinese, as the form is.

What a person has not written stays empty: the paper has room for it. Only a person writes 正常 (people's rule 5).
Source: people's page §6, F10: columns, their order and their headings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerts.kinds import KINDS
from dashboard.paper import Form

Json = Mapping[str, Any]
COLUMNS = (
    "日期、班次",
    "带班领导、值班人员",
    "接班时间、方式",
    "控制器/系统运行情况",
    "报警、故障：时间、部位、原因、处理",
    "其他消防系统",
    "巡查情况",
    "查岗",
    "来访、来电、上级通知",
    "交班事项、物品",
    "交班人、接班人签名",
)


class Hand(str):
    """A line that a person wrote; every other is the box's own record."""

    __slots__ = ()


def duty_form(shifts: Sequence[Json], state: Json, words: Mapping[str, str], under: str = "") -> Form:
    """`shifts`: answers of `handover`; `state`: the snapshot, for names and what stands open; `words`: the Chinese catalogue;

    `under`: what the title says beside the school's name.
    """
    rows = [["\n".join(lines) for lines in entries(found, state, words)] for found in shifts]
    return Form("值班记录", f"{state['site']['name']} {under}".strip(), COLUMNS, rows)


def entries(found: Json, state: Json, words: Mapping[str, str]) -> list[list[str]]:
    """The lines of each column, of one shift; `Hand` where a person wrote them."""
    zone = ZoneInfo(state["site"]["timezone"])
    names = {p["id"]: p["name"] for p in state["people"]}

    def name(person: str) -> str:
        return names.get(person, person)

    def at(ms: int, form: str = "%m-%d %H:%M") -> str:
        return datetime.fromtimestamp(ms / 1000, zone).strftime(form)

    def wrote(part: str) -> list[str]:
        return [Hand(f"{at(e['at'])} {e['text']}（{name(e['who'])}）") for e in found["log"] if e["part"] == part]

    taken = [t for t in found["taken"] if t["at"] == found["since"]] or found["taken"][:1]
    next_ = [t for t in found["taken"] if t["at"] > found["since"]]
    until = at(found["until"]) if found["until"] else "（未交班）"
    row = (
        [f"{at(found['since'], '%Y-%m-%d %H:%M')} – {until}"],
        [
            f"带班领导：{'、'.join(map(name, found['leader']))}" if not found["until"] else "",
            f"值班：{'、'.join(map(name, found['on']))}",
        ],
        [f"{name(t['person'])} {at(t['at'])} {words['dhow.' + (t['how'] or 'local')]}" for t in taken],
        [*(_slot(s, at, words) for s in found["states"]), *wrote("state")],
        [_alarm(a, name, at, words) for a in found["happened"]],
        wrote("systems"),
        [],
        [f"{at(c['at'])} {name(c['who'])} {words['dlog.' + c['what']]}" for c in found["checks"]],
        wrote("visitors"),
        [*wrote("handed"), *wrote("other"), *_standing(found, state)],
        [*_signed(found, name, at), *(f"接班：{name(t['person'])} {at(t['at'])}" for t in next_)],
    )
    return [[line for line in lines if line] for lines in row]


def _slot(slot: Json, at: Callable[..., str], words: Mapping[str, str]) -> str:
    """What the journal says of two hours, said to be the system's."""
    special = {"false": words["result.false"], "restart": words["dlog.restart"]}
    seen = "、".join(special.get(one) or words[f"lamp.{one}"] for one in slot["seen"])
    return f"{at(slot['from'], '%H:%M')}–{at(slot['to'], '%H:%M')} 系统：{seen or words['dlog.nothing']}"


def _alarm(a: Json, name: Callable[[str], str], at: Callable[..., str], words: Mapping[str, str]) -> str:
    kind = KINDS.get(a["kind"])
    done = [f"收到：{name(a['acked_by'])} {at(a['acked_at'])}" if a.get("acked_at") else "没有人回收到"]
    if a.get("result"):
        done.append(f"{words['result.' + a['result']]} {a.get('cause') or ''} {name(a.get('result_by') or '')}".strip())
    if a.get("reset_at"):
        done.append(f"复位：{name(a['reset_by'])} {at(a['reset_at'])}")
    where = " ".join(filter(None, (a["place"], a["device_name"])))
    return f"{at(a['at'])} {where} {kind.zh if kind else a['kind']}；{'；'.join(done)}"


def _standing(found: Json, state: Json) -> list[str]:
    """Listed by the system: what is still open and out of service, of the shift that is on."""
    alarms, marks = state["alarms"], state.get("marks") or {}
    open_ = [alarms[id] for id in (*found["open"], *found["faults"]) if id in alarms]
    out = [marks[id] for id in found["out_of_service"] if id in marks]
    return [
        *(f"未结束：{a['what']['zh']} {a['place'] or a['point']}" for a in open_),
        *(f"停用：{m['why']}，{m['covered']} 点" for m in out),
    ]


def _signed(found: Json, name: Callable[[str], str], at: Callable[..., str]) -> list[str]:
    signed = (("交班", found["handed_over"]), ("会签", found.get("countersigned")))
    return [Hand(f"{word}：{name(s['who'])} {at(s['at'])} {s['text']}".strip()) for word, s in signed if s]
