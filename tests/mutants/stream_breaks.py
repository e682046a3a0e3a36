"""Breaks of the stream (uplink, wire, ingest) with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

UPLINK = "tests/stream/test_stream_uplink.py::"
INGEST = "tests/stream/test_stream_ingest.py::"
GRAMMAR = "tests/stream/test_stream_grammar.py::"
EVENTS = "tests/stream/test_stream_outgoing.py::"
WIRE = "tests/stream/test_stream_wire.py::"

STREAM: tuple[Mutant, ...] = (
    Mutant(
        "only a receipt moves the confirmed ranges",
        "gateway/stream/uplink.py",
        'elif fate is Fate.TAKEN and self._config.confirm == "puback":',
        "elif fate is Fate.TAKEN:",
        UPLINK + "test_a_live_frame_goes_as_it_is_and_only_a_receipt_confirms_it",
    ),
    Mutant(
        "a receipt of another destination",
        "gateway/stream/uplink.py",
        'if receipt.dest != wire.DEST or receipt.lane != "readings":',
        'if receipt.lane != "readings":',
        UPLINK + "test_a_live_frame_goes_as_it_is_and_only_a_receipt_confirms_it",
    ),
    Mutant(
        "refused lines are kept on the box",
        "gateway/stream/uplink.py",
        "            self._store.refused(wire.DEST, receipt.boot, refusal)",
        "            pass",
        UPLINK + "test_a_live_frame_goes_as_it_is_and_only_a_receipt_confirms_it",
    ),
    Mutant(
        "D2 what is not confirmed goes again",
        "gateway/stream/uplink.py",
        "for key, sent in self._sent.items() if sent.due > now}",
        "for key, sent in self._sent.items()}",
        UPLINK + "test_d2_without_a_receipt_the_frame_is_sent_again_from_the_store",
    ),
    Mutant(
        "what went to nobody is not confirmed",
        "gateway/stream/uplink.py",
        "            self._sent[key] = replace(sent, due=self._clock.now().mono + RESEND_SOON)\n",
        "            self._confirmed(sent.frame.boot, [(sent.frame.a, sent.frame.b)])\n",
        UPLINK + "test_what_went_to_nobody_is_sent_again_soon_and_not_confirmed",
    ),
    Mutant(
        "the window of live frames",
        "gateway/stream/uplink.py",
        "sum(sent.live for sent in self._sent.values()) < WINDOW:",
        "True:",
        UPLINK + "test_live_frames_stop_at_the_window_and_the_rest_waits",
    ),
    Mutant(
        "one row of the backlog at a time",
        "gateway/stream/uplink.py",
        "if any(not sent.live for sent in self._sent.values()):",
        "if False:",
        UPLINK + "test_backlog_drains_one_row_at_a_time_and_live_frames_overtake_it",
    ),
    Mutant(
        "S17 a retained command is not obeyed",
        "gateway/stream/uplink.py",
        "        if message.retain:",
        "        if False:",
        UPLINK + "test_a_command_is_handed_on_and_answered_a_retained_one_is_not",
    ),
    Mutant(
        "the will says offline",
        "gateway/stream/uplink.py",
        'will=(topics.of("status"), wire.status_payload(False, {})),',
        'will=(topics.of("status"), wire.status_payload(True, {})),',
        UPLINK + "test_status_is_retained_and_the_will_says_offline",
    ),
    Mutant(
        "events are known to be there in order",
        "gateway/stream/outgoing.py",
        "while self._open and self._open[first := next(iter(self._open))]:",
        "while self._open and (first := next(iter(self._open))):",
        EVENTS + "test_r8_the_outbox_learns_only_of_events_before_which_nothing_is_open",
    ),
    Mutant(
        "R8 a new connection repeats what may be lost",
        "gateway/stream/outgoing.py",
        "self._session, self._to, self._open = session, self._outbox.events_sent(), {}",
        "self._session, self._open = session, {}",
        EVENTS + "test_r8_a_new_connection_begins_after_the_last_event_known_to_be_there",
    ),
    Mutant(
        "an answer of the old connection says nothing",
        "gateway/stream/outgoing.py",
        "if not ok or session != self._session:",
        "if not ok:",
        EVENTS + "test_r8_a_new_connection_begins_after_the_last_event_known_to_be_there",
    ),
    Mutant(
        "no receipt before the database's answer",
        "gateway/stream/ingest.py",
        "        refused = await self._write(lines, batch[0].message.session)",
        "        self._receipts(batch, {}); refused = await self._write(lines, batch[0].message.session)",
        INGEST + "test_a_database_that_comes_later",
    ),
    Mutant(
        "a line the database calls bad does not stop the others",
        "gateway/stream/ingest.py",
        "            if len(piece) == 1:",
        "            if piece:",
        INGEST + "test_a_line_the_database_calls_bad_goes_back_to_the_box_and_the_others_arrive[v1]",
    ),
    Mutant(
        "ingest judges every line",
        "gateway/stream/ingest.py",
        "            if why is None:",
        "            if True:",
        INGEST + "test_lines_of_another_site_or_no_lines_at_all_are_refused_by_the_grammar",
    ),
    Mutant(
        "a refused line is told to the box",
        "gateway/stream/ingest.py",
        "refused.setdefault(key, []).extend([*taken.refused, *mine])",
        "refused.setdefault(key, []).extend(mine)",
        INGEST + "test_lines_of_another_site_or_no_lines_at_all_are_refused_by_the_grammar",
    ),
    Mutant(
        "a shared subscription is proven",
        "gateway/stream/ingest.py",
        "            await probe_shared(self._broker)",
        "            pass",
        INGEST + "test_a_worker_of_a_group_takes_nothing_before_the_proof",
    ),
    Mutant(
        "memory is bounded while the database is away",
        "gateway/stream/client.py",
        "properties.ReceiveMaximum = options.receive",
        "properties.ReceiveMaximum = 60_000",
        INGEST + "test_memory_is_bounded_while_the_database_is_away",
    ),
    Mutant(
        "a line names its own site",
        "gateway/stream/grammar.py",
        'if (tags["district"], tags["site"]) != (district, site):',
        "if False:",
        GRAMMAR + "test_refused_with_its_reason",
    ),
    Mutant(
        "a value is a finite number",
        "gateway/stream/grammar.py",
        'if not _FLOAT.fullmatch(found["value"]) or not math.isfinite(float(found["value"])):',
        "if False:",
        GRAMMAR + "test_refused_with_its_reason",
    ),
    Mutant(
        "a stamp is whole milliseconds of this age",
        "gateway/stream/grammar.py",
        "if match is None or not _FIRST_MS <= int(match[1]) <= _LAST_MS:",
        "if match is None:",
        GRAMMAR + "test_refused_with_its_reason",
    ),
    Mutant(
        "a good reading has a value",
        "gateway/stream/grammar.py",
        'return None if quality in ("2i", "3i") else "no value though quality is good"',
        "return None",
        GRAMMAR + "test_refused_with_its_reason",
    ),
    Mutant(
        "a tag is whole",
        "gateway/stream/grammar.py",
        "if not _KEY.fullmatch(key) or key in _RESERVED or not _VALUE.fullmatch(value):",
        "if not _KEY.fullmatch(key) or key in _RESERVED:",
        GRAMMAR + "test_refused_with_its_reason",
    ),
    Mutant(
        "what is no number goes as a fault",
        "gateway/stream/wire.py",
        "if value is not None and not math.isfinite(value):",
        "if False:",
        WIRE + "test_a_reading_as_a_line",
    ),
    Mutant(
        "the stamp is the reading's own",
        "gateway/stream/wire.py",
        "quality={int(quality)}i {reading.at.wall}000000",
        "quality={int(quality)}i {reading.at.mono}000000",
        WIRE + "test_a_reading_as_a_line",
    ),
    Mutant(
        "plain MQTT only on this machine",
        "gateway/stream/client.py",
        "return ipaddress.ip_address(host).is_loopback",
        "return True",
        "tests/stream/test_stream_link.py::test_plain_mqtt_only_to_this_machine",
    ),
    Mutant(
        "R6 the lost broker has a rule that waits no longer than it may",
        "config/rules/box.yaml",
        "on_delay: 45s",
        "on_delay: 60s",
        "tests/stream/test_stream_lost.py::test_r6_a_lost_broker_is_a_fault_within_100_s_and_ends_when_it_is_back",
    ),
    Mutant(
        "R6 the box says that its broker is gone",
        "gateway/health.py",
        "self._vitals.connected(), now)",
        "True, now)",
        "tests/stream/test_stream_lost.py::test_r6_a_lost_broker_is_a_fault_within_100_s_and_ends_when_it_is_back",
    ),
)
