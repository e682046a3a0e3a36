"""ASGI layers around every answer: security headers, and a limit on what may be sent in. Knows no route."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 32 * 1024
LARGE = {"/api/v1/setup/": 2 * 1024 * 1024, "/api/v1/plans/": 5 * 1024 * 1024}  # a whole site file, a floor plan go there
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
    """Adds HEADERS to every answer (and no-store where nothing else is said); a body above its limit is refused with 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

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
        body, limit = bytearray(), next((size for path, size in LARGE.items() if scope["path"].startswith(path)), BODY_LIMIT)
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            if len(body) > limit:
                await send_armed({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"0")]})
                await send_armed({"type": "http.response.body", "body": b""})
                return
            if not message.get("more_body"):
                break
        given = False

        async def receive_again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, receive_again, send_armed)
