"""One purpose per file: Modbus from a question to a checked answer, on a serial port or a TCP connection."""
