"""The bureau's small certificate authority: a folder, and the `openssl` program (3.0 or later) that works in it. Prints nothing.

Why the program and no library: docs/decisions/0050. `index.txt` of `openssl ca` is the only list of what was issued.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import shutil
import subprocess
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.acl import ROLES, Member, check_name, document

SERVER = "server"
CA_DAYS = 7305  # 20 years
DAYS = 825  # what browsers and operating systems accept of a server, too
EARLIER = timedelta(days=1)  # how far back a certificate begins: clocks differ
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")
HANDOUT = {"box": "box", "ingest": "client", "bureau": "client", "viewer": "client", SERVER: SERVER}  # file names
CONFIG = """# openssl ca(1) of this folder
[ca]
default_ca = campus
[campus]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = issued
certificate = ca.pem
private_key = ca.key
default_md = sha256
unique_subject = no
policy = subject
crl_extensions = crl
[subject]
organizationName = optional
organizationalUnitName = supplied
commonName = supplied
[req]
distinguished_name = none
[none]
[crl]
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[client]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = ${ENV::CAMPUS_NAMES}
"""


class CaError(Exception):
    """What cannot be done, for a person: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Issued:
    """One certificate of the list. `state` is V(alid until `until`) or R(evoked); `until` is UTC."""

    name: str
    role: str
    district: str
    serial: str
    state: str
    until: datetime


