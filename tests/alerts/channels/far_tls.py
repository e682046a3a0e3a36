"""Certificates for the far sides of the channels' tests, made once by openssl: one of a private authority, one of another name."""

from __future__ import annotations

import ssl
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp


@cache
def folder() -> Path:
    """ca.pem with localhost.pem/.key (127.0.0.1 and localhost) and elsewhere.pem/.key (another name), both signed by it."""
    here = Path(mkdtemp(prefix="far-tls-"))
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "30")
    _openssl(here, "req", "-x509", *key, "-subj", "/CN=far authority", "-keyout", "ca.key", "-out", "ca.pem")
    for name, names in (("localhost", "DNS:localhost,IP:127.0.0.1"), ("elsewhere", "DNS:elsewhere.invalid")):
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", f"subjectAltName={names}")
        _openssl(here, "req", "-x509", *key, *signed, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    return here


def context(name: str) -> ssl.SSLContext:
    """The far side's own context, with the certificate of that name."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder() / f"{name}.pem", folder() / f"{name}.key")
    return made


def _openssl(here: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=here, check=True, capture_output=True)
