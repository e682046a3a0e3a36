"""The contract of a channel. One object per configured channel, used by one thread of its own; calls may block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

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
        """What came back since it was last asked: reports and answers. Called at least once a second between sends.

        Gives what is there and waits for nothing that is not. Raises TryAgain or GiveUp when the channel is out of order.
        """
        ...
