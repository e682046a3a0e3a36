"""Real mosquitto with the shipped configuration, certificates and access list: who gets in, and what each may do there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stream_box import Box, Spawn, TestClock, until
from stream_daemons import Bureau

from gateway.acl import Member
from gateway.ca import Authority
from gateway.commands import main
from gateway.commands.cert import SOON
from gateway.stream.client import Fate, LinkOptions
from gateway.stream.ingest import Ingest, probe_shared
from gateway.stream.link import Link, Message

NOW = datetime.now(UTC)
SILENT = "证书不被接受"  # the broker's reason can be lost on the way: then this is said
A, B, LIKE_A_DISTRICT = "no3-middle", "no4-middle", "songyang"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Two schools of the district songyang, a school of dengfeng that is called songyang, and the bureau's programs."""
    made = Authority.init(tmp_path_factory.mktemp("authority") / "ca", "Test CA")
    made.issue(Member("broker", "server"), NOW, hosts=["127.0.0.1", "localhost"])
    made.issue(Member("old-broker", "server"), NOW - timedelta(days=30), hosts=["127.0.0.1"], days=10)
    made.issue(Member("other-broker", "server"), NOW, hosts=["broker.example"])
    for district, site in (("songyang", A), ("songyang", B), ("dengfeng", LIKE_A_DISTRICT), ("songyang", "gone")):
        made.issue(Member(site, "box", district), NOW)
    made.issue(Member("expired", "box", "songyang"), NOW - timedelta(days=40), days=10)
    for name in ("ingest", "bureau", "viewer"):
        made.issue(Member(f"{name}-1", name), NOW)
    made.revoke("gone")
    return made


@pytest.fixture(scope="module")
def bureau(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    daemon = Bureau(tmp_path_factory.mktemp("bureau"), authority.folder)
    daemon.start()
    yield daemon
    daemon.kill()


def options(bureau: Bureau, name: str, base: str = "box", **change: str) -> LinkOptions:
    out = bureau.authority / "handout" / name
    files = {"tls_ca": f"{out}/ca.pem", "tls_cert": f"{out}/{base}.pem", "tls_key": f"{out}/{base}.key"}
    return LinkOptions(**{"host": "127.0.0.1", "port": bureau.port, "client_id": f"t-{name}", "expiry": 0, **files, **change})  # type: ignore[arg-type]


class Peer:
    """Somebody at the broker, and what reached them."""

    def __init__(self, options: LinkOptions, *topics: str) -> None:
        self.heard: list[Message] = []
        self.link = Link(options, topics, self.heard.append)

    async def say(self, topic: str, text: str = "x") -> bool:
        """Did the broker take it? mosquitto 2.0.11 closes an MQTT 5 connection after refusing a message."""
        await until("the connection", lambda: self.link.up)
        session = self.link.session
        said = self.link.publish(topic, text.encode())
        assert said is not None
        taken = await said not in (Fate.LOST, Fate.REFUSED)
        if not taken:
            await until("the next connection", lambda: self.link.session > session and self.link.up)
        return taken


@asynccontextmanager
async def at_the_broker(*peers: Peer) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(peer.link.run()) for peer in peers]
    try:
        for peer in peers:
            await until(f"{peer.link.problem}", lambda peer=peer: peer.link.up)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def kept_out(options: LinkOptions) -> str:
    """What is said to somebody who does not get in."""
    peer = Peer(options)
    task = asyncio.create_task(peer.link.run())
    try:
        await until("a refusal", lambda: peer.link.problem != "not connected yet")
        assert not peer.link.up
        return peer.link.problem
    finally:
        task.cancel()


def of(site: str, leaf: str, district: str = "songyang") -> str:
    return f"campus/v1/{district}/{site}/{leaf}"


