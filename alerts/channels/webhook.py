"""The webhook channel: one signed POST of JSON per message. Blocking, in the channel's own thread; no proxy, no redirect.

Body {"v":1,"key","alarm","person","phone","text","severity","repeat","message"}; a probe is {"v":1,"kind":"probe"}.
2xx = accepted, and a JSON answer may carry {"id": the far side's id}. 408, 429 and 5xx = later (Retry-After in seconds
obeyed), any other answer = never. The key is also the Idempotency-Key header, so that a repeat can be recognised.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from alerts.channels import http
from alerts.channels.faults import GiveUp
from alerts.channels.signing import IDEMPOTENCY, SIGNATURE, TIMESTAMP, signature
from alerts.model import Delivery, Fate, Inbound, Notification
from alerts.plant import Person
from drivers.reading import Clock

TIMEOUT = http.TIMEOUT


class Webhook:
    """`url` http or https (the certificate is checked); `secret_file` holds the shared secret, read anew for each message."""

    def __init__(self, url: str, secret_file: Path, clock: Clock, timeout: float = TIMEOUT) -> None:
        http.split(url)
        self._url = url
        self._secret_file = secret_file
        self._clock = clock
        self._timeout = timeout

    def send(self, n: Notification, to: Person) -> Delivery:
        """ACCEPTED when the far side answered 2xx. Raises TryAgain or GiveUp."""
        body = {
            "v": 1, "key": n.key, "alarm": n.alarm, "person": to.id, "phone": to.phone, "text": n.text,
            "severity": int(n.severity), "repeat": n.repeat, "message": n.message,
        }  # fmt: skip
        return Delivery(n.key, Fate.ACCEPTED, self._post(body, n.key))

    def probe(self) -> None:
        """A POST that the far side must answer with 2xx and show to nobody."""
        self._post({"v": 1, "kind": "probe"}, "")

    def _post(self, body: Mapping[str, object], key: str) -> str:
        """POST it and give the far side's id ("" without one)."""
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return _provider_id(http.ask(http.Request(self._url, data, self._headers(data, key)), self._timeout))

    def _headers(self, data: bytes, key: str) -> dict[str, str]:
        try:
            secret = self._secret_file.read_bytes().strip()
        except OSError as error:
            raise GiveUp(f"密钥文件读不到 secret file not readable: {error.strerror}") from error
        if not secret:
            raise GiveUp("密钥文件是空的 secret file is empty")
        timestamp = str(self._clock.now().wall)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            TIMESTAMP: timestamp,
            SIGNATURE: signature(secret, timestamp, data),
        }
        return headers | ({IDEMPOTENCY: key} if key else {})

    def hear(self) -> Sequence[Delivery | Inbound]:
        """Nothing comes back this way."""
        return ()


def build(settings: Mapping[str, str], clock: Clock) -> Webhook:
    """Settings: url, secret_file. Raises KeyError or ValueError for what is missing or wrong."""
    return Webhook(settings["url"], Path(settings["secret_file"]), clock)


def _provider_id(answer: bytes) -> str:
    """The id in the answer. A 2xx with anything else in it has still accepted the message."""
    try:
        data = json.loads(answer)
    except ValueError:
        return ""
    found = data.get("id") if isinstance(data, dict) else None
    return str(found)[:100] if isinstance(found, str | int) else ""
