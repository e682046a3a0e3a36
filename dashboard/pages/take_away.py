"""Forms as files, and for the screen: what is asked of `run` for one, and its name. What stands in it is its own module's matter."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response

from dashboard import dutyform, paper
from dashboard.office import language, office
from dashboard.pages.setup import ask_run

PATIENCE_S = 30.0  # a year of journal is read for a past shift
DAY_MS = 86_400_000


async def duty_log(
    request: Request,
    begun: Annotated[int, Query(ge=0)] = 0,
    days: Annotated[int, Query(ge=0, le=31)] = 0,
    form: Literal["docx", "xlsx", "json"] = "docx",
) -> Response:
    """F10 of the shift that is on, of the one taken over at wall ms `begun`, or of all taken over in the last `days`.

    JSON: {"columns", "rows": [{"over", "signed", "cells": [[{"text", "hand"}]]}]}; a line with `hand` was written by a person.
    """
    shared = office(request)
    state = shared.live.state
    if state is None:
        raise HTTPException(503, shared.words[language(request)]["reply.down"])
    zone, words = ZoneInfo(state["site"]["timezone"]), shared.words["zh"]
    if days:
        first = state["now"] - days * DAY_MS
        shifts: list[dict[str, Any]] = await ask_run(request, "shift-logs", PATIENCE_S, **{"from": first})
        of = " – ".join(f"{datetime.fromtimestamp(ms / 1000, zone):%Y-%m-%d}" for ms in (first, state["now"]))
        name, under = of.replace("-", "").replace(" – ", "-"), f"{of}，{len(shifts)} 班"
    else:
        shifts = [await ask_run(request, "handover", PATIENCE_S, **({"begun": begun} if begun else {}))]
        name, under = f"{datetime.fromtimestamp(shifts[0]['since'] / 1000, zone):%Y%m%d-%H%M}", ""
    if form == "json":
        rows = [
            {
                "over": one["until"] is not None,
                "signed": one["handed_over"] is not None,
                "cells": [_lines(cell) for cell in dutyform.entries(one, state, words)],
            }
            for one in shifts
        ]
        return JSONResponse({"columns": dutyform.COLUMNS, "rows": rows})
    body = await asyncio.to_thread(paper.written, dutyform.duty_form(shifts, state, words, under), form)
    file = f"duty-log-{state['site']['id']}-{name}.{form}"
    return Response(body, media_type=paper.TYPES[form], headers={"content-disposition": f'attachment; filename="{file}"'})


def _lines(cell: list[str]) -> list[dict[str, Any]]:
    return [{"text": line, "hand": isinstance(line, dutyform.Hand)} for line in cell]
