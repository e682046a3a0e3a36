"""docs/benchmarks.md: each benchmark's table stands between two marks that name it; what people wrote around it stays. Pure."""

from __future__ import annotations

import re


def placed(page: str, name: str, block: str) -> str:
    """The page with `block` between the marks of `name`; at its end, with new marks, where there are none yet."""
    begin, end = marks(name)
    if begin not in page:
        return f"{page.rstrip()}\n\n{begin}\n{block.strip()}\n{end}\n"
    before, _, rest = page.partition(begin)
    old, found, after = rest.partition(end)
    if not found or names(old):
        raise ValueError(f"{begin} has no {end}")
    return f"{before}{begin}\n{block.strip()}\n{end}{after}"


def marks(name: str) -> tuple[str, str]:
    """What stands before and after the table of a benchmark, invisible on the page."""
    return f"<!-- bench {name} -->", f"<!-- /bench {name} -->"


def names(page: str) -> list[str]:
    """The benchmarks that have a place on the page, in its order."""
    return re.findall(r"^<!-- bench (\S+) -->$", page, re.M)
