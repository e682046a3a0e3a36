"""One purpose per file: device bytes to Modbus and back; the only place that knows pymodbus."""
