"""Which questions read a profile at the least cost on the line. Pure; asks nothing itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from drivers.bus import Space
from drivers.pace import BIT_SPACES, USUAL, Pace
from drivers.profile import Channel, Device, Limits, Profile
from drivers.quantities import QUANTITIES

FIRE_REGISTERS = 60  # the longest read on a line with fire points (design §5)


@dataclass(frozen=True, slots=True)
class Read:
    """One question: `count` registers or bits from the 0-based wire `address`.

    `channels` are those that can be decoded once this Read and all Reads before it in the plan are in the
    image. A channel whose scale or validity register lies in another Read is named by the later of the two,
    so the poller merges the answers of one device's cycle into one image. It may be empty (helpers only).
    """

    space: Space
    address: int
    count: int
    channels: tuple[str, ...]

    def cells(self) -> Iterator[tuple[Space, int]]:
        """Every register or bit the question touches."""
        return ((self.space, address) for address in range(self.address, self.address + self.count))


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    """Registers start..end-1 that must come in one answer."""

    start: int
    end: int


def needs(channel: Channel) -> tuple[tuple[Space, int, int], ...]:
    """(space, address, count) of every value without which the channel cannot be decoded, its own first."""
    helpers = [(s.space, s.address, 1) for s in channel.scale_from] + [(v.space, v.address, 1) for v in channel.valid_if]
    return ((channel.space, channel.address, channel.words), *helpers)


def is_fire(device: Device) -> bool:
    return any(QUANTITIES[channel.quantity].fire for channel in device.profile.channels)


def longest(devices: Sequence[Device]) -> int | None:
    """Registers that one read on the line of these devices may ask for, beyond each device's own limit."""
    return FIRE_REGISTERS if any(is_fire(d) for d in devices) else None


def plans(devices: Sequence[Device], pace: Pace) -> dict[str, tuple[Read, ...]]:
    """The plans of all devices of one line, by id. On a line with fire points no read is long."""
    most = longest(devices)
    return {d.id: plan(d.profile, pace=pace, max_registers=most) for d in devices}


def plan(
    profile: Profile,
    *,
    pace: Pace = USUAL,
    max_registers: int | None = None,
    forbidden: Collection[tuple[Space, int]] = (),
    cuts: Collection[tuple[Space, int]] = (),
) -> tuple[Read, ...]:
    """The questions of one cycle; together they make every channel decodable, each named exactly once.

    A hole is read along when that is quicker on this line than one more question. `max_registers` tightens the profile's
    own limit (lines with fire points). A register or bit in `forbidden` (the device answered exception 2 there) is never
    touched: holes over it stay open, and a channel that needs it is in no Read. Raises ValueError when a value is longer
    than the limit. No question goes on over the start of a cell in `cuts`.
    """
    limits = profile.limits
    wanted: dict[Space, set[_Span]] = {}
    readable: list[tuple[Channel, list[tuple[Space, _Span]]]] = []
    for channel in (c for c in profile.channels if not c.signal):
        spans = [(space, _span(space, address, count, limits)) for space, address, count in needs(channel)]
        if any((space, cell) in forbidden for space, span in spans for cell in range(span.start, span.end)):
            continue
        readable.append((channel, spans))
        for space, span in spans:
            wanted.setdefault(space, set()).add(span)
    questions = [
        (space, question)
        for space, spans_of_space in wanted.items()
        for question in _questions(
            space, sorted(spans_of_space), limits, _longest(space, limits, max_registers), forbidden, cuts, pace
        )
    ]
    names: list[list[str]] = [[] for _ in questions]
    for channel, spans in readable:
        last = max(_where(space, span, questions) for space, span in spans)
        names[last].append(channel.id)
    return tuple(
        Read(space, question.start, question.end - question.start, tuple(ids))
        for (space, question), ids in zip(questions, names, strict=True)
    )


def _span(space: Space, address: int, count: int, limits: Limits) -> _Span:
    block = limits.bit_block if space in BIT_SPACES else 1
    return _Span(address // block * block, -(-(address + count) // block) * block)


def _longest(space: Space, limits: Limits, max_registers: int | None) -> int:
    if space in BIT_SPACES:
        return limits.max_bits
    return limits.max_registers if max_registers is None else min(limits.max_registers, max_registers)


def _questions(
    space: Space,
    spans: list[_Span],
    limits: Limits,
    longest: int,
    forbidden: Collection[tuple[Space, int]],
    cuts: Collection[tuple[Space, int]],
    pace: Pace,
) -> list[_Span]:
    """Cut the sorted spans into runs, one question each, at the least total cost (dynamic programming)."""
    if limits.alone:
        return [_fit(span, longest) for span in spans]
    many, widest = len(spans), min(longest, max(span.end for span in spans) - spans[0].start)
    price = [round((pace.question(limits.gap) + pace.values(space, count)) * 1e9) for count in range(widest + 1)]
    best = [0] * (many + 1)  # cost of the spans from j on, in whole ns: equal cuts are equal
    question = [0] * many  # what the question that begins with span j asks up to
    after = [many] * many  # the span behind that question
    for j in reversed(range(many)):
        start, end, least = spans[j].start, _fit(spans[j], longest).start, -1
        for i in range(j, many):
            at, stop = spans[i].start, spans[i].end
            if max(end, stop) - start > longest or (i > j and (space, at) in cuts):
                break
            if at > end and (limits.exact or any((space, cell) in forbidden for cell in range(end, at))):
                break
            end = max(end, stop)
            cost = price[end - start] + best[i + 1]
            if least < 0 or cost < least:
                least, question[j], after[j] = cost, end, i + 1
        best[j] = least
    found, j = [], 0
    while j < many:
        found.append(_Span(spans[j].start, question[j]))
        j = after[j]
    return found


def _fit(span: _Span, longest: int) -> _Span:
    if span.end - span.start > longest:
        raise ValueError(f"a value at 0x{span.start:04X} needs {span.end - span.start} in one answer; the limit is {longest}")
    return span


def _where(space: Space, span: _Span, questions: list[tuple[Space, _Span]]) -> int:
    """Index of the first question whose answer holds the span; there is one by construction."""
    return next(i for i, (s, q) in enumerate(questions) if s == space and q.start <= span.start and span.end <= q.end)
