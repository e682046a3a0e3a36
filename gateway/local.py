"""The local socket, both ends: JSON lines over `<data>/run.sock` as docs/local-socket.md says. No meaning, no storage here."""

from __future__ import annotations

import asyncio
import contextlib
import grp
import json
import os
import pwd
import socket
import stat
import struct
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

COALESCE_S = 0.25  # points may wait this long for company; alarms never wait
HEARTBEAT_S = 1.0  # with nothing to say `now` is said this often
SILENCE_S = 5.0  # a follower that hears nothing this long takes `run` for dead
REQUEST_LIMIT = 2 * 1024 * 1024  # bytes of one request line: a whole site file
ANSWER_LIMIT = 32 * 1024 * 1024  # bytes of one answer line: the snapshot of a large bureau
BEHIND_LIMIT = 8 * 1024 * 1024  # bytes a follower may lie behind before it is dropped
MERGED = (
    "points",
    "alarms",
    "marks",
    "outputs",
    "stores",
    "lines",
    "schools",
)  # parts of a delta that are tables by id; the rest replace each other
DIRECT = ("ask", "follow", "do")

Json = dict[str, Any]


class RunDown(Exception):
    """`run` is not there, went away, or did not answer in time."""


class AlreadyRunning(Exception):
    """Another living process listens on the socket."""


class RequestError(Exception):
    """A request that cannot be answered: `code` is stable, `zh` and `en` are for the person."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{code}: {en}")
        self.code, self.zh, self.en = code, zh, en


class Handler(Protocol):
    """What `run` gives the server. `ask` raises RequestError for what it does not know."""

    async def ask(self, what: str, request: Json) -> object: ...

    def snapshot(self) -> Json: ...

    async def do(self, command: Json, uid: int) -> Json:
        """Answer after the commit: {"ok", "code", "text": {"zh", "en"}, "seq"}; `uid` is the peer's, from the kernel."""
        ...

    def now_ms(self) -> int: ...


class Update(NamedTuple):
    """One thing a follower hears: first a `snapshot`, then `delta`s whose `n` grows by one each."""

    n: int
    kind: str
    data: Json


@dataclass(frozen=True, slots=True)
class _Peer:
    pid: int
    uid: int
    gid: int


def merge(into: Json, delta: Json) -> None:
    """Adds `delta` to `into`: in tables by id each row's named fields are replaced, everything else is replaced whole.

    A follower does this to its snapshot. `delta` itself is left as it is.
    """
    for key, value in delta.items():
        if key in MERGED:
            rows = into.setdefault(key, {})
            for id, row in value.items():
                rows[id] = {**rows.get(id, {}), **row}
        else:
            into[key] = value


def _line(message: Json) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _error(id: object, error: RequestError) -> bytes:
    return _line({"id": id, "ok": False, "code": error.code, "text": {"zh": error.zh, "en": error.en}})


def _peer(sock: socket.socket) -> _Peer:
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return _Peer(*struct.unpack("3i", raw))


def _trusted(peer: _Peer, group: int) -> bool:
    """Root, our own user, or a member of the socket's group."""
    if peer.uid in (0, os.geteuid()) or peer.gid == group:
        return True
    try:
        return pwd.getpwuid(peer.uid).pw_name in grp.getgrgid(group).gr_mem
    except KeyError:  # a user or a group without a name has no members to look up
        return False


