"""The grammar of lines: what it lets through is stored by both engines to the last line, what it stops has its word."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stream_daemons import Victoria, wait_for

from gateway.stream.grammar import check_line
from gateway.stream.influx import V1Writer, V2Writer, read_points

SERIES = "temperature,district=songyang,site=no3,zone=kitchen,device=gas-1,point=gas-1/t"
STAMP = "1760000000000000000"
GOOD = f"{SERIES} value=21.5,quality=0i {STAMP}"

ACCEPTED = {
    "plain": GOOD,
    "no value when stale": f"{SERIES} quality=2i {STAMP}",
    "value although fault": f"{SERIES} value=1,quality=3i {STAMP}",
    "fields the other way round": f"{SERIES} quality=0i,value=2 {STAMP}",
    "negative": f"{SERIES} value=-0.5,quality=1i {STAMP}",
    "exponent": f"{SERIES} value=1.5e-07,quality=0i {STAMP}",
    "large exponent": f"{SERIES} value=1e+300,quality=0i {STAMP}",
    "escaped tag": rf"{SERIES},floor=a\,b\=c\ d value=1,quality=0i {STAMP}",
    "chinese tag": f"{SERIES},floor=三楼 value=1,quality=0i {STAMP}",
    "quoted tag": f'{SERIES},floor="3" value=1,quality=0i {STAMP}',
}

REFUSED = {
    "empty": ("", "not <measurement"),
    "no stamp": (f"{SERIES} value=1,quality=0i", "not <measurement"),
    "two blanks": (f"{SERIES}  value=1,quality=0i {STAMP}", "bad tag 'point'"),
    "two blanks before the stamp": (f"{SERIES} value=1,quality=0i  {STAMP}", "not <measurement"),
    "trailing blank": (f"{GOOD} ", "not <measurement"),
    "trailing backslash": (f"{GOOD}\\", "stamp"),
    "backslash before the fields": (f"{SERIES}\\ value=1,quality=0i {STAMP}", "bad measurement"),
    "backslash before the stamp": (f"{SERIES} value=1,quality=0i\\ {STAMP}", "quality is not"),
    "comment": (f"#{GOOD}", "bad measurement"),
    "carriage return": (f"{GOOD}\r", "stamp"),
    "measurement with a capital": (f"T{GOOD}", "bad measurement"),
    "empty tag": (f"{SERIES},floor= value=1,quality=0i {STAMP}", "bad tag 'floor'"),
    "tag without value": (f"{SERIES},floor value=1,quality=0i {STAMP}", "bad tag 'floor'"),
    "comma at the end": (f"{SERIES}, value=1,quality=0i {STAMP}", "bad measurement"),
    "two commas": (f"temperature,,{SERIES} value=1,quality=0i {STAMP}", "bad measurement"),
    "bare backslash": (rf"{SERIES},floor=a\b value=1,quality=0i {STAMP}", "bad tag 'floor'"),
    "equals in a tag": (f"{SERIES},floor=a=b value=1,quality=0i {STAMP}", "bad tag 'floor'"),
    "tag twice": (f"{SERIES},zone=lab value=1,quality=0i {STAMP}", "tag zone twice"),
    "a tag named time": (f"{SERIES},time=1 value=1,quality=0i {STAMP}", "bad tag 'time'"),
    "no point": (f"temperature,district=songyang,site=no3,device=d value=1,quality=0i {STAMP}", "no tag point"),
    "other site": (GOOD.replace("site=no3", "site=no4"), "not this topic's"),
    "other district": (GOOD.replace("songyang", "dengfeng"), "not this topic's"),
    "nan": (f"{SERIES} value=NaN,quality=0i {STAMP}", "value is not"),
    "infinite": (f"{SERIES} value=1e999,quality=0i {STAMP}", "value is not"),
    "integer value": (f"{SERIES} value=1i,quality=0i {STAMP}", "value is not"),
    "text value": (f'{SERIES} value="on",quality=0i {STAMP}', "value is not"),
    "boolean": (f"{SERIES} value=true,quality=0i {STAMP}", "value is not"),
    "arabic digits": (f"{SERIES} value=\u0661,quality=0i {STAMP}", "value is not"),
    "good without value": (f"{SERIES} quality=0i {STAMP}", "no value"),
    "no quality": (f"{SERIES} value=1 {STAMP}", "quality is not"),
    "float quality": (f"{SERIES} value=1,quality=0 {STAMP}", "quality is not"),
    "quality 4": (f"{SERIES} value=1,quality=4i {STAMP}", "quality is not"),
    "field twice": (f"{SERIES} value=1,value=2,quality=0i {STAMP}", "field value twice"),
    "unknown field": (f"{SERIES} value=1,quality=0i,x=1 {STAMP}", "field 'x'"),
    "seconds": (f"{SERIES} value=1,quality=0i 1760000000", "stamp"),
    "microseconds in it": (f"{SERIES} value=1,quality=0i 1760000000000001000", "stamp"),
    "a clock never set": (f"{SERIES} value=1,quality=0i 120000000000", "stamp"),
    "before 2000": (f"{SERIES} value=1,quality=0i 946684799999000000", "stamp"),
    "after 64 bits": (f"{SERIES} value=1,quality=0i 9300000000000000000", "stamp"),
    "negative stamp": (f"{SERIES} value=1,quality=0i -1760000000000000000", "stamp"),
    "long": (f"{SERIES},floor={'x' * 1024} value=1,quality=0i {STAMP}", "longer"),
}


@pytest.mark.parametrize("line", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(line: str) -> None:
    assert check_line(line.encode(), "no3", "songyang") is None


@pytest.mark.parametrize(("line", "word"), REFUSED.values(), ids=REFUSED)
def test_refused_with_its_reason(line: str, word: str) -> None:
    why = check_line(line.encode(), "no3", "songyang")
    assert why is not None
    assert word in why


def test_not_utf8() -> None:
    assert check_line(GOOD.encode() + b"\xff", "no3", "songyang") == "not UTF-8"


@given(st.binary() | st.text().map(str.encode))
@example(b"\\")
@example(b", =1 1")
def test_garbage_is_refused_and_never_raises(line: bytes) -> None:
    assert check_line(line, "no3", "songyang") is not None


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=2), st.booleans())
def test_a_damaged_line_never_raises(at: int, put: bytes, replace: bool) -> None:
    good = GOOD.encode()
    why = check_line(good[:at] + put + good[at + replace :], "no3", "songyang")
    assert why is None or why


def _numbered() -> list[str]:
    """The accepted lines as points of their own, one millisecond apart."""
    numbers = range(len(ACCEPTED))
    stamps = [f"{1760000000000 + n}000000" for n in numbers]
    return [
        line.replace("gas-1/t", f"gas-1/c{n}").replace(STAMP, stamps[n])
        for n, line in zip(numbers, ACCEPTED.values(), strict=True)
    ]


def test_influxdb_16_stores_every_accepted_line(influx: tuple[str, str]) -> None:
    url, db = influx
    numbered = _numbered()
    V1Writer(url, db).write("\n".join(numbered).encode())
    with_value = [n for n, line in enumerate(numbered) if "value=" in line]
    stored = read_points("v1", url, db)
    assert {(point, at) for point, at, _ in stored} == {(f"gas-1/c{n}", 1760000000000 + n) for n in with_value}
    assert len(stored) == len(with_value)


def test_victoria_metrics_stores_every_accepted_line(victoria: Victoria) -> None:
    numbered = [line.replace("site=no3", "site=grammar") for line in _numbered()]
    V2Writer(victoria.url, "o", "b", "t").write("\n".join(numbered).encode())
    expected = {(f"gas-1/c{n}", 1760000000000 + n) for n, line in enumerate(numbered) if "value=" in line}
    victoria.flush()
    wait_for("the lines", lambda: {(p, at) for p, at, _ in read_points("vm", victoria.url, site="grammar")} == expected)
