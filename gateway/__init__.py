"""Wires the drivers, the alerts and the stores together and runs them."""
