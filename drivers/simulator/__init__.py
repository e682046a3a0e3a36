"""A simulated campus: real Modbus over ptys and TCP. A program of its own that knows nothing of the gateway."""
