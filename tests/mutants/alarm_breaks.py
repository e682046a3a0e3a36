"""Breaks of the alarm side (alerts/ and its shipped rules), one line each, with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MACHINE = "alerts/machine.py"
TABLE_TEST = "tests/alerts/test_machine.py"
STORY = "tests/alerts/test_engine.py::"
PEOPLE = "tests/alerts/test_engine_people.py::"
RESTART = "tests/alerts/test_engine_restart.py::"
OUTPUTS = "tests/alerts/test_interlock.py::"
FILES = "tests/config/test_rules_files.py::"

ALARMS: tuple[Mutant, ...] = (
    Mutant(
        "R12 reset needs the cause gone",
        MACHINE,
        "if not removed and alarm.state in ACTIVE:",
        "if False:",
        TABLE_TEST + "::test_reset_of_an_active_alarm_is_refused_unless_its_point_is_gone",
    ),
    Mutant(
        "R12 reset needs a good reading",
        MACHINE,
        "if not removed and not alarm.good:",
        "if False:",
        TABLE_TEST + "::test_guards_of_reset",
    ),
    Mutant(
        "R12 reset needs a result",
        MACHINE,
        "if alarm.policy.result_asked and alarm.result is None:",
        "if False:",
        STORY + "test_r12_fire_from_reading_to_reset",
    ),
    Mutant(
        "R12 residual current latches",
        "alerts/kinds.py",
        'Kind("electrical", "electrical", Severity.ELECTRICAL, True,',
        'Kind("electrical", "electrical", Severity.ELECTRICAL, False,',
        FILES + "test_r12_r13_latching_rules",
    ),
    Mutant("R13 off-delay", MACHINE, "now.mono >= alarm.off_due)", "True)", STORY + "test_r13_the_off_delay_runs_out_first"),
    Mutant(
        "R14 silence is no answer",
        "alerts/commands.py",
        "replace(alarm, silenced=True, resound=resound)",
        "replace(alarm, silenced=True, resound=resound, state=AlarmState.ACKED)",
        STORY + "test_r14_silence_stops_sound_only",
    ),
    Mutant(
        "R14 a new alarm sounds again",
        "alerts/engine.py",
        "if a.silenced and a.id != alarm.id]",
        "if False]",
        STORY + "test_r14_a_new_alarm_ends_every_silence",
    ),
    Mutant(
        "R14 five unanswered minutes",
        "alerts/commands.py",
        "RESOUND = 300_000",
        "RESOUND = 600_000",
        STORY + "test_r14_silence_stops_sound_only",
    ),
    Mutant(
        "R15 300 mA",
        "config/rules/electrical.yaml",
        "    high: 300\n",
        "    high: 500\n",
        FILES + "test_r15_r16_r17_r19_r20_r24_r25_number",
    ),
    Mutant(
        "R18 no output for an electrical alarm",
        "alerts/kinds.py",
        '"电气报警", "Electrical alarm")',
        '"电气报警", "Electrical alarm", (("fan", "zone"),))',
        OUTPUTS + "test_r18_electrical_alarms_demand_nothing",
    ),
    Mutant(
        "R19 return 2 below",
        "alerts/rules/scene.py",
        'edge = number(params["return_at"]) if "return_at" in params and scene.active(rule.id, point) else limit',
        "edge = limit",
        STORY + "test_r19_gas_levels",
    ),
    Mutant(
        "R19 level 2 has no on-delay",
        "config/rules/gas.yaml",
        "    high: 40\n    return_at: 38\n    on_delay: 0s",
        "    high: 40\n    return_at: 38\n    on_delay: 3s",
        FILES + "test_r15_r16_r17_r19_r20_r24_r25_number",
    ),
    Mutant(
        "R21 a fan seen running",
        "alerts/feedback.py",
        "elif now.mono - self._since.setdefault(output, now.mono) >= PATIENCE:",
        "elif False:",
        STORY + "test_r21_fan_without_feedback_is_a_fault",
    ),
    Mutant(
        "R21 one lost answer of what is seen to act is no fault",
        "alerts/feedback.py",
        "                self._since.pop(output, None)\n                out",
        "                out",
        STORY + "test_r21_a_fan_that_stops_is_a_fault_one_lost_answer_is_none",
    ),
    Mutant(
        "R21 what has no other feedback is seen by its read-back",
        "gateway/config/build.py",
        "o.feedback or _readback(o.id, devices)",
        "o.feedback",
        "tests/config/test_config_build.py::test_r21_what_has_no_other_feedback_is_seen_by_its_read_back",
    ),
    Mutant(
        "R30 the restart keeps what was answered",
        "alerts/restore.py",
        "acked=at(alarm.acked) if alarm.acked else None",
        "acked=None",
        RESTART + "test_r30_result_timer_goes_on",
    ),
    Mutant(
        "R30 true at boot is an alarm unless open",
        "alerts/engine.py",
        "        known = self._book.get(rule.id, point)\n        alarm = known or",
        "        known = None\n        alarm = known or",
        RESTART + "test_r30_true_at_boot_is_an_alarm_unless_open",
    ),
    Mutant(
        "D12 the time off counts",
        "alerts/restore.py",
        "shift = now.mono - off - anchor",
        "shift = now.mono - anchor",
        RESTART + "test_r30_d12_escalation_goes_on_where_it_was",
    ),
    Mutant(
        "R36 children of a dead line",
        "alerts/parents.py",
        'lines.get(f"{point.bus}/link") if',
        "None if",
        STORY + "test_r36_a_dead_line_is_one_fault",
    ),
    Mutant(
        "R35 a fire is never hidden",
        "alerts/parents.py",
        'HIDEABLE = (*NO_DATA, "line")',
        'HIDEABLE = (*NO_DATA, "line", "fire")',
        "tests/alerts/test_parents.py::test_suppression_never_hides_fire_gas_or_a_breach",
    ),
    Mutant(
        "R37 one detector confirms nothing",
        "alerts/confirm.py",
        "if burning(here) >= 2",
        "if burning(here) >= 1",
        STORY + "test_r37_one_smoke_detector_never_empties_a_building",
    ),
    Mutant(
        "R37 a manual call point confirms",
        "alerts/confirm.py",
        " or KINDS[alarm.kind].sure",
        "",
        STORY + "test_r37_a_manual_call_point_confirms_alone",
    ),
    Mutant(
        "R37 a person's word confirms",
        "alerts/confirm.py",
        "alarm.result is Result.REAL or ",
        "",
        STORY + "test_r37_a_person_confirms",
    ),
    Mutant(
        "evacuation only where asked for",
        "alerts/interlock.py",
        "return building in burning and plant.buildings[building].evacuation",
        "return building in burning",
        OUTPUTS + "test_outputs",
    ),
    Mutant(
        "uncertain never clears (threshold)",
        "alerts/rules/scene.py",
        "Truth.CLEAR if reading.quality is Quality.GOOD else Truth.UNKNOWN",
        "Truth.CLEAR",
        "tests/alerts/test_rules.py::test_threshold",
    ),
    Mutant(
        "uncertain never clears (machine)",
        MACHINE,
        "if truth is Truth.UNKNOWN or not good:",
        "if truth is Truth.UNKNOWN:",
        TABLE_TEST + "::test_input_of_a_judgement",
    ),
    Mutant(
        "R5 silence is no data",
        "alerts/silence.py",
        "out.append(Reading(point, None, Quality.STALE, now, SILENT if point in self._heard else NEVER))",
        "pass",
        STORY + "test_r5_silent_points_become_faults",
    ),
    Mutant(
        "a rule that breaks is not told of",
        "alerts/judge.py",
        "        self._unsaid.add(rule.id)\n        return unknown",
        "        return unknown",
        "tests/alerts/test_judge.py::test_a_rule_that_breaks_costs_only_itself_and_is_a_fault_until_it_judges_again",
    ),
    Mutant(
        "the fault of a broken rule never ends",
        "alerts/judge.py",
        'if self._broken and self._broken.pop(key, ""):',
        "if False:",
        "tests/alerts/test_judge.py::test_a_rule_that_breaks_costs_only_itself_and_is_a_fault_until_it_judges_again",
    ),
    Mutant(
        "a breach inside one batch",
        "alerts/judge.py",
        "if reading.point in batch:",
        "if False:",
        STORY + "test_a_breach_inside_one_batch_is_seen",
    ),
    Mutant(
        "1.1.2 at most twice",
        "alerts/post.py",
        "MOST_ATTEMPTS = 2",
        "MOST_ATTEMPTS = 3",
        RESTART + "test_an_open_message_is_repeated_once_and_marked",
    ),
    Mutant(
        "D13 fire waits for no busy channel",
        "alerts/post.py",
        "d.fate is Fate.TRY_AGAIN and n.attempt < MOST_ATTEMPTS and not hurry",
        "d.fate is Fate.TRY_AGAIN and n.attempt < MOST_ATTEMPTS",
        PEOPLE + "test_a_fire_does_not_wait_for_a_busy_channel",
    ),
    Mutant(
        "an old command is refused", "alerts/obeying.py", "if rec.now.wall > cmd.expires:", "if False:", PEOPLE + "test_command"
    ),
    Mutant(
        "a repeated command does nothing",
        "alerts/obeying.py",
        "if cmd.id in self._replies:",
        "if False:",
        PEOPLE + "test_a_repeated_id_changes_nothing",
    ),
    Mutant(
        "a viewer may not",
        "alerts/authority.py",
        '    "viewer": {},',
        '    "viewer": _WATCH,',
        "tests/alerts/test_authority.py",
    ),
    Mutant(
        "duty resets only a false alarm",
        "alerts/authority.py",
        "alarm.result is Result.FALSE and alarm.on_site",
        "alarm.on_site",
        "tests/alerts/test_authority.py",
    ),
    Mutant(
        "false counts only with its cause",
        "alerts/commands.py",
        "if (said is Result.FALSE and not cause) or",
        "if",
        PEOPLE + "test_command",
    ),
    Mutant(
        "a bureau's answer stops nothing",
        "alerts/commands.py",
        'if person.role == "bureau":',
        "if False:",
        PEOPLE + "test_a_bureaus_answer_stops_nothing_at_the_school",
    ),
)
