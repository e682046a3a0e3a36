"""The bureau's page over a real county: two schools and a bureau as processes, a broker, an ingest, a database, a browser.

Devices and curves of one school, and who sees which: nothing here is canned.
"""

import sys
import threading
from pathlib import Path

import pytest
from browsing import Watched
from test_page_axe import violations

from dashboard.auth import Users

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "fleet"), str(HERE.parent / "stream")]

from fleet_world import County  # noqa: E402
from stream_daemons import Victoria, ingest_command  # noqa: E402

PASSWORD = "correct horse battery"
PEOPLE = {"ma": "duty", "yuan": "viewer"}  # everything; the schools of one township


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    folder = tmp_path_factory.mktemp("county")
    victoria = Victoria(folder / "victoria")
    victoria.start()
    (folder / "token").write_text("t")
    (folder / "token").chmod(0o600)
    made = County(
        folder / "world",
        schools={"no1": "一中", "no2": "二中"},
        far="no2",
        database=f"database: {{style: promql, url: {victoria.url}}}\n",
    )
    made.victoria = victoria
    ingest = ingest_command("--broker", f"127.0.0.1:{made.world.mqtt_port}", "--influx", victoria.url, "--style", "v2",
                            "--org", "o", "--bucket", "b", "--token-file", str(folder / "token"))  # fmt: skip
    drain = threading.Thread(target=ingest.stderr.read, daemon=True)
    drain.start()
    yield made
    ingest.kill()
    ingest.wait()
    made.close()
    victoria.kill()


@pytest.fixture(scope="module")
def page(county, kit_process):
    data = county.dir / "ju" / "data"
    county.until("the bureau's box", lambda: county.ask("ju", "fleet"))
    users = Users(data / "dashboard.db")
    for person, role in PEOPLE.items():
        users.add(person, PASSWORD, role)
    process = kit_process(str(HERE / "serve.py"), str(data), "zh")
    yield f"http://127.0.0.1:{process.seen[0]['port']}"
    process.kill()


@pytest.fixture
def look(chromium, page):
    watched = Watched(chromium)
    yield lambda person, **size: watched.open(page, person, PASSWORD, **size)
    watched.close()


def drilled(look, url, person="ma", site="no1", more="", **size):
    shown = look(person, **size)
    shown.goto(f"{url}/bureau?school={site}{more}")
    shown.wait_for_selector("#school:not([hidden]) tr[data-device]")
    return shown


def test_a_school_drilled_into_shows_its_devices_and_the_curve_of_a_point_out_of_the_database(county, look, page):
    county.until("listed", lambda: (county.drill("no1").get("devices") or {}).get("devices"))
    shown = drilled(look, page)
    row = shown.locator("tr[data-device=io]")
    shown.wait_for_selector("tr[data-device=io]:has-text('正常')")
    assert "3号宿舍301室" in row.inner_text() and "现在" in row.inner_text() and "烟感" in row.inner_text()
    county.until("in the database", lambda: county.victoria.flush() or _seen(county))
    shown.click("[data-point='io/di-1']")
    shown.click("[data-range='1h']")
    shown.wait_for_selector("#school-curve:has(canvas):has(.empty:empty)")
    assert "烟感" in shown.inner_text("#school-curve h4")
    assert violations(shown) == []
    phone = drilled(look, page, more="&lang=en&theme=dark", width=360, height=640)
    assert "normal" in phone.inner_text("#school-devices") and violations(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing hangs over the edge"


def _seen(county):
    """Asked as the page asks: VictoriaMetrics keeps the last half minute to itself."""
    now = county.ask("ju", "snapshot")["now"]
    means = county.ask("ju", "history", site="no1", point="io/di-1", buckets=500, **{"from": now - 3_600_000, "to": now})[
        "mean"
    ]
    return [mean for mean in means if mean is not None]


def test_what_the_database_does_not_know_or_say_is_said(county, look, page):
    county.until("listed", lambda: (county.drill("no1").get("devices") or {}).get("devices"))
    shown = drilled(look, page)
    county.victoria.kill()
    shown.expected_errors = True
    try:
        shown.click("[data-point='io/di-2']")
        shown.wait_for_selector("#school-curve .empty:has-text('历史读不了')")
    finally:
        county.victoria.start()
    shown.click("[data-range='30d']")
    shown.wait_for_selector("#school-curve:has(canvas), #school-curve .empty:has-text('没有这个测点的数据')")


def test_somebody_of_one_township_sees_nothing_of_the_other(county, look, page):
    county.until("both heard", lambda: all(county.row(id).get("state") == "alive" for id in ("no1", "no2")))
    county.until("listed", lambda: (county.drill("no2").get("devices") or {}).get("devices"))
    shown = drilled(look, page, "yuan", "no2")
    assert shown.eval_on_selector_all(".one-school", "all => all.map(s => s.dataset.school)") == ["no2"]
    assert "一中" not in shown.content() and "嵩阳街道" not in shown.content()
    assert set(shown.eval_on_selector_all("nav a", "all => all.map(a => new URL(a.href).pathname)")) == {"/", "/bureau"}
    get = lambda path: shown.request.get(page + path)  # noqa: E731
    state = get("/api/v1/state").json()["snapshot"]
    assert set(state["schools"]) == {"no2"} and not [p for p in state["points"] if p.startswith("no1/")]
    now = state["now"]
    assert get("/api/v1/fleet-site?site=no2").ok and get("/api/v1/fleet-site?site=no1").status == 404
    curve = f"&point=io/di-1&from={now - 60_000}&to={now}"
    assert get(f"/api/v1/fleet-history?site=no2{curve}").ok and get(f"/api/v1/fleet-history?site=no1{curve}").status == 404
    for closed in ("/alarms", "/api/v1/alarms", "/api/v1/export?what=alarms", "/api/v1/story?alarm=x", "/inspect", "/devices"):
        assert get(closed).status == 403, closed
