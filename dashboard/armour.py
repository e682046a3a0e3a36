"""ASGI layers around every answer: security headers, and a limit on what may be sent in. Knows no route."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 32 * 1024
LARGE = {"/api/v1/setup/": 2 * 1024 * 1024, "/api/v1/plans/": 5 * 1024 * 1024}  # a whole site file, a floor plan go there
# Bytes of all that is above BODY_LIMIT at once: strangers may send it too, before anybody knows them.
MOST_HELD = 16 * 1024 * 1024
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),  # with no-referrer a form would be sent from the origin "null"
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Armour:
    """Adds HEADERS to every answer (and no-store where nothing else is said); a body above its limit is refused with 413, too many

    large ones at once with 503: a 收到 is small and never is one of them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_armed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", []), *HEADERS]
                if not any(name.lower() == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        if scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send_armed)
            return
        body = bytearray()
        try:
            refusal = await self._fill(body, scope["path"], receive)
            if refusal is None:
                await self._app(scope, _again(bytes(body), receive), send_armed)
            elif refusal:
                await send_armed({"type": "http.response.start", "status": refusal, "headers": [(b"content-length", b"0")]})
                await send_armed({"type": "http.response.body", "body": b""})
        finally:
            self._held -= len(body) if len(body) > BODY_LIMIT else 0

    async def _fill(self, body: bytearray, path: str, receive: Receive) -> int | None:
        """Reads what is sent into `body`. None when it may come in, else the status that refuses it, 0 when nobody is there any more."""
        limit = next((size for prefix, size in LARGE.items() if path.startswith(prefix)), BODY_LIMIT)
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return 0
            before = len(body)
            body += message.get("body", b"")
            if len(body) > BODY_LIMIT:
                self._held += len(body) - (before if before > BODY_LIMIT else 0)
                if len(body) > limit:
                    return 413
                if self._held > MOST_HELD:
                    return 503
            if not message.get("more_body"):
                return None


def _again(body: bytes, receive: Receive) -> Receive:
    """What was read already, and then what comes after it."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
