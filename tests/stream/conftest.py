"""Fixtures of the stream tests: real servers, and tasks that end with the test."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from stream_box import Spawn
from stream_daemons import Influx2, Influx16, Mosquitto, Victoria

from gateway.stream.influx import create_database


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    daemon = Mosquitto(tmp_path / "mosquitto")
    daemon.start()
    yield daemon
    daemon.kill()


@pytest.fixture(scope="session")
def _influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx16]:
    daemon = Influx16(tmp_path_factory.mktemp("influxd"))
    daemon.start()
    yield daemon
    daemon.kill()


@pytest.fixture
def influx(_influx: Influx16) -> tuple[str, str]:
    """URL and name of an empty database of an InfluxDB 1.6."""
    db = f"t{uuid.uuid4().hex}"
    create_database(_influx.url, db)
    return _influx.url, db


@pytest.fixture(scope="session")
def influx2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx2]:
    """Only for tests that exist while `INFLUXD` names a binary."""
    daemon = Influx2(tmp_path_factory.mktemp("influxd2"))
    daemon.start()
    try:
        daemon.set_up()
        yield daemon
    finally:
        daemon.kill()


@pytest.fixture(scope="session")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victoria]:
    daemon = Victoria(tmp_path_factory.mktemp("victoria"))
    daemon.start()
    yield daemon
    daemon.kill()


@pytest.fixture
async def spawn() -> AsyncIterator[Spawn]:
    """Start a coroutine that is cancelled when the test ends; if it failed by itself, the test fails."""
    tasks: list[asyncio.Task[Any]] = []

    def start(job: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        tasks.append(asyncio.create_task(job))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
