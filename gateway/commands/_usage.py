"""What was typed wrong, said in both languages with what is right. The wording alone; argparse finds the mistakes."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from typing import NoReturn

# what argparse says (its match) -> the same in Chinese
_SAYS: tuple[tuple[str, str], ...] = (
    (r"the following arguments are required: (?P<what>.+)", "还缺 {what}"),
    (r"one of the arguments (?P<what>.+) is required", "{what} 里要写一个"),
    (r"unrecognized arguments: (?P<what>.+)", "没有这个写法：{what}"),
    (r"argument (?P<at>.+?): not allowed with argument (?P<what>.+)", "{at} 不能和 {what} 一起写"),
    (r"argument (?P<at>.+?): expected .*arguments?", "{at} 后面还要写内容"),
    (r"argument (?P<at>.+?): invalid choice: (?P<what>.+?) \(choose from .+\)", "{at} 没有 {what}，只能选后面列出的"),
    (r"argument (?P<at>.+?): invalid int value: (?P<what>.+)", "{at} 写了 {what}，要整数"),
    (r"argument (?P<at>.+?): invalid float value: (?P<what>.+)", "{at} 写了 {what}，要数字"),
)


class Parser(argparse.ArgumentParser):
    """Exit code 2 with the usage, the mistake, and where the whole help is."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {in_both(message)}\n写法 · how it is written: {self.prog} -h\n")


def in_both(message: str) -> str:
    """argparse's sentence, the Chinese before it; one of our own types says both itself."""
    for pattern, zh in _SAYS:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return f"{zh.format(**found.groupdict())} · {message}"
    return re.sub(r"^argument (.+?): ", r"\1：", message)


def whole(least: int, most: int) -> Callable[[str], int]:
    """An argparse type: a whole number of this range."""

    def read(text: str) -> int:
        if not re.fullmatch(r"-?\d{1,9}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r}: 要 {least} 到 {most} 的整数 · a whole number from {least} to {most}")
        return int(text)

    return read


def seconds(least: float, most: float) -> Callable[[str], float]:
    """An argparse type: so many seconds, parts of them too."""

    def read(text: str) -> float:
        if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text) or not least <= float(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r}: 要 {least:g} 到 {most:g} 秒 · {least:g} to {most:g} seconds")
        return float(text)

    return read
