"""Who gets through which door: every route of the application times every role, CSRF, origin, sizes, headers."""

import asyncio
import contextlib
import csv
import io
import re
import sqlite3
import subprocess
import sys
import threading
import zipfile

import docx
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from test_dutyform import HEADINGS, of_docx, of_xlsx

from alerts.authority import OF_SCHOOLS
from dashboard import app as building
from dashboard.app import ROUTES, create_app, first_admin
from dashboard.armour import Armour
from dashboard.auth import Login, Users
from dashboard.door import Need, undeclared
from dashboard.pages import export
from dashboard.pages.export import harmless
from dashboard.rights import ACT, ADMIT, CONFIGURE, DESKS, DRAW, FORESEE, LOOK, OPEN, PROBE, SCHOOLS, VERBS, WALK, may
from gateway.local import RequestError

ROLES = sorted(VERBS)
ORDER = {"verb": "ack", "alarm": "no3-1", "args": {}}


@pytest.fixture
def served(data, kit, start_run):
    """The application over a fake `run`, and a way to come in as somebody."""
    run = start_run({**kit.school(), "alarms": {"no3-1": kit.alarm()}})
    users = Users(data / "dashboard.db")
    app = create_app(data, kit.clock(), users)
    with TestClient(app, follow_redirects=False) as client:
        while app.state.office.live.down:
            client.get("/healthz")
        yield client, app, run


@pytest.fixture
def as_role(served, kit):
    client, app, _ = served
    by_role = {role: person for person, role in kit.people.items()}
    tokens = {}

    def come_in(role):
        """Logs in once, and again when the session is over: hashing is slow on purpose."""
        client.cookies.clear()
        if role is None:
            return {}
        users, now = app.state.office.users, app.state.office.seconds()
        if users.session(tokens.get(role, ""), now) is None:
            tokens[role] = users.login(by_role[role], kit.password, now).token
        client.cookies.set("session", tokens[role])
        return {"x-csrf-token": users.session(tokens[role], now).csrf}

    return come_in


def address(path, version):
    return path.replace("{version}", version).replace("{name:path}", "shell.js").replace("{sha}", "ab" * 32)


def allowed(role, right):
    if right == SCHOOLS:
        return role in OF_SCHOOLS["check"]
    if right == ADMIT:
        return role == "admin"
    if right == CONFIGURE:
        return role in ("installer", "admin")
    if right == DRAW:
        return role in ("installer", "officer", "head", "admin")
    if right == FORESEE:
        return role in ("leader", "officer", "head", "installer", "admin")
    if right == DESKS:
        return role in ("officer", "head", "admin")
    if right == WALK:
        return role in ("officer", "head", "admin", "installer", "electrician")
    return right == OPEN or (role is not None and (right == LOOK or bool(VERBS[role])))


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_route_for_every_role(served, as_role, kit, role):
    client, app, _ = served
    declared = {(method, path): need for method, path, _, need in ROUTES}
    enumerated = [(m, route.path) for route in app.routes for m in route.methods]
    assert sorted(enumerated) == sorted(declared)
    for method, path in enumerated:
        if path == "/api/v1/stream" and role is not None:
            continue  # endless; its own test
        need = declared[method, path]
        headers = as_role(role)
        query = {"point": "pump/level", "points": "pump/level", "from": 1, "to": 2} if path.startswith("/api/v1") else None
        first = VERBS[role][0] if role and VERBS[role] else "ack"
        body = {"json": {**ORDER, "verb": first}} if path.endswith("command") else {}
        if path.endswith("fleet-command"):
            body = {"json": {"site": "no3", "verb": "check"}}
        if path == "/login" and method == "POST":
            body = {"data": {"person": "nobody", "password": "wrong password"}}
        if path.startswith("/desk/"):
            body = {"data": {"name": f"desk of {role}", "password": kit.password, "new": "2580"}}
        answer = client.request(method, address(path, app.state.office.version), params=query, headers=headers, **body)
        # past the door, whatever lies behind it: a shape refused (422) is no refusal of the person
        passed = answer.status_code not in (401, 403) and not (
            need.right != OPEN and answer.headers.get("location") == "/login" and path != "/logout"
        )
        if path == "/login" and method == "POST":
            assert answer.status_code == 401
        elif need.right == PROBE:
            assert answer.status_code == 403, path  # the test's client is no machine of ours, whatever its session
        elif allowed(role, need.right):
            assert passed, (role, path, answer.status_code)
        elif need.page and role is not None:
            assert answer.status_code == 403 and "text/html" in answer.headers["content-type"], path
        elif need.page:
            assert answer.status_code == 303 and answer.headers["location"] == "/login", path
        else:
            assert answer.status_code == (401 if role is None else 403), path


