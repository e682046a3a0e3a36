"""One file per rule kind: readings to a Condition. Pure."""
