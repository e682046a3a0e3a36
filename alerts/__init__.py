"""Readings to alarms to people. Pure, except `channels/`."""
