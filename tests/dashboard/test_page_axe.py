"""The page against WCAG 2 A and AA, as axe-core (vendored, MPL-2.0) reads them: log-in, calm, fire, a lost line, a question."""

import hashlib
from pathlib import Path

import pytest

VENDOR = Path(__file__).parent / "vendor" / "axe-core-4.14.1"
AXE = (VENDOR / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SHOTS = ((1920, 1080), (360, 640))


def violations(page):
    """What axe finds, as lines a person can act on."""
    page.evaluate(AXE)
    found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", RULES)
    return [f"{v['id']}: {n['target']} {n['failureSummary']}" for v in found["violations"] for n in v["nodes"]]


@pytest.mark.parametrize("size", SHOTS)
@pytest.mark.parametrize("scene", ["calm", "fire"])
def test_home(stage, visit, kit, size, scene):
    snapshot = kit.school()
    if scene == "fire":
        kinds = (("fire", 7), ("gas", 6), ("store", 5), ("electrical", 4), ("warning", 3), ("supervisory", 2), ("fault", 1))
        snapshot["alarms"] = {
            f"no3-{n}": kit.alarm(f"no3-{n}", lamp=lamp, severity=severity, number=n, point=point)
            for (n, (lamp, severity)), point in zip(enumerate(kinds), [*snapshot["points"]] * 2, strict=False)
        }
        snapshot["alarms"]["no3-9"] = kit.alarm("no3-9", state="pending", number=9)
        point = snapshot["points"]["pump/level"]
        point |= {"quality": "fault", "value": None, "fault": "no answer"}
    stage.scene(snapshot)
    page = visit(stage.url, width=size[0], height=size[1])
    page.wait_for_selector("#first .alarm" if scene == "fire" else "#none:visible")
    page.evaluate("document.querySelectorAll('details').forEach(zone => zone.open = true)")
    page.click("[data-point='kitchen-gas/gas']")
    page.wait_for_selector("#plot canvas")
    assert violations(page) == []
    if scene == "fire":
        page.click("#first button.false")
        assert violations(page) == []


@pytest.mark.parametrize("theme, size", [("light", SHOTS[0]), ("dark", SHOTS[1])])
def test_what_is_seen_before_anybody_is_let_in(stage, chromium, theme, size):
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
    for path in ("/login", "/screen"):
        page.goto(f"{stage.url}{path}?theme={theme}")
        assert violations(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= size[0], path
    page.close()


def test_log_in(stage, chromium):
    page = chromium.new_page()
    page.goto(stage.url)
    assert violations(page) == []
    page.fill("[name=person]", "nobody")
    page.fill("[name=password]", "wrong password")
    page.click("button.big")
    page.wait_for_selector("[role=alert]")
    assert violations(page) == []
    page.close()


def test_axe_is_as_it_came():
    for line in (VENDOR / "SHA256SUMS").read_text("utf-8").splitlines():
        digest, name = line.split()
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("theme, size", [("light", SHOTS[0]), ("dark", SHOTS[0]), ("dark", SHOTS[1])])
def test_set_up_and_access(stage, visit, kit, theme, size):
    text = (Path(__file__).parents[2] / "config" / "site.example.yaml").read_text("utf-8")
    source = {"file": "/srv/site/site.yaml", "text": text, "history": [], "trial": None}
    stage.scene({**kit.school(), "answers": {"config-source": source}})
    page = visit(stage.url, "admin", width=size[0], height=size[1])
    for path, ready in (("/setup", "#panel table"), ("/access", "#people table, #people li, #people tr")):
        page.goto(f"{stage.url}{path}?theme={theme}")
        page.wait_for_selector(ready)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
    page.click("#new-screen")
    page.wait_for_selector("dialog[open]")
    assert violations(page) == []
