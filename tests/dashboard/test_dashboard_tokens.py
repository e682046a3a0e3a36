"""Codes of screens and programs: kept by hash, however typed, never after their time; on the page they look and press nothing."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dashboard.app import create_app
from dashboard.auth import Users
from dashboard.door import visitor_of
from dashboard.tokens import DAY_S, Tokens

NOW = 1_795_442_400


def test_a_code_is_found_however_it_is_typed_and_kept_only_by_its_hash(tmp_path):
    tokens = Tokens(tmp_path / "dashboard.db")
    code = tokens.add("screen", "门厅大屏", "viewer", NOW, 30)
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("-", " ")):
        found = tokens.find(typed, NOW + 30 * DAY_S - 1)
        assert found is not None and (found.kind, found.name, found.role) == ("screen", "门厅大屏", "viewer")
    assert tokens.find(code, NOW + 30 * DAY_S) is None
    assert tokens.find("", NOW) is None and tokens.find(code[:-1], NOW) is None
    kept = b"".join(p.read_bytes() for p in Path(tmp_path).glob("dashboard.db*"))
    assert code.encode() not in kept and code.replace("-", "").encode() not in kept
    assert [t.name for t in tokens.list(NOW)] == ["门厅大屏"] and tokens.list(NOW + 31 * DAY_S) == []
    assert tokens.remove(found.id) is not None and tokens.find(code, NOW) is None and tokens.remove(found.id) is None


@pytest.mark.parametrize(
    "wrong", [("door", "x", "viewer", 1), ("screen", "", "viewer", 1), ("screen", "x", "admin", 1), ("screen", "x", "viewer", 0),
              ("program", "x", "viewer", 9999), ("inspector", "x", "viewer", 2), ("screen", "x" * 41, "viewer", 1)]
)  # fmt: skip
def test_what_no_code_may_be(tmp_path, wrong):
    kind, name, role, days = wrong
    with pytest.raises(ValueError):
        Tokens(tmp_path / "dashboard.db").add(kind, name, role, NOW, days)


@pytest.fixture
def served(data, kit, start_run):
    run = start_run(kit.school())
    app = create_app(data, kit.clock(), Users(data / "dashboard.db"))
    with TestClient(app, follow_redirects=False) as client:
        while app.state.office.live.down:
            client.get("/healthz")
        yield client, app, run


def as_admin(client, app, kit):
    token = app.state.office.users.login("admin", kit.password, app.state.office.seconds()).token
    client.cookies.set("session", token)
    return {"x-csrf-token": app.state.office.users.session(token, app.state.office.seconds()).csrf}


def test_a_wall_screen_is_let_in_by_its_code_and_presses_nothing(served, kit):
    client, app, run = served
    headers = as_admin(client, app, kit)
    code = client.post("/api/v1/access/code", json={"kind": "screen", "name": "门厅"}, headers=headers).json()["code"]
    assert run.did()["args"] == {"what": "code-made", "about": "screen 门厅", "role": "admin"}, "the journal hears first"
    client.cookies.clear()
    assert client.post("/screen", data={"code": "AAAAA-AAAAA-AAAAA-AAAAA"}).status_code == 401
    assert client.get("/").headers["location"] == "/login"
    came = client.post("/screen", data={"code": code})
    assert came.status_code == 303 and "httponly" in came.headers["set-cookie"].lower()
    assert client.get("/").status_code == 200 and client.get("/api/v1/state").status_code == 200
    me = client.get("/api/v1/words").json()
    assert me["me"]["role"] == "viewer" and list(me["verbs"]) == []
    order = {"verb": "ack", "alarm": "x", "args": {}}
    assert client.post("/api/v1/command", json=order, headers={"x-csrf-token": me["csrf"]}).status_code == 403
    assert client.get("/access").status_code == 403


def test_an_inspector_is_let_in_for_a_day_sees_the_inspection_and_presses_nothing(served, kit):
    client, app, _ = served
    headers = as_admin(client, app, kit)
    asked = {"kind": "inspector", "name": "消防大队"}
    assert client.post("/api/v1/access/code", json=asked, headers=headers).status_code == 422, "not for a year"
    code = client.post("/api/v1/access/code", json=asked | {"days": 1}, headers=headers).json()["code"]
    client.cookies.clear()
    came = client.post("/screen", data={"code": code})
    assert (came.status_code, came.headers["location"]) == (303, "/inspect")
    assert client.get("/inspect").status_code == 200
    proof = client.get("/api/v1/proof", params={"begin": 1}).json()["found"]
    assert (proof["findings"], proof["events"]) == ([], 120)
    me = client.get("/api/v1/words").json()
    assert list(me["verbs"]) == []
    order = {"verb": "ack", "alarm": "x", "args": {}}
    assert client.post("/api/v1/command", json=order, headers={"x-csrf-token": me["csrf"]}).status_code == 403
    now = kit.clock().wall // 1000
    assert app.state.office.tokens.find(code, now + DAY_S + 60) is None, "over after a day"


def test_a_program_reads_with_its_code_until_it_is_ended(served, kit):
    client, app, _ = served
    headers = as_admin(client, app, kit)
    code = client.post("/api/v1/access/code", json={"kind": "program", "name": "台账"}, headers=headers).json()["code"]
    shown = client.get("/api/v1/access").json()
    assert [c["name"] for c in shown["codes"]] == ["台账"] and code not in str(shown)
    client.cookies.clear()
    bearer = {"authorization": f"Bearer {code}"}
    assert client.get("/api/v1/state", headers=bearer).status_code == 200
    assert client.get("/api/v1/state", headers={"authorization": f"Basic {code}"}).status_code == 401
    assert client.post("/screen", data={"code": code}).status_code == 401, "a program's code opens no screen"
    headers = as_admin(client, app, kit)
    assert client.post("/api/v1/access/end", json={"id": shown["codes"][0]["id"]}, headers=headers).status_code == 200
    client.cookies.clear()
    assert client.get("/api/v1/state", headers=bearer).status_code == 401


def test_people_are_let_in_and_locked_out(served, kit):
    client, app, run = served
    headers = as_admin(client, app, kit)
    assert client.post("/api/v1/access/lock-out", json={"person": "admin"}, headers=headers).status_code == 422
    assert client.post("/api/v1/access/login", json={"person": "nobody"}, headers=headers).status_code == 422
    password = client.post("/api/v1/access/login", json={"person": "wang"}, headers=headers).json()["password"]
    seconds = app.state.office.seconds()
    assert app.state.office.users.login("wang", password, seconds).token
    people = app.state.office.live.state["people"]
    people.append({"id": "li", "name": "李老师", "role": "officer"})
    new = client.post("/api/v1/access/login", json={"person": "li"}, headers=headers).json()["password"]
    session = app.state.office.users.session(app.state.office.users.login("li", new, seconds).token, seconds)
    assert visitor_of(app.state.office, session).role == "officer"
    people.pop()
    assert visitor_of(app.state.office, session).role == "viewer", "off the list of people, off with the rights"
    assert client.post("/api/v1/access/lock-out", json={"person": "wang"}, headers=headers).json() == {"ok": True}
    assert not app.state.office.users.login("wang", password, seconds).token
    run.kill()
    while not app.state.office.live.down:
        client.get("/healthz")
    assert client.post("/api/v1/access/login", json={"person": "zhou"}, headers=headers).status_code == 503
    assert app.state.office.users.login("zhou", kit.password, seconds).token, "without the journal nothing was changed"
