"""What somebody who answers for some schools sees of a snapshot or a delta. Pure."""

import pytest

from dashboard.app import ROUTES
from dashboard.scope import PATHS, schools_of, within

STATE = {
    "schools": {"a1": {"township": "a"}, "a2": {"township": "a"}, "b1": {"township": "b"}},
    "points": {"a1/alive": 1, "b1/alive": 2, "box/disk": 3},
    "limits": {"b1/clock": [], "a2/clock": []},
    "alarms": {"1": {"point": "a1/ju-1", "zone": "a1"}, "2": {"point": "b1/ju-2", "zone": "b1"}, "3": {"point": "box/disk", "zone": ""},
               "4": {"point": "", "zone": "b1"}},
    "marks": {"m": {"points": ["b1/alive"]}, "n": {"points": []}},
    "zones": [{"id": "a1"}, {"id": "b1"}],
    "townships": [{"id": "a"}, {"id": "b"}],
    "buildings": [{"id": "a"}, {"id": "b"}],
    "now": 5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("zones", "seen"),
    [([], None), (["a"], {"a1", "a2"}), (["b1"], {"b1"}), (["a", "b1"], {"a1", "a2", "b1"}), (["gone"], set())],
)
def test_zones_are_townships_or_schools_and_none_is_all(zones, seen):
    assert schools_of(zones, STATE) == seen
    assert schools_of(zones, {}) is None, "a keeper's zones at a school limit his alarms, not his page"


def test_nothing_of_a_foreign_school_is_in_a_snapshot_and_the_bureaus_own_box_is():
    seen = within(STATE, {"a1", "a2"}, STATE)
    assert set(seen["schools"]) == {"a1", "a2"} and set(seen["points"]) == {"a1/alive", "box/disk"}
    assert (set(seen["alarms"]), set(seen["marks"]), set(seen["limits"])) == ({"1", "3"}, {"n"}, {"a2/clock"})
    assert [seen[part] for part in ("zones", "townships", "buildings")] == [[{"id": "a1"}], [{"id": "a"}], [{"id": "a"}]]
    assert within({"points": {"b1/alive": 1}, "now": 6}, {"a1"}, STATE) == {"points": {}, "now": 6}
    assert set(within(STATE, set(), STATE)["schools"]) == set()


def test_every_path_that_filters_is_a_route():
    assert {path for _, path, _, _ in ROUTES} >= PATHS
