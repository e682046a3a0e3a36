"""Guided addressing of /setup: one new sensor at a time is looked for, given its address, found again. `run` judges and writes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dashboard.office import language
from dashboard.pages.setup import ask_run, do_run

PATIENCE_S = 40.0  # a busy line lends its gaps one by one
Id = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Unit = Annotated[int, Field(ge=1, le=247)]


class Looked(BaseModel):
    """`taken`: addresses beside those of the living site: of the draft, and given just now."""

    model_config = ConfigDict(extra="forbid", strict=True)

    bus: Id
    profile: Id
    taken: Annotated[list[int], Field(max_length=300)] = Field(default_factory=list)


class Given(Looked):
    new: Unit


async def look(request: Request, wanted: Looked) -> JSONResponse:
    """{"code", "old", "unit", "text"}: is one new sensor there, and which address may it have."""
    return await _verdict(request, "address-look", wanted)


async def judge(request: Request, wanted: Given) -> JSONResponse:
    """{"code", "old", "unit", "text"}: where the sensor is after power off and on."""
    return await _verdict(request, "address-judge", wanted, new=wanted.new)


async def give(request: Request, wanted: Given) -> JSONResponse:
    """{"ok", "code", "text", "findings"}: the one new sensor has its address, or what to do."""
    args = {"bus": wanted.bus, "profile": wanted.profile, "new": wanted.new, "taken": _taken(wanted)}
    return await do_run(request, "address", args)


async def _verdict(request: Request, what: str, wanted: Looked, **more: int) -> JSONResponse:
    told = await ask_run(request, what, PATIENCE_S, bus=wanted.bus, profile=wanted.profile, taken=_taken(wanted), **more)
    return JSONResponse(told | {"text": told["text"][language(request)]})


def _taken(wanted: Looked) -> str:
    return " ".join(map(str, wanted.taken))
