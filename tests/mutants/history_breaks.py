"""Breaks of the history out of a database and of its question, with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

PAST = "tests/stream/test_stream_past.py::"
ASKED = "tests/gateway/test_history.py::"

HISTORIES: tuple[Mutant, ...] = (
    Mutant(
        "buckets of InfluxQL begin where they are asked",
        "gateway/stream/influxql.py",
        "{first % width}ms) fill(none)",
        "0ms) fill(none)",
        PAST + "test_every_engine_says_what_the_box_says[1-60-influxql]",
    ),
    Mutant(
        "a bucket of PromQL ends with its last millisecond",
        "gateway/stream/promql.py",
        "ends = range(first + width - 1, last + width - 1, width)",
        "ends = range(first, last, width)",
        PAST + "test_every_engine_says_what_the_box_says[1-60-promql]",
    ),
    Mutant(
        "a value without quality is not shown as good",
        "gateway/stream/influxql.py",
        "Quality.UNCERTAIN if quality is None",
        "Quality.GOOD if quality is None",
        PAST + "test_influxdb_2_and_3_are_asked_with_a_token",
    ),
    Mutant(
        "nothing but an id is put into a query",
        "gateway/stream/past.py",
        "    if not _NAME.fullmatch(name):",
        "    if False:",
        PAST + "test_of_another_site_or_time_nothing_is_known",
    ),
    Mutant(
        "the history of a point that is not there",
        "gateway/history.py",
        "        if point not in self._known:",
        "        if False:",
        ASKED + "test_what_is_no_question",
    ),
)
