"""Breaks of who is told, when, in which words, and who may answer; with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

STEPS = "tests/alerts/test_escalation.py::"
WORDS = "tests/alerts/test_render.py::"
ROTA = "tests/alerts/test_duty.py::"
PEOPLE = "tests/alerts/test_engine_people.py::"
RIGHTS = "tests/alerts/test_authority.py"
HOOK = "tests/alerts/channels/test_channel_webhook.py::"
ESCALATION = "alerts/escalation.py"
AUTHORITY = "alerts/authority.py"
COMMANDS = "alerts/commands.py"

PEOPLES: tuple[Mutant, ...] = (
    Mutant(
        "R10 an answer pauses the calls",
        ESCALATION,
        "waits = alarm.state is AlarmState.UNACKED or",
        "waits = alarm.state in OPEN or",
        STEPS + "test_r10_the_sleepy_one",
    ),
    Mutant(
        "R10 a result ends the calls",
        ESCALATION,
        "if alarm.acked is not None and alarm.result is None else None",
        "if alarm.acked is not None else None",
        STEPS + "test_r10_the_coil",
    ),
    Mutant(
        "R10 a result other than real ends what an answer does not",
        ESCALATION,
        " and alarm.result in (None, Result.REAL)",
        "",
        STEPS + "test_a_result_other_than_real_ends_even_what_an_answer_does_not",
    ),
    Mutant(
        "R10 a real fire goes on being told",
        ESCALATION,
        "alarm.result in (None, Result.REAL)",
        "alarm.result is None",
        STEPS + "test_a_real_fire_is_told_once_although_it_has_its_result",
    ),
    Mutant(
        "1.1.4 fire loops until a person answers",
        ESCALATION,
        "if alarm.policy.loop <= 0:",
        "if True:",
        STEPS + "test_r10_nobody_answers_a_fire",
    ),
    Mutant(
        "1.1.4 the second step of a fire after 60 s",
        "config/escalation/fire.yaml",
        "{id: again, when: unacked, after: 60s,",
        "{id: again, when: unacked, after: 100s,",
        STEPS + "test_r10_nobody_answers_a_fire",
    ),
    Mutant(
        "R10 three minutes for a result",
        "config/escalation/fire.yaml",
        "{id: unverified-leader, when: unverified, after: 3m,",
        "{id: unverified-leader, when: unverified, after: 5m,",
        STEPS + "test_r10_the_sleepy_one",
    ),
    Mutant(
        "R11 a confirmed fire rings the bureau at once",
        "config/escalation/fire-confirmed.yaml",
        "{id: confirmed-bureau, when: always, after: 0s,",
        "{id: confirmed-bureau, when: always, after: 60s,",
        STEPS + "test_r11_confirmed_fire_tells_the_whole_school_and_the_bureau_at_once",
    ),
    Mutant(
        "a flapping sensor puts off no step",
        ESCALATION,
        " or (alarm.state is AlarmState.RTN_UNACKED and alarm.latching)",
        "",
        STEPS + "test_a_flapping_smoke_detector_does_not_put_off_the_next_step",
    ),
    Mutant(
        "R36 a hidden alarm calls nobody",
        ESCALATION,
        "if alarm.state not in OPEN or alarm.parent:",
        "if alarm.state not in OPEN:",
        STEPS + "test_suppressed_pending_and_closed_alarms_say_nothing",
    ),
    Mutant(
        "1.1 nobody twice for one step",
        ESCALATION,
        'if last is None or (s.during == "asleep" and last.at < base):',
        "if True:",
        STEPS + "test_what_holds_for_every_policy",
    ),
    Mutant(
        "a step that finds nobody goes to duty",
        ESCALATION,
        'if not able and step.to != ("bureau",):',
        "if False:",
        STEPS + "test_a_step_that_finds_nobody_goes_to_duty_but_a_missing_bureau_does_not",
    ),
    Mutant(
        "the keeper of that place",
        "alerts/duty.py",
        "own = tuple(p.id for p in all_ if zone in p.zones)",
        "own = tuple(p.id for p in all_)",
        STEPS + "test_r10_nobody_answers_a_fire",
    ),
    Mutant(
        "D13 the next channel",
        ESCALATION,
        "    if not rest or n.reason == EVERY:\n",
        "    if True:\n",
        STEPS + "test_failover_walks_the_persons_channels",
    ),
    Mutant(
        "D13 a refusing channel fails over at once",
        "alerts/post.py",
        "        return self._other(n), True\n\n    def restored",
        "        return None, False\n\n    def restored",
        PEOPLE + "test_given_up_goes_to_the_next_channel",
    ),
    Mutant(
        "nothing left is cannot-call",
        "alerts/telling.py",
        "elif gave_up and n.reason != escalation.EVERY and",
        "elif False and",
        PEOPLE + "test_given_up_goes_to_the_next_channel",
    ),
    Mutant(
        "accepted is not delivered",
        "alerts/post.py",
        "            self._accepted.add(d.key)",
        "            self._sent.pop(d.key)",
        PEOPLE + "test_accepted_is_not_delivered",
    ),
    Mutant(
        "news overtakes a second attempt",
        "alerts/post.py",
        "        self._later.pop(d.key, None)",
        "        pass",
        PEOPLE + "test_later_news_overtakes_a_second_attempt_that_still_waits",
    ),
    Mutant(
        "1.1.2 a repeat says so",
        "alerts/post.py",
        "repeat=True, text=prefix + n.text",
        "repeat=True, text=n.text",
        "tests/alerts/test_engine_restart.py::test_an_open_message_is_repeated_once_and_marked",
    ),
    Mutant(
        "the end is told to those who were told",
        ESCALATION,
        "    for person in (plant.people[id] for id in alarm.told if id in plant.people):",
        "    for person in ():",
        STEPS + "test_r10_the_coil",
    ),
    Mutant(
        "a hole in the rota is filled",
        "alerts/duty.py",
        "found.get(name) or _stand_in(plant, name)",
        "found.get(name, ())",
        ROTA + "test_never_nobody",
    ),
    Mutant(
        "a night shift belongs to the day it begins",
        "alerts/duty.py",
        "local(plant, start).date() - timedelta(days=1), ",
        "local(plant, start).date(), ",
        ROTA + "test_a_night_shift_belongs_to_the_day_it_begins",
    ),
    Mutant(
        "the school's own time zone",
        "alerts/calendar.py",
        "astimezone(ZoneInfo(plant.timezone))",
        'astimezone(ZoneInfo("Asia/Shanghai"))',
        ROTA + "test_the_plants_time_zone_decides",
    ),
    Mutant(
        "a field is cut to its longest",
        "alerts/render.py",
        "else _cut(args[f], longest(m, f))",
        "else args[f]",
        WORDS + "test_a_value_that_is_too_long_is_cut_and_never_the_place",
    ),
    Mutant(
        "the place is never cut",
        "alerts/render.py",
        'if f == "place" or language == "en"',
        'if language == "en"',
        WORDS + "test_a_place_longer_than_planned_is_still_whole",
    ),
    Mutant(
        "70 units even as a repeat",
        "alerts/messages.py",
        "值班{p}未应答。立即处置。",
        "值班{p}未应答。请马上立即处置。",
        WORDS + "test_the_longest_fits_one_sms_even_as_a_repeat",
    ),
    Mutant(
        "the kind comes first",
        "alerts/messages.py",
        '"panic",\n            "一键报警！{place}{t}。',
        '"panic",\n            "{place}{t}一键报警！',
        WORDS + "test_the_kind_comes_first",
    ),
    Mutant(
        "an electrical warning only in working hours",
        "alerts/render.py",
        "_yes(working_hours(plant, alarm.raised.wall))",
        "_yes(True)",
        STEPS + "test_who_else",
    ),
    Mutant(
        "the bureau reads whose fire it is",
        "alerts/render.py",
        '"s": plant.short if bureau else "",',
        '"s": "",',
        STEPS + "test_the_bureau_reads_the_schools_name_first_and_a_phone_to_call",
    ),
    Mutant(
        "a keeper only in the own zones",
        AUTHORITY,
        'if "zone" in condition and not _own_zone(person, alarm, plant):',
        "if False:",
        PEOPLE + "test_command",
    ),
    Mutant("an installer answers no alarm", AUTHORITY, '"installer": {},', '"installer": _ALL,', RIGHTS),
    Mutant(
        "a bureau gives no result", AUTHORITY, '"bureau": {"ack": "", "note": "", "decline": ""},', '"bureau": _WATCH,', RIGHTS
    ),
    Mutant(
        "an electrician only electrical alarms",
        AUTHORITY,
        'if condition == "electrical" and',
        "if False and",
        RIGHTS,
    ),
    Mutant(
        "a false alarm from the spot before duty resets",
        AUTHORITY,
        "alarm.result is Result.FALSE and alarm.on_site",
        "alarm.result is Result.FALSE",
        RIGHTS,
    ),
    Mutant(
        "which alarm is meant",
        COMMANDS,
        "if len(meant) > 1 and cmd.verb not in TOGETHER:",
        "if False:",
        PEOPLE + "test_command",
    ),
    Mutant(
        "a bare 1 answers what was sent to that phone",
        COMMANDS,
        "cmd.proof not in REMOTE or cmd.person in a.told",
        "True",
        PEOPLE + "test_command",
    ),
    Mutant(
        "an unset clock refuses the bureau",
        "alerts/obeying.py",
        'if cmd.proof == "bureau" and not rec.clock_ok:',
        "if False:",
        PEOPLE + "test_an_unset_clock_refuses_the_bureau_only",
    ),
    Mutant(
        "a refusal is journaled",
        "alerts/obeying.py",
        'seq = rec.event("refused", alarm.id',
        'seq = rec.seq or rec.event("refused", alarm.id',
        PEOPLE + "test_command",
    ),
    Mutant(
        "a webhook's message is signed over its body",
        "alerts/channels/signing.py",
        'timestamp.encode("ascii") + b"\\n" + body',
        'timestamp.encode("ascii") + b"\\n"',
        HOOK + "test_accepted_with_the_far_sides_id_and_a_signature_that_anyone_can_check",
    ),
    Mutant(
        "D13 500 and 429 are tried again",
        "alerts/channels/http.py",
        "if status in LATER or status >= 500:",
        "if False:",
        HOOK + "test_refused_for_now",
    ),
    Mutant(
        "D13 a refusal is no acceptance",
        "alerts/channels/http.py",
        "    if 200 <= status < 300:",
        "    if status:",
        HOOK + "test_refused_for_good",
    ),
    Mutant(
        "D13 a provider that drips is cut off",
        "alerts/channels/http.py",
        "    timer.start()",
        "    timer.cancel()",
        HOOK + "test_a_far_side_that_does_not_speak[drip]",
    ),
)
