"""`demo`: a simulated school and the real product on this machine; with `--check` the proof of a story from the far side."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

SETTLE = 4.0  # seconds in which the school is calm before the story begins


def add_parser(sub: Any) -> None:
    p = sub.add_parser("demo", help="a whole school on this machine 演示")
    p.add_argument("--scenario", default="story", choices=["story", "fire", "leak", "two-locks", "bus-cut", "power", "none"],
                   help="the story that is played; `story` plays them in a row")  # fmt: skip
    p.add_argument("--speed", type=int, default=10, help="divides the story, delays and escalation; never polls or the line")
    p.add_argument("--seed", type=int, default=1, help="of the simulated campus")
    p.add_argument("--dir", type=Path, help="where everything is kept (default: the user's state folder)")
    p.add_argument("--fresh", action="store_true", help="forget what an earlier demonstration left")
    p.add_argument("--port", type=int, default=8080, help="of the page on 127.0.0.1")
    p.add_argument("--check", action="store_true", help="no page: prove the story from the far side, exit 0 or 1")
    p.add_argument(
        "--sabotage", choices=["sounder", "channel", "uplink", "journal"], help="break one part; --check must name it"
    )
    p.add_argument("--patience", type=float, default=60.0, help="seconds --check waits for one piece of evidence")


def run(args: argparse.Namespace) -> int:
    from gateway.demo.processes import Campus, NotReady

    if args.check and args.scenario in ("story", "none"):
        print("--check needs one story: --scenario fire|leak|two-locks|bus-cut|power", file=sys.stderr)
        return 2
    folder = args.dir or _state_folder(args)
    if (args.fresh or args.check) and folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "campus").mkdir(exist_ok=True)
    campus = Campus(folder, args.speed, args.seed, quiet=args.check)
    try:
        return _play(campus, args)
    except NotReady as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        campus.stop()


def _play(campus: Any, args: argparse.Namespace) -> int:
    from gateway.config.library import data_dir
    from gateway.demo import sabotage
    from gateway.site import site_from_json

    print(f"数据目录 · everything is kept in {campus.dir}")
    campus.start_phone(refuse=args.sabotage == "channel")
    broker = campus.start_broker()
    database = broker and campus.start_database()
    if not database:
        what = "mosquitto" if not broker else "victoria-metrics or influxdb"
        print(f"没有 {what}：只用本地历史，不上行 · {what} is not on the PATH: local history only, no uplink")
    campus.start_campus(args.scenario, SETTLE)
    compiled = campus.compile(data_dir() / "demo" / "site.yaml")
    site = site_from_json(compiled.read_text(encoding="utf-8"))
    sabotage.before_run(campus, args.sabotage)
    campus.start_run(compiled)
    if database and args.sabotage != "uplink":
        campus.start_ingest()
    sabotage.after_run(campus, site, args.sabotage)
    if args.check:
        return _check(campus, site, args)
    campus.start_dashboard(args.port)
    campus.put_up_plans(data_dir() / "demo" / "plans")
    print(f"网页 · the page: http://127.0.0.1:{campus.page_port}/   Ctrl-C 结束 ends everything")
    sys.stdout.flush()
    return _wait(campus)


def _check(campus: Any, site: Any, args: argparse.Namespace) -> int:
    from gateway.demo.evidence import Evidence

    missing = Evidence(campus, site, args.patience).check(args.scenario)
    died = campus.died()
    if died:
        print(f"{died} 意外结束 ended by itself")
    for words in missing:
        print(f"缺少 missing: {words}")
    print("通过 proven" if not missing and not died else "未通过 not proven")
    return 1 if missing or died else 0


def _wait(campus: Any) -> int:
    import signal
    import time

    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(0))
    signal.signal(signal.SIGINT, lambda *_: ended.append(0))
    while not ended:
        time.sleep(0.2)
        if died := campus.died():
            print(f"{died} 意外结束，见 {campus.dir} · {died} ended by itself, see its log there", file=sys.stderr)
            return 1
    print("\n正在结束 · ending")
    return 0


def _state_folder(args: argparse.Namespace) -> Path:
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return base / "campus-gateway" / ("check-" + args.scenario if args.check else "demo")
