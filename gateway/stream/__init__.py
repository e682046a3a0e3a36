"""Readings and events to the broker and on to InfluxDB."""
