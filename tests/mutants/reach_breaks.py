"""Breaks of what leaves, rings and is heard: channels' threads, the modem, messages on their way; with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MODEM_FILE, POST_FILE, TELL_FILE = "alerts/channels/modem.py", "alerts/post.py", "gateway/tell.py"
MODEM = "tests/alerts/channels/test_modem.py::"
POST = "tests/alerts/test_post.py::"
DESK = "tests/alerts/test_desk.py::"
TELL = "tests/gateway/test_tell.py::"

REACH: tuple[Mutant, ...] = (
    Mutant(
        "D16 an answer is heard although messages wait",
        TELL_FILE,
        "(0.0 if self._queue.empty() else PAUSE - LISTEN)",
        '(0.0 if self._queue.empty() else float("inf"))',
        TELL + "test_d16_an_answer_is_heard_although_messages_wait",
    ),
    Mutant(
        "a deaf channel still sends",
        TELL_FILE,
        "            self._listen_due = loop.time() + HANG",
        "            pass",
        TELL + "test_a_channel_that_is_deaf_for_good_still_sends_what_waits",
    ),
    Mutant(
        "R10 a text that is not taken keeps nobody from being called",
        MODEM_FILE,
        "        if rung:\n            self._wait_ring(n, to.phone)  # dialled by `hear`, after the text\n"
        "        numbers = [self._put(part) for part in parts]\n",
        "        numbers = [self._put(part) for part in parts]\n        if rung:\n            self._wait_ring(n, to.phone)\n",
        MODEM + "test_r10_whose_text_is_not_taken_is_called_all_the_same",
    ),
    Mutant(
        "a refused call is made once more",
        MODEM_FILE,
        "                self._rings.append(self._rings.pop(0))  # once more after the others",
        "                self._rings.remove(ring)",
        MODEM + "test_a_call_that_is_refused_is_made_once_more_and_then_news",
    ),
    Mutant(
        "an answer that cannot be read is not cleared",
        MODEM_FILE,
        "            if not answer.ok:\n                self._shut()  # opened",
        "            if False:\n                self._shut()  # opened",
        MODEM + "test_an_answer_that_the_modem_does_not_give_at_once_is_not_cleared",
    ),
    Mutant(
        "two answers of one second are two",
        "alerts/channels/letters.py",
        ":{found.stamp}:{text}",
        ":{found.stamp}",
        MODEM + "test_two_answers_of_one_second_are_two",
    ),
    Mutant(
        "who has it in writing is reached, picked up or not",
        POST_FILE,
        "return other, other is not None or not unanswered",
        "return other, True",
        POST + "test_a_call_that_did_not_come_about_goes_by_the_next_channel_and_is_no_dead_box",
    ),
    Mutant(
        "a bare 1 is no answer to what is in the queue",
        "alerts/commands.py",
        "if not all(unheard(a.id, p) for p in phone if p in a.told)",
        "if True",
        DESK + "test_a_bare_1_is_no_answer_to_what_is_still_in_the_queue",
    ),
    Mutant(
        "a key in a call answers nothing else",
        "alerts/inbound.py",
        'if cmd.alarm in ("", q.id) and',
        "if",
        DESK + "test_a_key_in_a_call_about_what_is_over_takes_no_shift",
    ),
    Mutant(
        "what was taken before a restart counts beside a failed call",
        "alerts/telling.py",
        "        self._post.taken(before)\n",
        "",
        POST + "test_a_failed_call_beside_a_text_that_was_taken_is_no_dead_box_also_after_a_restart",
    ),
    Mutant(
        "R10 a call that a restart cut off is made",
        POST_FILE,
        "        for n in latest.values():\n",
        "        for n in ():\n",
        POST + "test_r10_a_call_that_the_end_of_the_process_cut_off_is_made_once",
    ),
    Mutant(
        "what channels took comes back with the journal",
        "gateway/store/journal.py",
        "                taken=tuple(taken.values()),\n",
        "",
        "tests/store/test_store_journal.py::test_closed_alarms_and_settled_messages_are_not_restored",
    ),
    Mutant(
        "D11 a clock that is set makes no alarm late",
        "alerts/telling.py",
        "rec.now.mono - n.made.mono > LATE",
        "rec.now.wall - n.made.wall > LATE",
        POST + "test_d11_a_clock_that_is_set_makes_no_alarm_a_late_one",
    ),
    Mutant(
        "what is about no alarm makes no dead box",
        "alerts/telling.py",
        "gave_up and n.severity > Severity.INFO and",
        "gave_up and",
        POST + "test_what_is_about_no_alarm_and_cannot_go_is_no_dead_box",
    ),
    Mutant(
        "D26 a drill walks through templates too",
        "alerts/notices.py",
        "fields=_fields(mark, plant, now)",
        "fields={}",
        "tests/alerts/test_drill.py::test_d26_one_button_walks_every_channel_to_every_person",
    ),
    Mutant(
        "who pressed 3 is asked for the cause",
        "gateway/answering.py",
        'return next(both_ways, "") if inbound.key',
        'return "" if inbound.key',
        "tests/gateway/test_answering.py::test_who_pressed_a_key_is_asked_for_the_cause_by_sms",
    ),
    Mutant(
        "a fire cuts off what is being said",
        "gateway/speak.py",
        "and _rank(alarm) > _rank(self._saying)",
        "and False",
        "tests/gateway/test_speech.py::test_a_fire_cuts_off_what_is_less_and_that_is_said_after_it",
    ),
    Mutant(
        "R10 a robot says the same once in five minutes",
        "alerts/budget.py",
        ">= ROBOT_AGAIN)",
        ">= 0)",
        "tests/alerts/test_budget.py::test_r10_a_robot_says_the_same_once_in_five_minutes_and_the_telephone_rings_between",
    ),
    Mutant(
        "D13 a channel that takes no message is a fault",
        TELL_FILE,
        "if len(self._failed) >= IN_A_ROW else",
        "if False else",
        TELL + "test_d13_a_channel_that_takes_no_message_is_a_fault_until_it_takes_one",
    ),
    Mutant(
        "one refused number is no fault of the channel",
        TELL_FILE,
        "IN_A_ROW = 2",
        "IN_A_ROW = 1",
        TELL + "test_d13_a_channel_that_takes_no_message_is_a_fault_until_it_takes_one",
    ),
    Mutant(
        "with every channel dead the box cannot call",
        "gateway/runtime.py",
        '"channels", not any(ways.values()), why)',
        '"channels", False, why)',
        "tests/gateway/test_ways.py::test_the_box_cannot_call_while_every_remote_channel_is_out_of_order",
    ),
    Mutant(
        "a box that cannot call breaks no drill",
        "alerts/drill.py",
        ' and KINDS[alarm.kind].lamp != "fault"',
        "",
        "tests/alerts/test_drill.py::test_a_box_that_cannot_call_breaks_no_drill_and_forbids_none",
    ),
    Mutant(
        "R11 the nearest come first",
        "alerts/escalation.py",
        "dict.fromkeys((*nearest, *plant.people))",
        "plant.people",
        DESK + "test_r11_of_the_whole_list_whoever_can_be_there_first_is_told_first",
    ),
    Mutant(
        "whoever was told is heard",
        "alerts/carry.py",
        'if not ok and cmd.verb == "ack" and told:',
        "if False:",
        DESK + "test_whoever_was_told_is_heard_and_the_calls_go_on_if_they_may_not_answer",
    ),
    Mutant(
        "of those who share a telephone the one on duty answers",
        "alerts/obeying.py",
        "person = self.inbound.sender(rec, person)",
        "pass",
        DESK + "test_of_those_who_share_the_guard_rooms_telephone_the_one_on_duty_answers",
    ),
    Mutant(
        "D13 a modem without a network is out of order all the time",
        MODEM_FILE,
        "now + CARE if registered and strong else now",
        "now + CARE",
        MODEM + "test_signal_and_registration_are_looked_at_while_nothing_is_sent",
    ),
    Mutant(
        "a weak signal holds back no answer",
        MODEM_FILE,
        "if not self._heard and self._clock",
        "if self._clock",
        MODEM + "test_a_weak_signal_holds_back_neither_text_nor_call_nor_answer",
    ),
    Mutant(
        "a cause alone undoes no real fire",
        "alerts/inbound.py",
        "return about if about is not None and",
        "return about if False and",
        DESK + "test_a_cause_alone_undoes_no_fire_that_somebody_has_called_real_meanwhile",
    ),
    Mutant(
        "a digest goes by a template too",
        "alerts/digest.py",
        'if by != "storm":  # a template',
        "if True:  # a template",
        "tests/alerts/test_budget.py::test_a_digest_goes_by_cloud_text_and_voice_too",
    ),
    Mutant(
        "an old answer is about no newer alarm",
        "alerts/inbound.py",
        'early = str(cmd.args.get("early") or "").split()',
        "early: list[str] = []",
        DESK + "test_an_old_answer_that_comes_late_is_about_no_newer_alarm",
    ),
    Mutant(
        "what the telephone got later is not meant",
        "alerts/channels/letters.py",
        "and there - LAG > written)",
        "and False)",
        "tests/alerts/channels/test_letters.py::test_an_answer_is_not_about_what_came_after_it",
    ),
    Mutant(
        "a journal cut at its end does not prove",
        "gateway/store/audit.py",
        ") - 1) > last:",
        ") - 1) > last + 999:",
        "tests/store/test_store_journal.py::test_verify_notices",
    ),
)
