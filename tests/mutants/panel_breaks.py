"""Breaks of the serial-line protocols (drivers/framers, told, serial_line) with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

FRAMERS = "tests/drivers/framers/test_framers.py::"
TOLD = "tests/drivers/framers/test_told.py::"
LINE = "tests/drivers/framers/test_serial_line.py::"

PANELS: tuple[Mutant, ...] = (
    Mutant(
        "R29 a whole minute is no drift",
        "drivers/drift.py",
        "coarse = 1.0 if second else 60.0",
        "coarse = 1.0",
        "tests/drivers/test_drift.py::test_r29_a_panels_clock_is_held_against_ours",
    ),
    Mutant(
        "R29 by a clock that is not known nothing is judged",
        "drivers/drift.py",
        "if stamp and clock_ok else None",
        "if stamp else None",
        "tests/drivers/test_drift.py::test_r29_the_point_appears_with_the_first_time_told_and_keeps_both_times",
    ),
    Mutant(
        "R29 the panel's own time is kept",
        "drivers/told.py",
        "                point.said, point.stamp = telegram.said, telegram.time",
        '                point.said, point.stamp = telegram.said, ""',
        TOLD + "test_an_event_is_a_reading_of_its_device_at_once_with_the_panels_words_and_time",
    ),
    Mutant(
        "the sums of a GST5000 event",
        "drivers/framers/gst5000.py",
        "    if sum(frame[:23]) & 0xFF != frame[23]:",
        "    if False:",
        FRAMERS + "test_what_looks_like_a_frame_and_has_no_valid_sum_is_none",
    ),
    Mutant(
        "D24 a true frame begins within a false one",
        "drivers/framers/gst5000.py",
        "at, again = match.start() + 1, True  # no frame",
        "at, again = match.end(), True  # no frame",
        FRAMERS + "test_d24_any_split_and_garbage_anywhere_loses_no_frame[gst5000]",
    ),
    Mutant(
        "D24 an event cut anywhere",
        "drivers/framers/sentences.py",
        "            at = len(data) - 1\n",
        "            pass\n",
        FRAMERS + "test_d24_any_split_and_garbage_anywhere_loses_no_frame[ld128en]",
    ),
    Mutant(
        "the longer word first",
        "drivers/framers/ld128en.py",
        'word.endswith(ENDS) and signal != "fire"',
        "word.endswith(ENDS)",
        FRAMERS + "test_words_of_the_printer",
    ),
    Mutant(
        "D24 a frame made by chance hides none",
        "drivers/framers/gst5000.py",
        "if frame.find(START, 1) > 0:",
        "if False:",
        FRAMERS + "test_d24_a_frame_that_chance_completes_hides_no_true_one",
    ),
    Mutant(
        "D24 an event made by chance hides no true one of the CRT line",
        "drivers/framers/gst_crt.py",
        "if len(frame) > 3 and _BEGIN.search(frame, 1):",
        "if False:",
        FRAMERS + "test_d24_an_event_that_chance_completes_hides_no_true_one_of_the_panel",
    ),
    Mutant(
        "the panel is polled only after its echo",
        "drivers/framers/gst_crt.py",
        "            if data[:1] == self._address:",
        "            if self._address in data:",
        FRAMERS + "test_without_its_echo_the_panel_is_not_polled",
    ),
    Mutant(
        "an event is confirmed once",
        "drivers/framers/gst_crt.py",
        "                if self._polled:\n                    self._polled = False",
        "                if self._polled:",
        FRAMERS + "test_the_panel_is_polled_and_confirmed_exactly_as_its_document_says",
    ),
    Mutant(
        "never a frame that opens a lock",
        "drivers/framers/wkly.py",
        "QUERY_ALL, CHANGED = 0x84, 0x85",
        "QUERY_ALL, CHANGED = 0x86, 0x85",
        LINE + "test_no_frame_that_opens_a_lock_can_be_built",
    ),
    Mutant(
        "nothing is written that the document does not list",
        "drivers/serial_line.py",
        "        if data not in self._allowed:",
        "        if False:",
        LINE + "test_the_line_refuses_to_write_what_its_protocol_does_not_list",
    ),
    Mutant(
        "unknown is never normal: before the first word",
        "drivers/told.py",
        "        if point.told is None:\n            return NOT_HEARD",
        '        if point.told is None:\n            return ""',
        TOLD + "test_nothing_is_normal_before_the_panel_has_said_so",
    ),
    Mutant(
        "unknown is never normal: a line nothing supervises",
        "drivers/told.py",
        "now.mono - point.told > WORD_HOLDS else",
        "False else",
        TOLD + "test_a_line_that_nothing_supervises_is_never_shown_as_normal_for_long",
    ),
    Mutant(
        "R5 a silent panel is a fault",
        "drivers/told.py",
        "        if limit and not self._silent and now.mono - since > limit:",
        "        if False:",
        TOLD + "test_r5_a_supervised_panel_that_falls_silent_is_a_fault_within_its_limit_and_not_normal_afterwards",
    ),
    Mutant(
        "an isolated detector is not normal",
        "drivers/told.py",
        "            return ISOLATED",
        '            return ""',
        TOLD + "test_the_panels_reset_returns_points_to_normal_but_not_the_isolated",
    ),
    Mutant(
        "a fire of an address nobody listed is not lost",
        "drivers/told.py",
        "        chosen.holding.add(address)",
        "        chosen.holding.clear()",
        TOLD + "test_fires_of_addresses_nobody_listed_are_never_lost",
    ),
    Mutant(
        "a line without its panel is refused",
        "gateway/config/lines.py",
        "    if protocol.head and complete and",
        "    if False and complete and",
        "tests/config/test_config_lines.py::test_each_mistake_has_its_line_and_its_cure",
    ),
)
