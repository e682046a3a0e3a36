"""The bureau's Commands at the box: proven with the box's key, put to the engine, answered after the commit. Decides nothing itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from alerts.channels import secrets
from alerts.model import Command, Reply, Scalar
from alerts.plant import Plant
from alerts.replies import text
from drivers.reading import Clock
from gateway.stream.command import BUREAU, Unproven, keys_of, reply_payload, unseal

log = logging.getLogger(__name__)

QUIET = 60_000  # ms between two journal entries about commands without proof: whoever sends them must not fill the disk

Note = Callable[[str, dict[str, Scalar]], Awaitable[None]]


class Remote:
    """`ask` puts a Command to the engine; `note` writes an event. The key file is read anew for each command: a new key needs

    no restart. Without a key file every command is refused.
    """

    def __init__(
        self, topic: str, key_file: str, plant: Plant, clock: Clock, ask: Callable[[Command], Awaitable[Reply]], note: Note
    ) -> None:
        self._topic, self._key_file, self._plant, self._clock = topic, key_file, plant, clock
        self._ask, self._note = ask, note
        self._noted: int | None = None  # mono of the last entry
        self._unsaid = 0

    async def obey(self, payload: bytes) -> bytes:
        """The bytes of the reply."""
        try:
            command = await self._proven(payload)
        except Unproven as refused:
            await self._refused(refused)
            return reply_payload(Reply(refused.id, False, refused.code, text(refused.code)))
        return reply_payload(await self._ask(command))

    async def _proven(self, payload: bytes) -> Command:
        if not self._key_file:
            raise Unproven("refused.no-key", "this box has no key for commands")
        try:
            keys = keys_of(await asyncio.to_thread(secrets.content, self._key_file))
        except (OSError, ValueError) as error:
            raise Unproven("refused.no-key", f"the key file cannot be used: {secrets.why(error)}") from None
        command = unseal(self._topic, payload, keys, self._clock.now().wall if self._clock.ok() else None)
        person = self._plant.people.get(command.person)
        if person is None or person.role != BUREAU:  # a bureau's key speaks for nobody at the school
            nonce = command.id.removeprefix(f"{BUREAU}:")
            raise Unproven("refused.bureau", f"{command.person!r} is not one of the bureau's people here", nonce)
        return command

    async def _refused(self, refused: Unproven) -> None:
        now = self._clock.now().mono
        self._unsaid += 1
        if self._noted is not None and now - self._noted < QUIET:
            return
        log.warning("a command over MQTT is refused: %s", refused)
        args: Mapping[str, Scalar] = {"proof": BUREAU, "code": refused.code, "why": str(refused)[:200], "count": self._unsaid}
        self._noted, self._unsaid = now, 0
        await self._note("refused", dict(args))
