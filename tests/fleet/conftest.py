"""A real mosquitto, and tasks that end with the test, for the fleet's tests."""

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "stream"))

from stream_daemons import Mosquitto


@pytest.fixture
def broker(tmp_path):
    daemon = Mosquitto(tmp_path / "mosquitto")
    daemon.start()
    yield daemon
    daemon.kill()


@pytest.fixture
async def spawn():
    """Start a coroutine that is cancelled when the test ends; if it failed by itself, the test fails."""
    tasks = []

    def start(job):
        tasks.append(asyncio.create_task(job))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
