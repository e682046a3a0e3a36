"""The contract of a channel. One object per configured channel, used by one thread of its own; calls may block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, runtime_checkable

from alerts.channels.provider import Taken
from alerts.model import Delivery, Inbound, Notification
from alerts.plant import Person


class Channel(Protocol):
    def send(self, n: Notification, to: Person) -> Delivery:
        """Hand the message over. Gives what the far side said (ACCEPTED at least); raises TryAgain or GiveUp, nothing else."""
        ...

    def probe(self) -> None:
        """Prove that the channel works without telling anybody anything. Raises TryAgain or GiveUp when it does not."""
        ...

    def hear(self) -> Sequence[Delivery | Inbound]:
        """What came back since it was last asked: reports and answers. Called every half second, every two between sends that wait.

        Gives what is there and waits for nothing that is not. Raises TryAgain or GiveUp when the channel is out of order.
        """
        ...


@runtime_checkable
class Caller(Protocol):
    """A channel that calls telephones itself, one after the other, after it has handed their messages over."""

    def hush(self, ringing: Callable[[str], bool]) -> None:
        """Leave out and end the calls of messages for which `ringing` is false. Called before each `hear`; raises as it does."""
        ...


@runtime_checkable
class Asker(Protocol):
    """A channel that has to ask what became of a message and which key was pressed in a call."""

    def resume(self, taken: Iterable[Taken]) -> None:
        """Ask after these too, which it took in an earlier run of the box, as long as it would have. Called before all else."""
        ...