def test_a_verb_that_the_role_lacks_is_refused(served, as_role):
    client, _, run = served
    headers = as_role("electrician")
    assert client.post("/api/v1/command", json={**ORDER, "verb": "reset"}, headers=headers).status_code == 403
    assert client.post("/api/v1/command", json=ORDER, headers=headers).json()["ok"] is True
    assert run.did()["verb"] == "ack"


def test_the_door_alone_keeps_a_role_out(served, as_role, monkeypatch):
    """Even where the page behind it forgets to look."""
    client, _, run = served
    monkeypatch.setattr("dashboard.pages.command.VERBS", {"viewer": ("ack",)})
    assert client.post("/api/v1/command", json=ORDER, headers=as_role("viewer")).status_code == 403
    assert not [line for line in run.seen if "did" in line]


def test_pins_and_desks_are_written_into_the_journal_first(served, as_role, kit):
    client, app, run = served
    desks, seen = app.state.office.desks, 0

    def told():
        return [line["did"]["args"] for line in run.seen if "did" in line][seen:]

    def post(path, role, status, **form):
        answer = client.post(path, data={"csrf": as_role(role)["x-csrf-token"], **form})
        assert answer.status_code == status, answer.text

    post("/desk/pin", "duty", 422, password=kit.password, new="1111")
    assert told() == [], "what is refused is no news"
    post("/desk/pin", "duty", 200, password=kit.password, new="2580")
    post("/desk/register", "officer", 303, name="门卫室")
    client.cookies.clear()
    post("/desk/remove", "head", 200, name="门卫室")
    what = [(a["what"], a["about"], a["role"]) for a in told()]
    assert what == [("pin-set", "wang", "duty"), ("desk-made", "门卫室", "officer"), ("desk-removed", "门卫室", "head")]
    run.say({"reply": {"ok": False, "code": "journal", "text": {"zh": "写不进日志", "en": "not written"}}})
    seen = 3
    client.cookies.clear()
    post("/desk/register", "officer", 403, name="传达室")
    post("/desk/pin", "leader", 403, password=kit.password, new="2580")
    assert desks.list() == [] and not desks.has_pin("liu"), "not written, not done"


def test_whoever_may_not_see_a_picture_is_told_so_in_words(served, as_role, monkeypatch):
    client, app, _ = served
    as_role("duty")

    async def ask(*_, **__):
        raise RequestError("forbidden", "不能看", "not yours to see")

    monkeypatch.setattr(type(app.state.office.client), "ask", ask)
    answer = client.get(f"/picture/{'ab' * 32}")
    assert answer.status_code == 403 and "您的角色没有" in answer.text


def test_the_stream_needs_a_session(served):
    client, _, _ = served
    assert client.get("/api/v1/stream").status_code == 401


def test_a_write_needs_the_token_of_its_session(served, as_role):
    client, _, run = served
    good = as_role("duty")
    for headers in ({}, {"x-csrf-token": "wrong"}, {"x-csrf-token": ""}):
        assert client.post("/api/v1/command", json=ORDER, headers=headers).status_code == 403
        assert client.post("/logout", headers=headers).status_code == 403
    foreign = {**good, "origin": "http://evil.example"}
    assert client.post("/api/v1/command", json=ORDER, headers=foreign).status_code == 403
    assert client.post("/login", data={"person": "wang", "password": "x"}, headers={"origin": "null"}).status_code == 403
    assert not [line for line in run.seen if "did" in line]
    assert client.post("/logout", data={"csrf": good["x-csrf-token"]}).status_code == 303
    assert client.post("/api/v1/command", json=ORDER, headers=good).status_code == 401


