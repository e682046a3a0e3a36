"""Breaks of transport security, set-up and backups with the test that must notice. Data."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

COMMAND = "tests/stream/test_stream_command.py::"
REMOTE = "tests/gateway/test_remote.py::"
ACCESS = "tests/stream/test_stream_access.py::"
TLS = "tests/stream/test_stream_tls.py::"
UNITS = "tests/deploy/test_units.py::"
BACKUP = "tests/gateway/test_backup.py::"
SCRUB = "tests/gateway/test_scrub.py::"
PLANS = "tests/dashboard/test_plans.py::"
DRAWINGS = "tests/dashboard/test_drawings.py::"
PAGE_PLANS = "tests/dashboard/test_page_plans.py::"
ENDING = "tests/stream/test_stream_ending.py::"

SECURE: tuple[Mutant, ...] = (
    Mutant(
        "a restore that was cut off goes on where it was",
        "gateway/restore.py",
        "        if held and not force and seq is None:",
        "        if held and not force:",
        BACKUP + "test_a_restore_cut_off_at_any_move_is_finished_by_the_same_command",
    ),
    Mutant(
        "D23 a new version that dies again and again is given back",
        "deploy/install.sh",
        '    [ "$before" = "$(starts $started)" ]\n',
        "",
        "tests/deploy/test_install_upgrade.py::test_d23_an_upgrade_that_fails_leaves_all_as_it_was",
    ),
    Mutant(
        "D25.18 a token that the database quotes goes nowhere",
        "gateway/stream/influx.py",
        "secrets.hidden(answer, secret).split()",
        "answer.split()",
        "tests/stream/test_stream_ingest.py::test_d25_18_a_token_that_the_database_quotes_goes_nowhere",
    ),
    Mutant(
        "D25 a bureau's backup holds what it knows of its schools",
        "gateway/store/copies.py",
        'LARGE = ("readings.db", "fleet.db")',
        'LARGE = ("readings.db",)',
        BACKUP + "test_d25_24_another_box_takes_its_place_and_goes_on_with_its_numbers",
    ),
    Mutant(
        "D25 a backup holds the pictures whose hashes are in events",
        "gateway/backup.py",
        "for folder in (OWN, PICTURES) if large",
        "for folder in (OWN,) if large",
        BACKUP + "test_d25_24_another_box_takes_its_place_and_goes_on_with_its_numbers",
    ),
    Mutant(
        "D25 the workers hold a token that only writes",
        "deploy/influxdb-setup.sh",
        '\\"action\\":\\"$2\\",\\"resource\\":{\\"type\\":\\"buckets\\",\\"id\\":\\"$bucket\\",',
        '\\"action\\":\\"$2\\",\\"resource\\":{\\"type\\":\\"buckets\\",',
        "tests/deploy/test_influxdb_setup.py::test_d25_18_a_worker_may_only_write_the_bucket_and_the_history_only_read_it",
    ),
    Mutant(
        "D25 a command is for one box only",
        "gateway/stream/command.py",
        'return hmac.new(key, topic.encode() + b"\\n" + _canonical(said), hashlib.sha256).hexdigest()',
        "return hmac.new(key, _canonical(said), hashlib.sha256).hexdigest()",
        COMMAND + "test_d25_17_another_key_topic_or_text_is_refused",
    ),
    Mutant(
        "D25 no command outlives the memory of its id",
        "gateway/stream/command.py",
        "if wall is not None and command.expires > wall + LIFE + SKEW:",
        "if False:",
        COMMAND + "test_d25_17_no_command_outlives_the_memory_of_its_id",
    ),
    Mutant(
        "D25 a command without proof",
        "gateway/stream/command.py",
        "    if not proven:",
        "    if False:",
        REMOTE + "test_d25_17_refusals_without_proof_are_written_down_but_cannot_fill_the_disk",
    ),
    Mutant(
        "D25 a bureau's key speaks for nobody at the school",
        "gateway/remote.py",
        "if person is None or person.role != BUREAU:",
        "if False:",
        REMOTE + "test_d25_17_a_bureau_speaks_for_nobody_at_the_school",
    ),
    Mutant(
        "D25 a repeated command is obeyed once",
        "alerts/obeying.py",
        "        self._replies[cmd.id] = (reply, rec.now.mono)",
        "        pass",
        REMOTE + "test_d25_17_a_proven_command_is_obeyed_once_even_across_a_restart",
    ),
    Mutant(
        "D25 refusals without proof cannot fill the disk",
        "gateway/remote.py",
        "if self._noted is not None and now - self._noted < QUIET:",
        "if False:",
        REMOTE + "test_d25_17_refusals_without_proof_are_written_down_but_cannot_fill_the_disk",
    ),
    Mutant(
        "D25 a box may not write its own command",
        "gateway/acl.py",
        '"devices/#", "reply"), ("receipt", "command")',
        '"devices/#", "reply", "command"), ("receipt", "command")',
        ACCESS + "test_d25_15_a_box_writes_its_own_topics_and_no_others",
    ),
    Mutant(
        "D25 a name cannot widen the access list",
        "gateway/acl.py",
        "    if not NAME.fullmatch(text):",
        "    if not text:",
        TLS + "test_no_name_can_widen_the_list",
    ),
    Mutant(
        "D25 a revoked certificate is in the broker's list",
        "deploy/mosquitto.conf",
        "crlfile /etc/mosquitto/campus/crl.pem",
        "# crlfile /etc/mosquitto/campus/crl.pem",
        ACCESS + "test_d25_15_nobody_without_a_valid_certificate_gets_in_and_is_told_why",
    ),
    Mutant(
        "the shipped mosquitto.conf says nothing that Debian's own says once",
        "deploy/mosquitto.conf",
        "persistence true\n",
        "persistence true\npersistence_location /var/lib/mosquitto/\n",
        "tests/deploy/test_bureau.py::test_the_shipped_mosquitto_conf_is_taken_beside_debians_own",
    ),
    Mutant(
        "D25 a worker is handed every file that it must read",
        "deploy/systemd/campus-ingest@.service",
        "--tls-ca credential:ca.pem",
        "--tls-ca @ETC@/ingest/ca.pem",
        UNITS + "test_d25_18_what_a_worker_is_told_to_read_is_handed_to_it",
    ),
    Mutant(
        "D25 who is revoked loses the access list too",
        "gateway/ca.py",
        'return {row.name: row for row in self.issued() if row.state != "R"}',
        "return {row.name: row for row in self.issued()}",
        ACCESS + "test_d25_16_a_box_is_shut_out_when_it_is_revoked_and_renewed_without_a_gap",
    ),
    Mutant(
        "D25 anonymous clients stay out",
        "deploy/mosquitto.conf",
        "require_certificate true",
        "require_certificate false",
        ACCESS + "test_d25_15_nobody_without_a_valid_certificate_gets_in_and_is_told_why",
    ),
    Mutant(
        "D25 a certificate that ends is told 30 days ahead",
        "gateway/health.py",
        "    return min(ends, default=None)",
        "    return max(ends, default=None)",
        ENDING + "test_d25_16_a_certificate_is_told_of_30_days_before_its_end_and_again_when_it_has_ended",
    ),
    Mutant(
        "D25 the unit of the box is hardened",
        "deploy/systemd/campus-gateway.service",
        "CapabilityBoundingSet=\n",
        "",
        UNITS + "test_d25_19_a_unit_is_hardened",
    ),
    Mutant(
        "D18 READY comes after the first scan",
        "gateway/notify.py",
        "    while not ready() and loop.time() < end:",
        "    while False:",
        UNITS + "test_d18_ready_after_the_first_scan_alive_by_the_watchdog_and_started_again_in_its_cage",
    ),
    Mutant(
        "a configuration that cannot be used does not loop",
        "deploy/systemd/campus-gateway.service",
        "RestartPreventExitStatus=78",
        "RestartPreventExitStatus=77",
        UNITS + "test_78_does_not_loop",
    ),
    Mutant(
        "D25 a second box never uses a number twice",
        "gateway/store/copies.py",
        'event = Event(last + GAP, "", "restored"',
        'event = Event(last + 1, "", "restored"',
        BACKUP + "test_d25_24_another_box_takes_its_place_and_goes_on_with_its_numbers",
    ),
    Mutant(
        "D25 secrets stay out of a backup unless it is said",
        "gateway/backup.py",
        "if secrets == OPEN or name not in secret}",
        "if True}",
        BACKUP + "test_secrets_are_left_out_locked_or_open_as_it_is_said",
    ),
    Mutant(
        "D25 the keys of a worker are secrets in a backup",
        "gateway/backup.py",
        '("config/secrets/", "config/ingest/")',
        '("config/secrets/",)',
        BACKUP + "test_the_keys_of_a_worker_and_of_the_page_are_secrets_too",
    ),
    Mutant(
        "D25 24 what root restores belongs to the services",
        "gateway/restore.py",
        '    _own(folder, there, "" if there.is_dir() else owner)\n',
        "",
        BACKUP + "test_what_root_restores_the_services_can_read",
    ),
    Mutant(
        "D25 a damaged backup is refused",
        "gateway/restore.py",
        'or _hash(archive, name) != about["sha256"]',
        "",
        BACKUP + "test_what_is_no_sound_backup_is_refused_and_changes_nothing",
    ),
    Mutant(
        "D25 a restore leaves a living box alone",
        "gateway/restore.py",
        "            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "            pass",
        BACKUP + "test_nothing_is_overwritten_and_a_living_box_is_left_alone",
    ),
    Mutant(
        "D25 18 what a provider says back holds no secret",
        "alerts/channels/http_channel.py",
        'return _object(secrets.hidden(told, *access.secrets.values(), self._settings.get("url", "")))',
        "return _object(told)",
        "tests/gateway/test_secrets_living.py::test_d25_18_no_secret_of_a_living_box_is_said_anywhere",
    ),
    Mutant(
        "D25 a webhook's address is a secret",
        "gateway/scrub.py",
        'ADDRESS.sub(rf"\\1://\\2/{HIDDEN}", text)',
        "text",
        SCRUB + "test_d25_18_a_planted_secret_is_hidden_and_the_host_is_not",
    ),
    Mutant(
        "D25 18 what the page's server logs is scrubbed",
        "gateway/commands/dashboard.py",
        "        log_config=None,",
        "",
        SCRUB + "test_d25_18_the_page_s_server_logs_through_it",
    ),
    Mutant(
        "a plan holds nothing that acts",
        "dashboard/drawings.py",
        "        if tag in REFUSED:",
        "        if False:",
        DRAWINGS + "test_what_acts_or_asks_elsewhere_is_refused_with_its_line_and_a_cure",
    ),
    Mutant(
        "a plan defines no entities",
        "dashboard/drawings.py",
        "        self.parser.EntityDeclHandler = self._entity",
        "        pass",
        DRAWINGS + "test_entities_cannot_blow_up",
    ),
    Mutant(
        "a plan is written to the journal before it is put up",
        "dashboard/pages/plans.py",
        '    await noted(request, "plan", "uploaded", ',
        "    print(",
        PLANS + "test_without_the_journal_nothing_is_put_up",
    ),
    Mutant(
        "two who mark one plan do not undo each other",
        "dashboard/plans.py",
        'UPDATE plans SET turn = turn + 1 WHERE id = ? AND turn = ?", (id, turn)',
        'UPDATE plans SET turn = turn + 1 WHERE id = ?", (id,)',
        PLANS + "test_a_plan_keeps_its_markers_over_a_new_drawing_and_a_restart",
    ),
    Mutant(
        "what is unknown is never normal on a plan",
        "dashboard/static/plan-state.js",
        "  if (points.some((point) => unknown(point) && !OUT.has(point.mode)))",
        "  if (false)",
        PAGE_PLANS + "test_a_marker_shows_the_words_and_shapes_of_the_state_bar",
    ),
    Mutant(
        "a new alarm takes nobody from what he is doing",
        "dashboard/static/plans.js",
        '    return Boolean(this.edit || field || document.querySelector("dialog[open]") || this.open());',
        "    return false;",
        PAGE_PLANS + "test_nobody_who_types_drags_or_answers_is_taken_away",
    ),
    Mutant(
        "a desk that the journal does not know is none",
        "dashboard/pages/desk.py",
        "        shared.desks.remove(name.strip())\n",
        "",
        "tests/dashboard/test_dashboard_door.py::test_pins_and_desks_are_written_into_the_journal_first",
    ),
)
