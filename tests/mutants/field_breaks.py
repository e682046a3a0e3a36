"""Breaks of the field layer (drivers/) with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

CODEC = "tests/drivers/test_codec.py::"
PLAN = "tests/drivers/test_plan.py::"
POLLER = "tests/drivers/test_poller.py::"
OUTPUTS = "tests/drivers/test_outputs.py::"
SCHEDULE = "tests/drivers/test_schedule.py::"

FIELD: tuple[Mutant, ...] = (
    Mutant(
        "a sentinel is a fault",
        "drivers/codec.py",
        "if raw in channel.sentinels:",
        "if False:",
        CODEC + "test_fault",
    ),
    Mutant(
        "an inverted bit",
        "drivers/codec.py",
        "return 1.0 - value if channel.invert else value",
        "return value",
        CODEC + "test_good",
    ),
    Mutant(
        "R5 out of range is a fault",
        "drivers/codec.py",
        "if not quantity.low <= value <= quantity.high or (",
        "if (",
        CODEC + "test_fault",
    ),
    Mutant(
        "a validity register",
        "drivers/codec.py",
        "& check.mask not in check.equals:",
        "& check.mask not in check.equals and False:",
        CODEC + "test_validity_comes_before_everything_else",
    ),
    Mutant(
        "the order of words",
        "drivers/codec.py",
        '"CDAB": (2, 3, 0, 1)',
        '"CDAB": (0, 1, 2, 3)',
        CODEC + "test_good",
    ),
    Mutant(
        "the sign",
        "drivers/codec.py",
        "return raw - 0x10000 if raw & 0x8000 else raw",
        "return raw",
        CODEC + "test_good",
    ),
    Mutant(
        "a scale register",
        "drivers/codec.py",
        "        value *= scale.factors[code]",
        "        pass",
        CODEC + "test_scale_registers",
    ),
    Mutant(
        "no number is no value",
        "drivers/codec.py",
        "            if not math.isfinite(value):",
        "            if False:",
        CODEC + "test_fault",
    ),
    Mutant(
        "a read within the device's limit",
        "drivers/plan.py",
        "if question.end - question.start > longest:",
        "if False:",
        PLAN + "test_the_tighter_limit_wins",
    ),
    Mutant(
        "a refused register is never asked for again",
        "drivers/plan.py",
        "if hole and (limits.exact or any((space, cell) in forbidden for cell in hole)):",
        "if hole and limits.exact:",
        PLAN + "test_forbidden_register_is_not_touched",
    ),
    Mutant(
        "every value is read",
        "drivers/plan.py",
        "        names[last].append(channel.id)",
        "        names[0].append(channel.id)",
        PLAN + "test_every_channel_once_within_limits_never_forbidden",
    ),
    Mutant(
        "D9 the dead cost a tenth",
        "drivers/schedule.py",
        "self._probe_from = now + cost * (100 // DEAD_SHARE - 1)",
        "self._probe_from = now",
        SCHEDULE + "test_all_the_dead_together_cost_a_tenth",
    ),
    Mutant(
        "R2 fire devices first",
        "drivers/schedule.py",
        "    if entry.fire:\n        return min(entry.failures, 1)",
        "    if False:\n        return min(entry.failures, 1)",
        SCHEDULE + "test_fire_devices_come_first_on_a_line_that_is_never_idle",
    ),
    Mutant(
        "the beat is kept",
        "drivers/schedule.py",
        "return entry.due + period * max(0, (now - entry.due) // period + 1)",
        "return now + period",
        SCHEDULE + "test_no_drift",
    ),
    Mutant(
        "the sums of a line's load",
        "drivers/pace.py",
        "return (QUESTION + ANSWER) * self.character",
        "return QUESTION * self.character",
        "tests/drivers/test_load.py::test_the_sums_of_the_load",
    ),
    Mutant(
        "the load of a line keeps time for the dead",
        "drivers/load.py",
        "    share = RESERVE\n",
        "    share = 0.0\n",
        "tests/drivers/test_load.py::test_the_sums_of_the_load",
    ),
    Mutant(
        "R2 a slow device beside fire points is refused",
        "drivers/load.py",
        "if x.age > FIRE_AGE)",
        "if False)",
        "tests/drivers/test_load.py::test_r2_a_device_that_holds_the_line_too_long_for_the_fire_points",
    ),
    Mutant(
        "R2 no probe makes a fire slot late",
        "drivers/schedule.py",
        "if _rank(entry) < PROBE or self.fits(now, entry.worst):",
        "if True:",
        SCHEDULE + "test_r2_a_slow_dead_device_never_makes_a_fire_slot_late",
    ),
    Mutant(
        "R2 a long cycle is interrupted",
        "drivers/poller.py",
        "                await self._urgent()",
        "                pass",
        POLLER + "test_r2_a_long_cycle_is_interrupted_by_fire_slots_and_outputs",
    ),
    Mutant(
        "D10 what cannot be asked is stale",
        "drivers/schedule.py",
        "if not e.failures and now - e.told >= self._stale[id]]",
        "if False]",
        POLLER + "test_d10_a_device_that_cannot_be_asked_is_stale",
    ),
    Mutant(
        "a hole is filled only where it is quicker",
        "drivers/plan.py",
        "cost = pace.question(limits.gap)",
        "cost = 1.0 + pace.question(limits.gap)",
        PLAN + "test_a_hole_is_filled_only_where_that_is_quicker_on_this_line",
    ),
    Mutant(
        "a difference read back is written again",
        "drivers/outputs.py",
        "                wish.done = False\n                self.failed(wish.device, now, 0)",
        "                self.failed(wish.device, now, 0)",
        OUTPUTS + "test_a_mismatch_is_written_again_with_growing_pauses_until_it_holds",
    ),
    Mutant(
        "a wish is written again after a loss of its device",
        "drivers/poller.py",
        "            self._outputs.lost(device.id)",
        "            pass",
        POLLER + "test_after_a_loss_the_wish_is_written_again",
    ),
    Mutant(
        "a wish is written again after a loss of its line",
        "drivers/poller.py",
        "            self._outputs.lost(each)",
        "            pass",
        POLLER + "test_after_a_loss_the_wish_is_written_again",
    ),
    Mutant(
        "outputs go before everything that is due",
        "drivers/poller.py",
        "if device := self._outputs.due(now):",
        "if not self._schedule.next(now) and (device := self._outputs.due(now)):",
        POLLER + "test_a_wish_goes_before_everything_that_is_due",
    ),
    Mutant(
        "R2 a lent question waits for the fire slots",
        "drivers/schedule.py",
        "            if free > entry.heard + FIRE_AGE:\n                return False",
        "            pass",
        POLLER + "test_a_lent_question_never_makes_a_fire_slot_late_and_says_when_there_is_no_gap",
    ),
    Mutant(
        "one job at a time on a line",
        "drivers/poller.py",
        "        async with self._desk.turn:\n            return await work(self._desk)",
        "        return await work(self._desk)",
        POLLER + "test_lent_questions_go_in_the_gaps_one_job_at_a_time_and_the_answer_comes_back",
    ),
    Mutant(
        "R5 a dead device is a fault",
        "drivers/poller.py",
        "        return (*decode(device, found, image, now), *bad)",
        "        return decode(device, found, image, now)",
        POLLER + "test_a_dead_device_becomes_faults_and_leaves_the_others_alone",
    ),
    Mutant(
        "R36 a line whose devices are all silent is down",
        "drivers/poller.py",
        "down = self._down or len(self._silent) >= min(LINK_WITNESSES, len(self._devices))",
        "down = False",
        POLLER + "test_the_line_is_down_when_all_are_silent_and_up_when_one_answers",
    ),
)
