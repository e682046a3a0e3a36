"""Takes the pictures of the page for the documents: `python -m tools.pictures [FOLDER]` plays the demo's school before a browser.

Writes {normal,fire,cut}-{desktop,phone}.png, and of the fire the wall, every page of the navigation on a desktop and on a phone,
and some of them in English: PAGE-{wall,desktop,phone}[-en].png.
Needs chromium (a Debian package of the tests). Nothing here is imported by the product.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from dashboard.navigation import PLACES
from gateway.config.library import data_dir
from gateway.demo.processes import Campus, wait_for
from tools.palette import small

SPEED = 10  # of the demonstration; the page says so
CALM = 170.0  # seconds before the story begins
SIZES = {"desktop": (1600, 900), "phone": (360, 640)}
WALL = {"width": 1920, "height": 1080}
HEAVY = 150_000  # bytes; a picture beyond this has no place in a repository
WARM = "dorm-301-th/temperature"  # the point of the curve: it warms before the smoke comes
ASKS = {"history": f"?range=1h&points={WARM}"}  # what a page is opened with
ELSEWHERE = {"home", "bureau"}  # the overview is every scene's own picture; a school has no bureau's page
ENGLISH = {"plan-desktop": "/plans?building=dorm-3", "alarms-desktop": "/alarms", "home-wall": "/?wall=1", "home-phone": "/"}
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
    compiled = campus.compile(data_dir() / "demo" / "site.yaml")
    site = json.loads(compiled.read_text("utf-8"))
    # a browser and a whole school on one machine keep its processor busy, which the box would rightly tell of in every picture
    rules = site["plant"]["rules"]
    site["plant"]["rules"] = [rule for rule in rules if rule["id"] != "cpu-busy"]
    compiled.write_text(json.dumps(site), "utf-8")
    campus.start_run(compiled)
    if database:
        campus.start_ingest()
    campus.start_dashboard(0)
    campus.put_up_plans(data_dir() / "demo" / "plans")
    wait_for("the page's address", lambda: "page: " in _printed(campus))


def _take(campus: Campus, browser: Browser, folder: Path) -> None:
    pages = {name: _open(campus, browser, width, height) for name, (width, height) in SIZES.items()}
    workshop = browser.new_page()

    def shoot(scene: str) -> None:
        for page in pages.values():
            page.wait_for_timeout(1000)  # for what the page itself shows late: a curve, a line of text that goes
            page.evaluate("scrollTo(0, 0)")  # whatever was pressed may have scrolled to itself
        taken = {name: page.screenshot(animations="disabled") for name, page in pages.items()}
        for name, png in taken.items():
            (folder / f"{scene}-{name}.png").write_bytes(small(workshop, png))

    for page in pages.values():
        page.click("#arm")
        page.wait_for_selector(".lamp[data-lamp=normal].lit", timeout=150_000)
    pages["desktop"].click(f"[data-point='{WARM}']")
    pages["desktop"].click("[data-range='10m']")
    pages["desktop"].wait_for_selector("#plot canvas")
    pages["desktop"].wait_for_timeout(15_000)  # a curve needs a past
    shoot("normal")
    for page in pages.values():
        page.wait_for_selector("#first .confirmed", timeout=300_000)
        page.wait_for_selector(".output.on:nth-of-type(2)", state="attached")
    pages["desktop"].click("[data-range='10m']")
    shoot("fire")
    url = f"http://127.0.0.1:{campus.page_port}"
    for name, path in {
        "home-wall": "/?wall=1",
        "plan-desktop": "/plans?building=dorm-3",
        "plan-phone": "/plans?building=dorm-3",
    }.items():
        _shoot(pages[name.split("-")[1].replace("wall", "desktop")], url + path, workshop, folder / f"{name}.png")
    for name, path in ENGLISH.items():
        page = pages[name.split("-")[1].replace("wall", "desktop")]
        _shoot(page, f"{url}{path}{'&' if '?' in path else '?'}lang=en", workshop, folder / f"{name}-en.png")
    for page in pages.values():
        page.goto(f"{url}/?lang=zh")
    for place in PLACES:
        name = place.path.strip("/") or "home"
        if name not in ELSEWHERE:
            for size, page in pages.items():
                _shoot(page, f"{url}{place.path}{ASKS.get(name, '')}", workshop, folder / f"{name}-{size}.png")
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


def _shoot(page: Page, address: str, workshop: Page, file: Path) -> None:
    usual = page.viewport_size
    if "wall=1" in address:
        page.set_viewport_size(WALL)
    page.goto(address)
    page.wait_for_selector(LIVE)
    if page.locator("#arm:visible").count():
        page.click("#arm")
    if "/alarms" in address:
        page.wait_for_selector("#rows [data-lamp=fire] a, #empty:visible")
        if page.locator("#rows [data-lamp=fire] a").count() and "phone" not in file.name:
            page.locator("#rows [data-lamp=fire] a").first.click()
            page.wait_for_selector("#one .timeline li")
    if "/plans?building" in address:
        page.locator("#floors button").last.click()  # where the fire is
        page.wait_for_selector(".marker[data-kind=alarm]")
    page.wait_for_timeout(3000)  # for what a page asks when it opens
    page.evaluate("scrollTo(0, 0)")
    file.write_bytes(small(workshop, page.screenshot(animations="disabled")))
    if usual:
        page.set_viewport_size(usual)


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
