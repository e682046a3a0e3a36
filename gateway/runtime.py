"""The wiring of `run` on one page: builds the objects from the compiled site, opens the TaskGroup, ends in order."""

from __future__ import annotations

import asyncio
import enum
import fcntl
import logging
import signal
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO

from alerts.channels.base import Asker
from alerts.channels.modem import Modem, Radio
from alerts.channels.provider import Taken
from alerts.channels.registry import CHANNELS
from alerts.engine import Engine
from alerts.model import Delivery, Scalar
from alerts.plant import Plant
from drivers.poller import Poller
from drivers.reading import Clock
from drivers.serial_line import SerialLine
from gateway import clockstep, housekeeping, selftest, setpoints, updated
from gateway.addressing import Addressing
from gateway.afresh import inherited
from gateway.answering import REPLY, Answering, own
from gateway.asked_lines import LineQuestions
from gateway.box import Box
from gateway.boxpoints import CERTIFICATE, UPLINK_POINTS, present
from gateway.bustask import BusTask, open_task
from gateway.change.changer import Changer
from gateway.change.start import Loaded
from gateway.clock import SystemClock
from gateway.decide import Decider
from gateway.firetest import FireTester
from gateway.fleet.task import Fleet
from gateway.health import Health, Vitals, Wear
from gateway.inbox import Inbox, overtaking
from gateway.intake import Intake
from gateway.learning import Learning
from gateway.local import AlreadyRunning, LocalServer
from gateway.machine import Machine
from gateway.notify import Notifier, attend
from gateway.outbox import JournalOutbox, snapshots
from gateway.pictures import Pictures
from gateway.remote import Remote
from gateway.shipped import data_dir
from gateway.site import Site
from gateway.speak import Speaker
from gateway.speech import OWN, SHIPPED, Words
from gateway.store.answers import succeed
from gateway.store.journal import Journal, fallback_seq
from gateway.store.logins import locked
from gateway.store.reached import reached
from gateway.store.readings_writer import ReadingsWriter
from gateway.store.restored import Restored
from gateway.store.tail import tail_folder
from gateway.store.writer import JournalWriter, opening
from gateway.stream.uplink import Uplink
from gateway.stream.wire import DEST, Topics
from gateway.supervise import keep
from gateway.tell import Ears, Teller

log = logging.getLogger(__name__)


class Ended(enum.Enum):
    """Why the box stopped. REOPENED: the journal opened late and holds what this process did not know; CHANGED: another
    configuration is to be run. Both: start it again.
    """

    ASKED = "asked"
    REOPENED = "reopened"
    CHANGED = "changed"