@pytest.mark.parametrize(
    "order, status",
    [
        ({"verb": "open-lock", "alarm": "no3-1"}, 403),
        ({"verb": "ack"}, 422),
        ({"verb": "ack", "alarm": "x" * 300}, 422),
        ({"verb": "ack", "alarm": "no3-1", "person": "gao"}, 422),
        ({"verb": "ack", "alarm": "no3-1", "args": {"Evil name": 1}}, 422),
        ({"verb": "ack", "alarm": "no3-1", "args": {"evil": [1]}}, 422),
        ({"verb": "ack", "alarm": "no3-1", "args": {f"a{chr(97 + n)}": 1 for n in range(21)}}, 422),
        ({"verb": "result", "alarm": "no3-1"}, 422),
        ({"verb": "result", "alarm": "no3-1", "args": {"result": "false", "on_site": True}}, 422),
        ({"verb": "result", "alarm": "no3-1", "args": {"result": "false", "cause": "蚊香"}}, 422),
        ({"verb": "result", "alarm": "no3-1", "args": {"result": "false", "cause": "蚊香", "on_site": 1}}, 422),
        ({"verb": "ack", "alarm": "no3-1", "args": {"cause": "x" * 40_000}}, 413),
    ],
)
def test_an_order_that_is_not_whole_never_reaches_run(served, as_role, order, status):
    client, _, run = served
    headers = as_role("duty")
    assert client.post("/api/v1/command", json=order, headers=headers).status_code == status
    assert client.post("/api/v1/command", json=ORDER, headers=headers).status_code == 200
    assert run.did()["verb"] == "ack"


def test_who_is_at_a_store_is_proven_by_a_pin_on_whatever_screen(served, as_role):
    """Li's page stood open on the laboratory's computer: whoever presses 本人在场 there is not Li yet."""
    client, app, run = served
    headers = as_role("holder")

    def press(**who):
        order = {"verb": "identify", "alarm": "chem", **who}
        return client.post("/api/v1/command", json=order, headers=headers).status_code

    assert press() == 422 and press(person="bao", pin="2580") == 403, "no PIN is set"
    app.state.office.desks.set_pin("bao", "2580")
    assert press(person="bao", pin="2581") == 403 and press(person="bao", pin="2580") == 200
    assert (lambda c: (c["verb"], c["alarm"], c["person"]))(run.did()) == ("identify", "chem", "bao")


def test_run_down_is_said(served, as_role):
    client, app, run = served
    headers = as_role("duty")
    run.kill()
    while not app.state.office.live.down:
        client.get("/healthz")
    answer = client.post("/api/v1/command", json=ORDER, headers=headers)
    assert answer.status_code == 503 and "没有应答" in answer.json()["text"]
    assert client.get("/healthz").status_code == 503
    assert client.get("/api/v1/state").json()["down"] != ""


def test_state_and_history(served, as_role):
    client, _, _ = served
    as_role("viewer")
    state = client.get("/api/v1/state").json()
    assert state["down"] == "" and state["snapshot"]["points"]["pump/level"]["value"] == 2.41
    history = client.get("/api/v1/history", params={"point": "pump/level", "from": 0, "to": 3_600_000})
    assert len(history.json()["mean"]) == 61
    assert client.get("/api/v1/history", params={"point": "no/such", "from": 0, "to": 1}).status_code == 404
    assert client.get("/api/v1/history", params={"point": "pump/level", "from": 5, "to": 1}).status_code == 422


def test_history_to_take_away(served, as_role):
    client, app, _ = served
    as_role("viewer")
    app.state.office.live.state["points"]["pump/level"]["name"] = "=HYPERLINK(0)"
    query = {"points": "pump/level,dorm-smoke/temp", "from": kit_wall(app), "to": kit_wall(app) + 3_600_000}
    answer = client.get("/api/v1/export", params=query)
    assert answer.content.startswith(b"\xef\xbb\xbf") and "attachment" in answer.headers["content-disposition"]
    heads, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert len(heads) == 9 and len(rows) == 61 and rows[0][0] == "2026-11-23 22:00:00" and rows[21][2] == ""
    sheet = client.get("/api/v1/export", params={**query, "form": "xlsx"})
    with zipfile.ZipFile(io.BytesIO(sheet.content)) as book:
        text = book.read("xl/worksheets/sheet1.xml").decode()
        assert text.count("<row ") == 62 and "<f>" not in text
    assert harmless("=1+1") == "'=1+1" and harmless("烟感") == "烟感", "a name is never a formula"
    for wrong in ({"points": "no/such"}, {"form": "pdf"}, {"to": 1}):
        assert client.get("/api/v1/export", params={**query, **wrong}).status_code in (404, 422)
    assert set(client.get("/api/v1/curves", params=query).json()["points"]) == {"pump/level", "dorm-smoke/temp"}


