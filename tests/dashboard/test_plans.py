"""Plans and markers in dashboard.db, and the routes over them: kept, replaced, refused, written to the journal first."""

import sqlite3

import pytest
from test_dashboard_door import as_role, served  # noqa: F401 - fixtures
from test_drawings import png, svg

from dashboard.drawings import examine
from dashboard.plans import Changed, Marker, Plans
from gateway.store.copies import DATABASES

DRAWING = examine(svg('<rect id="pump" x="1" y="1" width="9" height="9"/><rect id="door" x="1" y="1" width="9" height="9"/>'))


def test_a_plan_keeps_its_markers_over_a_new_drawing_and_a_restart(tmp_path):
    plans = Plans(tmp_path / "dashboard.db")
    plan = plans.put("dorm", "2层", DRAWING, "wei", 7, {"pump", "pump/level"})
    assert plan.markers == (Marker("pump", None, None, "pump"),), "a shape named as a device is its marker"
    with pytest.raises(Changed):
        plans.mark(plan.id, plan.turn + 1, [])
    wanted = [Marker("pump", None, None, "pump"), Marker("store/door", 0.25, 0.5, "door"), Marker("dorm-smoke", 0.5, 1.0)]
    plan = plans.mark(plan.id, plan.turn, wanted)
    plan = Plans(tmp_path / "dashboard.db").put("dorm", "2层", examine(svg("<rect/>")), "chen", 9, ())
    assert plan.markers == (Marker("store/door", 0.25, 0.5, ""), Marker("dorm-smoke", 0.5, 1.0)), (
        "one had no place but its shape"
    )
    assert (plan.by, plan.since, len(plans.list())) == ("chen", 9, 1)
    plans.remove(plan.id, plan.turn)
    assert plans.list() == [] and plans.picture(plan.sha256) is None
    with sqlite3.connect(tmp_path / "dashboard.db") as db:
        assert db.execute("SELECT count(*) FROM markers").fetchone() == (0,)
    assert "dashboard.db" in DATABASES, "a backup carries it"


def test_a_plan_is_put_up_marked_seen_by_everybody_and_removed(served, as_role):  # noqa: F811
    client, _, run = served
    headers = as_role("installer")
    answer = client.post(
        "/api/v1/plans/upload?building=other&floor=1层", content=svg('<rect id="pump" width="9" height="9"/>'), headers=headers
    )
    plan = answer.json()["plan"]
    assert answer.status_code == 200 and plan["markers"] == [{"of": "pump", "x": None, "y": None, "element": "pump"}]
    noted = run.did()
    assert (noted["verb"], noted["person"], noted["args"]["what"]) == ("plan", "wei", "uploaded")
    assert noted["args"]["about"] == "other 1层 image/svg+xml"
    put = {"plan": plan["id"], "turn": plan["turn"], "markers": [{"of": "pump/level", "x": 0.5, "y": 0.25}]}
    assert client.post("/api/v1/plans/markers", json=put, headers=headers).json()["plan"]["turn"] == plan["turn"] + 1
    late = client.post("/api/v1/plans/markers", json=put, headers=headers)
    assert late.status_code == 409 and "改过" in late.json()["detail"]
    as_role("viewer")
    listed = client.get("/api/v1/plans").json()
    assert listed["draw"] is False and listed["plans"][0]["markers"][0]["of"] == "pump/level"
    picture = client.get(f"/plan/{plan['sha256']}")
    assert picture.headers["content-type"] == "image/svg+xml" and b"pump" in picture.content
    assert "default-src 'none'; sandbox" in picture.headers.get_list("content-security-policy")
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert client.get("/plan/" + "ab" * 32).status_code == 404
    gone = {"plan": plan["id"], "turn": plan["turn"] + 1}
    assert client.post("/api/v1/plans/remove", json=gone, headers=as_role("duty")).status_code == 403
    assert client.post("/api/v1/plans/remove", json=gone, headers=as_role("officer")).json() == {"ok": True}
    assert client.get("/api/v1/plans").json()["plans"] == []


@pytest.mark.parametrize(
    "query, body, finding",
    [
        ("building=other", svg("<script/>"), "含脚本"),
        ("building=nowhere", png(), "没有这栋楼"),
        ("building=other&floor=%0a1", png(), "不能用的字符"),
        ("building=other", b"hello", "只收"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_in_words_and_nothing_is_kept(served, as_role, query, body, finding):  # noqa: F811
    client, _, run = served
    answer = client.post(f"/api/v1/plans/upload?{query}", content=body, headers=as_role("installer"))
    assert answer.status_code == 422 and finding in answer.json()["detail"]
    assert client.get("/api/v1/plans").json()["plans"] == [] and not [line for line in run.seen if "did" in line]


def test_too_large_a_file_is_not_even_read(served, as_role):  # noqa: F811
    client, _, _ = served
    answer = client.post("/api/v1/plans/upload", content=b"\0" * (6 * 1024 * 1024), headers=as_role("installer"))
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "marker", [{"of": "a", "x": 0.5}, {"of": "a", "element": "no-such"}, {"of": "a"}, {"of": "a", "x": 2.0, "y": 0.0}]
)
def test_a_place_that_is_not_whole_is_refused(served, as_role, marker):  # noqa: F811
    client, _, _ = served
    headers = as_role("installer")
    plan = client.post("/api/v1/plans/upload", content=png(), headers=headers).json()["plan"]
    body = {"plan": plan["id"], "turn": plan["turn"], "markers": [marker]}
    assert client.post("/api/v1/plans/markers", json=body, headers=headers).status_code == 422
    assert client.get("/api/v1/plans").json()["plans"][0]["markers"] == []


def test_without_the_journal_nothing_is_put_up(served, as_role):  # noqa: F811
    client, app, run = served
    headers = as_role("installer")
    run.kill()
    while not app.state.office.live.down:
        client.get("/healthz")
    assert client.post("/api/v1/plans/upload", content=png(), headers=headers).status_code == 503
    assert client.get("/api/v1/plans").json()["plans"] == []
