"""Every secret of a living box, looked for in everything that it says: logs, journal, files, socket, page, tools, backup, crash."""

from __future__ import annotations

import json
import re
import signal
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "stream")]

from secrets_world import PIN, World  # noqa: E402
from stream_daemons import Mosquitto  # noqa: E402

from dashboard.app import ROUTES  # noqa: E402

CALLED = ("/robot/send", "/webhook/send", "/bot/v2/hook/", "/ali", "/voice", "/tencent", "/hook?", "/eye.jpg")
OF_THE_SITE_FILE = ("url-hook", "url-ticket", "url-influx")  # an address with a token in it, as somebody has written it there
SHOW_THE_SITE_FILE = ("config-source", "config-version", "config-check", "/api/v1/setup", "file site/", "backup config/site/")
ONCE = ("/api/v1/access/code", "page.out")  # shown once, to whom it is for


class Refusing(Mosquitto):
    """Knows nobody."""

    def command(self) -> list[str]:
        command = super().command()
        conf = Path(command[-1])
        conf.write_text(conf.read_text().replace("allow_anonymous true", "allow_anonymous false"))
        return command


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    broker = Refusing(tmp_path / "mosquitto")
    broker.start()
    made = World(tmp_path / "box", broker.port)
    yield made
    made.close()
    broker.kill()


def said(world: World) -> Iterator[tuple[str, str]]:
    """Where, and what stands there."""
    yield "check", world.said_first
    kinds = world.ask({"ask": "no such thing"})["text"]["en"].partition("ask one of: ")[2].split()
    assert {"snapshot", "config", "channels", "health", "history"} <= set(kinds)
    now = world.ask({"ask": "snapshot"})["data"]["now"]
    about = {"point": "io/di-1", "site": "other", "from": now - 3_600_000, "to": now, "buckets": 10, "person": "fitter",
             "alarm": next(iter(world.ask({"ask": "snapshot"})["data"]["alarms"])), "device": "io", "limit": 100,
             "text": (world.site / "site.yaml").read_text("utf-8") + "\nnonsense: 1\n", "n": 1}  # fmt: skip
    for kind in kinds:
        yield kind, json.dumps(world.ask({"ask": kind, **about}), ensure_ascii=False)
    for method, path, _, _ in ROUTES:
        if method == "GET" and "{" not in path and path != "/api/v1/stream":
            yield path, world.get(f"{path}?point=io/di-1&points=io/di-1&from={now - 60_000}&to={now}&what=alarms&n=1")
    yield "/metrics", world.get("/metrics", {"Authorization": f"Bearer {world.planted['metrics-0']}"})
    yield "an error page", world.get("/no/such/page")
    folders = ["--data", str(world.data)]
    for words in (("doctor", str(world.compiled)), ("journal", "export", *folders), ("stream", "status", *folders),
                  ("alarm", "list", *folders), ("notify", "test", "all", *folders)):  # fmt: skip
        done = world.command(*words)
        yield f"{' '.join(words[:2])}", done.stdout + done.stderr
    backup = world.dir / "box.campus"
    done = world.command("backup", str(backup), *folders, "--config", str(world.config))
    assert done.returncode == 0, done.stderr
    yield "backup", done.stdout + done.stderr
    with zipfile.ZipFile(backup) as archive:
        for name in archive.namelist():
            yield f"backup {name}", archive.read(name).decode("latin-1")
    for process in (world.box, world.page):
        for name in ("cmdline", "environ"):
            yield f"/proc {name}", Path(f"/proc/{process.pid}/{name}").read_text("latin-1")
    for process in (world.box, world.page):
        process.send_signal(signal.SIGABRT)
        assert process.wait(30) == -signal.SIGABRT
    for name in ("run.err", "page.err", "run.out", "page.out"):
        yield name, world.log(name)
    assert "Fatal Python error" in world.log("run.err")
    for file in sorted(world.dir.rglob("*")):
        if file.is_file() and world.secrets not in file.parents and file != backup and file.suffix not in (".err", ".out"):
            yield (
                f"file {file.relative_to(world.config if world.config in file.parents else world.dir)}",
                file.read_text("latin-1"),
            )


def test_d25_18_no_secret_of_a_living_box_is_said_anywhere(world: World) -> None:
    """The far side says back every word that it hears: it is no better than a provider's error page, or a proxy's."""
    world.post("/login", {"person": "admin", "password": world.planted["first password"]}, form=True)
    assert world.cookie(), "logged in"
    world.planted["session"] = world.cookie()
    assert "/desk/pin" in world.get("/desk")
    world.post("/desk/pin", {"password": world.planted["first password"], "new": PIN}, form=True)
    world.planted["code"] = json.loads(world.post("/api/v1/access/code", {"kind": "screen", "name": "墙", "days": 1}))["code"]
    for path in ("/login", "/screen"):  # what somebody typed in the wrong place
        world.post(
            path, {"person": "admin", "password": world.plant(f"typed-{path[1:]}"), "code": world.planted["session"]}, form=True
        )
    world.until("all are called", lambda: all(any(path in seen for seen in world.far.seen) for path in CALLED))
    world.until("the broker has refused", lambda: "uthori" in json.dumps(world.ask({"ask": "snapshot"})["data"]["stream"]))

    found: list[str] = []
    many = 0
    for where, text in said(world):
        many += 1
        for name, secret in world.planted.items():
            allowed = (name in OF_THE_SITE_FILE and where.startswith(SHOW_THE_SITE_FILE)) or where in ONCE
            if secret in text and not allowed:
                at = text.index(secret)
                found.append(f"{name} in {where}: …{text[max(0, at - 80) : at + 20]!r}")
        if re.search(rf"(?<![0-9a-f.]){PIN}(?![0-9a-f])", text):
            found.append(f"the PIN in {where}")
    assert not found, "\n".join(found)
    assert many > 100 and "influx" in " ".join(world.far.seen)
