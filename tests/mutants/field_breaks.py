"""Breaks of the field layer (drivers/) with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

CODEC = "tests/drivers/test_codec.py::"
FRAMES = "tests/drivers/test_modbus_frames.py::"
PDU = "tests/drivers/test_modbus_pdu.py::"
PLAN = "tests/drivers/test_plan.py::"

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
)
