"""Answers from outside (SMS, or a key pressed in a call) become Commands, and what comes of them goes back as an SMS.

The engine reads and judges the text; here is only who it is from. A number that nobody is listed with is not answered.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping

from alerts.inbound import caller
from alerts.model import REACHED, Command, Delivery, Inbound, Notification, Reply, Severity
from alerts.plant import Person, Plant
from drivers.reading import Clock
from gateway.tell import Teller

log = logging.getLogger(__name__)

LIFE = 60_000  # ms an answer counts after it was heard
REPLY = "reply:"  # begins the key of a message that is no notification of the engine


class Answering:
    """`ask` puts a Command to the engine and gives its Reply; `tellers` are the channels by name."""

    def __init__(
        self, plant: Plant, clock: Clock, ask: Callable[[Command], Awaitable[Reply]], tellers: Mapping[str, Teller]
    ) -> None:
        self._plant, self._clock, self._ask, self._tellers = plant, clock, ask, tellers
        self._running: set[asyncio.Task[None]] = set()

    def heard(self, inbound: Inbound) -> None:
        """In the event loop: one answer. Returns at once; what comes of it follows."""
        task = asyncio.ensure_future(self._answer(inbound))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, inbound: Inbound) -> None:
        command, person = self.command(inbound)
        if command is None or person is None:
            log.warning("an answer by %s from a number that is not listed (…%s)", inbound.channel, inbound.sender[-4:])
            return
        reply, channel = await self._ask(command), self._back(inbound, person)
        text = reply.text[0 if person.language == "zh" else 1]
        if text and channel:
            note = Notification(
                f"{REPLY}{command.id}", "", "reply", person.id, channel, "reply", text, "reply", Severity.ELECTRICAL
            )
            self._tellers[channel].send(note)

    def _back(self, inbound: Inbound, person: Person) -> str:
        """The channel of the reply: the one that was written by; after a key in a call the first that can be written back by, or "".

        Whoever pressed 3 is asked for the cause, and can answer.
        """
        both_ways = (c for c in person.channels if self._plant.channels.get(c) == "modem" and c in self._tellers)
        return next(both_ways, "") if inbound.key else inbound.channel

    def command(self, inbound: Inbound) -> tuple[Command | None, Person | None]:
        """The Command of an answer and who gives it; (None, None) for somebody who is not listed.

        The same answer heard twice (a crash before its place in the modem was free) is the same Command.
        """
        now = self._clock.now()
        alarm, proof = "", "sms"
        if inbound.key:  # <alarm>:<occurrence>:<step>:<round>:<person>:<channel>
            parts = inbound.key.split(":")
            person = self._plant.people.get(parts[-2]) if len(parts) >= 3 else None
            alarm, proof = parts[0], "key"
        else:
            person = caller(inbound.sender, self._plant)
        if person is None:
            return None, None
        name = inbound.id or f"{inbound.sender}{inbound.key}:{now.mono}:{inbound.text}"
        id = f"{proof}:{hashlib.sha256(name.encode()).hexdigest()[:24]}"  # a telephone number is no part of the journal
        args = {"text": inbound.text[:200]} | ({"early": " ".join(inbound.early)} if inbound.early else {})
        return Command(id, "text", person.id, proof, now.wall + LIFE, alarm, args), person


def own(delivery: Delivery) -> bool:
    """Is this the fate of an answer's reply (and not of a notification)? One that did not leave is logged, never tried again."""
    if not delivery.key.startswith(REPLY):
        return False
    if delivery.fate not in REACHED:
        log.warning("a reply did not leave: %s", delivery.why)
    return True