class Authority:
    """`folder` as `init` made it. Raises CaError, also when it is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "index.txt").exists() or not (folder / "ca.key").exists():
            raise CaError(
                f"{folder} 不是证书目录 · is no certificate folder\n  先建 · make one: campus-gateway cert init {folder}"
            )

    @staticmethod
    def init(folder: Path, name: str, days: int = CA_DAYS) -> Authority:
        """A new authority in a folder that does not exist or is empty."""
        if folder.exists() and any(folder.iterdir()):
            raise CaError(
                f"{folder} 不是空的，不覆盖 · is not empty and is not overwritten\n  换一个目录 · choose another folder"
            )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        (folder / "issued").mkdir()
        for file, text in (
            ("ca.cnf", CONFIG),
            ("index.txt", ""),
            ("serial", f"{secrets.token_hex(8)}\n"),
            ("crlnumber", "01\n"),
        ):
            (folder / file).write_text(text, encoding="ascii")
        with _private():
            request = ("req", "-x509", *CURVE, "-days", str(days), "-subj", f"/CN={_plain(name)}", "-extensions", "root")
            _openssl(folder, *request, "-config", "ca.cnf", "-keyout", "ca.key", "-out", "ca.pem", "-utf8")
        (folder / "ca.pem").chmod(0o644)
        authority = Authority(folder)
        authority.publish()
        return authority

    def issued(self) -> list[Issued]:
        """Everything ever issued, in order."""
        return [_row(line) for line in (self.folder / "index.txt").read_text(encoding="utf-8").splitlines()]

    def current(self) -> dict[str, Issued]:
        """Name -> its newest certificate that is not revoked."""
        return {row.name: row for row in self.issued() if row.state != "R"}

    def issue(self, member: Member, now: datetime, *, hosts: Sequence[str] = (), days: int = DAYS) -> Path:
        """A certificate with a new key, in the folder that is handed out: handout/<name>. `hosts`: names of a server.

        An older one of the same name goes on being valid until it expires or is revoked.
        """
        self._fits(member, hosts)
        out = self.folder / "handout" / member.name
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        base = HANDOUT[member.role]
        new = out.resolve() / "new"
        subject = f"/O={member.district}" if member.district else ""
        subject += f"/OU={member.role}/CN={member.name}"
        dates = ("-startdate", _stamp(now - EARLIER), "-enddate", _stamp(now + timedelta(days=days)))
        kind = ("-extensions", SERVER if member.role == SERVER else "client")
        names = ",".join(f"{_kind(host)}:{host}" for host in hosts)
        with _private():
            request = ("req", "-new", *CURVE, "-config", "ca.cnf", "-subj", subject)
            _openssl(self.folder, *request, "-keyout", f"{new}.key", "-out", f"{new}.csr")
            signed = ("ca", "-batch", "-notext", "-config", "ca.cnf", *kind, *dates, "-in", f"{new}.csr", "-out", f"{new}.pem")
            _openssl(self.folder, *signed, names=names)
            if member.role == "box" and not (out / "command.key").exists():
                (out / "command.key").write_text(f"{secrets.token_hex(32)}\n", encoding="ascii")
        Path(f"{new}.csr").unlink()
        Path(f"{new}.key").replace(out / f"{base}.key")
        Path(f"{new}.pem").replace(out / f"{base}.pem")
        shutil.copyfile(self.folder / "ca.pem", out / "ca.pem")
        self.publish()
        return out

    def renew(self, name: str, now: datetime, days: int = DAYS) -> Path:
        """A new key and certificate for somebody who has one; a server keeps its names."""
        row = self.one(name)
        hosts = self._hosts(row) if row.role == SERVER else ()
        return self.issue(Member(row.name, row.role, row.district), now, hosts=hosts, days=days)

    def revoke(self, name: str) -> int:
        """All certificates of a name, at once; gives their number. The ACL loses the name too."""
        rows = [row for row in self.issued() if row.name == name and row.state != "R"]
        if not rows:
            self.one(name)
        for row in rows:
            _openssl(self.folder, "ca", "-config", "ca.cnf", "-revoke", f"issued/{row.serial}.pem", "-crl_reason", "superseded")
        self.publish()
        return len(rows)

    def publish(self) -> None:
        """Write crl.pem and acl for the broker. The list of revoked ones stays valid as long as the authority itself:

        a broker with an outdated list refuses everybody.
        """
        _openssl(self.folder, "ca", "-gencrl", "-config", "ca.cnf", "-crldays", str(CA_DAYS), "-out", "crl.new")
        (self.folder / "crl.new").replace(self.folder / "crl.pem")
        members = [Member(r.name, r.role, r.district) for r in self.current().values() if r.role in ROLES]
        (self.folder / "acl.new").write_text(document(members), encoding="ascii")
        (self.folder / "acl.new").replace(self.folder / "acl")

    def one(self, name: str) -> Issued:
        found = self.current()
        if name not in found:
            known = " ".join(sorted(found)) or "-"
            raise CaError(f"没有 {name} 的有效证书 · no certificate of that name\n  有 · there are: {known}")
        return found[name]

    def _fits(self, member: Member, hosts: Collection[str]) -> None:
        """A name is one member for good: whoever had it keeps its topics."""
        try:
            check_name(member.name, "name")
            if member.role == "box":
                check_name(member.district, "district")
        except ValueError as error:
            raise CaError(str(error)) from None
        for row in self.issued():
            if row.name == member.name and (row.role, row.district) != (member.role, member.district):
                where = f"{row.district}/" if row.district else ""
                raise CaError(
                    f"{member.name} 已经是 {row.role} {where}{row.name} · is taken\n"
                    "  全局唯一：换一个名字 · names are unique over all districts and roles: choose another"
                )
        if member.role == SERVER and not hosts:
            raise CaError("服务器要写主机名或地址 · a server needs its host names or addresses")

    def _hosts(self, row: Issued) -> list[str]:
        text = _openssl(self.folder, "x509", "-in", f"issued/{row.serial}.pem", "-noout", "-ext", "subjectAltName")
        names = text.splitlines()[-1].strip().split(", ")
        return [name.partition(":")[2] for name in names]


def _row(line: str) -> Issued:
    """A line of index.txt (openssl-ca(1)): state, expiry, revocation, serial, file, subject, with tabs between."""
    state, until, _, serial, _, subject = line.split("\t")
    parts = dict(part.split("=", 1) for part in subject.split("/") if part)
    form = "%y%m%d%H%M%SZ" if len(until) == 13 else "%Y%m%d%H%M%SZ"
    at = datetime.strptime(until, form).replace(tzinfo=UTC)
    return Issued(parts["CN"], parts["OU"], parts.get("O", ""), serial, "R" if state == "R" else "V", at)


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%SZ")


def _kind(host: str) -> str:
    try:
        return "IP" if ipaddress.ip_address(host) else ""
    except ValueError:
        if not host or any(not (c.isalnum() or c in ".-*") for c in host):
            raise CaError(f"{host!r} 不是主机名 · is no host name") from None
        return "DNS"


def _plain(name: str) -> str:
    if not name or any(c in "/=+\\\n" for c in name):
        raise CaError(f"{name!r} 不能作名称 · cannot be the authority's name: no / = + \\")
    return name


@contextmanager
def _private() -> Iterator[None]:
    """What is made here only its owner may read."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _openssl(folder: Path, *arguments: str, names: str = "DNS:none") -> str:
    program = shutil.which("openssl")
    if program is None:
        raise CaError("没有 openssl · it is missing\n  安装 · install it: sudo apt-get install openssl")
    done = subprocess.run(
        [program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "CAMPUS_NAMES": names or "DNS:none"},
    )
    if done.returncode:
        raise CaError(f"openssl {arguments[0]} 失败 · failed:\n{done.stderr.strip()}")
    return done.stdout