async def test_d25_15_a_box_writes_its_own_topics_and_no_others(bureau: Bureau) -> None:
    box_a, box_b, like = (Peer(options(bureau, name)) for name in (A, B, LIKE_A_DISTRICT))
    leaves = ("events", "alarm/7", "status", "devices/0", "reply")
    far = Peer(options(bureau, "bureau-1", "client"), *(f"campus/v1/+/+/{leaf}" for leaf in (*leaves, "alarm/#")))
    store = Peer(options(bureau, "ingest-1", "client"), "campus/v1/+/+/readings")
    async with at_the_broker(box_a, box_b, like, far, store):
        for leaf in (*leaves, "readings"):
            assert await box_a.say(of(A, leaf), "own")
            assert await like.say(of(LIKE_A_DISTRICT, leaf, "dengfeng"), "own")
        for topic in (
            *(of(B, leaf) for leaf in (*leaves, "readings")),  # below another box
            of(A, "command"),  # its own orders
            of(A, "receipt"),
            "campus/v1/songyang/status",
        ):
            assert not await box_a.say(topic, "stolen"), topic
        for topic in (
            of(A, "readings"),
            of(A, "events"),
            of(LIKE_A_DISTRICT, "events"),
        ):  # the schools of the district it is called like
            assert not await like.say(topic, "stolen"), topic
        assert await box_b.say(of(B, "events"), "last") and await box_b.say(of(B, "readings"), "last")
        await until("the last words", lambda: all(peer.heard and peer.heard[-1].payload == b"last" for peer in (far, store)))
    assert not [m.topic for m in (*far.heard, *store.heard) if m.payload == b"stolen"]
    assert {m.topic for m in store.heard} == {of(A, "readings"), of(B, "readings"), of(LIKE_A_DISTRICT, "readings", "dengfeng")}
    assert {of(A, leaf) for leaf in leaves} <= {m.topic for m in far.heard}


async def test_the_broker_does_not_write_its_whole_memory_for_each_word_of_a_box(bureau: Bureau) -> None:
    """A thousand boxes leave it 20 MB that it remembers, and say how they are every 30 s."""
    assert bureau.process is not None
    counter = Path(f"/proc/{bureau.process.pid}/io")
    box = Peer(options(bureau, A))
    async with at_the_broker(box):
        for n in range(20):
            assert (
                sent := box.link.publish(of(A, f"devices/{n}"), bytes(100_000), retain=True)
            ) and await sent is not Fate.REFUSED
        before = int(counter.read_text().split("wchar: ")[1].split()[0])
        for _ in range(10):
            assert (sent := box.link.publish(of(A, "status"), b"x", retain=True)) and await sent is not Fate.REFUSED
        assert int(counter.read_text().split("wchar: ")[1].split()[0]) - before < 1_000_000
        for n in range(20):
            assert (sent := box.link.publish(of(A, f"devices/{n}"), b"", retain=True)) and await sent is not Fate.REFUSED


async def test_d25_15_a_box_hears_only_what_is_for_it(bureau: Bureau) -> None:
    """mosquitto grants any subscription and then delivers only what the list allows."""
    box_a = Peer(options(bureau, A), of(A, "command"), of(A, "receipt"))
    curious = Peer(options(bureau, B), "#", of(A, "command"), "campus/v1/songyang/+/events", of(B, "command"))
    anybody = Peer(options(bureau, "viewer-1", "client"), "#")
    far = Peer(options(bureau, "bureau-1", "client"))
    async with at_the_broker(box_a, curious, anybody, far):
        assert await far.say(of(A, "command"), "for a") and await far.say(of(A, "receipt"), "for a")
        assert await box_a.say(of(A, "events")) and await box_a.say(of(A, "status"))
        assert await far.say(of(B, "command"), "for b")
        await until("each its own", lambda: len(box_a.heard) == 2 and curious.heard and anybody.heard)
    assert {m.topic for m in box_a.heard} == {of(A, "command"), of(A, "receipt")}
    assert {m.topic for m in curious.heard} == {of(B, "command")}
    assert {m.topic for m in anybody.heard} <= {of(A, "status"), of(LIKE_A_DISTRICT, "status", "dengfeng")}


async def test_d25_15_programs_of_the_bureau_do_their_own_work_only(bureau: Bureau) -> None:
    ingest, far, viewer = (Peer(options(bureau, f"{name}-1", "client")) for name in ("ingest", "bureau", "viewer"))
    async with at_the_broker(ingest, far, viewer):
        assert await ingest.say(of(A, "receipt")) and await far.say(of(A, "command"))
        for peer, leaves in (
            (ingest, ("command", "readings")),
            (far, ("readings", "events", "reply")),
            (viewer, ("command", "status")),
        ):
            for leaf in leaves:
                assert not await peer.say(of(A, leaf)), leaf
    await probe_shared(options(bureau, "ingest-1", "client"))  # workers share the readings with these rights


