"""Takes the pictures of the page for the documents: `python -m tools.pictures [FOLDER]` plays the demo's school before a browser.

Writes {normal,fire,cut}-{desktop,phone}.png. Needs chromium (a Debian package of the tests). Nothing here is imported by the product.
"""

from __future__ import annotations

import re
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from gateway.config.library import data_dir
from gateway.demo.processes import Campus, wait_for
from gateway.demo.sabotage import tell
from gateway.local import ask_once
from gateway.site import Site, site_from_json

SPEED = 2  # the escalation moves on while the pictures are taken; the page says that it is a demonstration
SIZES = {"desktop": (1920, 1080), "phone": (360, 640)}
HEAVY = 200_000  # bytes; a picture beyond this has no place in a repository
SMOKE, AGAIN, WARM = "dorm-smoke-5/smoke", "dorm-smoke-6/smoke", "dorm-301-th/temperature"
LIVE = "body:not(.waiting):not(.lost) header.top"


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as player:
        campus = Campus(Path(made), SPEED, seed=1, quiet=True)
        try:
            site = _start(campus)
            browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
            _take(campus, site, browser, folder)
            browser.close()
        finally:
            campus.stop()
    heavy = [picture.name for picture in folder.glob("*.png") if picture.stat().st_size > HEAVY]
    print(f"too heavy: {', '.join(heavy)}" if heavy else f"six pictures in {folder}")
    return 1 if heavy else 0


def _start(campus: Campus) -> Site:
    (campus.dir / "campus").mkdir()
    campus.start_phone()
    broker = campus.start_broker()
    campus.start_campus("none", 0)
    compiled = campus.compile(data_dir() / "demo" / "site.yaml")
    campus.start_run(compiled)
    if broker and campus.start_database():
        campus.start_ingest()
    campus.start_dashboard(0)
    wait_for("the page's address", lambda: "page: " in _printed(campus))
    wait_for("every point heard of", lambda: all(p["at"] for p in _snapshot(campus)["points"].values()), 60)
    return site_from_json(compiled.read_text(encoding="utf-8"))


def _take(campus: Campus, site: Site, browser: Browser, folder: Path) -> None:
    pages = {name: _open(campus, browser, width, height) for name, (width, height) in SIZES.items()}

    def shoot(scene: str) -> None:
        for name, page in pages.items():
            page.wait_for_timeout(700)
            page.screenshot(path=folder / f"{scene}-{name}.png", animations="disabled")

    for page in pages.values():
        page.wait_for_selector(".lamp[data-lamp=normal].lit")
        page.click("#arm")
    pages["desktop"].click(f"[data-point='{WARM}']")
    pages["desktop"].wait_for_selector("#plot canvas")
    shoot("normal")
    _smoke(campus, site, SMOKE)
    for page in pages.values():
        page.wait_for_selector("#first .alarm .told")
    wait_for("leader told", lambda: any(len(a["told"]) > 3 for a in _snapshot(campus)["alarms"].values()), 120)
    _smoke(campus, site, AGAIN)
    for page in pages.values():
        page.wait_for_selector("#first .confirmed")
    shoot("fire")
    run = next(process for name, process in campus.running if name == "run")
    run.send_signal(signal.SIGSTOP)
    try:
        for page in pages.values():
            page.wait_for_selector("body.lost #lost:visible")
        shoot("cut")
    finally:
        run.send_signal(signal.SIGCONT)


def _open(campus: Campus, browser: Browser, width: int, height: int) -> Page:
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce")
    url = f"http://127.0.0.1:{campus.page_port}"
    password = re.findall(r"password (\S+)", _printed(campus))[0]
    context.request.post(f"{url}/login", form={"person": "admin", "password": password})
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(LIVE)
    return page


def _smoke(campus: Campus, site: Site, point: str) -> None:
    device_id, _, channel_id = point.partition("/")
    device = next(d for d in site.devices if d.id == device_id)
    channel = next(c for c in device.profile.channels if c.id == channel_id)
    tell(campus, {"set": {"line": device.bus, "unit": device.unit, "space": channel.space, "address": channel.address,
                          "value": 0 if channel.invert else 1}})  # fmt: skip


def _printed(campus: Campus) -> str:
    return (campus.dir / "dashboard.log").read_text(encoding="utf-8")


def _snapshot(campus: Campus) -> dict[str, Any]:
    return dict(ask_once(campus.dir / "data" / "run.sock", {"ask": "snapshot"}, 20)["data"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")))
