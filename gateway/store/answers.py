"""Answering futures of an event loop that may have been given up by whoever waited. Nothing else."""

from __future__ import annotations

import asyncio
from typing import TypeVar

T = TypeVar("T")


def succeed(answer: asyncio.Future[T], result: T) -> None:
    """Give the result, unless nobody waits any more."""
    if not answer.done():
        answer.set_result(result)


def fail(answer: asyncio.Future[T], fault: Exception) -> None:
    """Give the error, unless nobody waits any more."""
    if not answer.done():
        answer.set_exception(fault)