async def run(
    loaded: Loaded, compiled: Path, clock: SystemClock, boot: str, *,
    uplink: bool = True, patience: float = 0.0, notifier: Notifier | None = None,
) -> Ended:  # fmt: skip
    """Run the box until SIGTERM or SIGINT. `notifier` is told when every device has been asked once, and that the engine lives.

    A journal that could not be read at the start and opens later with an earlier state in it ends the box too, `patience`
    seconds later: only a start can take over old alarms.
    """
    site = loaded.site
    data = Path(site.data)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)  # noqa: ASYNC240 - before anything runs
    lock = _only_one(data)
    hears = uplink and bool(site.uplink.host)
    streams = hears and not site.schools  # a bureau has nobody above it
    machine = Machine(data)
    files = tuple(file for file in (site.uplink.tls_cert, site.uplink.tls_ca) if file) if hears and site.uplink.tls_cert else ()
    uplink_points = {p.channel for p in UPLINK_POINTS if p.channel != CERTIFICATE or files} if hears else set()
    uplink_points -= set() if streams else {"backlog", "backlog-age"}
    site = replace(site, plant=present(site.plant, machine.told() | uplink_points))
    plant, now = site.plant, clock.now()
    inbox = Inbox(overtaking(plant))
    stopped: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()

    memory = tail_folder(data)
    readings = ReadingsWriter(
        data / "readings.db",
        memory,
        machine=boot[:8],
        clock=clock,
        dests=(DEST,) if streams else (),
        tell=partial(_readings_news, inbox),
    )
    journal = JournalWriter(
        lambda: Journal(data / "journal.db", plant.site, boot, clock),
        boot=boot,
        mirror=memory / "journal.mirror",
        on_degraded=lambda flag, why: inbox.system("cannot-record", "journal", flag, why),
        on_opened=lambda found: _reopened(found, stopped, patience),
        opening=opening(data / "journal.db"),
    )
    restored = await journal.start()
    next_seq = restored.next_seq if restored.anchor or not journal.degraded else fallback_seq(now.wall)
    engine = Engine(plant, boot=boot, next_seq=next_seq, now=now, clock_ok=clock.ok())
    await readings.start()

    pollers: dict[str, BusTask] = {}
    channels = {c.id: CHANNELS[c.type].build({**c.settings, "id": c.id}, clock) for c in site.channels}
    for name, channel in channels.items():
        if isinstance(channel, Asker):
            channel.resume(_taken(restored, plant, name))
    ways = {c.id: True for c in site.channels if CHANNELS[c.type].remote}  # is it in order?
    ears = Ears(partial(_fate, inbox), lambda a: answering.heard(a), partial(_channel_health, inbox, ways),
                lambda key: key.startswith(REPLY) or engine.wanted(key), lambda key: engine.ringing(key))  # fmt: skip
    tellers = {id: Teller(id, channel, plant.people, ears) for id, channel in channels.items()}
    outbox = JournalOutbox(
        data / "journal.db", journal, restored.notes, lambda: snapshots(plant, engine.alarms.values(), clock.now())
    )
    link = _uplink(site, readings, outbox, clock, lambda: box, lambda payload: remote.obey(payload)) if streams else None
    box = Box(site, engine, pollers, tellers, journal, readings, link, clock, boot)
    box.decider = decider = Decider(engine, inbox, journal, clock, box)
    answering = Answering(plant, clock, decider.ask, tellers)
    server = box.server = LocalServer(data / "run.sock", box)
    intake = Intake(plant, site.district, inbox, readings, link.live if link else lambda frame: None, box.readings, clock)
    for bus in site.buses:
        pollers[bus.id] = open_task(site, bus, intake, clock)
    box.lines = LineQuestions(site, pollers, clock)

    async def noted(kind: str, args: dict[str, Scalar]) -> None:
        await decider.settle(engine.noted(kind, args, clock.now(), clock.ok()))

    box.addressing = Addressing(site, pollers, noted, asyncio.sleep)

    async def took(camera: str, sha256: str, why: str) -> None:
        await decider.settle(engine.picture(camera, sha256, why, clock.now(), clock.ok()))

    def leaf_alarm(name: str, active: bool, why: str) -> None:
        inbox.system("fault", name, active, why)

    eyes = {f"{id}/link": task for id, task in pollers.items() if not isinstance(task, Poller | SerialLine)}
    box.pictures = pictures = Pictures(data, plant, eyes, clock, took=took, note=noted, fault=leaf_alarm)
    await decider.settle(
        engine.restore(
            restored.alarms,
            restored.unsent,
            now=clock.now(),
            saved=restored.anchor,
            same_boot=restored.boot == boot,
            replies=restored.commands.values(),
            marks=restored.marks,
            openings=restored.openings,
            taken=restored.taken,
        )
    )

    if site.schools:
        box.fleet = Fleet(site.uplink, plant, site.schools, site.townships, data, clock, emit=intake, system=decider.system,
                          note=noted, show=lambda rows: server.push({"schools": rows}, urgent=True))  # fmt: skip
        box.fleet.standing(engine.alarms.values())

    command_topic = Topics(site.district, plant.site).of("command")
    remote = Remote(command_topic, site.uplink.command_key, plant, clock, decider.ask, noted)
    box.changer = changer = Changer(site, compiled, engine, clock, noted, partial(succeed, stopped, Ended.CHANGED))

    def keep_note(key: str, value: str) -> None:
        journal.call(lambda opened: opened.remember(key, value))

    await updated.note(restored.notes, keep_note, partial(noted, "updated"))
    await setpoints.note(plant.rules, site.compiled_by, restored.notes, keep_note, partial(noted, "setpoint"))
    box.switch(engine.outputs)  # the world is made equal to what should be, whatever happened meanwhile

    leaves: dict[str, Callable[[], Awaitable[None]]] = {f"bus:{id}": p.run for id, p in pollers.items()}
    leaves |= {f"channel:{name}": teller.run for name, teller in tellers.items()}

    known = restored.anchor if restored.boot == boot else None
    leaves["clock"] = partial(clockstep.watch, clock, known, partial(noted, "clock.step"))
    leaves["selftest"] = partial(selftest.daily, plant, clock, tellers, partial(noted, "selftest"), leaf_alarm)
    pictures.opened(o for state in engine.stores.values() for o in state.openings)
    if eyes:
        leaves["pictures"] = pictures.run
    if site.fire_test.point:
        leaves["fire-test"] = FireTester(
            site.fire_test, plant, clock, restored.notes, ask=decider.ask,
            told=lambda alarm: asyncio.to_thread(reached, data / "journal.db", alarm),
            alarms=lambda: engine.alarms, marks=lambda: engine.marks, note=noted, keep=keep_note, fault=leaf_alarm,
        ).run  # fmt: skip
    leaves["config"] = changer.run
    leaves["socket"] = partial(_listen, server)
    if site.speech:
        words = Words(data_dir() / SHIPPED, data / OWN)
        box.speaker = Speaker(plant, words, site.speech, partial(_channel_health, inbox, ways, "speech"))
        box.speaker.show(engine.alarms.values())  # the sounder is on again, and nobody knows what was heard
        leaves["speech"] = box.speaker.run
    box.learning = learning = Learning(data, plant, clock, engine.learn, leaf_alarm)
    if learning.points:
        leaves["learning"] = learning.run
    vitals = Vitals(
        {id: partial(_wear, task) for id, task in pollers.items() if isinstance(task, Poller)},
        clock.state,
        clock.error,
        partial(readings.backlog, DEST) if link else None,
        (lambda: link.state().connected) if link else (lambda: fleet.connected) if (fleet := box.fleet) else None,
        files,
        (lambda: link.state().refused) if link else None,
        (lambda: link.state().events_refused) if link else None,
        (lambda: link.state().twin) if link else None,
        lambda: readings.dropped,
        {id: partial(_radio, channel) for id, channel in channels.items() if isinstance(channel, Modem)},
        clock.look,
        partial(locked, data),
    )
    leaves["health"] = Health(machine, vitals, plant.points, intake, clock).run
    leaves["housekeeping"] = partial(housekeeping.run, journal, clock, plant.timezone, outbox.events_sent if link else _nobody)
    if link:
        leaves["uplink"] = link.run
    if box.fleet:
        leaves["fleet"] = box.fleet.run
    failing = [subject for subject, why in (("readings", readings.failing), ("site-file", loaded.why)) if why]
    earlier = inherited(engine.alarms.values(), leaves, records=not journal.degraded, failing=failing)
    for kind, subject in earlier.over:
        inbox.system(kind, subject, False, "")
    if loaded.why:
        inbox.system("fault", "site-file", True, loaded.why)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, succeed, stopped, Ended.ASKED)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(decider.run(), name="engine"), group.create_task(_pulse(box), name="pulse")]
        for name, leaf in leaves.items():
            tasks.append(group.create_task(keep(name, leaf, leaf_alarm, raised=name in earlier.failing), name=name))
        asked = {d.id for d in site.devices if isinstance(pollers[d.bus], Poller)}
        scanned = partial(_scanned, asked, engine)
        tasks.append(group.create_task(attend(notifier or Notifier({}), scanned, lambda: decider.beat), name="notify"))
        ended = await stopped
        log.info("stopping: %s", ended.value)
        if link:
            await link.stop()
        for task in tasks:
            task.cancel()
    if box.fleet:
        await box.fleet.close()
    for poller in pollers.values():
        await poller.close()
    await readings.close()
    await journal.close()
    if lock is not None:
        lock.close()
    with suppress(OSError):  # what is left in it waits for the next start
        memory.rmdir()
    return ended


