"""The history of points as a table to take away: CSV that Excel opens with its Chinese whole, or XLSX. One row a time, columns by point."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import xlsxwriter
from fastapi import Query, Request
from fastapi.responses import Response

from dashboard.office import language, office
from dashboard.pages.api import past

BUCKETS = 5000  # rows at most; a year then has one row for 105 minutes
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
PARTS = ("min", "mean", "max", "quality")
Cell = str | float | datetime | None


async def export(
    request: Request,
    points: Annotated[str, Query(max_length=2000)],
    start: Annotated[int, Query(alias="from", ge=0)],
    end: Annotated[int, Query(alias="to", ge=0)],
    form: Literal["csv", "xlsx"] = "csv",
) -> Response:
    """A file: CSV or XLSX, one row a time, columns by point (ids with commas between)."""
    found = await past(request, points, start, end, BUCKETS)
    shared = office(request)
    state: dict[str, Any] = shared.live.state or {}
    zone = ZoneInfo(state["site"]["timezone"])
    heads = [shared.words[language(request)]["export.time"]]
    heads += [
        f"{name_of(p, state)} {shared.words[language(request)][f'export.{part}']}" for p in found["points"] for part in PARTS
    ]
    # a year takes a Pi seconds: no screen waits for it
    body = await asyncio.to_thread(write, form, heads, rows(found["points"], zone))
    day = datetime.fromtimestamp(start / 1000, zone).strftime("%Y%m%d")
    name = f"history-{state['site']['id']}-{day}.{form}"
    return Response(body, media_type=TYPES[form], headers={"content-disposition": f'attachment; filename="{name}"'})


def name_of(point: str, state: dict[str, Any]) -> str:
    about = state["points"][point]
    zone = next((z["name"] for z in state["zones"] if z["id"] == about["zone"]), "")
    unit = f" ({about['unit']})" if about["unit"] else ""
    return " ".join(word for word in (zone, about["name"] or point) if word) + unit


def rows(series: dict[str, Any], zone: ZoneInfo) -> Iterator[list[Cell]]:
    """One row for each time that any point has, oldest first; cells of the others stay empty."""
    at = {point: {t: n for n, t in enumerate(one["t"])} for point, one in series.items()}
    for t in sorted({t for one in series.values() for t in one["t"]}):
        row: list[Cell] = [datetime.fromtimestamp(t / 1000, UTC).astimezone(zone).replace(tzinfo=None)]
        for point, one in series.items():
            n = at[point].get(t)
            row += [None if n is None else one[part][n] for part in PARTS]
        yield row


def write(form: str, heads: list[str], table: Iterator[list[Cell]]) -> bytes:
    return _csv(heads, table) if form == "csv" else _xlsx(heads, table)


def harmless(text: str) -> str:
    """A name that a spreadsheet would take for a formula is a text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _csv(heads: list[str], table: Iterator[list[Cell]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(harmless, heads))
    writer.writerows(
        [f"{c:%Y-%m-%d %H:%M:%S}" if isinstance(c, datetime) else "" if c is None else c for c in row] for row in table
    )
    return b"\xef\xbb\xbf" + out.getvalue().encode()  # the mark by which Excel knows UTF-8


def _xlsx(heads: list[str], table: Iterator[list[Cell]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        bold, stamp = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 20)
        sheet.write_row(0, 0, heads, bold)
        for n, row in enumerate(table, 1):
            sheet.write_datetime(n, 0, row[0], stamp)
            for column, cell in enumerate(row[1:], 1):
                if cell is not None:
                    sheet.write(n, column, cell)
    return out.getvalue()
