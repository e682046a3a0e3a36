"""The one sender behind every HTTP provider: asks as its row says, believes only the provider's own yes, asks what became of it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alerts.channels import http, secrets
from alerts.channels.faults import DeliveryFault, GiveUp, TryAgain
from alerts.channels.provider import Access, Answer, Provider, Taken
from alerts.model import Delivery, Fate, Inbound, Notification
from alerts.plant import Person
from drivers.reading import Clock

KEPT = 500  # messages asked after at a time


@dataclass(slots=True)
class _Asked:
    taken: Taken
    due: int  # mono ms of the next question
    until: int


class HttpChannel:
    def __init__(self, provider: Provider, settings: Mapping[str, str], clock: Clock, timeout: float = http.TIMEOUT) -> None:
        self._provider, self._settings, self._clock, self._timeout = provider, settings, clock, timeout
        self._secrets = Path(settings["secret_file"])
        self._waiting: deque[_Asked] = deque(maxlen=KEPT)

    def send(self, n: Notification, to: Person) -> Delivery:
        """ACCEPTED when the provider said yes in its own words. Raises TryAgain or GiveUp."""
        verdict = self._provider.judge(self._ask(lambda access: self._provider.request(access, n, to)))
        if not verdict.ok and verdict.later:
            raise TryAgain(verdict.why, verdict.after)
        if not verdict.ok:
            raise GiveUp(verdict.why)
        now = self._clock.now()
        if self._provider.receipt is not None and verdict.id:
            taken = Taken(n.key, verdict.id, to.phone, now.wall)
            self._waiting.append(_Asked(taken, now.mono + self._provider.poll, now.mono + self._provider.most))
        return Delivery(n.key, Fate.ACCEPTED, verdict.id)

    def probe(self) -> None:
        """The secrets can be read. Whether the provider would take a message is known only by sending one. Raises GiveUp."""
        self._access()

    def hear(self) -> Sequence[Delivery | Inbound]:
        """News of one taken message at most, the one that has waited longest for its question: a telephone that is switched off
        keeps nobody's key waiting. A question that fails is asked again later: the message itself was taken."""
        now = self._clock.now().mono
        asked = min((a for a in self._waiting if a.due <= now), key=lambda a: a.due, default=None)
        receipt = self._provider.receipt
        if asked is None or receipt is None or self._provider.read is None:
            return ()
        taken = asked.taken
        asked.due = now + self._provider.poll
        try:
            news, last = self._provider.read(taken, self._ask(lambda access: receipt(access, taken)))
        except DeliveryFault:
            news, last = (), False
        if last or now >= asked.until:
            self._waiting.remove(asked)
        name = self._settings.get("id", "")
        return [replace(one, channel=name) if isinstance(one, Inbound) else one for one in news]

    def resume(self, taken: Iterable[Taken]) -> None:
        """A key that is pressed while the box starts again is an answer."""
        now = self._clock.now()
        for one in taken if self._provider.receipt is not None else ():
            left = self._provider.most - (now.wall - one.wall)
            if 0 < left <= self._provider.most:
                self._waiting.append(_Asked(one, now.mono, now.mono + left))

    def _ask(self, request: Callable[[Access], http.Request]) -> Answer:
        """What the provider says to it, without any secret that it says back."""
        access = self._access()
        told = http.ask(request(access), self._timeout).decode("utf-8", "replace")
        return _object(secrets.hidden(told, *access.secrets.values(), self._settings.get("url", "")))

    def _access(self) -> Access:
        found = secrets.read(self._secrets, *self._provider.secrets)
        return Access(self._settings, found, self._clock.now().wall)


def _object(answer: str) -> Answer:
    """The answer as an object; what is none is an empty one, which no judge takes for a yes."""
    try:
        found = json.loads(answer)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
