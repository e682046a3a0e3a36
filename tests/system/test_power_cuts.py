"""D4 and D5 on the living daemon: disks as power cuts leave them, and syncs before whatever they make certain."""

from __future__ import annotations

from pathlib import Path

import pytest
from power_cut import Call, Disk
from power_cuts import many_cuts
from school import School


def test_d4_d5_no_power_cut_loses_what_was_told(school: School) -> None:
    many_cuts(school, images=10, starts=1, seed=4)


@pytest.mark.soak
def test_d4_d5_1000_power_cuts_lose_nothing_that_was_told(school: School) -> None:
    many_cuts(school, images=1000, starts=5, seed=2026)


class Never:
    """Every uncertain write is there, whole; no move is."""

    def choice(self, words: tuple[str, ...]) -> str:
        return "all"

    def randint(self, a: int, b: int) -> int:
        return a

    def random(self) -> float:
        return 0.0


def op(n: int, name: str, path: str, data: bytes = b"", *numbers: int, target: str = "") -> Call:
    return Call(name, path, data, numbers, target, n, n, 0.0)


def test_the_disk_keeps_what_was_synced_and_only_that(tmp_path: Path) -> None:
    """The model itself: a sync makes its own file certain and no other; a write under way during the sync is not part of it."""
    disk = Disk("/d")
    disk.feed(op(1, "pwrite64", "/d/a", b"one", 3, 0))
    disk.feed(op(2, "pwrite64", "/d/b", b"two", 3, 0))
    assert disk.feed(op(3, "fdatasync", "/d/a"))
    assert disk.files == {"/d/a": bytearray(b"one")}
    disk.feed(op(4, "pwrite64", "/d/a", b"X", 1, 1))
    disk.feed(op(5, "rename", "/d/b", target="/d/c"))
    disk.image(tmp_path, Never())  # type: ignore[arg-type]
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a": b"oXe", "b": b"two"}
    assert disk.files == {"/d/a": bytearray(b"one")}, "an image changes nothing"