def test_a_large_table_holds_no_screen_up(served, as_role, monkeypatch):
    """Written where the screens' server turns, a year of six points would turn every page of the school grey on a Pi."""
    client, app, _ = served
    as_role("viewer")

    def write(*_):
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return b"written"

    monkeypatch.setattr(export, "write", write)
    query = {"points": "pump/level", "from": kit_wall(app), "to": kit_wall(app) + 3_600_000, "form": "xlsx"}
    assert client.get("/api/v1/export", params=query).content == b"written"
    for path in ("export", "curves"):
        assert client.get(f"/api/v1/{path}", params={**query, "points": ",".join(["pump/level"] * 7)}).status_code == 422


def test_who_logs_in_is_written_down_and_nobody_is_kept_out_without_the_journal(served, kit):
    client, app, run = served
    come_in = {"data": {"person": "wang", "password": kit.password}}
    assert client.post("/login", **come_in).status_code == 303
    told = run.wait(lambda line: "entered" in line)["entered"]
    assert (told["person"], told["args"]) == ("wang", {"what": "logged-in", "about": "wang", "role": "duty"})
    run.kill()
    while not app.state.office.live.down:
        client.get("/healthz")
    client.cookies.clear()
    assert client.post("/login", **come_in).headers["location"] == "/"


def test_an_account_that_wrong_passwords_lock_is_in_the_journal_once(served, as_role, monkeypatch):
    client, app, run = served
    as_role(None)
    monkeypatch.setattr("dashboard.auth.LOCK_FAILURES", 2)
    for n in range(4):
        answer = client.post("/login", data={"person": "gao", "password": f"wrong password {n}"})
    assert "已锁定" in answer.text
    assert client.post("/login", data={"person": "wang", "password": "wrong password"}).status_code == 401
    app.state.office.users.set_password("gao", "a good password")
    assert client.post("/login", data={"person": "gao", "password": "a good password"}).status_code == 303
    run.wait(lambda line: "entered" in line)
    told = [line["did"]["args"] for line in run.seen if "did" in line]
    assert told == [{"what": "locked", "about": "gao", "role": "viewer"}]


def test_a_password_in_the_wrong_field_is_not_logged(served, as_role, kit, caplog):
    client, _, _ = served
    as_role(None)
    assert client.post("/login", data={"person": kit.password, "password": "wang"}).status_code == 401
    assert client.post("/login", data={"person": "wang", "password": "wrong password"}).status_code == 401
    assert "'wang'" in caplog.text and kit.password not in caplog.text


def test_a_login_that_is_over_and_a_page_without_tls_are_said(served, as_role, kit):
    client, _, _ = served
    as_role(None)
    assert "登录已到期" in client.get("/login?ended=/").text and "登录已到期" not in client.get("/login").text
    for to, led in (
        ("/alarms?id=no3-1", "/alarms?id=no3-1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil", "/"),
    ):
        entered = client.post("/login", data={"person": "wang", "password": kit.password, "to": to})
        assert (entered.status_code, entered.headers["location"]) == (303, led)
        assert client.get("/login", params={"ended": to}).headers["location"] == led, "known again: back to where it was"
        client.cookies.clear()
    for path, role in (("/login", None), ("/", "viewer")):
        as_role(role)
        assert "未加密" in client.get(path).text and "未加密" not in client.get(f"https://testserver{path}").text


