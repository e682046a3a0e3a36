"""Breaks of the profiles, the box as a device, its notices to systemd and its figures, with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

HEALTH = "tests/gateway/test_health.py::"
NOTIFY = "tests/gateway/test_notify.py::"
METRICS = "tests/dashboard/test_dashboard_metrics.py::"

BOX: tuple[Mutant, ...] = (
    Mutant(
        "D6 a clock that was right stays so without its time server",
        "gateway/clock.py",
        "            self._right = self._offset()\n",
        "",
        "tests/gateway/test_clock.py::test_d6_a_clock_that_was_right_stays_so_without_its_time_server_until_it_is_stepped",
    ),
    Mutant(
        "D11 a clock that was stepped is not to be trusted",
        "gateway/clock.py",
        "right is not None and abs(self._offset() - right) <= HELD",
        "right is not None",
        "tests/gateway/test_clock.py::test_d6_a_clock_that_was_right_stays_so_without_its_time_server_until_it_is_stepped",
    ),
    Mutant(
        "D11 a step of the clock is an event",
        "gateway/clockstep.py",
        ">= LEAST:",
        ">= 10**15:",
        "tests/gateway/test_clockstep.py::test_d11_a_step_of_the_clock_is_an_event_with_its_length",
    ),
    Mutant(
        "a fault of the rota or of a drill ends with a restart",
        "gateway/afresh.py",
        '        if alarm.rule == f"{BOX}-fault" and (subject in failing or subject.startswith(JUDGED)):',
        "        if False:",
        "tests/gateway/test_afresh.py::test_inherited",
    ),
    Mutant(
        "mains nobody knows of are not shown as there",
        "gateway/view.py",
        'else "present" if len(known) == len(told) else "unknown"',
        'else "present"',
        "tests/gateway/test_view.py::test_mains_are_present_only_when_every_point_says_so",
    ),
    Mutant(
        "a sensor that is gone is a fault, never normal",
        "gateway/health.py",
        "value, why = None, f",
        "value, why = 0.0, f",
        HEALTH + "test_r29_and_backlog_and_faults_as_readings",
    ),
    Mutant(
        "what a machine does not tell has no point",
        "gateway/boxpoints.py",
        "if p.told and p.channel not in told}",
        "if False}",
        HEALTH + "test_points_not_told_leave_the_plant_with_their_rules",
    ),
    Mutant(
        "under-voltage now, not once",
        "gateway/machine.py",
        "UNDER_VOLTAGE, SLOWED = 0x1, 0xE",
        "UNDER_VOLTAGE, SLOWED = 0x10001, 0xE",
        HEALTH + "test_what_a_pi_tells",
    ),
    Mutant(
        "D18 no sign of life without a beat",
        "gateway/notify.py",
        "if (now := beat()) != last:",
        "if (now := beat()) is not None:",
        NOTIFY + "test_d18_no_sign_of_life_from_an_engine_that_stands",
    ),
    Mutant(
        "READY after the first scan",
        "gateway/notify.py",
        "while not ready() and loop.time() < end:",
        "while False:",
        NOTIFY + "test_ready_after_the_first_scan_then_alive_with_every_beat",
    ),
    Mutant(
        "a proxy's visitors are not of this machine",
        "dashboard/door.py",
        "return not forwarded and request.client",
        "return request.client",
        METRICS + "test_this_machine_alone_reads_them_without_a_token",
    ),
    Mutant(
        "the figures' token",
        "dashboard/door.py",
        'f"Bearer {token}".encode()):',
        'f"Bearer {token}".encode()) and False:',
        METRICS + "test_with_a_token_whoever_shows_it",
    ),
    Mutant(
        "D18 an engine that stands is not healthy",
        "dashboard/pages/health.py",
        "if await _beat(client) != first:",
        "if await _beat(client) is not None:",
        METRICS + "test_d18_an_engine_that_stands_is_not_healthy",
    ),
    Mutant(
        "labels are escaped",
        "dashboard/metrics.py",
        """.replace('"', '\\\\"')""",
        "",
        METRICS + "test_the_text_is_what_prometheus_reads",
    ),
    Mutant(
        "a validity of several codes",
        "drivers/codec.py",
        "& check.mask not in check.equals:",
        "& check.mask != check.equals[0]:",
        "tests/drivers/test_codec.py::test_validity_may_be_any_of_several_codes",
    ),
    Mutant(
        "D7 what was dropped is a point",
        "gateway/health.py",
        "self._dropped.of(self._vitals.dropped())",
        "self._dropped.of(0)",
        "tests/gateway/test_health.py::test_r29_and_backlog_and_faults_as_readings",
    ),
    Mutant(
        "what was before the start is past",
        "gateway/health.py",
        "        return count - self._seen[0]",
        "        return count",
        "tests/gateway/test_health.py::test_d7_a_count_is_told_for_an_hour",
    ),
    Mutant(
        "a profile that was changed is read anew",
        "gateway/config/ready.py",
        "hexdigest() == sha256:",
        "hexdigest() != '':",
        "tests/config/test_config_ready.py::test_a_yaml_file_that_was_changed_counts",
    ),
    Mutant(
        "a second box is an exit code",
        "gateway/commands/stream.py",
        'return 0 if stream["connected"] and not stream["twin"] and not stream["events_refused"] else 1',
        'return 0 if stream["connected"] and not stream["events_refused"] else 1',
        "tests/gateway/test_refusals.py::test_the_command",
    ),
    Mutant(
        "a camera has no point that nobody tells",
        "gateway/boxpoints.py",
        "    if type in BUSES:",
        "    if type not in FRAMERS:",
        "tests/config/test_config_build.py::test_a_camera_is_a_line_of_its_own",
    ),
    Mutant(
        "the simulated camera sees the door",
        "drivers/simulator/camera.py",
        "        picture = self._pictures[int(self._world.get(*self._scene.cause))]",
        "        picture = self._pictures[1]",
        "tests/drivers/simulator/test_simulator_camera.py::test_it_shows_the_store_as_it_stands",
    ),
    Mutant(
        "D27 a press on the page waits for no disk",
        "dashboard/auth.py",
        "        self._acted[_digest(token)] = now\n",
        "        self._acted[_digest(token)] = now\n        self.remember()\n",
        "tests/dashboard/test_dashboard_door.py::test_d27_a_dead_disk_keeps_nobody_from_answering",
    ),
    Mutant(
        "who is off the list of people is off with the rights",
        "dashboard/pages/access.py",
        "password, NOBODY)",
        'password, "officer")',
        "tests/dashboard/test_dashboard_tokens.py::test_people_are_let_in_and_locked_out",
    ),
    Mutant(
        "a screen that stands for years stays known",
        "dashboard/pages/frame.py",
        "    keep(request, answer)\n",
        "",
        "tests/dashboard/test_dashboard_door.py::test_a_screen_that_stands_for_years_stays_known",
    ),
    Mutant(
        "a large table is written beside the loop of the screens",
        "dashboard/pages/export.py",
        'await asyncio.to_thread(write, form, heads, rows(found["points"], zone))',
        'write(form, heads, rows(found["points"], zone))',
        "tests/dashboard/test_dashboard_door.py::test_a_large_table_holds_no_screen_up",
    ),
    Mutant(
        "a crowd that asks for health costs run one look",
        "dashboard/pages/health.py",
        "shared.look is None or shared.look.done()",
        "True",
        "tests/dashboard/test_dashboard_metrics.py::test_a_crowd_that_asks_for_health_costs_run_one_look",
    ),
)
