"""Breaks of the life of alarms beside their states: 停用, 维保, drills, parents, floods, figures. One line each, with its test. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

SERVICE = "tests/alerts/test_service.py::"
DRILL = "tests/alerts/test_drill.py::"
PARENTS = "tests/alerts/test_parents.py::"
KPI = "tests/alerts/test_kpi.py::"
FIGURES = "tests/gateway/test_figures.py::"

LIFE: tuple[Mutant, ...] = (
    Mutant(
        "D20 no step before its time",
        "alerts/escalation.py",
        "new.append(Due(base + s.after - alarm.ahead, s,",
        "new.append(Due(base + s.after // 2 - alarm.ahead, s,",
        "tests/stories/test_year.py::test_d20_a_day_of_faults_keeps_the_laws",
    ),
    Mutant(
        "D19 every alarm that stands is in the journal",
        "gateway/store/rows.py",
        "[(alarm.id, alarm.state is not AlarmState.NORMAL, canonical(alarm).decode())",
        "[(alarm.id, alarm.state is AlarmState.UNACKED, canonical(alarm).decode())",
        "tests/alerts/test_engine_walk.py::test_d19_what_the_journal_restores_is_the_engine_over_2_000_steps",
    ),
    Mutant(
        "R32 back only by a test alarm",
        "alerts/marks.py",
        "(mark.stage is Stage.RETURNING and left(mark)) or kind.overdue",
        "kind.overdue",
        SERVICE + "test_the_painter",
    ),
    Mutant(
        "R32 an unverified point is shown as such",
        "gateway/marks_view.py",
        'if mark.stage is Stage.UNVERIFIED and mark.kind == "out-of-service":',
        "if False:",
        FIGURES + "test_r32_what_is_switched_off_is_counted_and_never_shown_as_normal",
    ),
    Mutant(
        "停用 calls nobody",
        "alerts/modes.py",
        '"Out of service", "nobody", _SOUNDS)',
        '"Out of service", "school", _SOUNDS)',
        SERVICE + "test_states_go_on_and_nobody_is_rung",
    ),
    Mutant(
        "停用 confirms no fire",
        "alerts/confirm.py",
        " and real(a)",
        "",
        SERVICE + "test_states_go_on_and_nobody_is_rung",
    ),
    Mutant(
        "what still burns rings when the time is over",
        "alerts/modes.py",
        "new = replace(new, raised=now, done=(), confirmed=False)",
        "new = replace(new, confirmed=False)",
        SERVICE + "test_r31_test_mode_ends_by_itself_with_a_notice",
    ),
    Mutant(
        "hot work needs its permit",
        "alerts/marks.py",
        '"动火": (12 * HOUR, ("permit", "keeper")),',
        '"动火": (12 * HOUR, ()),',
        SERVICE + "test_out_of_service_asks_for_what_it_needs",
    ),
    Mutant(
        "R31 two hours at most",
        "alerts/marks.py",
        'MarkKind("test", "测试", "Test", "test", "test", 2 * HOUR)',
        'MarkKind("test", "测试", "Test", "test", "test", 4 * HOUR)',
        SERVICE + "test_r31_test_mode_ends_by_itself_with_a_notice",
    ),
    Mutant(
        "two detectors together where nobody works are real",
        "alerts/observe.py",
        "    if others - {alarm.point}:",
        "    if False:",
        SERVICE + "test_two_detectors_together_where_nobody_works_are_real",
    ),
    Mutant(
        "a trial never rings the bureau",
        "alerts/modes.py",
        'if t != "bureau")',
        ")",
        SERVICE + "test_trial_running_rings_the_school_and_never_the_bureau",
    ),
    Mutant(
        "the third false alarm in thirty days",
        "alerts/observe.py",
        "THIRD = 3 ",
        "THIRD = 4 ",
        SERVICE + "test_the_third_false_alarm_in_thirty_days_is_flagged_and_it_rings_on",
    ),
    Mutant(
        "only words of the list are a cause",
        "alerts/commands.py",
        "or (cause and known and cause not in known)",
        "",
        "tests/alerts/test_care.py::test_a_cause_is_a_word_of_the_list",
    ),
    Mutant(
        "a mark comes back after a restart",
        "alerts/keeping.py",
        "            self.standing.put(new)\n            rec.marks",
        "            rec.marks",
        SERVICE + "test_flags_end_by_time_with_an_event_after_a_crash_at_each_commit",
    ),
    Mutant(
        "D26 the record is tied by its hash",
        "alerts/drill.py",
        '"sha256": digest(record(done, plant))',
        '"sha256": digest({})',
        DRILL + "test_d26_one_button_walks_every_channel_to_every_person",
    ),
    Mutant(
        "a real alarm breaks the drill",
        "alerts/observe.py",
        "            yield from broken(alarm, standing, plant, now)",
        "            pass",
        DRILL + "test_the_drill_and_the_fire",
    ),
    Mutant(
        "no drill during naps",
        "alerts/drill.py",
        "    if any(calendar.asleep(ask.plant, z.id, ask.now.wall) for z in naps):",
        "    if False:",
        DRILL + "test_no_drill_in_examinations_naps_or_alarms",
    ),
    Mutant(
        "R36 one fault per device",
        "alerts/parents.py",
        'groups["device", point.device].append(alarm)',
        'groups["device", point.id].append(alarm)',
        PARENTS + "test_r36_a_dead_device_is_one_fault",
    ),
    Mutant(
        "R36 one fault per line",
        "alerts/parents.py",
        "        cause = line or (",
        "        cause = (",
        PARENTS + "test_r36_a_dead_line_is_one_fault_and_its_points_are_unknown",
    ),
    Mutant(
        "one lost-detection alarm per sleeping building",
        "alerts/parents.py",
        'groups["building", building_of(alarm, plant)].append(alarm)',
        'groups["building", alarm.point].append(alarm)',
        PARENTS + "test_lightning",
    ),
    Mutant(
        "R35 fire and gas 2 are never grouped",
        "alerts/flood.py",
        "        if alarm.severity >= ALONE:",
        "        if False:",
        PARENTS + "test_r35_a_flood_is_flagged_and_fire_and_gas_2_stand_alone",
    ),
    Mutant(
        "R34 flood above ten in ten minutes",
        "alerts/flood.py",
        "MOST, CALM, SPAN = 10, 5, 600_000",
        "MOST, CALM, SPAN = 12, 5, 600_000",
        PARENTS + "test_r35_a_flood_is_flagged_and_fire_and_gas_2_stand_alone",
    ),
    Mutant(
        "D15 a chattering point is noted",
        "alerts/observe.py",
        "CHATTER, CHATTER_IN = 3, 60_000",
        "CHATTER, CHATTER_IN = 30, 1_000",
        PARENTS + "test_d15_a_flapping_input_is_one_alarm_one_note_and_few_repeats",
    ),
    Mutant(
        "R34 tests count for nothing",
        "alerts/kpi.py",
        "times = [(at, points[a]) for at, a in raised if a not in moded]",
        "times = [(at, points[a]) for at, a in raised]",
        KPI + "test_r34_tests_count_for_nothing_and_floods_are_counted",
    ),
    Mutant(
        "R33 the self-test names what failed",
        "gateway/selftest.py",
        "bad = [name for name, why in found.items() if why]",
        "bad = [name for name, why in found.items() if not why]",
        FIGURES + "test_r33_the_self_test_says_what_was_tried_and_what_was_not",
    ),
)
