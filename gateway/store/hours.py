"""The minutes of one point's history, hour by hour, for a look from another process. Reads only; makes nothing of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from gateway.store.database import readonly
from gateway.store.history import HOUR, row_of


def hours(path: Path, point: str, first: int, last: int) -> Iterator[tuple[int, bytes]]:
    """(wall ms of the hour, 60 minutes as gateway.store.history packs them), oldest first, of first <= hour < last.

    Nothing for a point nobody has heard of. Raises StoreError; a chunk that is damaged is left out.
    """
    with closing(readonly(path)) as db:
        found = db.execute("SELECT id FROM point WHERE name = ?", (point,)).fetchone()
        if found is None:
            return
        bounds = (row_of(found[0], first // HOUR), row_of(found[0], -(-last // HOUR)))
        for row, packed in db.execute("SELECT id, minutes FROM minute WHERE id >= ? AND id < ? ORDER BY id", bounds):
            try:
                minutes = zlib.decompress(packed)
            except zlib.error:
                continue
            yield (row - row_of(found[0], 0)) * HOUR, minutes
