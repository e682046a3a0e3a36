"""Breaks of the Modbus lines (drivers/modbus, drivers/port.py) with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

LINE = "drivers/modbus/line.py"
TCP_FILE = "drivers/modbus/tcp.py"
PORT_FILE = "drivers/port.py"
MACHINE = "tests/drivers/test_line.py::"
FRAMES = "tests/drivers/test_modbus_frames.py::"
PDU = "tests/drivers/test_modbus_pdu.py::"
TCP = "tests/drivers/test_modbus_tcp.py::"
PORT = "tests/drivers/test_port.py::"
PROOF = "tests/drivers/test_proof.py::"

LINES: tuple[Mutant, ...] = (
    Mutant(
        "D8 the drain after a late answer",
        LINE,
        "            yield from self._drain(question.latency, end)\n            raise",
        "            raise",
        MACHINE + "test_d8_each_fault_alone_on_every_second_question[late]",
    ),
    Mutant(
        "D8 a question cut off in the middle is waited out",
        LINE,
        "            self._owed = max(self._owed, question.latency)\n            raise",
        "            raise",
        TCP + "test_d8_the_answer_to_a_question_cut_off_in_the_middle_reaches_nobody",
    ),
    Mutant(
        "D8 a new connection owes what the old one owed",
        LINE,
        "self._quiet_at, self._echoes = now + self._silence, None",
        "self._quiet_at, self._owed, self._echoes = now + self._silence, 0.0, None",
        TCP + "test_d8_the_answer_to_a_question_cut_off_in_the_middle_reaches_nobody",
    ),
    Mutant(
        "D8 a drain listens for the whole latency",
        LINE,
        "asked + 2 * latency)",
        "asked + 1.5 * latency)",
        MACHINE + "test_noise_does_not_shorten_the_wait_for_a_late_answer",
    ),
    Mutant(
        "D8 a lost answer is no answer",
        LINE,
        'raise NoAnswer("无应答 no answer")',
        "return",
        MACHINE + "test_after_a_time_out_nothing_is_asked_for_one_more_latency",
    ),
    Mutant(
        "D8 a doubled answer starts the silence anew",
        LINE,
        "until = self._now + max(self._owed, self._silence)",
        "until = self._now",
        MACHINE + "test_d8_each_fault_alone_on_every_second_question[duplicated]",
    ),
    Mutant(
        "D8 a cut answer is not waited for past its rest",
        LINE,
        "                if answer.body:\n                    return  # cut short: its check sum will say so\n",
        "",
        MACHINE + "test_d8_a_cut_answer_is_garbled",
    ),
    Mutant(
        "D8 a line that babbles is not asked",
        LINE,
        "self._owed = max(self._owed, self._silence)\n                raise",
        "break\n                raise",
        MACHINE + "test_a_line_that_is_never_silent_is_left_alone_and_recovers",
    ),
    Mutant(
        "D8 a write before the first read may be an echo",
        LINE,
        "        elif self._echoes is None:\n",
        "        elif False:\n",
        MACHINE + "test_before_the_first_read_a_write_is_listened_out",
    ),
    Mutant(
        "D8 the line learns whether it echoes",
        LINE,
        "self._echoes = answer.echoed",
        "self._echoes = False",
        MACHINE + "test_on_a_line_that_echoes_a_write_needs_the_devices_own_answer",
    ),
    Mutant(
        "D8 seven bytes of an echo are no answer",
        "drivers/modbus/frames.py",
        "return missing or int(undecided)",
        "return missing",
        FRAMES + "test_the_echo_is_skipped_where_the_answer_is_shorter_than_the_question",
    ),
    Mutant(
        "a long answer begun at the last moment",
        LINE,
        "last = max(last, self._now + missing * self._character + GRACE)",
        "pass",
        MACHINE + "test_a_long_answer_that_begins_at_the_last_moment_is_waited_for",
    ),
    Mutant(
        "the silence of 3.5 characters",
        LINE,
        "self._quiet_at = self._now + self._silence\n",
        "self._quiet_at = self._now\n",
        MACHINE + "test_the_silence_and_the_gap_of_the_device",
    ),
    Mutant(
        "the silence of the specification",
        LINE,
        "return 0.00175 if baud > 19200 else 3.5 * bits / baud",
        "return 0.00175 if baud > 19200 else 1.5 * bits / baud",
        "tests/drivers/test_rtu_timing.py::test_the_silence_of_the_specification",
    ),
    Mutant(
        "D8 the check sum",
        "drivers/modbus/frames.py",
        "if len(body) < _length(body, self._good) or crc(frame[:-2]) != frame[-2:]:",
        "if len(body) < _length(body, self._good):",
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
        "D8 the header of a TCP answer",
        TCP_FILE,
        "if heard[:4] != asked[:4] or heard[6] != asked[6] or not 2 <= length <= LONGEST:",
        "if not 2 <= length <= LONGEST:",
        TCP + "test_after_any_doubt_the_connection_is_replaced",
    ),
    Mutant(
        "D8 a TCP answer too many",
        TCP_FILE,
        "if len(heard) > length + 6:",
        "if False:",
        TCP + "test_after_any_doubt_the_connection_is_replaced",
    ),
    Mutant(
        "D8 a doubtful TCP connection is replaced",
        TCP_FILE,
        "        except DeviceFault:\n            self._drop()\n            raise",
        "        except DeviceFault:\n            raise",
        TCP + "test_after_any_doubt_the_connection_is_replaced",
    ),
    Mutant(
        "D8 bytes between two questions",
        TCP_FILE,
        "if wire is None or wire.stale or (",
        "if wire is None or wire.lost or (",
        TCP + "test_bytes_between_questions_replace_the_connection",
    ),
    Mutant(
        "the port is ours alone",
        PORT_FILE,
        "            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)",
        "            pass",
        "tests/drivers/test_modbus_rtu.py::test_the_port_is_ours_alone",
    ),
    Mutant(
        "two processes are refused",
        PORT_FILE,
        "            exclusive=True,",
        "            exclusive=False,",
        PORT + "test_two_processes_are_refused_and_told_the_cure",
    ),
    Mutant(
        "the RS-485 direction is turned back",
        PORT_FILE,
        "        finally:\n            fcntl.ioctl(fd, termios.TIOCMBIC, _RTS)",
        "        finally:\n            pass",
        PORT + "test_our_rts_turns_the_direction",
    ),
    Mutant(
        "the RS-485 direction waits for the last bit",
        PORT_FILE,
        "            termios.tcdrain(fd)",
        "            pass",
        PORT + "test_our_rts_turns_the_direction",
    ),
    Mutant(
        "the kernel's RS-485 mode",
        PORT_FILE,
        'if wanted.rs485 == "kernel":',
        "if False:",
        PORT + "test_the_kernel_turns_the_direction",
    ),
    Mutant(
        "swapped adapters: nothing is read before the proof",
        "drivers/proof.py",
        "        await self._prove()\n        try:\n            found",
        "        try:\n            found",
        PROOF + "test_exchanged_adapters_are_named_and_no_value_is_given_out",
    ),
    Mutant(
        "D8 a question that the adapter keeps back is thrown away",
        "drivers/modbus/rtu.py",
        "                self._port.check_sent()",
        "                pass",
        "tests/drivers/test_modbus_rtu.py::test_d8_a_question_that_the_adapter_keeps_back_is_thrown_away",
    ),
    Mutant(
        "swapped adapters: nothing is written before the proof",
        "drivers/proof.py",
        "        await self._prove()\n        try:\n            await self._bus.write",
        "        try:\n            await self._bus.write",
        PROOF + "test_exchanged_adapters_are_named_and_no_value_is_given_out",
    ),
    Mutant(
        "swapped adapters: a port that was gone is proved anew",
        "drivers/proof.py",
        "self._proven, self._swapped, self._next, self._silent = False,",
        "self._proven, self._swapped, self._next, self._silent = self._proven,",
        PROOF + "test_exchanged_adapters_are_named_and_no_value_is_given_out",
    ),
    Mutant(
        "D17 a port that is gone is noticed",
        PORT_FILE,
        'raise OSError(errno.EIO, "the adapter is gone")',
        'return b""',
        PORT + "test_pulled_out_while_reading",
    ),
)
