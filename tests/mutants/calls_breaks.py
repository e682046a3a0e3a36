"""Breaks of the calendar, the roster, what is told together and what people answer; with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

STEPS = "tests/alerts/test_escalation.py::"
YEAR = "tests/alerts/test_calendar.py::"
POST = "tests/alerts/test_post.py::"
ESCALATION = "alerts/escalation.py"
CALENDAR = "alerts/calendar.py"

CALLS: tuple[Mutant, ...] = (
    Mutant(
        "a make-up Saturday is a school day",
        CALENDAR,
        "if day.isoformat() in calendar.makeup:",
        "if False:",
        YEAR + "test_school_days",
    ),
    Mutant("no school on a holiday", CALENDAR, "if _named(calendar.holidays, day):", "if False:", YEAR + "test_school_days"),
    Mutant(
        "a night belongs to the day it begins",
        CALENDAR,
        "begun = day - timedelta(days=1) if",
        "begun = day if",
        YEAR + "test_sleeping_time",
    ),
    Mutant(
        "lost detection rings only in sleeping time",
        ESCALATION,
        "return None if since is None else max(",
        "return base if since is None else max(",
        STEPS + "test_lost_detection_rings_in_sleeping_time_only",
    ),
    Mutant(
        "an unset clock is no reason to be silent",
        ESCALATION,
        "if not scene.clock_ok:",
        "if False:",
        STEPS + "test_with_an_unset_clock_it_counts_as_sleeping_time",
    ),
    Mutant(
        "duty only while gas 1 is not falling",
        ESCALATION,
        "return None if alarm.point in scene.falling else base",
        "return base",
        STEPS + "test_gas_level_1_calls_duty_only_while_it_is_not_falling",
    ),
    Mutant(
        "who cannot come is not called again",
        ESCALATION,
        "able = [id for id in found if id not in alarm.declined]",
        "able = found",
        STEPS + "test_call_next_now_and_who_cannot_come_is_not_called_again",
    ),
    Mutant(
        "the result timer begins with the answer",
        "alerts/machine.py",
        "acked_by=who, ahead=0)",
        "acked_by=who)",
        STEPS + "test_an_answer_starts_the_result_timer_whatever_was_hurried_before",
    ),
    Mutant(
        "a list rings nobody",
        ESCALATION,
        "if d.step.listed:",
        "if False:",
        STEPS + "test_what_is_listed_rings_nobody_and_who_was_told_is_not_listed",
    ),
    Mutant(
        "D16 an answer takes back what is queued",
        "alerts/post.py",
        "if _stale(n, alarm):\n                self._take_back(n)",
        "pass",
        POST + "test_d16_an_answer_takes_back_what_has_not_left",
    ),
    Mutant(
        "the end is not told to who got nothing",
        "alerts/post.py",
        "self._parked[who] = n\n            return False",
        "self._parked[who] = n\n            return True",
        POST + "test_the_end_waits_for_the_alarm_and_is_not_told_without_it",
    ),
    Mutant(
        "nothing is sent of an alarm that is over",
        "alerts/post.py",
        "if alarm is None or alarm.state not in OPEN:",
        "if False:",
        POST + "test_after_a_restart_only_what_still_makes_sense_is_sent",
    ),
    Mutant(
        "an old alarm is not sent late as if it were new",
        "alerts/telling.py",
        "abs(rec.now.wall - n.made.wall) > LATE",
        "False",
        POST + "test_an_alarm_that_could_not_leave_for_ten_minutes_says_how_it_stands",
    ),
)
