"""Device bytes to Readings. Knows no MQTT, no storage, no alarms."""
