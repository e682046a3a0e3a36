"""Which profile a device has, judged by what it answers and refuses. Pure: says what to ask next, asks nothing itself.

A profile fits when every question of its channels is answered, every value is believable, and no code is outside its table.
Of two that fit one is better when the device told its own address where only that profile keeps it, or when it explains all
that the other explains and more. A register that reads zero is no evidence: absent ones do too. A placeholder, whose addresses
are nobody's, gives way to a documented map that explains as much. Whatever no other one beats is named; several are named
together, never one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from drivers.bus import Space
from drivers.codec import decode
from drivers.plan import Read, needs, plan
from drivers.profile import PLACEHOLDER, Channel, Device, Profile
from drivers.reading import Now, Quality, Reading

BITS: tuple[Space, ...] = ("coil", "discrete")
SILENCES = 2  # questions of one kind that get no answer, none of that kind answered: the device knows nothing of it
STRAY_BITS = 2  # set bits of a status register that its profile may not know
NO_FUNCTION = 1  # Modbus exception
Cell = tuple[Space, int]
_NO_TIME = Now(0, 0)


@dataclass(frozen=True, slots=True)
class Guess:
    """`profiles`: none = unknown, one = named, several = their maps cannot be told apart. `readings` are of the first.

    `blank`: unknown because what fits fits only zeros.
    """

    profiles: tuple[str, ...]
    readings: tuple[Reading, ...] = ()
    sure: bool = False  # the device told its own address where the profile keeps it
    placeholder: bool = False  # the named have nobody's addresses: no more is known than that those answer
    blank: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    """What speaks for a fitting profile. `told`: registers it explains, bits it asks. `odd`: registers with unknown bits set.

    `evident`: something tells the device from one that answers zero to whatever it is asked.
    """

    id: str
    knows: int
    told: frozenset[Cell]
    zeros: frozenset[Cell]
    odd: int
    placeholder: bool
    evident: bool

    def beats(self, other: _Case) -> bool:
        if (self.knows > 0) != (other.knows > 0):
            return self.knows > 0
        if self.told != other.told:
            denied = other.knows < 0 <= self.knows and len(self.told) >= len(other.told)
            return denied or self.told > other.told
        if self.told and self.placeholder != other.placeholder:
            return other.placeholder
        if self.odd != other.odd:
            return self.odd < other.odd
        if self.zeros != other.zeros:
            return self.zeros < other.zeros
        return self.knows > other.knows


class Guesser:
    """One device under examination. Ask `next` until it gives None, telling `heard` or `refused` each time; then `guess`."""

    def __init__(self, profiles: Iterable[Profile], unit: int) -> None:
        self._unit = unit
        self._alive = {p.id: _with_signs(p) for p in profiles if p.channels}  # of one that is only written nothing can be heard
        self._reads = {p.id: _exactly(p) for p in self._alive.values()}
        self._image: dict[Cell, int] = {}
        self._refused: set[tuple[Space, int, int]] = set()
        self._silent: dict[Space, int] = {}
        self._speaks: set[Space] = set()

    def next(self) -> Read | None:
        """The question that tells most: where devices keep their own address, then what most of the profiles need.

        A profile whose address register told the right address beats all others, so those are asked for only if it does not fit.
        """
        for profile in self._alive.values():
            at = profile.unit_at
            known = at is None or (at.space, at.address) in self._image or (at.space, at.address, 1) in self._refused
            if at and not known and not self._mute(at.space):
                return Read(at.space, at.address, 1, ())
        sure = [id for id, p in self._alive.items() if self._knows_itself(p) > 0]
        wanted = Counter(read for id in sure or self._alive for read in self._open(id)[:1])
        return Read(*max(wanted, key=lambda read: wanted[read]), ()) if wanted else None

    def heard(self, read: Read, words: Sequence[int]) -> None:
        """The device answered."""
        self._image |= dict(zip(read.cells(), words, strict=True))
        self._speaks.add(read.space)
        self._alive = {id: p for id, p in self._alive.items() if self._open(id) or not self._contradicts(p)}

    def refused(self, read: Read, code: int) -> None:
        """It said no with this exception; 0: it said nothing, however often it was asked."""
        self._refused.add((read.space, read.address, read.count))
        if read.space not in self._speaks:
            self._silent[read.space] = self._silent.get(read.space, 0) + (SILENCES if code == NO_FUNCTION else code == 0)
        self._alive = {id: p for id, p in self._alive.items() if not self._denied(id)}

    def guess(self) -> Guess:
        """The verdict on what was heard so far; profiles with open questions do not count."""
        fitting = [self._case(p) for id, p in self._alive.items() if not self._open(id)]
        cases = [one for one in fitting if one.evident]
        best = [one for one in cases if not any(other.beats(one) for other in cases)]
        if not best:
            return Guess((), blank=bool(fitting))
        names = tuple(sorted(one.id for one in best))
        first = self._alive[names[0]]
        own = self._readings(first)[: len(first.channels) - len(first.signs)]
        return Guess(names, own, all(one.knows > 0 for one in best), all(one.placeholder for one in best))

    # inside

    def _open(self, id: str) -> list[tuple[Space, int, int]]:
        return [(r.space, r.address, r.count) for r in self._reads[id] if any(c not in self._image for c in r.cells())]

    def _denied(self, id: str) -> bool:
        return any(
            (r.space, r.address, r.count) in self._refused or self._mute(r.space)
            for r in self._reads[id]
            if any(c not in self._image for c in r.cells())
        )

    def _mute(self, space: Space) -> bool:
        return space not in self._speaks and self._silent.get(space, 0) >= SILENCES

    def _readings(self, profile: Profile) -> tuple[Reading, ...]:
        device = Device("device", profile, "", self._unit, 1000)
        return decode(device, [c.id for c in profile.channels], self._image, _NO_TIME)

    def _contradicts(self, profile: Profile) -> bool:
        """Is a value beyond belief? A fault that the profile itself foresees is none."""
        for channel, reading in zip(profile.channels, self._readings(profile), strict=True):
            foreseen = {*channel.sentinels.values(), *(v.fault for v in channel.valid_if)}
            foreseen |= {channel.within.fault} if channel.within else set()
            if reading.quality is Quality.FAULT and reading.fault not in foreseen:
                return True
            if (
                (channel.values and channel.type != "bit")
                and reading.value is not None
                and int(reading.value) not in channel.values
            ):
                return True
        return any((self._image[cell] & ~mask).bit_count() > STRAY_BITS for cell, mask in _masks(profile).items())

    def _case(self, profile: Profile) -> _Case:
        good = {r.point for r in self._readings(profile) if r.quality is Quality.GOOD}
        told: set[Cell] = set()
        zeros: set[Cell] = set()
        masks = _masks(profile)
        for channel in profile.channels:
            for space, address, count in needs(channel):
                cells = {(space, address + n) for n in range(count)}
                telling = {c for c in cells if self._image[c] or c in masks}
                zeros |= cells - telling
                told |= telling if f"device/{channel.id}" in good else set()
        asked = {c for r in self._reads[profile.id] for c in r.cells()}
        told |= {c for c in asked if c[0] in BITS}
        odd = sum(self._image[cell] & ~mask != 0 for cell, mask in masks.items())
        knows, placeholder = self._knows_itself(profile), profile.verified == PLACEHOLDER
        bounded = {space for space, _, _ in self._refused if space in BITS}
        evident = knows > 0 or any(self._image[cell] or cell[0] in bounded for cell in asked)
        return _Case(profile.id, knows, frozenset(told), frozenset(zeros), odd, placeholder, evident)

    def _knows_itself(self, profile: Profile) -> int:
        """1: it told its own address there. -1: it did not. 0: the profile does not know where."""
        at = profile.unit_at
        if at is None:
            return 0
        word = self._image.get((at.space, at.address))
        return 1 if word is not None and (word & at.mask) >> at.shift == self._unit else -1


def _masks(profile: Profile) -> dict[Cell, int]:
    """The registers of which the profile takes only bits, with all the bits it takes."""
    masks: dict[Cell, int] = {}
    for channel in profile.channels:
        taken = [((channel.space, channel.address), channel.mask)] if channel.mask else []
        taken += [((scale.space, scale.address), scale.mask) for scale in channel.scale_from if scale.mask != 0xFFFF]
        taken += [((check.space, check.address), check.mask) for check in channel.valid_if if check.mask != 0xFFFF]
        for cell, mask in taken:
            masks[cell] = masks.get(cell, 0) | mask
    for channel in profile.channels:
        if not channel.mask:
            for n in range(channel.words):
                masks.pop((channel.space, channel.address + n), None)
    return masks


def _with_signs(profile: Profile) -> Profile:
    """Its signs as codes of which only one is listed, or zero is a fault, behind its own channels: asked, believed, explained as those."""
    signs = tuple(
        Channel(
            f"sign-{n}",
            "code",
            s.space,
            s.address,
            values={s.equals: s.page} if s.equals else {},
            sentinels={0: s.page} if not s.equals else {},
        )
        for n, s in enumerate(profile.signs)
    )
    return replace(profile, channels=(*profile.channels, *signs))


def _exactly(profile: Profile) -> tuple[Read, ...]:
    """Its questions without holes: a device refuses registers it does not have, and says so of the whole question."""
    return plan(replace(profile, limits=replace(profile.limits, exact=True)))