def _listen(path: Path) -> socket.socket:
    """A listening socket with mode 0660 from its first moment; a dead process's file is replaced, a living one's is not."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(f"{path} is there and is not a socket")
        probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with probe:
            probe.settimeout(1)
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
            else:
                raise AlreadyRunning(f"another process listens on {path}")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old = os.umask(0o117)
    try:
        sock.bind(str(path))
    finally:
        os.umask(old)
    sock.listen(64)
    return sock


class LocalServer:
    """`run`'s end. Nothing here ever waits for a client: a follower that does not read is dropped.

    All methods are called in the event loop's thread.
    """

    def __init__(self, path: str | os.PathLike[str], handler: Handler) -> None:
        self._path, self._handler = Path(path), handler
        self._server: asyncio.Server | None = None
        self._group = -1
        self._writers: set[asyncio.StreamWriter] = set()
        self._followers: dict[asyncio.StreamWriter, bytes] = {}  # writer -> its request's id, as JSON
        self._n = 0
        self._waiting: Json = {}
        self._timer: asyncio.TimerHandle | None = None
        self._heart: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Listens. Raises AlreadyRunning when another process does, OSError when the folder does not allow it."""
        sock = _listen(self._path)
        self._group = self._path.stat().st_gid
        self._server = await asyncio.start_unix_server(self._serve, sock=sock, limit=REQUEST_LIMIT)
        self._beat_later()

    async def close(self) -> None:
        """Stops listening, cuts every connection, removes the socket's file."""
        for timer in (self._timer, self._heart):
            if timer is not None:
                timer.cancel()
        self._timer = self._heart = None
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()
        self._server = None
        self._path.unlink(missing_ok=True)

    async def __aenter__(self) -> LocalServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def followed(self) -> bool:
        """Is there anybody to push to? Who comes later gets everything in the snapshot."""
        return bool(self._followers)

    def push(self, delta: Json, urgent: bool) -> None:
        """Sends a change to every follower: at once when urgent (alarms), else within 250 ms together with others."""
        merge(self._waiting, delta)
        if urgent:
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(COALESCE_S, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        delta, self._waiting = {"now": self._handler.now_ms()} | self._waiting, {}
        self._n += 1
        self._beat_later()
        if not self._followers:
            return
        rest = b',"n":%d,"delta":' % self._n + _line(delta).rstrip(b"\n") + b"}\n"
        for writer, id in list(self._followers.items()):
            transport = writer.transport
            if transport.is_closing() or transport.get_write_buffer_size() > BEHIND_LIMIT:
                del self._followers[writer]
                transport.abort()
            else:
                writer.write(b'{"id":' + id + rest)

    def _beat_later(self) -> None:
        if self._heart is not None:
            self._heart.cancel()
        self._heart = asyncio.get_running_loop().call_later(HEARTBEAT_S, self._flush)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            peer = _peer(writer.get_extra_info("socket"))
            if not _trusted(peer, self._group):
                writer.write(_error(None, RequestError("refused.peer", "无权访问", "this user may not use the socket")))
                return
            while line := await _request(reader):
                writer.write(await self._answer(line, peer, writer))
                await writer.drain()
        except RequestError as error:  # where the next request starts is unknown
            writer.write(_error(None, error))
        except ConnectionError:  # the client went away; nothing is left to tell it
            pass
        finally:
            self._writers.discard(writer)
            self._followers.pop(writer, None)
            writer.close()

    async def _answer(self, line: bytes, peer: _Peer, writer: asyncio.StreamWriter) -> bytes:
        id: object = None
        try:
            request = _parse(line)
            id = request.get("id")
            if request.get("follow") is True:
                self._followers[writer] = json.dumps(id).encode()
                return _line({"id": id, "ok": True, "n": self._n, "snapshot": self._handler.snapshot()})
            if isinstance(request.get("do"), dict):
                return _line({"id": id, **await self._handler.do(request["do"], peer.uid)})
            if isinstance(what := request.get("ask"), str):
                data = self._handler.snapshot() if what == "snapshot" else await self._handler.ask(what, request)
                return _line({"id": id, "ok": True, "data": data})
            raise RequestError("bad-request", "请求无效", f"a request has one of {', '.join(DIRECT)}")
        except RequestError as error:
            return _error(id, error)


async def _request(reader: asyncio.StreamReader) -> bytes:
    """The next line, b"" when there is none any more. RequestError for one that is longer than the limit."""
    try:
        return await reader.readline()
    except ValueError:  # asyncio's word for it
        raise RequestError("bad-request", "请求过长", "request too long") from None


def _parse(line: bytes) -> Json:
    try:
        request = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RequestError("bad-request", "请求无效", f"not JSON: {error}") from error
    if not isinstance(request, dict):
        raise RequestError("bad-request", "请求无效", "a request is a JSON object")
    return request


class LocalClient:
    """A client's end for programs with an event loop. Every request has a connection of its own."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = str(path)

    async def ask(self, what: str, timeout: float = 10.0, **parameters: object) -> Any:
        """The answer's `data`. Raises RunDown, or RequestError when `run` refuses the question."""
        answer = await self._once({"id": 1, "ask": what, **parameters}, timeout)
        if not answer.get("ok"):
            text = answer.get("text", {})
            raise RequestError(str(answer.get("code", "bad-request")), text.get("zh", ""), text.get("en", ""))
        return answer["data"]

    async def do(self, command: Json, timeout: float = 15.0) -> Json:
        """The whole answer: {"ok", "code", "text", "seq"}; a refusal is an answer, not an error. Raises RunDown."""
        return await self._once({"id": 1, "do": command}, timeout)

    async def follow(self, silence: float = SILENCE_S) -> AsyncGenerator[Update, None]:
        """A snapshot, then deltas for ever. Raises RunDown when the stream ends or is silent for `silence` seconds."""
        async with self._connected(silence) as (reader, writer):
            writer.write(_line({"id": 1, "follow": True}))
            while True:
                answer = await self._read(reader, silence)
                if "delta" in answer:
                    yield Update(answer["n"], "delta", answer["delta"])
                elif "snapshot" in answer:
                    yield Update(answer["n"], "snapshot", answer["snapshot"])
                else:
                    raise RunDown(f"{self._path}: {answer.get('code', 'no answer to follow')}")

    async def _once(self, request: Json, timeout: float) -> Json:
        async with self._connected(timeout) as (reader, writer):
            writer.write(_line(request))
            return await self._read(reader, timeout)

    @contextlib.asynccontextmanager
    async def _connected(self, timeout: float) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await asyncio.open_unix_connection(self._path, limit=ANSWER_LIMIT)
        except OSError as error:  # TimeoutError is one
            raise RunDown(f"{self._path}: {error or 'no answer'}") from error
        try:
            yield reader, writer
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, timeout: float) -> Json:
        try:
            async with asyncio.timeout(timeout):
                line = await reader.readline()
        except TimeoutError as error:
            raise RunDown(f"{self._path}: silent for {timeout:g} s") from error
        except (OSError, ValueError) as error:  # ValueError: asyncio's word for a line longer than the limit
            raise RunDown(f"{self._path}: {error}") from error
        return _answered(self._path, line)


def _answered(path: str, line: bytes) -> Json:
    if not line.endswith(b"\n"):
        raise RunDown(f"{path}: closed without an answer")
    answer: Json = json.loads(line)
    return answer


def ask_once(path: str | os.PathLike[str], request: Json, timeout: float = 10.0) -> Json:
    """One request and its whole answer, blocking; for the command line. `timeout` bounds each wait. Raises RunDown."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout)
        try:
            sock.connect(str(path))
            sock.sendall(_line({"id": 1, **request}))
            with sock.makefile("rb") as file:
                return _answered(str(path), file.readline())
        except OSError as error:
            raise RunDown(f"{path}: {error}") from error
