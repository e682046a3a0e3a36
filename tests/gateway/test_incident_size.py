"""An incident that lasted long: what the living `run` writes of it must not be in its memory."""

from __future__ import annotations

import tracemalloc
import zipfile
from pathlib import Path

from gateway import incident
from gateway.store.frame import pack
from gateway.store.incident import Stretch
from gateway.store.readings import Readings

WALL = 1_790_000_000_000
A_ROW = 300  # readings


def written(folder: Path, rows: int) -> int:
    """Bytes of memory that an incident with so many rows of readings takes at most."""
    folder.mkdir()
    lines = [[b"temperature,site=s,point=d/t value=21.5,quality=0i %d000000\n" % (WALL + row * A_ROW + n) for n in range(A_ROW)]
             for row in range(rows)]  # fmt: skip
    log = Readings(folder / "readings.db")
    sql = "INSERT INTO frame (boot, a, b, machine, wall, frames) VALUES ('b', ?, ?, '', ?, ?)"
    log.db.executemany(sql, [(n, n, WALL + n, pack(row)) for n, row in enumerate(lines)])
    log.close()
    tracemalloc.start()
    with zipfile.ZipFile(folder / "i.zip", "w", zipfile.ZIP_DEFLATED) as file:
        incident._readings(file, folder / "readings.db", Stretch("s-1", WALL, WALL + 10**6, (0, bytes(32)), ()), folder)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with zipfile.ZipFile(folder / "i.zip") as file:
        table = file.read("readings.csv")
        assert table.startswith(b"wall,point,value,quality\n") and table.count(b"\n") == 1 + rows * A_ROW
        assert file.read("frames.lp") == b"".join(line for row in lines for line in row)
    return peak


def test_readings_of_days_are_never_in_memory(tmp_path: Path) -> None:
    """A fault that nobody repaired for a month: at 200 points a second its table would be gigabytes."""
    few, many = written(tmp_path / "few", 5), written(tmp_path / "many", 45)
    assert many < few + 200_000, f"{few} bytes for 1,500 readings, {many} for 13,500"
