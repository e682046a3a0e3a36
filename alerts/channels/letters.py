"""What became of the modem's texts and what comes back: reports matched to messages, parts joined, what an answer cannot be about. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from alerts.channels import sms
from alerts.model import Delivery, Fate, Inbound

KEPT = 500  # messages whose report may still come
JOIN = 600_000  # ms to wait for the other parts of a long answer
LAG = 5_000  # ms by which a centre may stamp a delivery behind the telephone that already has the text


@dataclass(slots=True)
class _Sent:
    """A message the network took: `waiting` are the modem's numbers of its parts of which no report has come."""

    key: str
    waiting: set[int]


class Letters:
    """`name` is the channel's. Keys of notifications begin with their alarm."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._sent: OrderedDict[tuple[int, str], _Sent] = OrderedDict()  # (modem's number of a part, digits) -> message
        self._first: OrderedDict[tuple[str, str], str] = OrderedDict()  # (digits, alarm) -> key of the first message of it ...
        self._there: dict[tuple[str, str], int] = {}  # ... and when that one had arrived, ms by the centre's clock
        self._parts: dict[tuple[str, int], tuple[int, dict[int, str]]] = {}

    def sent(self, key: str, number: str, parts: Iterable[int]) -> None:
        """The network took the message; its parts have these numbers."""
        sent, who = _Sent(key, set(parts)), digits(number)
        self._sent |= {(part, who): sent for part in sent.waiting}
        self._first.setdefault((who, _alarm(key)), key)
        while len(self._sent) > KEPT:
            self._sent.popitem(last=False)
        while len(self._first) > KEPT:
            self._there.pop(self._first.popitem(last=False)[0], None)

    def report(self, pdu: str) -> Delivery | None:
        """A message is delivered when each of its parts is, and not delivered when one of them is not; None: no news.

        One that nobody can read changes nothing: the message counts as accepted.
        """
        try:
            found = sms.report(pdu)
        except sms.BadPdu:
            return None
        who = digits(found.number)
        sent = self._sent.get((found.reference, who))
        if sent is None or found.trying:
            return None
        if not found.delivered:
            why = f"网络没有送达，状态 {found.status} the network did not deliver it"
            return Delivery(sent.key, Fate.REJECTED, str(found.reference), why)
        sent.waiting.discard(found.reference)
        if sent.waiting:
            return None
        about = (who, _alarm(sent.key))
        if self._first.get(about) == sent.key:
            self._there.setdefault(about, found.arrived)
        return Delivery(sent.key, Fate.DELIVERED, str(found.reference))

    def answer(self, pdu: str, now: int) -> Inbound | None:
        """One stored PDU at mono ms `now`: an answer whole, or a part that waits for its others. What cannot be read is passed over."""
        try:
            found = sms.deliver(pdu)
        except sms.BadPdu:
            return None
        text = found.text
        if found.parts > 1:
            self._parts = {k: v for k, v in self._parts.items() if now - v[0] < JOIN}
            _, pieces = self._parts.setdefault((found.sender, found.reference), (now, {}))
            pieces[found.part] = found.text
            if len(pieces) < found.parts:
                return None
            del self._parts[found.sender, found.reference]
            text = "".join(pieces[n] for n in sorted(pieces))
        who = digits(found.sender)
        return Inbound(
            self._name,
            text,
            found.sender,
            id=f"{who}:{found.stamp}:{text}",
            early=self._early(who, sms.centre_time(found.stamp)),
        )

    def _early(self, who: str, written: int) -> tuple[str, ...]:
        """Alarms of which this telephone heard only after that moment (both by the centre's clock; 0 is not known)."""
        return tuple(about[1] for about, there in self._there.items() if about[0] == who and written and there - LAG > written)


def digits(number: str) -> str:
    """What two ways of writing one number have in common: its last eleven digits."""
    return "".join(c for c in number if c.isdigit())[-11:]


def _alarm(key: str) -> str:
    return key.partition(":")[0]
