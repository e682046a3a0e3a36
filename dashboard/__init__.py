"""The officers' page. A client of the local socket: it may crash without touching an alarm."""
