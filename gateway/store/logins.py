"""How many accounts and PINs of the page are locked after too many wrong ones. Reads dashboard.db only, by the views it keeps for this."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from gateway.store.database import StoreError, readonly

VIEWS = ("locked_accounts", "locked_pins")  # of one column, `person`: dashboard.auth and dashboard.desks make them


def locked(data: Path) -> float:
    """0 too where there is no page on this box. Raises ValueError when the file cannot be read."""
    path = data / "dashboard.db"
    if not path.exists():
        return 0.0
    try:
        with closing(readonly(path)) as db:
            there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
            return float(sum(db.execute(f"SELECT count(*) FROM {view}").fetchone()[0] for view in VIEWS if view in there))
    except StoreError as error:
        raise ValueError(str(error)) from error