async def test_d25_15_nobody_without_a_valid_certificate_gets_in_and_is_told_why(bureau: Bureau) -> None:
    anonymous = await kept_out(options(bureau, A, tls_cert="", tls_key=""))
    assert "客户端证书" in anonymous or SILENT in anonymous
    revoked, expired = await kept_out(options(bureau, "gone")), await kept_out(options(bureau, "expired"))
    assert "已被吊销" in revoked or SILENT in revoked
    assert "本机证书已过期" in expired or SILENT in expired
    plain = await kept_out(options(bureau, A, tls_ca="", tls_cert="", tls_key=""))
    assert "not connected" not in plain


async def test_an_expired_or_foreign_broker_is_told_in_words(authority: Authority, tmp_path: Path) -> None:
    for server, words in (("old-broker", "对方证书已过期"), ("other-broker", "证书上没有这个地址")):
        daemon = Bureau(tmp_path / server, authority.folder, server)
        daemon.start()
        try:
            assert words in await kept_out(options(daemon, A))
        finally:
            daemon.kill()


async def test_d25_16_a_box_is_shut_out_when_it_is_revoked_and_renewed_without_a_gap(
    authority: Authority, bureau: Bureau
) -> None:
    """Both while the broker runs: `systemctl reload` reads the lists again."""
    old = (authority.folder / "handout" / B / "box.pem").read_bytes()
    authority.renew(B, NOW)
    assert (authority.folder / "handout" / B / "box.pem").read_bytes() != old
    box = Peer(options(bureau, B))
    async with at_the_broker(box):  # the broker has heard of no renewal
        assert await box.say(of(B, "status"))
        assert authority.revoke(B) == 2
        bureau.reread()
        await until("the end", lambda: not box.link.publish(of(B, "status"), b"x"))  # who is connected may no longer write
        await until("the refusal", lambda: box.link.problem and not box.link.up and "lost" not in box.link.problem)
        assert any(words in box.link.problem for words in ("已被吊销", SILENT))


def test_what_is_issued_is_listed_with_its_end(authority: Authority, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cert", "list", str(authority.folder)]) == 1  # two have ended
    rows = {line.split("\t")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "已过期" in rows["expired"] and "✓" in rows[A] and "gone" not in rows
    assert main(["cert", "renew", str(authority.folder), "expired", "old-broker", "--days", str(SOON - 1)]) == 0
    capsys.readouterr()
    assert main(["cert", "list", str(authority.folder)]) == 1
    rows = {line.split("\t")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "该换证" in rows["expired"] and "该换证" in rows["old-broker"]


class Kept:
    """A database that keeps what it was given."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, lines: bytes) -> None:
        self.lines += lines.splitlines()


@pytest.mark.parametrize("who", ["box", "broker"])
async def test_d17_readings_wait_out_an_expired_certificate_and_go_when_it_is_renewed(
    bureau: Bureau, authority: Authority, tmp_path: Path, spawn: Spawn, who: str
) -> None:
    past = NOW - timedelta(days=40)
    site, server = f"late-{who}", f"broker-{who}"
    authority.issue(Member(site, "box", "songyang"), past if who == "box" else NOW, days=10 if who == "box" else 100)
    authority.issue(
        Member(server, "server"), past if who == "broker" else NOW, hosts=["127.0.0.1"], days=10 if who == "broker" else 100
    )
    daemon, kept = Bureau(tmp_path / "broker", authority.folder, server), Kept()
    daemon.start()
    try:
        found = options(daemon, site)
        box = Box(daemon.port, site=site, tls_ca=found.tls_ca, tls_cert=found.tls_cert, tls_key=found.tls_key)
        worker = Ingest(replace(options(daemon, "ingest-1", "client"), manual_ack=True), kept, TestClock())
        spawn(worker.run())
        spawn(box.uplink.run())
        for _ in range(10):
            box.frame()
        wanted = ("过期", "expired", SILENT)
        await until("it says so", lambda: any(word in box.uplink.state().problem for word in wanted))
        assert len(box.store.open) == 10 and not kept.lines
        authority.renew(site if who == "box" else server, NOW)
        if who == "broker":
            daemon.kill()
            daemon.start()
        await until("every receipt", lambda: not box.store.open)
        assert len(kept.lines) == len(set(kept.lines)) == len(box.store.ledger)
    finally:
        daemon.kill()
