"""PLACEHOLDER for integration."""
from dataclasses import dataclass
@dataclass
class Load: share: float; lines: tuple
def load(*a): return Load(0.5, ("placeholder",))
