"""Breaks of rule kinds, default rules and stores: one line each, and the test that must notice."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

KINDS = "tests/alerts/test_rule_kinds.py::"
STORES = "tests/alerts/test_stores.py::"
BUILD = "tests/config/test_config_build.py::"

RULES: tuple[Mutant, ...] = (
    Mutant(
        "R17 no filter of the arc detector above 30 s",
        "config/rules/electrical.yaml",
        'GB 14287.4"\n    limits: {on_delay: [0s, 30s]',
        'GB 14287.4"\n    limits: {on_delay: [0s, 60s]',
        "tests/config/test_rules_files.py::test_r15_r16_r17_r19_r22_r37_hard_limit",
    ),
    Mutant(
        "R24 a store's 30 degrees",
        "config/rules/climate.yaml",
        "high: 30\n",
        "high: 32\n",
        "tests/config/test_rules_files.py::test_r15_r16_r17_r19_r20_r24_r25_number",
    ),
    Mutant(
        "R25 low pressure of a hydrant",
        "config/rules/water.yaml",
        "low: 0.14\n",
        "low: 0.12\n",
        "tests/config/test_rules_files.py::test_r15_r16_r17_r19_r20_r24_r25_number",
    ),
    Mutant(
        "R16 a slope before it is known",
        "alerts/rules/rate.py",
        'if count < number(params["samples"]) or span * 2 < window:',
        "if span == 0:",
        KINDS + "test_r16_rise_of_a_cable",
    ),
    Mutant(
        "a gap in a slope",
        "alerts/rules/rate.py",
        "        bins = ()\n",
        "        pass\n",
        KINDS + "test_a_gap_forgets_what_was_before",
    ),
    Mutant(
        "stillness clears after a restart",
        "alerts/rules/stuck.py",
        "Truth.CLEAR if still.moved else Truth.UNKNOWN",
        "Truth.CLEAR",
        KINDS + "test_a_restart_does_not_clear_a_stuck_value",
    ),
    Mutant(
        "D15 chattering unwatched is over",
        "alerts/rules/chatter.py",
        "Truth.CLEAR if at - since >= within else Truth.UNKNOWN",
        "Truth.CLEAR",
        KINDS + "test_chattering_ends_only_when_it_was_watched",
    ),
    Mutant(
        "k of n with the dead counted clear",
        "alerts/rules/k_of_n.py",
        "Truth.CLEAR if clear > len(rule.parts) - wanted else Truth.UNKNOWN",
        "Truth.CLEAR",
        KINDS + "test_two_of_three",
    ),
    Mutant(
        "R15 above its own hour",
        "alerts/rules/deviation.py",
        "usual is not None and value <= usual.value + above",
        "False",
        KINDS + "test_r15_prewarning",
    ),
    Mutant(
        "unknown is dropped from a combination",
        "alerts/rules/combination.py",
        "            worst = truth\n",
        "            worst = Truth.CLEAR\n",
        KINDS + "test_kleene",
    ),
    Mutant(
        "hours without a clock",
        "alerts/rules/timetable.py",
        "if not scene.clock_ok:",
        "if False:",
        KINDS + "test_a_door_out_of_hours",
    ),
    Mutant(
        "R20 the limits of another gas",
        "gateway/config/build.py",
        "found[device.point(channel.id)] = (channel.gas, GASES[channel.gas].oel)",
        'found[device.point(channel.id)] = (channel.gas, GASES["carbon-monoxide"].oel)',
        BUILD + "test_r20_each_toxic_gas_has_its_own_limits",
    ),
    Mutant(
        "R20 a gas that nobody names",
        "gateway/config/resolve.py",
        "if change.oel is None and (change.gas or channel.gas) not in GASES:",
        "if False:",
        "tests/config/test_config_findings.py::test_one_mistake_is_one_finding_in_its_place",
    ),
    Mutant(
        "R26 cold store",
        "config/rules/cold.yaml",
        "    high: 8\n    return_at: 7\n    on_delay: 30m\n    off_delay: 10m\n    policy: warning\n",
        "    high: 9\n    return_at: 7\n    on_delay: 30m\n    off_delay: 10m\n    policy: warning\n",
        "tests/config/test_rules_files.py::test_r16_r20_r25_r26_r34_number",
    ),
    Mutant(
        "R22 one lock is not two",
        "alerts/rules/cabinet.py",
        "if (o.lock_a is False) != (o.lock_b is False):",
        "if o.lock_a is False and o.lock_b is False:",
        STORES + "test_r22_door_with_one_lock_or_none_within_three_seconds",
    ),
    Mutant(
        "R22 an unseen lock is no closed lock",
        "alerts/store_step.py",
        "return None if seen(view.get(point)) is not False else False",
        "return False",
        STORES + "test_a_dead_lock_is_neither_closed_nor_released",
    ),
    Mutant(
        "R22 two locks alone are two people",
        "alerts/store_step.py",
        "if not o.verdict and len(different(o.proofs, store, plant, now.wall)) >= 2:",
        'if not o.verdict and o.which == "AB":',
        STORES + "test_r22_two_released_locks_alone_are_never_two_people",
    ),
    Mutant(
        "R22 one holder answers twice",
        "alerts/stores.py",
        "if any(p.person == person.id for p in given)",
        "if False",
        STORES + "test_one_holder_answers_once_and_one_phone_too",
    ),
    Mutant(
        "R22 one phone for two",
        "alerts/holders.py",
        'if proof.how == "phone" and phone in phones:',
        "if False:",
        STORES + "test_one_phone_counts_once",
    ),
    Mutant(
        "R22 lapsed training counts",
        "alerts/holders.py",
        "if known.trained and _a_year_after(known.trained) < today:",
        "if False:",
        STORES + "test_who_does_not_count_is_told_why",
    ),
    Mutant(
        "R22 a closed door proves an opening",
        "alerts/store_step.py",
        "elif not o.verdict and now.mono >= o.opened.mono + PROOF // plant.speed:",
        "elif not o.verdict and o.closed is None and now.mono >= o.opened.mono + PROOF // plant.speed:",
        STORES + "test_closing_the_door_proves_nothing",
    ),
    Mutant(
        "R22 a forgotten fan",
        "alerts/rules/cabinet.py",
        "late = o is not None and not o.fan",
        "late = False and o is not None and not o.fan",
        STORES + "test_r22_the_fan_is_proven_at_the_opening",
    ),
    Mutant(
        "R22 an opening is forgotten over a restart",
        "alerts/engine.py",
        "self._judge.stores.restore(",
        "(lambda *_: None)(",
        STORES + "test_an_opening_outlives_a_restart",
    ),
    Mutant(
        "R23 what was read meanwhile",
        "alerts/store_step.py",
        'out |= {f"lowest {p}": v for p, v in o.lowest.items()}',
        "out |= {}",
        STORES + "test_r23_an_opening_is_a_record_with_both_names",
    ),
)
