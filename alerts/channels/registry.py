"""The table of channel types: name in the site file -> builder. Data only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alerts.channels import console, webhook
from alerts.channels.base import Channel
from drivers.reading import Clock

CHANNELS: dict[str, Callable[[Mapping[str, str], Clock], Channel]] = {
    "console": console.build,
    "webhook": webhook.build,
}
