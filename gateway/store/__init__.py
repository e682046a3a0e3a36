"""What survives a power cut: the journal of alarms and the log of readings."""
