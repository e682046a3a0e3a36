"""Read plan: merging, holes, limits, helpers, forbidden registers; properties over random profiles."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.bus import Space
from drivers.pace import USUAL, pace
from drivers.plan import Read, needs, plan
from drivers.profile import Channel, Limits, Profile, ScaleFrom, ValidIf


def profile(*channels: Channel, limits: Limits | None = None) -> Profile:
    return Profile("p", "v", "m", "k", "map", "s", channels, limits=limits or Limits())


def at(address: int, type: str = "u16", space: Space = "holding") -> Channel:
    return Channel(f"c{address}", "count", space, address, type)


def bit(address: int, space: Space = "discrete") -> Channel:
    return Channel(f"b{address}", "contact", space, address, "bit")


def asked(reads: tuple[Read, ...]) -> list[tuple[Space, int, int]]:
    return [(r.space, r.address, r.count) for r in reads]


CASES = [
    ("neighbours", profile(at(0), at(1), at(2)), [("holding", 0, 3)]),
    ("order of the profile does not matter", profile(at(2), at(0), at(1)), [("holding", 0, 3)]),
    # 9600 baud: a hole of 12 registers costs 24 characters, a question 20 characters and 5 ms of turning round: 24.8
    ("hole worth filling", profile(at(0), at(13)), [("holding", 0, 14)]),
    ("hole not worth filling", profile(at(0), at(14)), [("holding", 0, 1), ("holding", 14, 1)]),
    ("exact: holes stay open", profile(at(0), at(1), at(3), limits=Limits(exact=True)), [("holding", 0, 2), ("holding", 3, 1)]),
    ("alone", profile(at(0), at(1), limits=Limits(alone=True)), [("holding", 0, 1), ("holding", 1, 1)]),
    (
        "alone, two bits of one register",
        profile(at(0), Channel("d", "alert", "holding", 0, "bit", mask=1), limits=Limits(alone=True)),
        [("holding", 0, 1)],
    ),
    (
        "value kept whole at the limit",
        profile(at(0), at(1, "u32"), limits=Limits(max_registers=2)),
        [("holding", 0, 1), ("holding", 1, 2)],
    ),
    ("spaces apart", profile(at(0), at(0, space="input")), [("holding", 0, 1), ("input", 0, 1)]),
    ("bits over a long hole", profile(bit(0), bit(150)), [("discrete", 0, 151)]),
    ("bits, limit", profile(bit(0), bit(9), limits=Limits(max_bits=8)), [("discrete", 0, 1), ("discrete", 9, 1)]),
    ("bit block", profile(bit(0), bit(1), limits=Limits(bit_block=8)), [("discrete", 0, 8)]),
    (
        "bit block further up",
        profile(bit(9), bit(17), limits=Limits(bit_block=8, max_bits=8)),
        [("discrete", 8, 8), ("discrete", 16, 8)],
    ),
    ("overlap", profile(at(0, "u32"), at(1)), [("holding", 0, 2)]),
]


@pytest.mark.parametrize(("model", "want"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_questions(model: Profile, want: list[tuple[Space, int, int]]) -> None:
    assert asked(plan(model)) == want


def test_the_tighter_limit_wins() -> None:
    model = profile(*(at(n) for n in range(10)), limits=Limits(max_registers=8))
    assert max(r.count for r in plan(model)) == 8
    assert max(r.count for r in plan(model, max_registers=4)) == 4
    assert max(r.count for r in plan(model, max_registers=60)) == 8


def test_fewest_questions_not_greedy() -> None:
    """Eight registers at a time, from the left, would split the middle pair off: three questions instead of two."""
    model = profile(at(0), at(7, "u32"), at(9), limits=Limits(max_registers=8))
    assert asked(plan(model)) == [("holding", 0, 1), ("holding", 7, 3)]


@pytest.mark.parametrize(
    "type, baud, gap, widest",
    [
        ("modbus-rtu", 9_600, 0, 12),  # 20 characters + 5 ms: 24.8 characters, two a register
        ("modbus-rtu", 2_400, 0, 10),  # 20 characters + 5 ms: 21.2
        ("modbus-rtu", 115_200, 0, 55),  # 13 characters + 2 × 1.75 ms + 5 ms: 110.9
        ("modbus-rtu", 9_600, 19, 21),  # the device wants 19 ms more: 43.0
        ("modbus-tcp", 9_600, 0, 58),  # bytes cost nothing: up to the limit of 60
    ],
)
def test_a_hole_is_filled_only_where_that_is_quicker_on_this_line(type: str, baud: int, gap: int, widest: int) -> None:
    line, limits = pace(type, baud, "8N1"), Limits(gap=gap)
    assert len(plan(profile(at(0), at(widest + 1), limits=limits), pace=line)) == 1
    assert len(plan(profile(at(0), at(widest + 2), limits=limits), pace=line)) == 2


def test_value_longer_than_the_limit() -> None:
    with pytest.raises(ValueError, match="0x0005"):
        plan(profile(at(5, "u32")), max_registers=1)


def test_helpers_are_read_and_the_later_question_names_the_channel() -> None:
    near = Channel("near", "pressure", "holding", 4, "s16", scale_from=(ScaleFrom("holding", 2, {0: 1}),))
    assert plan(profile(near)) == (Read("holding", 2, 3, ("near",)),)
    far = Channel("far", "count", "holding", 0, valid_if=(ValidIf("holding", 100, 4, (0,), "断线"),))
    assert plan(profile(far)) == (Read("holding", 0, 1, ()), Read("holding", 100, 1, ("far",)))


def test_forbidden_register_is_not_touched() -> None:
    model = profile(at(0), at(1), at(3), at(4))
    assert asked(plan(model, forbidden={("holding", 2)})) == [("holding", 0, 2), ("holding", 3, 2)]
    assert asked(plan(model, forbidden={("input", 2)})) == [("holding", 0, 5)]
    without = plan(model, forbidden={("holding", 3)})
    assert asked(without) == [("holding", 0, 2), ("holding", 4, 1)]
    assert [name for r in without for name in r.channels] == ["c0", "c1", "c4"]
    assert plan(profile(at(3)), forbidden={("holding", 3)}) == ()


def test_channel_whose_scale_register_is_forbidden_is_not_read() -> None:
    scaled = Channel("s", "pressure", "holding", 4, scale_from=(ScaleFrom("holding", 2, {0: 1}),))
    assert plan(profile(scaled, at(5)), forbidden={("holding", 2)}) == (Read("holding", 5, 1, ("c5",)),)


addresses = st.integers(0, 120)
spaces: st.SearchStrategy[Space] = st.sampled_from(["holding", "input"])


@st.composite
def channels(draw: st.DrawFn, id: str) -> Channel:
    if draw(st.booleans()):
        return Channel(id, "contact", draw(st.sampled_from(["coil", "discrete"])), draw(addresses), "bit")
    scales = draw(st.lists(st.builds(ScaleFrom, spaces, addresses, st.just({0: 1.0})), max_size=2))
    return Channel(id, "count", draw(spaces), draw(addresses), draw(st.sampled_from(["u16", "f32"])), scale_from=tuple(scales))


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    count = draw(st.integers(1, 14))
    block = draw(st.sampled_from([1, 8]))
    limits = Limits(
        max_registers=draw(st.integers(2, 60)),
        max_bits=draw(st.integers(1, 8)) * 8,
        alone=draw(st.booleans()),
        exact=draw(st.booleans()),
        bit_block=block,
    )
    return profile(*(draw(channels(f"c{n}")) for n in range(count)), limits=limits)


def check(model: Profile, reads: tuple[Read, ...], forbidden: Collection[tuple[Space, int]], longest: int) -> None:
    seen: list[set[tuple[Space, int]]] = []
    for read in reads:
        bits = read.space in ("coil", "discrete")
        assert 1 <= read.count <= (model.limits.max_bits if bits else longest)
        if bits:
            assert read.address % model.limits.bit_block == 0 == read.count % model.limits.bit_block
        cells = set(read.cells())
        assert not cells & set(forbidden)
        seen.append(cells)
        for name in read.channels:
            channel = next(c for c in model.channels if c.id == name)
            for space, address, count in needs(channel):
                value = {(space, address + i) for i in range(count)}
                assert any(value <= cells for cells in seen), f"{name} is named before {space} {address} is read whole"
    named = [name for read in reads for name in read.channels]
    assert len(named) == len(set(named))
    block = model.limits.bit_block
    for channel in model.channels:
        touched = {
            (space, cell)
            for space, address, count in needs(channel)
            for cell in (
                range(address // block * block, address // block * block + block)
                if space in ("coil", "discrete")
                else range(address, address + count)
            )
        }
        assert (channel.id in named) == (not touched & set(forbidden))


@settings(deadline=None)
@given(profiles(), st.sets(st.tuples(st.sampled_from(["holding", "input", "coil", "discrete"]), addresses), max_size=6))
def test_every_channel_once_within_limits_never_forbidden(model: Profile, forbidden: set[tuple[Space, int]]) -> None:
    check(model, plan(model, forbidden=forbidden), forbidden, model.limits.max_registers)
    check(model, plan(model, max_registers=5, forbidden=forbidden), forbidden, min(5, model.limits.max_registers))


@settings(deadline=None)
@given(profiles())
def test_exact_asks_only_for_what_is_needed(model: Profile) -> None:
    reads = plan(model)
    if model.limits.exact and model.limits.bit_block == 1:
        needed = {(s, a + i) for c in model.channels for s, a, n in needs(c) for i in range(n)}
        assert {cell for r in reads for cell in r.cells()} == needed


@settings(deadline=None)
@given(st.sets(st.tuples(st.integers(0, 60), st.sampled_from(["u16", "u32"])), min_size=1, max_size=7), st.integers(2, 30))
def test_no_other_cut_is_cheaper(values: set[tuple[int, str]], longest: int) -> None:
    """Against every way to cut the sorted values into runs."""
    model = profile(
        *(Channel(f"c{n}", "count", "holding", a, t) for n, (a, t) in enumerate(values)), limits=Limits(max_registers=longest)
    )
    spans = sorted({(a, a + (2 if t == "u32" else 1)) for a, t in values})
    costs = []
    for cuts in range(2 ** (len(spans) - 1)):
        runs: list[list[tuple[int, int]]] = [[spans[0]]]
        for n, span in enumerate(spans[1:]):
            runs.append([span]) if cuts >> n & 1 else runs[-1].append(span)
        sizes = [max(end for _, end in run) - run[0][0] for run in runs]
        if max(sizes) <= longest:
            costs.append(sum(USUAL.question() + USUAL.values("holding", size) for size in sizes))
    assert sum(USUAL.question() + USUAL.values("holding", r.count) for r in plan(model)) == pytest.approx(min(costs))
