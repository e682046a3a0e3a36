"""Forms as files: what is asked of `run` for one of them, and its name. What stands in a form is its own module's matter."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Query, Request
from fastapi.responses import Response

from dashboard import paper
from dashboard.dutyform import duty_form
from dashboard.office import language, office
from dashboard.pages.setup import ask_run

PATIENCE_S = 30.0  # a year of journal is read for a past shift


async def duty_log(
    request: Request, begun: Annotated[int, Query(ge=0)] = 0, form: Literal["docx", "xlsx"] = "docx"
) -> Response:
    """F10 of the shift that is on, or of the one that was taken over at wall ms `begun`."""
    shared = office(request)
    state = shared.live.state
    if state is None:
        raise HTTPException(503, shared.words[language(request)]["reply.down"])
    found = await ask_run(request, "handover", PATIENCE_S, **({"begun": begun} if begun else {}))
    body = await asyncio.to_thread(paper.written, duty_form(found, state, shared.words["zh"]), form)
    day = datetime.fromtimestamp(found["since"] / 1000, ZoneInfo(state["site"]["timezone"])).strftime("%Y%m%d-%H%M")
    name = f"duty-log-{state['site']['id']}-{day}.{form}"
    return Response(body, media_type=paper.TYPES[form], headers={"content-disposition": f'attachment; filename="{name}"'})
