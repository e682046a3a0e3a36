"""By which registers a model is recognised: where it keeps its own address, and what always reads the same. Typed, and from YAML. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.bus import SPACES, Space
from drivers.fields import Fields


@dataclass(frozen=True, slots=True)
class UnitAt:
    """The register in which a device keeps its own unit address: (register & mask) >> shift. Read to recognise it.

    `write`: the function (6 or 16) by which it takes another address, 0: not known, or not to be done; `highest`: the greatest it
    may have; `page`: where its document says so. Written on a person's wish only (drivers.readdress).
    """

    space: Space
    address: int
    mask: int = 0xFFFF
    shift: int = 0
    write: int = 0
    highest: int = 247
    page: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """A register that every device of the model answers, always with this number, as `page` says. Read by `scan` only.

    `equals` 0: with any number but zero, which a length of cable or a supply voltage never is.
    """

    space: Space
    address: int
    equals: int
    page: str


def read_unit_at(f: Fields) -> UnitAt:
    space, address = f.choice("space", SPACES), f.integer("address", 0, 0xFFFF)
    mask, shift = f.integer("mask", 1, 0xFFFF, 0xFFFF), f.integer("shift", 0, 8, 0)
    write, highest = f.one_of("write", (0, 6, 16), 0), f.integer("highest", 1, 247, 247)
    found = UnitAt(space, address, mask, shift, write, highest, f.text("page", ""))
    if write and (not found.page or mask != 0xFFFF or space != "holding"):
        f.fail(
            "write",
            "要写地址，须是整个保持寄存器，并写明出处 page",
            "to be written it must be a whole holding register, with its page",
        )
    f.done()
    return found


def read_sign(f: Fields) -> Sign:
    sign = Sign(
        f.choice("space", ("holding", "input")),
        f.integer("address", 0, 0xFFFF),
        f.integer("equals", 0, 0xFFFF, 0),
        f.text("page"),
    )
    f.done()
    return sign
