"""The interface for programs: docs/api.md is the table of routes, OpenAPI is off unless asked for, a code reads what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dashboard.app import ROUTES, create_app
from dashboard.auth import Users
from tools.api_md import render

ROOT = Path(__file__).parents[2]


@pytest.fixture
def program(data, kit, start_run):
    """Starts the page; gives a way to ask it as a program with a code."""
    start_run(kit.school())
    open_ = []

    def begin(**more):
        app = create_app(data, kit.clock(), Users(data / "dashboard.db"), **more)
        client = TestClient(app)
        open_.append(client)
        client.__enter__()
        while app.state.office.live.down:
            client.get("/healthz")
        code = app.state.office.tokens.add("program", f"报表{len(open_)}", "viewer", app.state.office.seconds(), 1)
        return client, {"authorization": f"Bearer {code}"}

    yield begin
    for client in open_:
        client.__exit__(None, None, None)


def test_the_document_is_the_table_of_routes_and_every_route_says_what_it_answers():
    document = render()
    assert (ROOT / "docs/api.md").read_text("utf-8") == document, "run: python -m tools.api_md > docs/api.md"
    api = [(method, path, endpoint) for method, path, endpoint, _ in ROUTES if path.startswith("/api/v1/")]
    assert [path for _, path, endpoint in api if not endpoint.__doc__] == []
    assert all(f"| {method} | `{path}` |" in document for method, path, _ in api)


def test_openapi_is_off_unless_asked_for_and_describes_no_page(program):
    client, code = program()
    assert client.get("/api/v1/openapi.json", headers=code).status_code == 404
    client, code = program(openapi=True)
    assert client.get("/api/v1/openapi.json").status_code == 401
    found = client.get("/api/v1/openapi.json", headers=code).json()
    assert all(path.startswith("/api/v1/") for path in found["paths"]) and "/api/v1/command" in found["paths"]
    assert [p["name"] for p in found["paths"]["/api/v1/alarms"]["get"]["parameters"]] == ["from", "to", "limit"]


def test_a_code_reads_what_a_viewer_may_and_presses_nothing(program, kit):
    client, code = program()
    for what in ("roster", "rota", "shifts", "handover", "devices", "kpi"):
        answer = client.get(f"/api/v1/{what}", headers=code)
        assert answer.status_code == 200 and answer.json() is not None, what
    assert client.get("/api/v1/rota?days=x", headers=code).status_code == 422
    assert client.get("/api/v1/who", headers=code).status_code == 403, "words and numbers are for those who plan"
    assert client.post("/api/v1/command", json={"verb": "ack", "alarm": "no3-1"}, headers=code).status_code == 403
