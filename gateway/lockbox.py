"""Bytes under a passphrase, for the secrets in a backup: AES-256 by the `openssl` program, with a MAC over all of it. No files.

Python has no cipher of its own; scrypt (RFC 7914) makes the two keys. What was changed, or opened with another passphrase, is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shutil
import subprocess

MAGIC = b"campus-lockbox-1\n"
SALT, MAC = 16, 32
SHORTEST = 12  # characters of a passphrase


class Locked(Exception):
    """It cannot be locked or opened; the text says why, for a person."""


def lock(content: bytes, passphrase: str) -> bytes:
    """MAGIC, salt, MAC, ciphertext."""
    if len(passphrase) < SHORTEST:
        raise Locked(f"口令至少 {SHORTEST} 个字符 · a passphrase needs at least {SHORTEST} characters")
    salt = secrets.token_bytes(SALT)
    key, proof = _keys(passphrase, salt)
    sealed = _openssl("-e", key, content)
    return MAGIC + salt + _mac(proof, salt, sealed) + sealed


def unlock(content: bytes, passphrase: str) -> bytes:
    """Raises Locked for a wrong passphrase, changed bytes, or what is no lockbox."""
    if not content.startswith(MAGIC):
        raise Locked("不是加密的内容 · not a lockbox")
    salt, mac, sealed = content[len(MAGIC) :][:SALT], content[len(MAGIC) + SALT :][:MAC], content[len(MAGIC) + SALT + MAC :]
    key, proof = _keys(passphrase, salt)
    if not hmac.compare_digest(_mac(proof, salt, sealed), mac):
        raise Locked("口令不对，或内容被改过 · a wrong passphrase, or it was changed")
    return _openssl("-d", key, sealed)


def _keys(passphrase: str, salt: bytes) -> tuple[str, bytes]:
    both = hashlib.scrypt(passphrase.encode(), salt=salt, n=1 << 15, r=8, p=1, maxmem=64 << 20, dklen=64)
    return both[:32].hex(), both[32:]


def _mac(proof: bytes, salt: bytes, sealed: bytes) -> bytes:
    return hmac.new(proof, salt + sealed, hashlib.sha256).digest()


def _openssl(way: str, key: str, content: bytes) -> bytes:
    """The key goes through a pipe of its own: a command line is there for everybody to read."""
    program = shutil.which("openssl")
    if program is None:
        raise Locked("没有 openssl · it is missing\n  sudo apt-get install openssl")
    reading, writing = os.pipe()
    try:
        os.write(writing, f"{key}\n".encode())
        os.close(writing)
        command = [program, "enc", way, "-aes-256-ctr", "-pbkdf2", "-pass", f"fd:{reading}"]
        done = subprocess.run(command, input=content, capture_output=True, pass_fds=[reading])
    finally:
        os.close(reading)
    if done.returncode:
        raise Locked(f"openssl: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
