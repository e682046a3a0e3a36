"""One file per way to reach a person. The only I/O in `alerts`."""
