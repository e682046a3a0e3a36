"""Which frames exist and which of them each destination has for good. Pure; the owner locks and persists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gateway.store.ranges import Range, RangeSet

Runs = dict[str, RangeSet]  # run id -> numbers


class Ledger:
    """Frames by (run, number). A destination appears with its first confirmation, or because it was named at the start."""

    def __init__(self, dests: Iterable[str] = ()) -> None:
        self._known: Runs = {}
        self._confirmed: dict[str, Runs] = {dest: {} for dest in dests}
        self._dirty: set[tuple[str, str]] = set()

    def add(self, boot: str, a: int, b: int) -> None:
        """These frames exist."""
        self._known.setdefault(boot, RangeSet()).add(a, b)

    def remove(self, boot: str, a: int, b: int) -> None:
        """These frames exist no more."""
        self._known.setdefault(boot, RangeSet()).remove(a, b)

    def confirm(self, dest: str, boot: str, ranges: Iterable[Range]) -> None:
        """`dest` has these; what does not exist, or is no range, is passed over."""
        known = self._known.get(boot)
        if known is None:
            return
        confirmed = self._confirmed.setdefault(dest, {}).setdefault(boot, RangeSet())
        for a, b in ranges:
            for x, y in known.within(a, b) if a <= b else []:
                confirmed.add(x, y)
        self._dirty.add((dest, boot))

    def ask_again(self, dest: str, boot: str, a: int, b: int) -> None:
        """`dest` shall get these once more."""
        self._confirmed.setdefault(dest, {}).setdefault(boot, RangeSet()).remove(a, b)
        self._dirty.add((dest, boot))

    def missing(self, dest: str, besides: Iterable[tuple[str, int, int]] = ()) -> Runs:
        """What `dest` has not confirmed, by run, oldest run first, without `besides` (run, a, b)."""
        had = self._confirmed.setdefault(dest, {})
        lacked = {boot: known.minus(had.get(boot, RangeSet())) for boot, known in self._known.items()}
        for boot, a, b in besides:
            if boot in lacked:
                lacked[boot].remove(a, b)
        return lacked

    def backlog(self, dest: str) -> int:
        return sum(missing.size() for missing in self.missing(dest).values())

    def confirmed(self) -> dict[str, Runs]:
        """A copy of all confirmed numbers, by destination and run."""
        return {dest: {boot: RangeSet(had) for boot, had in runs.items()} for dest, runs in self._confirmed.items()}

    def dirty(self) -> dict[tuple[str, str], list[Range]]:
        """What must be written down: confirmed ranges by (dest, run) that changed since they were `saved`."""
        return {(dest, boot): list(self._confirmed[dest][boot]) for dest, boot in self._dirty}

    def saved(self, written: Mapping[tuple[str, str], Sequence[Range]]) -> None:
        """These are on the disk; what was confirmed meanwhile stays dirty."""
        self._dirty = {key for key, now in self.dirty().items() if now != written.get(key)}

    def reload(self, known: Runs, confirmed: Mapping[str, Mapping[str, RangeSet]], boot: str, upto: int) -> int:
        """The file was opened: exactly `known` exists, and what run `boot` added after number `upto`; what is confirmed there joins

        what is confirmed here. Gives how many frames that the worst-off destination lacked exist no more.
        """
        lacked = {dest: self.missing(dest) for dest in self._confirmed}
        newer = self._known.get(boot, RangeSet()).within(upto + 1, 1 << 62)
        self._known = known
        for a, b in newer:
            self.add(boot, a, b)
        for dest, runs in confirmed.items():
            for run, had in runs.items():
                own = self._confirmed.setdefault(dest, {}).setdefault(run, RangeSet())
                for a, b in had:
                    own.add(a, b)
        return max((self._gone(runs) for runs in lacked.values()), default=0)

    def _gone(self, lacked: Runs) -> int:
        return sum(missing.minus(self._known.get(boot, RangeSet())).size() for boot, missing in lacked.items())

    def forget_empty(self, but: str) -> list[str]:
        """Forget the runs without frames, except `but`; give their ids."""
        empty = [boot for boot, known in self._known.items() if not known and boot != but]
        for boot in empty:
            del self._known[boot]
            for runs in self._confirmed.values():
                runs.pop(boot, None)
        self._dirty = {key for key in self._dirty if key[1] not in empty}
        return empty
