"""Breaks of the installer's tools and of the simulator's faults with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

GUESS = "tests/drivers/test_guess.py::"
FAULTS = "tests/drivers/simulator/test_simulator_faults.py::"
DOCTOR = "tests/gateway/test_command_doctor.py::"
LIVING = "tests/gateway/test_tools_living.py::"
TRIAL = "tests/alerts/test_trial.py::"
INIT = "tests/gateway/test_command_init.py::"

COUNTED = "tests/gateway/test_counters.py::"

TOOLS: tuple[Mutant, ...] = (
    Mutant(
        "simulator: a fault of a story ends in its time",
        "drivers/simulator/world.py",
        "until = min(fault.until, fault.since + lasts)",
        "until = fault.until",
        FAULTS + "test_every_kind_of_one_device_or_line_for_a_time",
    ),
    Mutant(
        "doctor, trace: a port that cannot be opened is said with its own cure",
        "gateway/checkup.py",
        'if heard.kind == "down" and previous is None:',
        "if False:",
        DOCTOR + "test_a_port_that_cannot_be_opened_is_said_with_its_own_cure",
    ),
    Mutant(
        "init: one address is not given to two devices of a line",
        "gateway/commands/init.py",
        "if same(other) == same(item):",
        "if False:",
        INIT + "test_answers_from_a_pipe_make_a_file_that_passes_check",
    ),
    Mutant(
        "doctor that asks nothing finds nobody well",
        "gateway/commands/doctor.py",
        "type=whole(1, 1000)",
        "type=int",
        "tests/gateway/test_usage.py",
    ),
    Mutant(
        "outputs test: the mbpoll line switches what the gateway switches",
        "gateway/mbpoll.py",
        "str(int(word > 0) if output.function == 5 else word)",
        "str(word)",
        LIVING + "test_an_output_is_tried_after_asking_and_journaled",
    ),
    Mutant(
        "R15 a circuit that leaks more gets no higher limit",
        "gateway/leakage.py",
        "return wanted if wanted <= HIGHEST else None",
        "return wanted",
        "tests/gateway/test_leakage.py::test_r15_never_outside_the_standard_and_never_below_the_leakage",
    ),
    Mutant(
        "two places have two names",
        "gateway/config/places.py",
        "if (other := seen.setdefault(flat, zone.id)) != zone.id:",
        "if (other := seen.setdefault(flat, zone.id)) != seen[flat]:",
        "tests/config/test_config_findings.py",
    ),
    Mutant(
        "R18 the address of a lock or a panel is not written",
        "drivers/profile.py",
        "if profile.unit_at and profile.unit_at.write and never_switched",
        "if False and never_switched",
        "tests/drivers/test_readdress.py::test_r18_the_address_of_a_lock_breaker_or_panel_is_never_written",
    ),
    Mutant(
        "who asked for an address is journaled before it is written",
        "gateway/addressing.py",
        'await self._note("address", {"step": "asked", **about})',
        "pass",
        "tests/system/test_addressing_page.py",
    ),
    Mutant(
        "only an installer gives addresses",
        "gateway/addressing.py",
        'if not may(listed.role if listed else str(args.get("role", ""))):',
        'if not may(listed.role if listed else "admin"):',
        "tests/system/test_addressing_page.py",
    ),
    Mutant(
        "a sensor moved before a break is found again",
        "drivers/readdress.py",
        'if there == "nobody" and await _own(line, at, new) == new:',
        "if False:",
        "tests/drivers/test_readdress.py",
    ),
    Mutant(
        "a taken address is not given away",
        "drivers/readdress.py",
        'if (found := await _there(line, new)) != "nobody":',
        "if False:",
        "tests/drivers/test_readdress.py::test_what_can_go_wrong_is_told_apart",
    ),
    Mutant(
        "what answered the write but did not follow is told",
        "drivers/readdress.py",
        "    return await judged(line, at, old, new)\n\n\ndef",
        '    return Verdict("done", new)\n\n\ndef',
        "tests/drivers/test_readdress.py::test_what_can_go_wrong_is_told_apart",
    ),
    Mutant(
        "doctor: a window of counters moves on",
        "gateway/counters.py",
        "if now.mono - since.mono >= HALF_DAY:",
        "if False:",
        COUNTED + "test_the_window_begins_at_the_start_and_then_half_a_day_to_a_day_back",
    ),
    Mutant(
        "doctor: what is counted is named in words",
        "gateway/commands/doctor.py",
        "if (each.about, each.symptom) not in named:",
        "if False:",
        LIVING + "test_doctor_names_from_the_counters_what_its_probes_do_not_see",
    ),
    Mutant(
        "doctor: questions that never left accuse nobody",
        "gateway/longrun.py",
        "return counts.questions - counts.down",
        "return counts.questions",
        COUNTED + "test_what_one_question_in_a_thousand_does_is_no_complaint",
    ),
    Mutant(
        "doctor: what most devices show for hours is the line's",
        "gateway/longrun.py",
        "len(shares) >= MOST * len(shown)",
        "False",
        COUNTED + "test_what_most_devices_show_is_the_lines_and_its_share_their_mean",
    ),
    Mutant(
        "scan: two maps that overlap are ambiguous",
        "drivers/guess.py",
        "names = tuple(sorted(one.id for one in best))",
        "names = tuple(sorted(one.id for one in best))[:1]",
        GUESS + "test_maps_that_overlap_are_ambiguous_never_one_of_them",
    ),
    Mutant(
        "scan: an unbelievable value excludes a profile",
        "drivers/guess.py",
        "if reading.quality is Quality.FAULT and reading.fault not in foreseen:",
        "if False:",
        GUESS + "test_an_unbelievable_value_excludes_a_profile_a_foreseen_fault_does_not",
    ),
    Mutant(
        "scan: a device's own address names it",
        "drivers/guess.py",
        "return 1 if word is not None and (word & at.mask) >> at.shift == self._unit else -1",
        "return 0",
        GUESS + "test_maps_that_overlap_are_ambiguous_never_one_of_them",
    ),
    Mutant(
        "scan of 32 units within 10 s",
        "drivers/survey.py",
        "QUICK = 90 ",
        "QUICK = 190 ",
        GUESS + "test_scan_of_32_units_stays_within_ten_seconds_of_the_lines_time",
    ),
    Mutant(
        "scan: a late answer is not taken for another unit's",
        "drivers/survey.py",
        'return heard.kind == "silent" or (heard.kind in ("wrong", "garbled") and bool(there) and unit not in there)',
        'return heard.kind == "silent"',
        GUESS + "test_a_unit_whose_questions_only_another_answers_is_not_there",
    ),
    Mutant(
        "scan: who answers late is asked again",
        "drivers/survey.py",
        'self.late |= there if heard.kind == "silent" else there - {unit}',
        "pass",
        GUESS + "test_a_device_that_takes_800_ms_is_found[False]",
    ),
    Mutant(
        "scan: a slow device at the end of the list is found",
        "drivers/survey.py",
        "max(latency, LAST) if done == len(units) else latency",
        "latency",
        "tests/drivers/test_survey.py::test_behind_the_last_unit_the_line_listens_on",
    ),
    Mutant(
        "doctor: who lost one answer is not called slow",
        "gateway/checkup.py",
        'return "late" if again.took > 2 * usual else "drops"',
        'return "late"',
        "tests/gateway/test_checkup.py::test_silent_late_and_lost_are_told_apart",
    ),
    Mutant(
        "scan: a host that refuses is said with its cure",
        "drivers/modbus/stream.py",
        "连不上：{_cure(error)}",
        "连不上",
        "tests/gateway/test_command_scan.py::test_a_host_that_cannot_be_reached_is_said_with_its_cure",
    ),
    Mutant(
        "a profile whose alarm bits would read as a number is refused",
        "drivers/profile.py",
        'high = bit and c.type != "bit" and',
        "high = False and",
        "tests/profiles/test_mistakes.py",
    ),
    Mutant(
        "a probe may not hold a line with fire points",
        "gateway/asked_lines.py",
        "longest = FIRE_LATENCY if fire else MOST_LATENCY",
        "longest = MOST_LATENCY",
        LIVING + "test_a_probe_may_not_hold_a_fire_line_for_long",
    ),
    Mutant(
        "a probe only reads",
        "gateway/lines.py",
        "if not (isinstance(count, int) and 0 < count <= MOST_WORDS and 0 <= address <= 0x10000 - count):",
        "if False:",
        LIVING + "test_a_probe_that_is_none_is_refused_and_asks_nothing",
    ),
    Mutant(
        "doctor: what most devices show is the line's",
        "gateway/diagnose.py",
        "MOST = 0.6 ",
        "MOST = 6.0 ",
        DOCTOR + "test_what_most_devices_show_is_the_lines",
    ),
    Mutant(
        "an output is not tried during a fire",
        "alerts/trial.py",
        '        if _fire(alarms):\n            return "refused.fire"',
        '        if False:\n            return "refused.fire"',
        TRIAL + "test_an_open_fire_refuses_it_even_when_answered",
    ),
    Mutant(
        "a fire ends the trial of an output",
        "alerts/trial.py",
        "            self._until.clear()",
        "            pass",
        TRIAL + "test_a_fire_ends_it_at_once",
    ),
    Mutant(
        "a trial ends by itself",
        "alerts/engine.py",
        "if rec.changed or self._trials.due(rec.now) or",
        "if rec.changed or",
        TRIAL + "test_on_for_its_seconds_then_off_and_both_in_the_journal",
    ),
    Mutant(
        "init never overwrites",
        "gateway/commands/init.py",
        "    if file.exists():",
        "    if False:",
        INIT + "test_an_existing_file_is_never_touched",
    ),
    Mutant(
        "the simulator logs what it spoilt",
        "drivers/simulator/world.py",
        "        if reply.struck:\n            self._log",
        "        if False:\n            self._log",
        FAULTS + "test_every_kind_strikes_and_is_counted",
    ),
    Mutant(
        "a fault strikes in its time only",
        "drivers/simulator/faults.py",
        "return self.since <= second < self.until and",
        "return",
        FAULTS + "test_by_device_by_share_and_by_time",
    ),
)
