"""Takes the pictures of the page for the documents: `python -m tools.pictures [FOLDER]` plays the demo's school before a browser.

Writes {normal,fire,cut}-{desktop,phone}.png, and of the fire the wall and the other pages: {wall,alarms,history,stores}.png.
Needs chromium (a Debian package of the tests). Nothing here is imported by the product.
"""

from __future__ import annotations

import re
import signal
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from gateway.config.library import data_dir
from gateway.demo.processes import Campus, wait_for
from tools.palette import small

SPEED = 10  # of the demonstration; the page says so
CALM = 60.0  # seconds before the story begins
SIZES = {"desktop": (1920, 1080), "phone": (360, 640)}
HEAVY = 200_000  # bytes; a picture beyond this has no place in a repository
WARM = "dorm-301-th/temperature"  # the point of the curve: it warms before the smoke comes
PLACES = {"wall": "/?wall=1", "alarms": "/alarms", "history": f"/history?range=1h&points={WARM}", "stores": "/stores"}
LIVE = "body:not(.waiting):not(.lost) header.top"


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as player:
        campus = Campus(Path(made), SPEED, seed=1, quiet=True)
        try:
            _start(campus)
            browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
            _take(campus, browser, folder)
            browser.close()
        finally:
            campus.stop()
    heavy = [picture.name for picture in folder.glob("*.png") if picture.stat().st_size > HEAVY]
    print(f"too heavy: {', '.join(heavy)}" if heavy else f"{len(list(folder.glob('*.png')))} pictures in {folder}")
    return 1 if heavy else 0


def _start(campus: Campus) -> None:
    (campus.dir / "campus").mkdir()
    campus.start_phone()
    broker = campus.start_broker()
    database = broker and campus.start_database()
    campus.start_campus("fire", CALM)
    campus.start_run(campus.compile(data_dir() / "demo" / "site.yaml"))
    if database:
        campus.start_ingest()
    campus.start_dashboard(0)
    wait_for("the page's address", lambda: "page: " in _printed(campus))


def _take(campus: Campus, browser: Browser, folder: Path) -> None:
    pages = {name: _open(campus, browser, width, height) for name, (width, height) in SIZES.items()}
    workshop = browser.new_page()

    def shoot(scene: str) -> None:
        for page in pages.values():
            page.wait_for_timeout(1000)  # for what the page itself shows late: a curve, a line of text that goes
        taken = {name: page.screenshot(animations="disabled") for name, page in pages.items()}
        for name, png in taken.items():
            (folder / f"{scene}-{name}.png").write_bytes(small(workshop, png))

    for page in pages.values():
        page.click("#arm")
        page.wait_for_selector(".lamp[data-lamp=normal].lit", timeout=60_000)
    pages["desktop"].click(f"[data-point='{WARM}']")
    pages["desktop"].click("[data-range='10m']")
    pages["desktop"].wait_for_selector("#plot canvas")
    pages["desktop"].wait_for_timeout(15_000)  # a curve needs a past
    shoot("normal")
    for page in pages.values():
        page.wait_for_selector("#first .confirmed", timeout=120_000)
        page.wait_for_selector(".output.on:nth-of-type(2)", state="attached")
    pages["desktop"].click("[data-range='10m']")
    shoot("fire")
    for name, path in PLACES.items():
        pages["desktop"].goto(f"http://127.0.0.1:{campus.page_port}{path}")
        pages["desktop"].wait_for_selector(LIVE)
        if name == "alarms":
            pages["desktop"].click("#rows [data-lamp=fire] a")
            pages["desktop"].wait_for_selector("#one .timeline li")
        pages["desktop"].wait_for_timeout(3000)
        (folder / f"{name}.png").write_bytes(small(workshop, pages["desktop"].screenshot(animations="disabled")))
    pages["desktop"].goto(f"http://127.0.0.1:{campus.page_port}/")
    pages["desktop"].wait_for_selector(LIVE)
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
    context.set_default_timeout(120_000)  # the whole demonstration shares the machine with the browser
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(LIVE)
    return page


def _printed(campus: Campus) -> str:
    return (campus.dir / "dashboard.log").read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")))