def test_anybody_who_reads_the_log_takes_it_away(served, as_role):
    client, _, _ = served
    as_role("viewer")
    for kind, read in (("docx", lambda b: [r[0] for r in of_docx(b)]), ("xlsx", lambda b: of_xlsx(b)[0])):
        answer = client.get("/api/v1/duty-log", params={"form": kind, "begun": 5})
        assert answer.status_code == 200 and read(answer.content) == HEADINGS
        assert re.search(rf'filename="duty-log-\S+-20261123-1900\.{kind}"', answer.headers["content-disposition"])
        month = client.get("/api/v1/duty-log", params={"form": kind, "days": 30})
        assert re.search(rf'filename="duty-log-\S+-20261024-20261123\.{kind}"', month.headers["content-disposition"])
        assert (
            len(of_xlsx(month.content)) == 3
            if kind == "xlsx"
            else "，2 班" in "".join(p.text for p in docx.Document(io.BytesIO(month.content)).paragraphs)
        )
    shown = client.get("/api/v1/duty-log", params={"form": "json", "days": 30}).json()
    assert list(shown["columns"]) == HEADINGS and [(r["over"], r["signed"]) for r in shown["rows"]] == [
        (True, False),
        (False, False),
    ]
    state = shown["rows"][0]["cells"][HEADINGS.index("控制器/系统运行情况")]
    assert [line["hand"] for line in state] == [False, True] and state[1]["text"].endswith("07:00–09:00 正常（zhou）")
    for wrong in ({"form": "pdf"}, {"days": 32}, {"days": -1}):
        assert client.get("/api/v1/duty-log", params=wrong).status_code == 422


def kit_wall(app):
    return app.state.office.live.state["now"] // 3_600_000 * 3_600_000


def test_after_half_an_hour_acting_asks_who_it_is_and_an_answer_does_not(served, as_role, kit):
    client, app, _ = served
    token = as_role("officer")
    users, session = app.state.office.users, client.cookies["session"]

    def press(verb, **args):
        answer = client.post("/api/v1/command", json={"verb": verb, "alarm": "no3-1", "args": args}, headers=token)
        return answer.status_code, answer.json()["code"]

    assert press("reset") == (200, "acked")
    app.state.office.clock.wall += 31 * 60_000
    assert press("reset") == (403, "idle") and press("ack") == (200, "acked"), "whoever hears it answers at once"
    assert press("reset") == (403, "idle"), "an answer proves nobody"
    assert client.post("/api/v1/plans/remove", json={"plan": 1, "turn": 1}, headers=token).json()["code"] == "idle"
    assert client.get("/api/v1/state").status_code == 200, "looking asks nothing"
    form = client.post("/desk/register", data={"name": "门卫室", "csrf": token["x-csrf-token"]})
    assert form.status_code == 403 and "没有执行" in form.text and not app.state.office.desks.list()
    for wrong in ("0000", "wrong password"):
        told = client.post("/api/v1/prove", json={"secret": wrong}, headers=token)
        assert told.status_code == 403 and "不对" in told.json()["text"]
    assert press("reset") == (403, "idle")
    assert client.post("/api/v1/prove", json={"secret": kit.password}, headers=token).json() == {"ok": True}
    assert press("reset") == (200, "acked") and users.session(session, app.state.office.seconds()), "the same session"
    app.state.office.clock.wall += 29 * 60_000
    assert press("reset") == (200, "acked")
    app.state.office.clock.wall += 29 * 60_000
    assert press("reset") == (200, "acked"), "every press counts anew"
    app.state.office.clock.wall += 31 * 60_000
    app.state.office.desks.set_pin("chen", "2580")
    assert client.post("/api/v1/prove", json={"secret": "2580"}, headers=token).json() == {"ok": True}


