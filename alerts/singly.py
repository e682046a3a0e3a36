"""Digits as they are said on the telephone and in the guard room: one by one, 301 is 三零一. For what is spoken, never for what is read."""

from __future__ import annotations

_SAID = str.maketrans("0123456789", "零一二三四五六七八九")


def singly(text: str) -> str:
    return text.translate(_SAID)
