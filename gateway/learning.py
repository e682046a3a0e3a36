"""When the child learns what is usual (gateway/baseline), and what becomes of it: loaded, or a fault that harms no alarm.

Once at the start when the file is missing or old, then every day at 03:40. The child is niced, small, and killed when it takes long.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from alerts import calendar
from alerts.plant import Plant
from drivers.reading import Clock
from gateway import usual

log = logging.getLogger(__name__)

AT = 3 * 60 + 40  # local minutes: nobody is up, and the nightly load of other things is over
LOOK = 60.0  # s between two looks at the clock: it may be set meanwhile
OLD = 26 * 3_600_000  # ms
LONGEST = 120.0  # s the child may take
DAYS = 57  # that the child is told of: its window and the day that begins it
CHILD = (sys.executable, "-m", "gateway.baseline")
FAULT = "baseline"  # box/<this> is the point of the fault


class Learning:
    """`learnt` takes the table, `fault(name, active, why)` is told when the child fails and when it works again."""

    def __init__(
        self, data: Path, plant: Plant, clock: Clock,
        learnt: Callable[[usual.Table], None], fault: Callable[[str, bool, str], None],
        *, child: tuple[str, ...] = CHILD, longest: float = LONGEST,
    ) -> None:  # fmt: skip
        self._data, self._plant, self._clock = data, plant, clock
        self._learnt, self._fault, self._child, self._longest = learnt, fault, child, longest
        self.points = tuple(dict.fromkeys(p for r in plant.rules if r.kind == "deviation" for p in r.points))
        self._made, self._table, self._why = 0, {}, ""  # type: int, usual.Table, str

    def state(self) -> dict[str, object]:
        """For the socket's `health`: when it was made (0: never), what is wrong, and of each point how many of 48 hours are known."""
        known = {p: sum(u is not None for u in self._table.get(p, ())) for p in self.points}
        return {"made": self._made, "why": self._why, "hours_known": known}

    async def run(self) -> None:
        """For ever."""
        self._load()
        due = 0
        while True:
            now = self._clock.now().wall
            if self._clock.ok() and (due == 0 or now >= due or due - now > 25 * 3_600_000):
                if due or now - self._made > OLD or self._made > now:
                    await self.learn()
                due = calendar.next_minute(self._plant, now, (AT,))
            await asyncio.sleep(LOOK)

    async def learn(self) -> None:
        """Let the child learn and take what it wrote. What fails is a fault, and what was known before goes on to count."""
        why = await self._made_by_child()
        if why:
            log.warning("the baseline was not learnt: %s", why)
            self._state(f"基线未更新 the baseline was not learnt: {why}")
        else:
            self._load()

    def _load(self) -> None:
        try:
            self._made, self._table = usual.load(self._data / usual.FILE)
        except (OSError, ValueError) as error:
            self._state(f"基线文件读不了 the baseline cannot be read: {error}")
            return
        self._learnt(self._table)
        self._state("")

    async def _made_by_child(self) -> str:
        """ "" or why not."""
        pipe, env = subprocess.PIPE, {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        try:
            process = await asyncio.create_subprocess_exec(
                *self._child, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, env=env
            )
        except OSError as error:
            return str(error)
        try:
            async with asyncio.timeout(self._longest):
                _, words = await process.communicate(json.dumps(self._request()).encode())
        except TimeoutError:
            return f"takes longer than {self._longest:.0f} s"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        last = (words.decode(errors="replace").strip().splitlines() or [""])[-1][:200]
        return "" if process.returncode == 0 else f"{last} (exit {process.returncode})"

    def _request(self) -> dict[str, object]:
        wall = self._clock.now().wall
        today = calendar.local(self._plant, wall).date()
        days = [today - timedelta(days=n) for n in range(DAYS + 1)]
        other = [day.isoformat() for day in days if not calendar.school_day(self._plant.calendar, day)]
        return {
            "data": str(self._data), "timezone": self._plant.timezone, "wall": wall, "points": self.points, "other": other,
        }  # fmt: skip

    def _state(self, why: str) -> None:
        if why != self._why:
            self._fault(FAULT, bool(why), why)
        self._why = why
