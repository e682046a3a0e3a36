"""Breaks of the bureau (its file, its fleet, its page) with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

STATE = "tests/fleet/test_fleet_state.py::"
STORE = "tests/fleet/test_fleet_store.py::"
TASK = "tests/fleet/test_fleet_task.py::"
STORY = "tests/fleet/test_fleet_story.py::"

BUREAU: tuple[Mutant, ...] = (
    Mutant(
        "R7 a box that says nothing is silent within 90 s",
        "gateway/fleet/state.py",
        "SILENT = 85_000",
        "SILENT = 185_000",
        STATE + "test_r7_d10_a_box_that_says_nothing_is_silent_within_90_s",
    ),
    Mutant(
        "nothing of a silent school is watched",
        "gateway/fleet/state.py",
        '"uncovered": total if lost else unseen,',
        '"uncovered": unseen,',
        STATE + "test_r7_d10_a_box_that_says_nothing_is_silent_within_90_s",
    ),
    Mutant(
        "schools are never ordered by the number of alarms",
        "gateway/fleet/state.py",
        '            row["rung"] == 0,\n',
        '            -row["open"],\n',
        STATE + "test_schools_are_ordered_by_what_nobody_did_and_never_by_the_number_of_alarms",
    ),
    Mutant(
        "sent is not done",
        "gateway/fleet/asked.py",
        'state="taken" if answer.ok else "refused"',
        'state="done" if answer.ok else "refused"',
        STATE + "test_sent_is_not_done_and_only_the_schools_event_makes_it_done",
    ),
    Mutant(
        "the chain waits at a gap",
        "gateway/store/fleet.py",
        "            if seq != at + 1 and not anew:\n                break\n",
        "",
        STORE + "test_what_is_missing_is_named_and_the_chain_waits_there",
    ),
    Mutant(
        "a changed event is found",
        "gateway/store/fleet.py",
        "row[0] is not None and bytes(row[0]) != hash",
        "row[0] is None and bytes(row[0]) != hash",
        STORE + "test_a_changed_event_is_found_by_the_next_status",
    ),
    Mutant(
        "an answer at the school ends the calls of the bureau",
        "alerts/escalation.py",
        '    if alarm.evidence.get("answered"):\n        return None',
        '    if alarm.evidence.get("answered"):\n        pass',
        "tests/alerts/test_escalation.py::test_at_the_bureau_nobody_more_is_called_once_the_school_has_answered",
    ),
    Mutant(
        "no result at the school rings the bureau anew",
        "gateway/fleet/state.py",
        "if was is not None and answered and rings:",
        "if False and rings:",
        STATE + "test_an_answer_at_the_school_ends_the_calls_and_not_the_alarm_and_no_result_rings_anew",
    ),
    Mutant(
        "an answer at a school is no recovery",
        "alerts/messages_bureau.py",
        '        only=("over", "yes"),\n',
        "",
        "tests/alerts/test_render.py::test_a_schools_alarm_that_is_over_is_told_with_what_the_school_found_and_not_before",
    ),
    Mutant(
        "a phone number is never cut",
        "alerts/render.py",
        'WHOLE = ("place", "tel")',
        'WHOLE = ("place",)',
        "tests/alerts/test_render.py::test_a_phone_number_is_dialled_as_it_stands_and_never_cut",
    ),
    Mutant(
        "a school's alarm began when the school says",
        "alerts/render.py",
        'return said if isinstance(said, int) and "school" in alarm.evidence else here',
        "return here",
        "tests/alerts/test_render.py::test_a_schools_alarm_is_told_with_its_own_kind_and_its_own_time",
    ),
    Mutant(
        "story 14 in words: what several schools have in common is said of all",
        "alerts/messages_bureau.py",
        '        instead=(("wide", "yes", "school.back-many"),),\n',
        "",
        "tests/stories/test_stories.py::test_story[25-carrier-fault]",
    ),
    Mutant(
        "现状 at the bureau names the school and the place",
        "alerts/replies.py",
        "    where = zone.name if zone else place\n",
        '    where, school = zone.name if zone else "", ""\n',
        "tests/stories/test_stories.py::test_story[26-school-answers-late]",
    ),
    Mutant(
        "a bare 1 that wants no result asks for none",
        "alerts/carry.py",
        'if done.code == "acked-result" else []',
        "if done.code else []",
        "tests/alerts/test_carry.py",
    ),
    Mutant(
        "story 14: one cause is one call",
        "alerts/parents.py",
        'groups["silent", str(began)].append(alarm)',
        'groups["silent", alarm.id].append(alarm)',
        STORY + "test_story14_many_silent_schools_are_one_call_after_30_minutes",
    ),
    Mutant(
        "story 14: the end of a school's alarm ends the bureau's",
        "gateway/fleet/state.py",
        "    return stands, [*changes, *((call, False) for call in gone)]",
        "    return stands, changes",
        STORY + "test_people1_the_end_of_the_schools_alarm_ends_the_bureaus",
    ),
    Mutant(
        "of an alarm that is no longer known nobody says that it is over",
        "gateway/fleet/state.py",
        '"over": point in ended}',
        '"over": True}',
        "tests/fleet/test_fleet_state.py::test_what_is_no_longer_known_ends_and_is_not_called_over",
    ),
    Mutant(
        "what the broker remembers is no sign of life",
        "gateway/fleet/task.py",
        '        if message.retain and said.get("online") is True:\n            return',
        '        if message.retain and said.get("online") is None:\n            return',
        TASK + "test_what_the_broker_remembers_is_no_sign_of_life",
    ),
    Mutant(
        "a bureau's roles may ask what they may ask",
        "gateway/fleet/task.py",
        "if person is None or person.role not in OF_SCHOOLS[command.verb]:",
        "if person is None:",
        TASK + "test_a_command_goes_with_proof_after_it_is_journaled_and_is_refused_to_whom_it_is_not",
    ),
    Mutant(
        "what a bureau has not got goes again",
        "gateway/stream/outgoing.py",
        "            if self._link.up and self._missing:",
        "            if False and self._missing:",
        "tests/stream/test_stream_outgoing.py::test_what_a_bureau_has_not_got_goes_again_a_few_at_a_time",
    ),
    Mutant(
        "an order is the bureau's alone",
        "alerts/inbound.py",
        '        if person.role != "bureau":',
        '        if person.role == "viewer":',
        "tests/alerts/test_desk.py::test_an_order_of_the_bureau_is_signed_for_by_number_and_carries_its_command",
    ),
    Mutant(
        "what is not proven yet is not let go",
        "gateway/store/fleet.py",
        "hash NOT NULL AND seq <= ",
        "seq <= ",
        STORE + "test_what_is_not_proven_yet_stays_however_old",
    ),
    Mutant(
        "the store of a county does not grow for ever",
        "gateway/store/fleet.py",
        "                self._trim(site, ",
        "                (site, ",
        STORE + "test_only_the_newest_events_of_a_school_stay_and_none_is_asked_for_again",
    ),
    Mutant(
        "D17 a broken store is put aside",
        "gateway/store/fleet.py",
        "            if not is_broken(fault):\n                raise\n            self.quarantined",
        "            if True:\n                raise\n            self.quarantined",
        STORE + "test_d17_a_broken_file_is_put_aside_and_a_new_one_begun",
    ),
    Mutant(
        "a store put aside is told",
        "gateway/fleet/task.py",
        "            await self._anew(store.quarantined)",
        "            pass",
        TASK + "test_d17_a_store_broken_on_the_disk_is_put_aside_told_and_filled_again",
    ),
    Mutant(
        "who answers for one township sees nothing of another",
        "dashboard/scope.py",
        "foreign = every.keys() - set(mine)",
        "foreign = set[str]()",
        "tests/dashboard/test_scope.py::test_nothing_of_a_foreign_school_is_in_a_snapshot_and_the_bureaus_own_box_is",
    ),
    Mutant(
        "a page opened after a delta finds every school",
        "gateway/local.py",
        '    "schools",\n',
        "",
        "tests/gateway/test_local.py::test_a_table_of_the_page_is_a_table_of_its_server",
    ),
    Mutant(
        "of a list of devices that is shorter now the old end is dropped",
        "gateway/fleet/state.py",
        "self.listing.items() if n < of}",
        "self.listing.items()}",
        STATE + "test_the_list_of_devices_is_put_together_from_its_parts_in_the_bureaus_time",
    ),
)
