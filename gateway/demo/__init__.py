"""The demonstration: a simulated school and the real product on this machine, and the proof from the far side."""
