"""Breaks of the field layer (drivers/) with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

CODEC = "tests/drivers/test_codec.py::"
FRAMES = "tests/drivers/test_modbus_frames.py::"
PDU = "tests/drivers/test_modbus_pdu.py::"
PLAN = "tests/drivers/test_plan.py::"
TCP = "tests/drivers/test_modbus_tcp.py::"
POLLER = "tests/drivers/test_poller.py::"
OUTPUTS = "tests/drivers/test_outputs.py::"
SCHEDULE = "tests/drivers/test_schedule.py::"

FIELD: tuple[Mutant, ...] = (
    Mutant(
        "D8 the drain after a late answer",
        "drivers/modbus/rtu.py",
        "self._owed = 0.0 if self._silent(port, latency) else latency",
        "self._owed = 0.0",
        "tests/drivers/test_misattribution.py::test_each_fault_alone_on_every_second_question[late]",
    ),
    Mutant(
        "D8 the check sum",
        "drivers/modbus/frames.py",
        "if self.missing or crc(frame[:-2]) != frame[-2:]:",
        "if self.missing:",
        FRAMES + "test_any_flipped_bit_is_noticed",
    ),
    Mutant(
        "D8 the unit of the answer",
        "drivers/modbus/frames.py",
        "if frame[0] != self._question[0]:",
        "if False:",
        FRAMES + "test_another_unit",
    ),
    Mutant(
        "D8 an echo is no answer",
        "drivers/modbus/frames.py",
        "return self._skips and self.bytes.startswith(self._question)",
        "return False",
        FRAMES + "test_an_echo_that_looks_like_a_good_answer_is_no_answer",
    ),
    Mutant(
        "D8 the function of the answer",
        "drivers/modbus/pdu.py",
        "if not pdu or pdu[0] != function:",
        "if not pdu:",
        PDU + "test_what_is_not_a_good_answer",
    ),
    Mutant(
        "D8 the byte count of the answer",
        "drivers/modbus/pdu.py",
        "if len(pdu) != read_length(space, count) or pdu[1] != len(pdu) - 2:",
        "if False:",
        PDU + "test_what_is_not_a_good_answer",
    ),
    Mutant(
        "D8 an exception is a refusal",
        "drivers/modbus/pdu.py",
        "if len(pdu) == 2 and pdu[0] in (function | 0x80, 0x80):",
        "if False:",
        PDU + "test_what_is_not_a_good_answer",
    ),
    Mutant(
        "a write answered differently",
        "drivers/modbus/pdu.py",
        "if pdu != request[:5]:",
        "if False:",
        PDU + "test_a_write_answered_differently_is_wrong",
    ),
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
        "& check.mask != check.equals:",
        "& check.mask != check.equals and False:",
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
        "the silence of 3.5 characters",
        "drivers/modbus/rtu.py",
        "self._silence = silence(baud, bits) + MARGIN",
        "self._silence = 0.0",
        "tests/drivers/test_rtu_timing.py::test_the_silence_is_kept_and_no_question_is_lost[strict]",
    ),
    Mutant(
        "the silence of the specification",
        "drivers/modbus/rtu.py",
        "return 0.00175 if baud > 19200 else 3.5 * bits / baud",
        "return 0.00175 if baud > 19200 else 1.5 * bits / baud",
        "tests/drivers/test_rtu_timing.py::test_the_silence_of_the_specification",
    ),
    Mutant(
        "the port is ours alone",
        "drivers/modbus/rtu.py",
        "            fcntl.ioctl(self._serial.fileno(), termios.TIOCEXCL)",
        "            pass",
        "tests/drivers/test_modbus_rtu.py::test_the_port_is_ours_alone",
    ),
    Mutant(
        "D8 the header of a TCP answer",
        "drivers/modbus/tcp.py",
        "if head[:4] != question[:4] or head[6] != question[6] or not 2 <= length <= 254:",
        "if not 2 <= length <= 254:",
        TCP + "test_after_any_doubt_the_connection_is_replaced",
    ),
    Mutant(
        "D8 a doubtful TCP connection is replaced",
        "drivers/modbus/tcp.py",
        '        """After doubt: let nothing of this question reach the next one."""\n        self._drop()',
        '        """After doubt: let nothing of this question reach the next one."""',
        TCP + "test_after_any_doubt_the_connection_is_replaced",
    ),
    Mutant(
        "D8 bytes between two questions",
        "drivers/modbus/tcp.py",
        "            if not wire.stale:",
        "            if True:",
        TCP + "test_bytes_between_questions_replace_the_connection",
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
        SCHEDULE + "test_fire_slots_hold_whatever_is_dead",
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
        "drivers/schedule.py",
        "return (8 + 3.5 + 5 + payload + 3.5) * character + TURNAROUND",
        "return (8 + 3.5 + payload + 3.5) * character + TURNAROUND",
        SCHEDULE + "test_the_sums_of_the_load",
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
