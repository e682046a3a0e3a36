"""How a webhook message is signed and checked: HMAC-SHA256 over timestamp and body. Pure; both ends use it."""

from __future__ import annotations

import hashlib
import hmac

TIMESTAMP = "X-Campus-Timestamp"  # wall ms as decimal digits
SIGNATURE = "X-Campus-Signature"  # "sha256=" + 64 hex digits
IDEMPOTENCY = "Idempotency-Key"


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """The value of the signature header for these exact bytes."""
    return "sha256=" + hmac.new(secret, timestamp.encode("ascii") + b"\n" + body, hashlib.sha256).hexdigest()


def genuine(secret: bytes, timestamp: str, body: bytes, claimed: str) -> bool:
    """Does the claimed signature fit? Compared in constant time; says nothing about the age of the timestamp."""
    if not timestamp.isascii() or not claimed.isascii():
        return False
    return hmac.compare_digest(signature(secret, timestamp, body), claimed)