def _scanned(asked: Collection[str], engine: Engine) -> bool:
    """Has the engine heard of every device that is asked, if only that it does not answer?"""
    return {point.partition("/")[0] for point in engine.view}.issuperset(asked)


def _wear(poller: Poller) -> Wear:
    return Wear(poller.busy, poller.stats())


def _nobody() -> None:
    """No uplink: nobody has to confirm an event before it grows old."""


def _readings_news(inbox: Inbox, code: str, count: int, why: str) -> None:
    """A log of readings that takes nothing is a fault on the screen; it ends when it writes again."""
    log.warning("%s %d %s", code, count, why)
    if code != "readings.dropped":
        inbox.system("fault", "readings", code != "readings.writing", why)


def _reopened(found: Restored, stopped: asyncio.Future[Ended], patience: float) -> None:
    """The journal has opened after the start gave up on it. An empty one changes nothing."""
    if found.anchor is not None:
        log.warning("the journal holds an earlier state: starting again in %.0f s to take it over", patience)
        asyncio.get_running_loop().call_later(patience, succeed, stopped, Ended.REOPENED)


def _taken(restored: Restored, plant: Plant, channel: str) -> list[Taken]:
    """The messages that the channel took in an earlier run and of which nothing more is known."""
    return [
        Taken(n.key, id, plant.people[n.person].phone, n.made.wall)
        for n in restored.taken
        if n.channel == channel and n.made and n.person in plant.people and (id := restored.receipts.get(n.key))
    ]


