"""The doctor's words about certificates and secret files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tools_site import compiled

from gateway.acl import Member
from gateway.ca import Authority
from gateway.health import DAY
from gateway.site import ChannelConfig, DatabaseConfig, School, Site, UplinkConfig, site_from_json
from gateway.uplinkcheck import uplink_rows

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
WALL = int(NOW.timestamp() * 1000)


def states(site: Site, days: float = 0) -> dict[str, str]:
    """What each row is about (its file's name) -> its state and words."""
    return {row.about.rpartition("/")[2]: f"{row.state} {row.zh}" for row in uplink_rows(site, WALL + int(days * DAY))}


def test_d25_16_doctor_tells_of_certificates_and_secrets(tmp_path: Path) -> None:
    authority = Authority.init(tmp_path / "ca", "Test CA")
    one, two = (authority.issue(Member(name, "box", "songyang"), NOW, days=100) for name in ("one", "two"))
    path = compiled(tmp_path, [("a", "modbus-tcp", "127.0.0.1:1", 9600)], [("gas", "generic-combustible-gas", "a", 1)])
    site = site_from_json(path.read_text(encoding="utf-8"))
    assert states(replace(site, uplink=UplinkConfig(), channels=())) == {}
    files = {"tls_ca": "ca.pem", "tls_cert": "box.pem", "tls_key": "box.key", "command_key": "command.key"}
    uplink = UplinkConfig(host="h", **{name: f"{one}/{file}" for name, file in files.items()})  # type: ignore[arg-type]
    secret = tmp_path / "phone.secret"
    secret.write_text("x = canary-7f3a")
    secret.chmod(0o644)
    site = replace(site, uplink=uplink, channels=(ChannelConfig("phone", "webhook", {"secret_file": str(secret)}),))
    told = states(site)
    assert told["box.pem"].startswith("ok") and told["command.key"].startswith("ok") and told["ca.pem"].startswith("ok")
    assert told["phone.secret"].startswith("bad") and "chmod 600" in told["phone.secret"] and "canary" not in str(told)
    assert states(site, 75)["box.pem"].startswith("warn")
    assert "已过期" in states(site, 101)["box.pem"]
    mixed = states(replace(site, uplink=replace(uplink, tls_key=f"{two}/box.key")))
    assert "不是一对" in str(mixed)
    camera = replace(site.buses[0], id="cam", type="http-snapshot", password_file=str(secret))
    assert states(replace(site, channels=(), buses=(*site.buses, camera)))["phone.secret"].startswith("bad")
    reader = replace(site, channels=(), database=DatabaseConfig("influxql", "http://h", "campus", str(secret)))
    assert states(reader)["phone.secret"].startswith("bad")
    bureau = replace(site, channels=(), schools=(School("no1", "songyang", "", "", command_key=str(secret)),))
    assert states(bureau)["phone.secret"].startswith("bad")
    gone = states(replace(site, uplink=replace(uplink, command_key=f"{tmp_path}/none.key", password_file="credential:mqtt")))
    assert gone["none.key"].startswith("bad") and any(v.startswith("warn") for v in gone.values())
