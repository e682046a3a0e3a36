"""Writes docs/commands.md from the command line itself. Run: python tools/commands_md.py; tests/test_docs.py checks that it is current."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from gateway.commands import COMMANDS

TARGET = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
HEAD = """# Commands · 命令

Written by `tools/commands_md.py` from the command line itself.

Exit codes: 0 ok (warnings too), 1 findings or a failed check, 2 usage, 78 errors in the configuration.
"""


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Every command and sub-command with its parser, e.g. "alarm ack"."""
    found: dict[str, argparse.ArgumentParser] = {}
    for name in COMMANDS:
        sub = argparse.ArgumentParser(prog="campus-gateway").add_subparsers()
        importlib.import_module(f"gateway.commands.{name}").add_parser(sub)
        _walk(name, sub.choices[name], found)
    return found


def _walk(name: str, parser: argparse.ArgumentParser, found: dict[str, argparse.ArgumentParser]) -> None:
    subs = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not subs:
        found[name] = parser
    for sub in subs:
        for child, one in sub.choices.items():
            _walk(f"{name} {child}", one, found)


def render() -> str:
    out = [HEAD]
    top = ""
    for name, parser in parsers().items():
        head = name.split()[0]
        if head != top:
            out.append(f"## {head}\n{COMMANDS[head]}\n")
            top = head
        if name != head:
            out.append(f"### `campus-gateway {name}`\n")
        rows = []
        for action in parser._actions:
            if "-h" in action.option_strings:
                continue
            label = ", ".join(action.option_strings) or str(action.metavar or action.dest)
            choices = " (" + ", ".join(map(str, action.choices)) + ")" if action.choices else ""
            needed = " **needed**" if action.required and action.option_strings else ""
            rows.append(f"| `{label}` | {action.help or ''}{choices}{needed} |")
        out.append("| Argument | Meaning |\n|---|---|\n" + "\n".join(rows) + "\n" if rows else "No arguments.\n")
    return "\n".join(out)


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
