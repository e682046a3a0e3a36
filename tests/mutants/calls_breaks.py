"""Breaks of the calendar, the roster, what is told together and what people answer; with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

STEPS = "tests/alerts/test_escalation.py::"
YEAR = "tests/alerts/test_calendar.py::"
BUDGET = "tests/alerts/test_budget.py::"
DESK = "tests/alerts/test_desk.py::"
POST = "tests/alerts/test_post.py::"
ESCALATION = "alerts/escalation.py"
CALENDAR = "alerts/calendar.py"

CALLS: tuple[Mutant, ...] = (
    Mutant(
        "D26 a channel dead in a drill is a fault",
        "alerts/drill.py",
        "return {c: c not in reached for",
        "return {c: False for",
        "tests/alerts/test_drill.py::test_d26_a_channel_by_which_nothing_got_through_is_a_fault_until_something_does",
    ),
    Mutant(
        "nobody countersigns a shift of their own",
        "gateway/handover.py",
        ' and e["who"] not in _stood(taken, since):',
        ":",
        "tests/alerts/test_handover.py::test_an_officer_who_stood_at_the_post_does_not_countersign_it",
    ),
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
    Mutant(
        "the old shift stays responsible",
        "alerts/posts.py",
        "return tuple(dict.fromkeys((*old, *found[BESIDE[post]]))) if old else ()",
        "return ()",
        DESK + "test_the_dead_phone",
    ),
    Mutant(
        "the leader is told of a shift nobody took",
        "alerts/desk.py",
        'self._missed(rec, mark, person, "shift.missed")',
        "pass",
        DESK + "test_the_dead_phone",
    ),
    Mutant(
        "a shift is asked 15 min before",
        "alerts/desk.py",
        "AHEAD = 15 * MINUTE",
        "AHEAD = 5 * MINUTE",
        DESK + "test_the_dead_phone",
    ),
    Mutant(
        "who takes over is responsible at once",
        "alerts/desk.py",
        "if old.who == person.id or not beside:",
        "if False:",
        DESK + "test_of_two_who_take_over_the_later_is_responsible",
    ),
    Mutant(
        "a hole in the rota is a fault",
        "alerts/desk.py",
        "return (bool(self.holes(rec.now)),)",
        "return (False,)",
        DESK + "test_a_hole_in_the_rota_is_a_fault_until_it_is_filled",
    ),
    Mutant(
        "silent twice is red",
        "alerts/desk.py",
        "RED = 2",
        "RED = 3",
        DESK + "test_phones_are_tested_weekly_and_silent_twice_is_red",
    ),
    Mutant(
        "3 by text asks why", "alerts/answers.py", 'if digit == "3" and not said:', "if False:", DESK + "test_the_coil_by_sms"
    ),
    Mutant(
        "2 and 3 need the number when several are open",
        "alerts/answers.py",
        "if len(meant) > 1:",
        "if False:",
        "tests/alerts/test_answers.py",
    ),
    Mutant(
        "full-width digits are digits",
        "alerts/answers.py",
        'unicodedata.normalize("NFKC", text)',
        "text",
        "tests/alerts/test_answers.py",
    ),
    Mutant(
        "a key answers the alarm of its call",
        "alerts/inbound.py",
        "if cmd.alarm:  # a key",
        "if False:  # a key",
        DESK + "test_d16_by_key_in_the_call_of_that_alarm",
    ),
    Mutant(
        "9 calls the next person at once",
        "alerts/commands.py",
        "replace(hurried(alarm, now), declined",
        "replace(alarm, declined",
        DESK + "test_9_calls_the_next_person_at_once",
    ),
    Mutant(
        "the desk answers in the name of who took over",
        "alerts/obeying.py",
        "if cmd.person == DESK:",
        "if False:",
        DESK + "test_the_registered_desk_answers_in_the_name_of_who_took_over",
    ),
    Mutant(
        "texts are rate limited",
        "alerts/inbound.py",
        "if len(times) > MOST:",
        "if False:",
        DESK + "test_too_many_texts_are_a_machine",
    ),
    Mutant(
        "D14 a storm is told together", "alerts/budget.py", ">= BURST", ">= 10_000", BUDGET + "test_d14_500_alarms_in_a_minute"
    ),
    Mutant(
        "D14 every alarm is named within a minute",
        "alerts/budget.py",
        "DIGEST = 15_000",
        "DIGEST = 90_000",
        BUDGET + "test_d14_500_alarms_in_a_minute",
    ),
    Mutant(
        "D14 robots at most 18 a minute",
        "alerts/budget.py",
        '"dingtalk": Limit(channel=18)',
        '"dingtalk": Limit(channel=180)',
        BUDGET + "test_limits_are_those_of_the_requirements",
    ),
    Mutant(
        "D14 a full channel is passed over",
        "alerts/budget.py",
        "if most and _within",
        "if False and _within",
        BUDGET + "test_d14_a_full_channel_is_passed_over_and_a_full_person_waits",
    ),
    Mutant(
        "who is owed a digest is not told yet",
        "alerts/budget.py",
        "if p != person.id or p in old.told",
        "",
        BUDGET + "test_d14_a_restart_between_holding_back_and_telling_loses_nobody",
    ),
    Mutant(
        "no faults for the officer at night",
        "alerts/budget.py",
        "minute >= EVENING or minute < MORNING",
        "False",
        BUDGET + "test_an_officer_has_six_faults_a_day_and_none_at_night",
    ),
    Mutant(
        "six faults a day for the officer",
        "alerts/budget.py",
        '"officer": 6',
        '"officer": 600',
        BUDGET + "test_an_officer_has_six_faults_a_day_and_none_at_night",
    ),
    Mutant(
        "a list at its time only",
        "alerts/digest.py",
        "return clock_ok and min",
        "return True or min",
        BUDGET + "test_day_lists_at_half_past_seven_and_two",
    ),
    Mutant(
        "an answered alarm leaves the digest",
        "alerts/digest.py",
        'and not (by == "storm" and a.acked is not None)',
        "",
        BUDGET + "test_an_answer_takes_the_alarm_out_of_the_digest",
    ),
    Mutant(
        "D12 what came due without power is sent",
        "alerts/restore.py",
        "done=tuple(replace(d, at=d.at + shift) for d in alarm.done),",
        "done=alarm.done,",
        "tests/alerts/test_clock_and_power.py::test_d12_a_second_without_power_moves_no_repetition",
    ),
    Mutant(
        "D11 steps are due by the monotonic clock",
        ESCALATION,
        "ready = [d for d in coming(alarm, scene) if d.at <= now.mono]",
        "ready = [d for d in coming(alarm, scene) if d.at <= now.mono + now.wall - alarm.raised.wall]",
        "tests/alerts/test_clock_and_power.py::test_d11_a_jumping_wall_clock_moves_no_step",
    ),
    Mutant(
        "a button found pressed at the start is no press",
        "alerts/inbound.py",
        "p.id: False for p",
        "p.id: True for p",
        DESK + "test_the_button_acks_in_the_name_of_who_took_over",
    ),
    Mutant(
        "R9 a duty check that nobody answers goes on",
        "alerts/desk.py",
        'if letter == CHECK and not any(line.what == "answered" for line in mark.lines):',
        "if False:",
        DESK + "test_r9_a_duty_check_that_nobody_answers_goes_on_to_the_next_post",
    ),
    Mutant(
        "R9 a duty check expires after five minutes",
        "alerts/desk.py",
        "CHECK_FOR = 5 * MINUTE",
        "CHECK_FOR = 15 * MINUTE",
        DESK + "test_r9_a_duty_check_that_nobody_answers_goes_on_to_the_next_post",
    ),
)
