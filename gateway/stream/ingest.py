"""MQTT readings → lines judged → database → receipts. Stateless: what is not stored yet, broker or box still has."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from drivers.reading import Clock
from gateway.store.lines import last_stamp
from gateway.stream import wire
from gateway.stream.client import RECEIVE, SUBSCRIPTION_REFUSED, LinkOptions
from gateway.stream.grammar import check_line
from gateway.stream.influx import BadBatch, InfluxError, Writer
from gateway.stream.link import Link, Message
from gateway.stream.meter import IngestState
from gateway.stream.twins import Turns
from gateway.stream.wire import Receipt, Refusal, Topics, WireError

log = logging.getLogger(__name__)

BATCH_LINES = 5000
LINGER = 0.05  # s from a batch's first message to its writing, at most
_BACKOFF = (0.5, 1.0, 2.0, 5.0, 10.0)  # s between attempts at the database, the last for ever
_PROBE = 5.0  # s a shared subscription has to prove itself
_LOOK = 0.1  # s between looks whether the probe is connected
_NO_SHARE = "leave --share out: give each worker districts of its own with --district, or run one that takes all"
_REFUSALS = 100  # refused lines in one receipt
_SHOWN = 500  # characters of a refused line that go back


class NoSharedSubscription(Exception):
    """The broker grants shared subscriptions and delivers nothing on them (or is slow today), or, `refused`, does not grant them."""

    def __init__(self, why: str, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class _Taken:
    """One message, its lines judged."""

    message: Message
    box: Topics
    batch: wire.Batch
    good: tuple[bytes, ...]
    refused: tuple[Refusal, ...]
    twins: tuple[str, ...]
    came: int  # mono ms


class Ingest:
    """One worker. `group` names a shared subscription (one reading to one worker of the group); "" takes all.

    `districts`: only theirs, none for all: how workers share where the broker serves no group.
    """

    def __init__(
        self,
        broker: LinkOptions,
        writer: Writer,
        clock: Clock,
        dest: str = wire.DEST,
        group: str = "",
        districts: Sequence[str] = (),
    ) -> None:
        self._broker = broker
        self._writer = writer
        self._clock = clock
        self._dest = dest
        self._group = group
        self._queue: list[_Taken] = []
        self._writing: list[_Taken] = []
        self._lines = 0  # good ones in the queue
        self._arrived = asyncio.Event()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="influx")
        self._turns: dict[Topics, Turns] = {}
        topics = [f"{wire.ROOT}/{district}/+/readings" for district in districts or ("+",)]
        wanted = [f"$share/{group}/{topic}" for topic in topics] if group else topics
        self._link = Link(broker, wanted, self._take, on_up=self._up, on_down=self._drop)
        # On the same connection the broker's acknowledgements of receipts would wait behind thousands of readings,
        # and with them the next receipts: the boxes would send all they have again.
        answers = replace(broker, client_id=f"{broker.client_id}-receipts", expiry=0, manual_ack=False)
        self._answers = Link(answers, [], lambda message: None, on_up=self._up, on_down=self._mute)
        self.state = IngestState()

    async def run(self) -> None:
        """Until cancelled. NoSharedSubscription before the first reading when `group` cannot work."""
        if self._group:
            await probe_shared(self._broker)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._link.run())
            group.create_task(self._answers.run())
            group.create_task(self._write_for_ever())

    def figures(self) -> IngestState:
        """The state as it is now, with the age of what has waited longest."""
        waiting = self._writing or self._queue
        self.state.oldest_seconds = (self._clock.now().mono - waiting[0].came) / 1000 if waiting else 0.0
        return self.state

    def _up(self) -> None:
        self.state.connected = self._link.up and self._answers.up
        self._arrived.set()

    def _mute(self) -> None:
        """No receipt can be sent: what is here waits, and is written when one can."""
        self.state.connected = False

    def _drop(self) -> None:
        """The connection is gone and the broker will hand these over again, or their boxes will."""
        self.state.connected = False
        self.state.waiting -= len(self._queue)
        self._queue.clear()
        self._lines = 0

    def _take(self, message: Message) -> None:
        self.state.messages += 1
        try:
            box, _ = wire.parse_topic(message.topic)
            batch = wire.parse_readings(message.payload)
        except WireError as error:
            # Without boot and seq there is nobody to tell; without an ack it would come back for ever.
            self.state.malformed += 1
            log.error("%s: payload thrown away: %s", message.topic, error)
            self._link.ack(message)
            return
        good, refused = [], []
        for line in batch.lines:
            why = check_line(line, box.site, box.district)
            if why is None:
                good.append(line)
            else:
                refused.append(_refusal(batch.a, line, why))
        came = self._clock.now().mono
        self._queue.append(_Taken(message, box, batch, tuple(good), tuple(refused), self._twins(box, batch), came))
        self._lines += len(good)
        self.state.waiting += 1
        self._arrived.set()

    def _twins(self, box: Topics, batch: wire.Batch) -> tuple[str, ...]:
        """Two boots that send under this box's name at once, as its live frames show."""
        if not batch.live:
            return ()
        found = self._turns.setdefault(box, Turns()).saw(batch.boot, batch.a, self._clock.now().mono)
        if found and box.site not in self.state.twins:
            log.error("%s/%s: two boxes with one identity: boots %s and %s", box.district, box.site, *found)
            self.state.twins.add(box.site)
        elif not found:
            self.state.twins.discard(box.site)
        return found or ()

    async def _write_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if not self._answers.up:
                continue  # its coming up sets the event
            end = loop.time() + LINGER
            while self._queue and not self._enough() and (left := end - loop.time()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await self._arrived.wait()
                except TimeoutError:
                    break
                self._arrived.clear()
            self._writing = self._cut()
            if self._writing:
                await self._store(self._writing)
            self._writing = []
            if self._queue:
                self._arrived.set()

    def _enough(self) -> bool:
        return len(self._queue) >= RECEIVE // 2 or self._lines >= BATCH_LINES

    def _cut(self) -> list[_Taken]:
        """From the queue as many messages as make one batch, at least one."""
        count = size = 0
        for taken in self._queue:
            if count and size + len(taken.good) > BATCH_LINES:
                break
            count, size = count + 1, size + len(taken.good)
        batch, self._queue[:count] = self._queue[:count], []
        self._lines -= size
        return batch

    async def _store(self, batch: list[_Taken]) -> None:
        lines = [line for taken in batch for line in taken.good]
        refused = await self._write(lines, batch[0].message.session)
        self.state.waiting -= len(batch)
        if refused is None:
            return
        self.state.lines += len(lines) - len(refused)
        self._measure(batch)
        self._receipts(batch, refused)
        for taken in batch:
            self._link.ack(taken.message)

    def _measure(self, batch: list[_Taken]) -> None:
        now = self._clock.now().wall
        for taken in batch:
            if taken.batch.live and taken.good:
                self.state.lag((now - last_stamp(taken.good[-1])) / 1000)

    async def _write(self, lines: list[bytes], session: int) -> dict[bytes, str] | None:
        """Line -> why for those the database will never take; None when the broker's connection went first."""
        loop = asyncio.get_running_loop()
        attempt = 0
        while True:
            began = loop.time()
            try:
                refused = await loop.run_in_executor(self._threads, write_lines, self._writer, lines)
            except InfluxError as error:
                problem = f"{type(error).__name__}: {error}"
                if problem != self.state.problem:
                    log.error("the database does not take lines, they wait: %s", problem)
                self.state.problem = problem
                self.state.failed_writes += 1
                await asyncio.sleep(_BACKOFF[min(attempt, len(_BACKOFF) - 1)])
                attempt += 1
                if self._link.session != session:
                    return None
            else:
                if self.state.problem:
                    log.warning("the database takes lines again")
                self.state.problem = ""
                self.state.writes += 1
                self.state.write_seconds += loop.time() - began
                return refused

    def _receipts(self, batch: list[_Taken], bad: dict[bytes, str]) -> None:
        ranges: dict[tuple[Topics, str], list[tuple[int, int]]] = {}
        refused: dict[tuple[Topics, str], list[Refusal]] = {}
        twins: dict[tuple[Topics, str], tuple[str, ...]] = {}
        for taken in batch:
            key = (taken.box, taken.batch.boot)
            ranges.setdefault(key, []).append((taken.batch.a, taken.batch.b))
            mine = [_refusal(taken.batch.a, line, bad[line]) for line in taken.good if line in bad] if bad else []
            refused.setdefault(key, []).extend([*taken.refused, *mine])
            twins[key] = taken.twins or twins.get(key, ())
        for (box, boot), done in ranges.items():
            refusals = refused[box, boot]
            self.state.refused += len(refusals)
            for start in range(0, len(refusals), _REFUSALS):
                self._say(box, Receipt(self._dest, boot, (), tuple(refusals[start : start + _REFUSALS])))
            self._say(box, Receipt(self._dest, boot, wire.merge_ranges(done), twins=twins[box, boot]))

    def _say(self, box: Topics, receipt: Receipt) -> None:
        self._answers.publish(box.of("receipt"), wire.receipt_payload(receipt))


def write_lines(writer: Writer, lines: Sequence[bytes]) -> dict[bytes, str]:
    """Write all of `lines`, in pieces of at most BATCH_LINES, halving a piece the database calls bad down to its bad lines.

    Gives those lines with the database's words. Blocks. Retry and Denied pass through: then nothing is known to be stored.
    """
    bad: dict[bytes, str] = {}
    pieces = [lines[start : start + BATCH_LINES] for start in range(0, len(lines), BATCH_LINES)]
    while pieces:
        piece = pieces.pop()
        try:
            writer.write(b"\n".join(piece) + b"\n")
        except BadBatch as error:
            if len(piece) == 1 or error.dropped == len(piece):  # a school's backlog of months, beyond what the database keeps
                bad.update(dict.fromkeys(piece, str(error)))
            else:
                half = len(piece) // 2
                pieces += [piece[:half], piece[half:]]
    return bad


def _refusal(seq: int, line: bytes, why: str) -> Refusal:
    return Refusal(seq, line.decode("utf-8", "backslashreplace")[:_SHOWN], why)


async def probe_shared(broker: LinkOptions) -> None:
    """One message through a shared subscription of its own: some brokers grant it and deliver nothing.

    NoSharedSubscription when it is refused, or nothing comes back within 5 s of being connected; waits for the broker
    as long as it takes.
    """
    id = uuid.uuid4().hex
    topic = f"{wire.ROOT}/-/{id}/probe"
    came = asyncio.Event()
    options = replace(broker, client_id=f"{broker.client_id}-probe-{id[:8]}", expiry=0, manual_ack=False)
    link = Link(options, [f"$share/probe-{id}/{topic}"], lambda message: came.set())
    task = asyncio.create_task(link.run())
    try:
        while link.publish(topic, id.encode()) is None:
            if link.problem.startswith(SUBSCRIPTION_REFUSED):
                raise NoSharedSubscription(f"{link.problem}; {_NO_SHARE}", refused=True)
            await asyncio.sleep(_LOOK)
        async with asyncio.timeout(_PROBE):
            await came.wait()
    except TimeoutError as error:
        raise NoSharedSubscription(f"the broker grants shared subscriptions and delivers nothing; {_NO_SHARE}") from error
    finally:
        link.stop()
        task.cancel()
