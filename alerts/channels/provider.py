"""The contract of an HTTP provider: how it is asked, when its answer is a yes, what later tells of the message. Values only.

A provider that answers HTTP 200 may still have refused: its own code decides (errcode, Code, Response.Error).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.channels.http import Request
from alerts.model import Delivery, Fate, Inbound, Notification
from alerts.plant import Person

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Access:
    """What a request is made of beside the message: the site's settings, the secrets, and the time in wall ms."""

    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    wall: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A message the provider took: what a later question about it needs."""

    key: str
    id: str
    phone: str
    wall: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`id` of a taken message; else `why`, and `later` when it may work after `after` ms."""

    ok: bool
    id: str = ""
    why: str = ""
    later: bool = False
    after: int = 0


@dataclass(frozen=True, slots=True)
class Provider:
    """`request` may raise GiveUp for a message it cannot carry. `receipt` asks what became of one; `read` gives news of it,

    and says whether that was the last. `poll` is how often (ms) a message is asked after, `most` how long.
    """

    secrets: tuple[str, ...]
    request: Callable[[Access, Notification, Person], Request]
    judge: Callable[[Answer], Verdict]
    receipt: Callable[[Access, Taken], Request] | None = None
    read: Callable[[Taken, Answer], tuple[Sequence[Delivery | Inbound], bool]] | None = None
    poll: int = 5_000
    most: int = 600_000


def coded(name: str, good: object, later: Mapping[object, int], words: str) -> Callable[[Answer], Verdict]:
    """The judge of a flat answer: field `name` must equal `good`; codes in `later` may work after so many ms."""

    def judge(answer: Answer) -> Verdict:
        code = answer.get(name)
        if code == good and not isinstance(code, bool):
            return Verdict(True)
        why = f"对方拒绝 refused: {name} {code} {str(answer.get(words, ''))[:100]}"
        return Verdict(False, why=why, later=code in later, after=later.get(code, 0))

    return judge


def arrived(taken: Taken, fate: Fate, why: str = "") -> Delivery:
    return Delivery(taken.key, fate, taken.id, why)
