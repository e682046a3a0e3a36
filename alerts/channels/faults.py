"""What can go wrong while a message is handed over: DeliveryFault and its kinds. No I/O."""

from __future__ import annotations


class DeliveryFault(Exception):
    """The channel did not take the message. `why` is for a person and holds no secret."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class TryAgain(DeliveryFault):
    """It may work later: after `after_ms`, or by another channel at once. The message may have arrived all the same."""

    def __init__(self, why: str, after_ms: int) -> None:
        super().__init__(why)
        self.after_ms = after_ms


class GiveUp(DeliveryFault):
    """It will not work by this channel however often it is tried."""


class Unfit(GiveUp):
    """This message, or this person, is nothing for the channel. It says nothing of the channel itself."""
