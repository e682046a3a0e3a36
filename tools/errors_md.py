"""Prints docs/errors.md from the table of codes: python -m tools.errors_md > docs/errors.md. Writes no file itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from gateway.config.codes import CODES, Code

HEAD = """# 配置检查的提示 / What `check` says

由 `gateway/config/codes.py` 生成，不要手改：`python -m tools.errors_md > docs/errors.md`。
Generated from `gateway/config/codes.py`; do not edit: `python -m tools.errors_md > docs/errors.md`.

`campus-gateway check site.yaml` 一次列出所有问题，每条写明 文件:行:列、代码、出错的那一行和改法。有错误时退出码是 78，什么都不启动、
什么都不写；只有警告时退出码是 0。花括号里的内容因文件而异。
It lists everything at once, each with file:line:column, code, the line and its cure. Errors: exit code 78, nothing is started or
written. Warnings alone: exit code 0. Words in braces differ from file to file.
"""


def render() -> str:
    errors = [c for c in CODES.values() if not c.warning]
    warnings = [c for c in CODES.values() if c.warning]
    return "\n".join([HEAD, *_table("## 错误 / Errors", errors), *_table("## 警告 / Warnings", warnings)])


def _table(title: str, codes: list[Code]) -> Iterator[str]:
    yield title
    yield ""
    yield "| 代码 code | 意思 | 改法 | meaning | cure |"
    yield "|---|---|---|---|---|"
    for c in codes:
        yield f"| {c.id} | {c.zh} | {c.cure_zh} | {c.en} | {c.cure_en} |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(render())
