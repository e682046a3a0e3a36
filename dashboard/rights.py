"""Who may do what on the page: the rights of routes, the roles that hold them, the buttons of each role. Tables only.

The engine authorises every command again; this table keeps buttons away from people who would only be refused.
"""

from __future__ import annotations

from collections.abc import Mapping

OPEN = "open"  # no session needed: the log-in page, its style, the health probe
LOOK = "look"  # anybody logged in
ACT = "act"  # whoever has at least one button

_WATCH = ("ack", "result", "silence", "reset")

# role -> verbs of its buttons
VERBS: Mapping[str, tuple[str, ...]] = {
    "viewer": (),
    "duty": _WATCH,
    "keeper": _WATCH,
    "leader": _WATCH,
    "officer": _WATCH,
    "head": _WATCH,
    "electrician": ("ack",),
    "holder": (),
    "installer": (),
    "bureau": ("ack",),
    "admin": _WATCH,
}

# Why an alarm was what it was; a 误报 never goes without one (people's words). lamp -> result -> causes, (zh, en)
_FALSE = (
    ("蚊香", "mosquito coil"),
    ("吸烟", "smoking"),
    ("水蒸气", "steam"),
    ("油烟", "cooking fumes"),
    ("灰尘施工", "dust, building work"),
    ("喷雾消毒", "spray disinfection"),
    ("杀虫", "insecticide"),
    ("昆虫", "insect"),
    ("受潮", "moisture"),
    ("设备老化", "ageing device"),
    ("线路干扰", "interference on the line"),
    ("人为触碰", "touched by a person"),
    ("找不到原因", "no cause found"),
)
_REAL = (
    ("电气", "electrical"),
    ("用火", "open fire"),
    ("燃气", "gas"),
    ("实验", "experiment"),
    ("人为", "caused by a person"),
    ("其他", "other"),
)
_STORE = (
    ("忘记第二把锁", "second lock forgotten"),
    ("盘点未登记", "stocktaking not declared"),
    ("保管人不在", "key-holder absent"),
    ("锁故障", "lock faulty"),
    ("强行开启", "forced open"),
    ("其他", "other"),
)
CAUSES: Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]] = {
    "store": {"false": _STORE, "real": _STORE},
    "": {"false": _FALSE, "real": _REAL},  # every other lamp
}


def may(role: str, right: str) -> bool:
    """Does a person of this role hold the right? An unknown role only looks."""
    return right in (OPEN, LOOK) or (right == ACT and bool(VERBS.get(role)))
