"""Questions that go straight to `run` and come back as they are (docs/local-socket.md): one table of names, rights and parameters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse

from dashboard.office import language, office
from dashboard.rights import ACT, CONFIGURE, FORESEE, LOOK, WALK
from gateway.local import RequestError, RunDown

PATIENCE = 30.0  # s: a month of journal is read for some
MOST = 200  # characters of a parameter

# name -> right, parameters that are whole numbers, parameters that are text
QUESTIONS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "alarms": (LOOK, ("from", "to", "limit"), ()),
    "story": (LOOK, (), ("alarm",)),
    "kpi": (LOOK, ("days",), ()),
    "roster": (LOOK, (), ()),
    "who": (FORESEE, ("at",), ("place", "kind")),
    "rota": (LOOK, ("days",), ()),
    "handover": (LOOK, ("begun",), ()),
    "shifts": (LOOK, ("limit",), ()),
    "proof": (LOOK, ("begin",), ()),
    "config-changes": (LOOK, ("from",), ()),
    "devices": (LOOK, (), ()),
    "refused": (LOOK, ("limit",), ()),
    "health": (LOOK, (), ()),
    "leakage": (CONFIGURE, (), ()),
    "acceptance": (WALK, (), ()),
    "spoken": (LOOK, (), ("zone", "text")),
    "store": (LOOK, ("limit",), ("store",)),
    "read": (ACT, (), ("device",)),
}


def question(what: str) -> Callable[[Request], Awaitable[JSONResponse]]:
    """The answer of the route /api/v1/<what>."""
    _, numbers, texts = QUESTIONS[what]

    async def answer(request: Request) -> JSONResponse:
        given: dict[str, object] = {}
        for name in (*numbers, *texts):
            value = request.query_params.get(name)
            if value is None:
                continue
            if len(value) > MOST or (name in numbers and not (value.isascii() and value.isdigit())):
                raise HTTPException(422, f"`{name}` is not what is asked for")
            given[name] = int(value) if name in numbers else value
        try:
            return JSONResponse(await office(request).client.ask(what, PATIENCE, **given))
        except RunDown as error:
            raise HTTPException(503, "run is not heard") from error
        except RequestError as error:
            return JSONResponse({"code": error.code, "text": error.zh if language(request) == "zh" else error.en}, 422)

    answer.__name__ = what
    answer.__doc__ = f"Question `{what}`."
    return answer


def described(path: str) -> dict[str, Any] | None:
    """What OpenAPI says of a question's parameters; None for other routes, whose functions say it themselves."""
    row = QUESTIONS.get(path.removeprefix("/api/v1/"))
    if row is None:
        return None
    kinds = (*((name, "integer") for name in row[1]), *((name, "string") for name in row[2]))
    return {"parameters": [{"name": name, "in": "query", "required": False, "schema": {"type": kind}} for name, kind in kinds]}
