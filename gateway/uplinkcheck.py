"""The doctor on the uplink: are its certificates valid, do they fit, may others read the secrets? Connects nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.channels import secrets
from gateway.checkup import Row
from gateway.health import DAY
from gateway.site import Site
from gateway.stream import tls

SOON = 30  # days


def uplink_rows(site: Site, wall: int) -> Iterator[Row]:
    """`wall`: now, ms. Certificates of the uplink, and every secret file the site names."""
    uplink = site.uplink
    for about, file in (("证书 tls_cert", uplink.tls_cert), ("CA 证书 tls_ca", uplink.tls_ca)):
        if file:
            yield _until(f"{about} {file}", file, wall)
    if uplink.tls_cert:
        try:
            tls.context(uplink.tls_ca, uplink.tls_cert, uplink.tls_key)
        except (OSError, ValueError) as error:
            why = tls.words(str(error))
            yield Row("bad", "上行 TLS uplink", why, "see the words before")
    named = [
        uplink.password_file,
        uplink.tls_key,
        uplink.command_key,
        site.database.token_file,
        *(school.command_key for school in site.schools),
        *(c.settings.get("secret_file", "") for c in site.channels),
        *(bus.password_file for bus in site.buses),
    ]
    for name in dict.fromkeys(name for name in named if name):
        yield _secret(name)


def _until(about: str, file: str, wall: int) -> Row:
    try:
        end = tls.valid_until(file)
    except (OSError, ValueError) as error:
        return Row("bad", about, f"读不了：{secrets.why(error)}", "cannot be read")
    days = (end.timestamp() * 1000 - wall) / DAY
    if days < 0:
        return Row("bad", about, f"{end:%Y-%m-%d} 已过期：campus-gateway cert renew", "has ended: renew it")
    state = "warn" if days < SOON else "ok"
    return Row(state, about, f"到 {end:%Y-%m-%d}，还有 {days:.0f} 天", f"valid for {days:.0f} days")


def _secret(name: str) -> Row:
    about = f"密钥文件 {name}"
    try:
        path = secrets.where(name)
        if secrets.too_open(path):
            return Row("bad", about, f"别人也能读：chmod 600 {path}", "others may read it")
        secrets.content(name)
    except (OSError, UnicodeError) as error:
        return Row(
            "warn" if name.startswith(secrets.CREDENTIAL) else "bad", about, f"读不到：{secrets.why(error)}", "cannot be read"
        )
    return Row("ok", about, "只有本人能读", "its owner's only")