def test_headers_on_every_answer(served):
    client, app, _ = served
    for path in ("/login", "/", "/healthz", "/nowhere", f"/static/{app.state.office.version}/shell.js"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy and "script-src 'self'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert ("immutable" in headers["cache-control"]) == path.startswith("/static")


async def test_many_large_bodies_fill_no_memory_and_a_small_one_comes_in_all_the_same():
    answers, gone = [], asyncio.Event()

    async def app(scope, receive, send):
        assert len((await receive())["body"]) == 100
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        if message["type"] == "http.response.start":
            answers.append(message["status"])

    armour = Armour(app)

    async def sends(size, path="/api/v1/plans/upload", more=True):
        async def receive():
            if received:
                await gone.wait()
                return {"type": "http.disconnect"}
            received.append(True)
            return {"type": "http.request", "body": bytes(size), "more_body": more}

        received = []
        await armour({"type": "http", "method": "POST", "path": path}, receive, send)

    slow = [asyncio.create_task(sends(4 * 1024 * 1024)) for _ in range(4)]
    await asyncio.sleep(0)
    await sends(4 * 1024 * 1024)
    await sends(100, "/api/v1/command", more=False)
    assert answers == [503, 200], "who sends slowly holds nobody's 收到 up"
    await sends(33 * 1024, "/api/v1/command")
    assert answers[2:] == [413]
    gone.set()
    await asyncio.gather(*slow)
    await sends(5 * 1024 * 1024 + 1)
    assert answers[3:] == [413], "and what has left counts no more"


def test_d27_a_dead_disk_keeps_nobody_from_answering(served, as_role, kit):
    """Read-only, full, broken: `run` acts from memory then, and the page must not stand in its way."""
    client, app, _ = served
    shared, token = app.state.office, as_role("officer")
    shared.desks.set_pin("wang", "2580")
    desk = shared.desks.register("门卫室", "chen", shared.seconds())
    csrf = shared.desks.find(desk).csrf
    for keeper in (shared.users, shared.desks):
        keeper._db = dead(keeper._db)
    shared.clock.wall += 5 * 60_000
    assert client.post("/api/v1/command", json=ORDER, headers=token).json()["code"] == "acked"
    shared.clock.wall += 31 * 60_000
    assert client.post("/api/v1/prove", json={"secret": kit.password}, headers=token).json() == {"ok": True}
    assert client.post("/api/v1/command", json={**ORDER, "verb": "reset"}, headers=token).json()["code"] == "acked"
    client.cookies.clear()
    assert "存储写不了" in client.post("/login", data={"person": "wang", "password": kit.password}).text
    client.cookies.set("desk", desk)
    real = {"verb": "result", "alarm": "no3-1", "args": {"result": "real"}, "pin": "2580"}
    assert client.post("/api/v1/command", json=real, headers={"x-csrf-token": csrf}).json()["code"] == "acked"
    wrong = client.post("/api/v1/command", json={**real, "pin": "9999"}, headers={"x-csrf-token": csrf})
    assert (wrong.status_code, wrong.json()["code"]) == (503, "storage"), "a guess that cannot be counted is none"
    with pytest.raises(sqlite3.OperationalError):
        shared.users.remember()


def test_d27_a_disk_that_hangs_keeps_no_turn_for_ever(served, as_role, kit, monkeypatch):
    client, app, _ = served
    shared, token, hung = app.state.office, as_role("officer"), threading.Event()
    monkeypatch.setattr("dashboard.office.TURN_S", 0.05)
    monkeypatch.setattr("dashboard.pages.login.TURN_S", 0.05)
    monkeypatch.setattr(shared.users, "prove", lambda *_: hung.wait())
    shared.clock.wall += 31 * 60_000
    try:
        for _ in range(2):
            told = client.post("/api/v1/prove", json={"secret": kit.password}, headers=token)
            assert (told.status_code, told.json()["code"]) == (503, "storage")
        form = {"data": {"person": "wang", "password": kit.password}}
        assert "存储写不了" in client.post("/login", **form).text
        shared.desks.set_pin("chen", "2580")
        monkeypatch.setattr("dashboard.office.TURN_S", 15)
        assert client.post("/api/v1/prove", json={"secret": "2580"}, headers=token).status_code == 200, (
            "the turn is the next one's"
        )
    finally:
        hung.set()


def dead(db):
    """A dashboard.db that can only be read."""

    @contextlib.contextmanager
    def opened():
        with db() as one:
            one.execute("PRAGMA query_only = ON")
            yield one

    return opened


def test_nothing_undeclared_answers(served):
    client, _, _ = served
    for path in ("/docs", "/redoc", "/openapi.json", "/static/x/../../auth.py", "/static/x/%2e%2e/auth.py", "/dashboard.db"):
        assert client.get(path).status_code == 404, path
    assert client.get("/static/old-version/shell.js").headers["cache-control"] == "no-cache"


def test_a_route_without_a_right_stops_the_start(data, kit, monkeypatch):
    app = FastAPI(openapi_url=None)
    app.add_api_route("/bare", lambda: None)
    app.add_api_route("/twice", lambda: None, dependencies=[Depends(Need(LOOK)), Depends(Need(OPEN))])
    assert undeclared(app.routes) == ["/bare", "/twice"]
    monkeypatch.setattr(building, "undeclared", lambda routes: ["/bare"])
    with pytest.raises(RuntimeError, match="/bare"):
        create_app(data, kit.clock(), Users(data / "dashboard.db"))


def test_roles_and_rights():
    assert [role for role in ROLES if not may(role, ACT)] == ["viewer"]
    assert may("viewer", LOOK) and not may("made-up", ACT)


def test_the_site_file_decides_the_role(served, as_role):
    client, app, _ = served
    as_role("duty")
    verbs = client.get("/api/v1/words").json()["verbs"]
    assert {"ack", "result", "silence", "reset", "tick", "take"} <= set(verbs) and "out-of-service" not in verbs
    app.state.office.live.state["people"] = [{"id": "wang", "name": "王师傅", "role": "viewer"}]
    assert client.get("/api/v1/words").json()["verbs"] == []


def test_a_crowd_at_the_door_holds_up_nobody_inside(served, as_role, kit, monkeypatch):
    """Whoever tries passwords in a loop, under ever new names, keeps no PIN waiting with which a fire is judged."""
    client, app, _ = served
    token, go = as_role("duty"), threading.Event()
    monkeypatch.setattr(app.state.office.users, "login", lambda *_: go.wait(60) and Login())
    codes = []
    tries = [
        threading.Thread(
            target=lambda n=n: codes.append(client.post("/login", data={"person": f"n{n}", "password": "x"}).status_code)
        )
        for n in range(20)
    ]
    for one in tries:
        one.start()
    try:
        while codes.count(429) < 12:
            client.get("/login")
        assert client.post("/api/v1/prove", json={"secret": kit.password}, headers=token).json() == {"ok": True}
    finally:
        go.set()
        for one in tries:
            one.join()
    assert sorted(codes) == [401] * 8 + [429] * 12
    assert client.post("/login", data={"person": "n", "password": "x"}).status_code == 401, "and then the door is open again"


@pytest.mark.parametrize("secure", [False, True])
def test_the_cookie(data, kit, secure):
    app = create_app(data, kit.clock(), Users(data / "dashboard.db"), secure=secure)
    with TestClient(app, follow_redirects=False) as client:
        answer = client.post("/login", data={"person": "wang", "password": kit.password})
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Max-Age=43200" in cookie
        assert ("Secure" in cookie) is secure


def test_a_screen_that_stands_for_years_stays_known(served, as_role, kit):
    """Browsers drop a cookie after 400 days, whatever it says: a desk's and a wall's are set anew with every page."""
    client, app, _ = served
    shared, now = app.state.office, app.state.office.seconds()
    assert "session=" not in str(client.get("/", headers=as_role("duty")).headers.get_list("set-cookie")), "a person's ends"
    desk = shared.desks.register("门卫室", "chen", now)
    code = shared.tokens.add("screen", "门厅", "viewer", now, 800)
    for name, key in (("desk", desk), ("session", code)):
        client.cookies.clear()
        client.cookies.set(name, key)
        (kept,) = [one for one in client.get("/").headers.get_list("set-cookie") if one.startswith(f"{name}={key}")]
        assert "Max-Age=34560000" in kept and "HttpOnly" in kept


def test_two_first_starts_have_different_passwords(tmp_path):
    made = []
    for name in ("a", "b"):
        users = Users(tmp_path / name)
        made.append(first_admin(users))
        assert first_admin(users) == "" and users.list() == [("admin", "admin")]
        assert users.login("admin", made[-1], 1).token
    assert made[0] != made[1] and all(len(password) >= 16 for password in made)


def test_d25_18_no_password_is_printed_into_a_journal(tmp_path):
    """Where systemd keeps what is printed (JOURNAL_STREAM names the file), nobody is made: who installs makes the first user."""
    code = (
        "import os; s = os.fstat(1); os.environ['JOURNAL_STREAM'] = f'{s.st_dev}:{s.st_ino}'\n"
        "from gateway.commands import main; main(['dashboard', '--data', '.', '--port', '0'])"
    )
    page = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        said = [page.stdout.readline(), page.stdout.readline()]
    finally:
        page.kill()
        page.communicate()
    assert "user add" in said[0] and "page: http" in said[1] and "password" not in said[0]
    assert Users(tmp_path / "dashboard.db").list() == []
