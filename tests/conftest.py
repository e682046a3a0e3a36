"""What holds for every test: long files first, so that the workers of `make test` end together; no example is timed; a long proof
tells its figures when it has them. No fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Workers share two cores: how long an example took says who else had them, not what the code does.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

# Half a minute and more of one worker each. What waits for real lines and clocks stands beside what only computes and what has a
# browser: three workers on two cores then rarely hold three schools at a time. A file not named here comes after, as collected.
LONG = (
    "system/test_demo.py", "alerts/test_engine_walk.py", "dashboard/test_page_places.py",
    "system/test_chain.py", "gateway/test_jsonable.py", "drivers/test_misattribution.py",
    "system/test_kills.py", "dashboard/test_page_stories.py", "config/test_config_library.py",
    "system/test_page.py", "system/test_night_stories.py", "dashboard/test_dashboard_door.py", "gateway/test_tools_living.py",
    "system/test_change_config.py", "dashboard/test_page_plans.py", "config/test_config_edit.py",
    "system/test_setup_page.py", "stories/test_stories.py", "gateway/test_command_doctor.py",
    "system/test_deaths.py", "dashboard/test_page_axe.py", "dashboard/test_page_county.py", "stories/test_story_crashes.py",
    "system/test_dead_storage.py", "stories/test_year.py", "gateway/test_command_scan.py",
    "system/test_power_cuts.py", "dashboard/test_page_lost.py", "stream/test_stream_ingest.py",
    "system/test_panel_lines.py", "dashboard/test_dashboard_api.py", "deploy/test_install.py",
    "system/test_incident.py", "dashboard/test_page_bureau.py", "deploy/test_units.py",
    "system/test_disk_full.py", "profiles/test_profiles.py", "gateway/test_command_address.py",
    "deploy/test_compose.py",
    "system/test_storage_stream.py", "drivers/test_line.py", "fleet/test_fleet_story.py", "system/test_answers_by_sms.py",
)  # fmt: skip

# The same for `make soak`, each of these ten minutes and more: two workers take them one by one, the rest after them.
PROOFS = (
    "soak/test_soak_still.py", "stories/test_year.py", "stories/test_story_crashes.py", "soak/test_soak_kills.py",
    "alerts/test_engine_walk.py", "drivers/framers/test_framers.py", "drivers/test_line.py", "system/test_power_cuts.py",
    "system/test_disk_full.py", "soak/test_soak_outage.py", "soak/test_soak_bureau.py", "config/test_config_edit.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    place = {(here / name, proof): n for proof, names in ((False, LONG), (True, PROOFS)) for n, name in enumerate(names)}
    items.sort(key=lambda item: place.get((item.path, item.get_closest_marker("soak") is not None), len(place)))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Told(config), "soak-told")


class Told:
    """Says of each long proof at once how it went and its figures: a run that is cut off after an hour has said so much."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "soak" in report.keywords and (report.when == "call" or report.failed):
            terminal = self._config.pluginmanager.getplugin("terminalreporter")
            terminal.write_line(f"\n{report.outcome} in {report.duration:.0f} s: {report.nodeid}")
            terminal.write_line((report.longreprtext if report.failed else report.capstdout).strip())
