"""`check FILE`: compile a site file and print every mistake with its line and cure; with `-o` write what `run` loads."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

EX_CONFIG = 78


def add_parser(sub: Any) -> None:
    p = sub.add_parser("check", help="check a site file: every mistake with its line and cure 检查配置")
    p.add_argument("file", type=Path, help="the site file, e.g. site.yaml")
    p.add_argument("-o", "--output", type=Path, help="write the compiled site here")
    p.add_argument("--compiled", action="store_true", help="print the compiled site")
    p.add_argument("--json", action="store_true", help="print the findings as JSON lines")
    p.add_argument("--data", default="/var/lib/campus-gateway", help="the data folder of `run`")
    p.add_argument("--speed", type=int, default=1, help="divide rule and escalation durations (demonstrations only)")
    p.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="replace {NAME} in the file")


def run(args: argparse.Namespace) -> int:
    from gateway.config.compile import compile_site
    from gateway.config.findings import render
    from gateway.site import site_to_json

    substitutions = dict(pair.split("=", 1) for pair in args.set)
    compiled = compile_site(args.file, data=args.data, substitutions=substitutions, speed=args.speed)
    for finding in compiled.findings:
        print(json.dumps(finding.as_json(), ensure_ascii=False) if args.json else render(finding), file=sys.stderr)
    if compiled.site is None:
        errors = sum(not f.warning for f in compiled.findings)
        print(f"{errors} 处错误，未启动任何东西 · {errors} error(s), nothing was started", file=sys.stderr)
        return EX_CONFIG
    text = site_to_json(compiled.site)
    if args.output:
        part = args.output.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        os.replace(part, args.output)
    if args.compiled:
        print(text)
    elif not args.json:
        plant = compiled.site.plant
        print(
            f"{args.file}: 可以使用 · good: {len(compiled.site.devices)} devices, {len(plant.points)} points, "
            f"{len(plant.rules)} rules, {len(plant.people)} people"
        )
    return 0
