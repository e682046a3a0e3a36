"""TLS for the broker's link: the context out of files, until when a certificate is valid, and what a failed handshake means in words."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

from alerts.channels import secrets

VERSION, UTC_TIME, GENERALIZED_TIME = 0xA0, 0x17, 0x18  # tags of DER
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"

CLOSED = "the broker closes the connection: this box probably has no certificate, or one that is not accepted"
# what OpenSSL says, here or in the far side's alert -> what it means and what to do. The first that fits holds.
WORDS: tuple[tuple[str, str], ...] = (
    ("certificate has expired", "对方证书已过期，或本机时钟不对 the broker's certificate has expired, or this clock is wrong"),
    ("certificate is not yet valid", "对方证书还没生效，多半是本机时钟不对 not yet valid: this clock is probably wrong"),
    ("ALERT_CERTIFICATE_EXPIRED", "本机证书已过期，请换证 this box's certificate has expired: renew it"),
    ("ALERT_CERTIFICATE_REVOKED", "本机证书已被吊销 this box's certificate has been revoked"),
    ("ALERT_UNKNOWN_CA", "对方不认本机证书的 CA the broker does not know the authority of this box's certificate"),
    ("CERTIFICATE_REQUIRED", "对方要客户端证书：写 tls_cert 和 tls_key the broker wants a client certificate"),
    ("ALERT_HANDSHAKE_FAILURE", "对方不接受握手，多半缺客户端证书 refused: probably a client certificate is missing"),
    ("Hostname mismatch", "对方证书上没有这个主机名 the broker's certificate is for another name"),
    ("IP address mismatch", "对方证书上没有这个地址 the broker's certificate is for another address"),
    ("self-signed certificate", "对方证书不是 tls_ca 签发的 not signed by tls_ca"),
    ("unable to get local issuer certificate", "对方证书不是 tls_ca 签发的 not signed by tls_ca"),
    ("certificate signature failure", "对方证书不是 tls_ca 签发的 not signed by tls_ca"),
    ("WRONG_VERSION_NUMBER", "这个端口没有 TLS this port does not speak TLS"),
    ("KEY_VALUES_MISMATCH", "tls_cert 和 tls_key 不是一对 tls_cert and tls_key do not belong together"),
)


def context(ca: str, certificate: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 or newer, the far side checked by name. `ca` "": those the system trusts. OSError when a file cannot be used.

    Each is a path or `credential:<id>`.
    """
    made = ssl.create_default_context(cafile=secrets.where(ca) if ca else None)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate:
        made.load_cert_chain(secrets.where(certificate), secrets.where(key) if key else None, password=_no_passphrase)
    return made


def _no_passphrase() -> str:
    """OpenSSL would else ask for it at the terminal, for ever."""
    raise ValueError("密钥文件有口令，程序不能用 the key file has a passphrase: remove it (openssl pkey -in … -out …)")


def words(problem: str) -> str:
    """The problem with what it means in front; as it is when nothing is known of it."""
    return next((f"{meaning}（{problem}）" for sign, meaning in WORDS if sign.lower() in problem.lower()), problem)


def closed(problem: str, before: str) -> str:
    """The words for a broker that takes the connection and closes it. Its reason is an alert that can be lost on the way: what

    an attempt before has heard still holds.
    """
    if "[SSL" in problem or "[SSL" not in before:
        return (
            words(problem)
            if "[SSL" in problem
            else f"对方不说原因就断开，多半是本机没有证书或证书不被接受 {CLOSED}（{problem}）"
        )
    return before


def valid_until(file: str) -> datetime:
    """The end of the first certificate of a PEM file (RFC 5280 4.1.2.5), in UTC. OSError, or ValueError for no certificate."""
    der = ssl.PEM_cert_to_DER_cert(_first(Path(file).read_text(encoding="ascii")))
    try:
        body = _parts(_parts(der)[0][1])[0][1]
        validity = [part for part in _parts(body) if part[0] != VERSION][3]  # after serial, signature, issuer
        tag, end = _parts(validity[1])[1]
        form = {UTC_TIME: "%y%m%d%H%M%SZ", GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}[tag]
    except (IndexError, KeyError):
        raise ValueError("no certificate") from None
    return datetime.strptime(end.decode("ascii"), form).replace(tzinfo=UTC)


def _first(text: str) -> str:
    found, end, _ = text.partition(BEGIN)[2].partition(END)
    if not end:
        raise ValueError("no certificate")
    return f"{BEGIN}{found}{END}"


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """(tag, content) of DER values one after the other (X.690 8.1). ValueError for a length beyond the end."""
    parts, at = [], 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("cut off")
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            wide = length & 0x7F
            length, at = int.from_bytes(data[at : at + wide], "big"), at + wide
        if at + length > len(data):
            raise ValueError("cut off")
        parts.append((tag, data[at : at + length]))
        at += length
    return parts
