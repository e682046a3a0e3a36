"""The restart policy of the leaves (bus, channel, uplink): a crash costs only the leaf; the third in a minute is an alarm."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.5  # seconds
LONGEST_PAUSE = 10.0
WINDOW = 60.0
CRASHES = 3


async def keep(
    name: str, leaf: Callable[[], Awaitable[None]], alarm: Callable[[str, bool, str], None], *, raised: bool = False
) -> None:
    """Run `leaf` for ever; a leaf that ends or raises is started again with back-off.

    `alarm(name, active, why)` is called with True at the third crash within 60 s, and with False once the
    leaf has then lived through 60 s. `raised`: an earlier process has called it with True and not yet with False.
    """
    loop = asyncio.get_running_loop()
    crashes: deque[float] = deque(maxlen=CRASHES)
    pause = FIRST_PAUSE
    while True:
        running = asyncio.ensure_future(leaf())
        try:
            if raised:
                done, _ = await asyncio.wait({running}, timeout=WINDOW)
                if not done:
                    alarm(name, False, "")
                    raised, pause = False, FIRST_PAUSE
            await running
            why = "ended by itself"
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                running.cancel()
                raise
            why = "gave itself up"  # something it waited for was cancelled: nobody has asked this leaf to end
        except Exception as error:
            log.exception("%s crashed", name)
            why = f"{type(error).__name__}: {error}"
        now = loop.time()
        if crashes and now - crashes[-1] > WINDOW:
            pause = FIRST_PAUSE
        crashes.append(now)
        if len(crashes) == CRASHES and now - crashes[0] <= WINDOW and not raised:
            raised = True
            alarm(name, True, why)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
