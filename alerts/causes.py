"""The words a result is given with (people's words §2.4). Data; whoever shows a list takes it from here."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.kinds import KINDS
from alerts.model import Result

Words = tuple[tuple[str, str], ...]  # (zh, en); the Chinese word is also its id

FALSE: Words = (
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
REAL: Words = (
    ("电气", "electrical"),
    ("用火", "open fire"),
    ("燃气", "gas"),
    ("实验", "experiment"),
    ("人为", "caused by a person"),
    ("其他", "other"),
)
STORE: Words = (
    ("忘记第二把锁", "second lock forgotten"),
    ("盘点未登记", "stocktaking not declared"),
    ("保管人不在", "key-holder absent"),
    ("锁故障", "lock faulty"),
    ("强行开启", "forced open"),
    ("其他", "other"),
)
# lamp of the alarm -> result -> its causes; "" is every other lamp. A drill or test needs none.
CAUSES: Mapping[str, Mapping[str, Words]] = {
    "store": {"false": STORE, "real": STORE},
    "": {"false": FALSE, "real": REAL},
}


def causes(kind: str, result: Result) -> tuple[str, ...]:
    """The causes an alarm of this kind may have with this result, () when none is asked."""
    lists = CAUSES.get(KINDS[kind].lamp, CAUSES[""])
    return tuple(zh for zh, _ in lists.get(result.value, ()))
