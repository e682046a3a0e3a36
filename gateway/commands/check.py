"""`check FILE`: compile a site file and print every mistake with its line and cure; with `-o` write what `run` loads."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.config.findings import Finding
    from gateway.site import Site

EX_CONFIG = 78


def add_parser(sub: Any) -> None:
    p = sub.add_parser("check", help="check a site file: every mistake with its line and cure 检查配置")
    p.add_argument("file", type=Path, help="the site file, e.g. site.yaml")
    p.add_argument("-o", "--output", type=Path, help="write the compiled site here")
    shown = p.add_mutually_exclusive_group()
    shown.add_argument("--compiled", action="store_true", help="print the compiled site on stdout")
    shown.add_argument("--json", action="store_true", help="print the findings as JSON lines on stdout")
    p.add_argument("--data", default="/var/lib/campus-gateway", help="the data folder of `run`")
    p.add_argument("--by", default="", metavar="NAME", help="who answers for its set-points (default: this account)")
    p.add_argument("--source", type=Path, metavar="FILE", help="the name it will have, where FILE is only a candidate")
    p.add_argument("--speed", type=_speed, default=1, help="divide rule and escalation durations (demonstrations only)")
    p.add_argument("--set", type=_pair, action="append", default=[], metavar="NAME=VALUE", help="replace {NAME} in the file")


def run(args: argparse.Namespace) -> int:
    from gateway.clock import SystemClock
    from gateway.config.compile import compile_site
    from gateway.config.rostercheck import roster_findings
    from gateway.site import site_to_json

    if args.output and args.output.resolve() == args.file.resolve():
        other = compiled_name(args.file)
        print(
            f"{args.output}: 会覆盖配置文件本身，请写 · would replace the site file itself, give: -o {other}", file=sys.stderr
        )
        return 2
    compiled = compile_site(args.file, data=args.data, substitutions=dict(args.set), speed=args.speed)
    _tell(compiled.findings, as_json=args.json)
    if (site := compiled.site) is not None:
        _tell(tuple(roster_findings(str(args.file), site.plant, site.channels, SystemClock().now().wall)), as_json=args.json)
    if compiled.site is None:
        errors = sum(not f.warning for f in compiled.findings)
        print(f"{errors} 处错误，未启动任何东西 · {errors} error(s), nothing was started", file=sys.stderr)
        return EX_CONFIG
    source = str((args.source or args.file).resolve())
    text = site_to_json(replace(compiled.site, source=source, compiled_by=args.by or _who()))
    if args.output:
        try:
            _write(args.output, text)
        except OSError as error:
            print(f"{args.output}: 写不了 · cannot be written: {error.strerror}", file=sys.stderr)
            return 1
    if args.compiled:
        print(text)
    elif not args.json:
        print(_summary(args.file, compiled.site))
    return 0


def compiled_name(path: Path) -> Path:
    """Where to compile to when somebody named this file: never over a site file."""
    return path.with_suffix(".compiled.json") if path.suffix in (".yaml", ".yml") else path


def _who() -> str:
    """The account of whoever asks, also through sudo; "" when this machine knows none."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError):
        return ""


def _write(path: Path, text: str) -> None:
    """Whole or not at all: `run` may read it at any time."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text}: 写成 NAME=VALUE · write NAME=VALUE")
    return name, value


def _speed(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: 1 以上的整数 · a whole number from 1 on")
    return int(text)


def _tell(findings: Sequence[Finding], *, as_json: bool) -> None:
    """JSON lines on stdout for programs; else words on stderr for people."""
    from gateway.config.findings import render

    for finding in findings:
        if as_json:
            print(json.dumps(finding.as_json(), ensure_ascii=False))
        else:
            print(render(finding), file=sys.stderr)


def _summary(file: Path, site: Site) -> str:
    plant = site.plant
    return (
        f"{file}: 可以使用：{len(site.devices)} 个设备，{len(plant.points)} 个点位，{len(plant.rules)} 条规则，{len(plant.people)} 人"
        f" · good: {len(site.devices)} devices, {len(plant.points)} points, {len(plant.rules)} rules, {len(plant.people)} people"
    )
