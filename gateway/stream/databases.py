"""Which reader of the past a site's configuration names. One row a query language."""

from __future__ import annotations

from gateway.site import DatabaseConfig
from gateway.stream.client import secret
from gateway.stream.influxql import InfluxQL
from gateway.stream.past import Past
from gateway.stream.promql import PromQL


def open_past(config: DatabaseConfig) -> Past:
    """The reader that `config.style` names. Reads the secret; OSError when it cannot."""
    token = secret(config.token_file) or ""
    if config.style == "influxql":
        return InfluxQL(config.url, config.db, token)
    return PromQL(config.url, token)
