"""What `run` starts with: the compiled site, or the last good one when that cannot be used. Before anything else runs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from gateway.change.files import at_start, own
from gateway.site import Site, site_from_json

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """`why` is "" unless the last good site stands in for a broken one: then it is shown as a fault."""

    site: Site
    why: str = ""


def load(compiled: Path) -> Loaded:
    """Raises OSError or ValueError when neither the compiled site nor a last good one can be used."""
    try:
        at_start(compiled)
    except (OSError, ValueError, KeyError) as error:  # a disk that takes nothing, a broken trial: alarms come first
        log.error("a change of the configuration could not be finished: %s", error)
    try:
        return Loaded(site_from_json(compiled.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        good = own(compiled) / "good.json"
        if not good.exists():
            raise
        log.error("%s cannot be used, the last good one is: %s", compiled, error)
        return Loaded(site_from_json(good.read_text(encoding="utf-8")), str(error))
