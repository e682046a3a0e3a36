"""`plans FOLDER`: floor plans of a whole folder put up at once, as the page takes them one by one; `run` lives and writes it down."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.commands._client import Failed, add_data, ask, complain

if TYPE_CHECKING:
    from collections.abc import Mapping

CAMPUS = "campus"  # the name of a file of the whole campus
ENDS = (".svg", ".png", ".jpg", ".jpeg")
LIFETIME_MS = 30_000


def add_parser(sub: Any) -> None:
    p = sub.add_parser("plans", help="put up the floor plans of a folder 平面图")
    p.add_argument(
        "folder",
        type=Path,
        help="files named BUILDING.svg or BUILDING.FLOOR.svg (or png, jpg); campus.svg for all 按楼栋编号命名",
    )
    add_data(p)


def run(args: argparse.Namespace) -> int:
    """Every file is tried; those that cannot be taken are told with their cure, and the exit code is then 1."""
    files = sorted(p for p in args.folder.glob("*") if p.suffix.lower() in ENDS)
    if not files:
        print(f"{args.folder} 里没有平面图 · no plans there\n  要 BUILDING.FLOOR{'|'.join(ENDS)}", file=sys.stderr)
        return 1
    try:
        state = ask(args.data, {"ask": "snapshot"})["data"]
        bad = [file for file in files if not _put(args.data, file, state)]
    except Failed as error:
        return complain(error)
    except OSError as error:
        print(f"{error.filename}: {error.strerror} · 读写不了 cannot be read or written", file=sys.stderr)
        return 1
    return 1 if bad else 0


def _put(data: Path, file: Path, state: Mapping[str, Any]) -> bool:
    """Raises Failed when `run` does not write it down: then nothing is put up."""
    import secrets

    from dashboard.drawings import BadDrawing, examine
    from dashboard.plans import NoRoom, Plans

    building, _, floor = file.stem.partition(".")
    if building != CAMPUS and building not in {b["id"] for b in state["buildings"]}:
        known = " ".join(b["id"] for b in state["buildings"])
        print(f"{file.name}: 没有楼栋 {building} · no such building\n  有 there are: {CAMPUS} {known}", file=sys.stderr)
        return False
    try:
        found = examine(file.read_bytes())
        about = f"{building} {floor} {found.kind}".replace("  ", " ")
        ask(data, {"do": {"id": secrets.token_hex(16), "verb": "plan", "alarm": "", "person": "console", "proof": "local",
                          "expires": state["now"] + LIFETIME_MS, "args": {"what": "uploaded", "about": about}}})  # fmt: skip
        known_things = {*state["points"], *(point.partition("/")[0] for point in state["points"])}
        plans = Plans(data / "dashboard.db")
        plan = plans.put("" if building == CAMPUS else building, floor, found, "console", state["now"] // 1000, known_things)
    except BadDrawing as error:
        print(f"{file.name}: {error.zh} · {error.en}", file=sys.stderr)
        return False
    except NoRoom:
        print(f"{file.name}: 平面图太多 · too many plans\n  在页面上删掉不用的 · remove some on the page", file=sys.stderr)
        return False
    print(f"{file.name}: {len(plan.markers)} 个位置 places")
    return True