def _radio(modem: Modem) -> Radio | None:
    return modem.radio


def _fate(inbox: Inbox, delivery: Delivery) -> None:
    if not own(delivery):
        inbox.delivery(delivery)


def _channel_health(inbox: Inbox, ways: dict[str, bool], name: str, bad: bool, why: str) -> None:
    """A channel that has been out of order for a minute is a fault on the screen; one that works again ends it.

    `ways`: the channels that somebody outside hears. With none of them in order the box cannot call, and the guard room hears it
    before there is anything to call for (people's §3).
    """
    inbox.system("fault", f"channel-{name}", bad, why)
    if name in ways:
        ways[name] = not bad
        inbox.system("cannot-call", "channels", not any(ways.values()), why)


def _uplink(
    site: Site,
    readings: ReadingsWriter,
    outbox: JournalOutbox,
    clock: Clock,
    box: Callable[[], Box],
    obey: Callable[[bytes], Awaitable[bytes]],
) -> Uplink:
    topics = Topics(site.district, site.plant.site)
    return Uplink(site.uplink, topics, readings, outbox, lambda: box().status(), clock, obey, lambda: box().devices())


def _only_one(data: Path) -> IO[bytes] | None:
    """The lock of the data folder: two daemons would ring everybody twice. Raises AlreadyRunning.

    A folder that takes no file gives no lock: a disk that has become read-only must not keep the alarms from starting.
    """
    try:
        lock = (data / "run.lock").open("ab")
    except OSError as error:
        log.error("the data folder takes no lock: %s", error)
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise AlreadyRunning(f"another process runs on {data}") from None
    return lock


async def _listen(server: LocalServer) -> None:
    """The socket is a leaf like the others: a data folder that refuses it costs the screen, never an alarm."""
    try:
        await server.start()
        await asyncio.Event().wait()
    finally:
        await server.close()


async def _pulse(box: Box) -> None:
    """Once a second the page hears of the stream, the journal and the lines."""
    while True:
        await asyncio.sleep(1.0)
        box.pulse()
