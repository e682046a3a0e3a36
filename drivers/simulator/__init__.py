"""A simulated school on real Modbus lines. Knows nothing of the gateway."""
