"""What pages are told of a delta: alarms and states at once, numbers once a second, nothing twice, and in the end everything."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.news import EVERY_S, News
from gateway.local import merge

LEVEL = {"zone": "z", "unit": "m", "texts": None, "value": 1.0, "quality": "good", "at": 1, "fault": ""}
DOOR = LEVEL | {"unit": "", "texts": {"0": {"zh": "关"}, "1": {"zh": "开"}}, "value": 0}


def school():
    return {
        "now": 1,
        "points": {"a/level": dict(LEVEL), "b/door": dict(DOOR)},
        "alarms": {"s-1": {"state": "unacked", "point": "a/level"}},
        "stream": {"backlog": 0},
    }


@pytest.fixture
def told():
    """A page that has just been told, so that a second has to pass before the next numbers."""
    news = News(school())
    news.hear({"now": 2}, 100.0)
    return news


@pytest.mark.parametrize(
    ("delta", "message"),
    [
        ({"points": {"a/level": LEVEL | {"value": 1.5, "at": 9}}}, None),
        ({"points": {"b/door": DOOR | {"at": 9}}}, None),
        ({"points": {"b/door": DOOR | {"at": 9, "value": 1}}}, {"points": {"b/door": {"at": 9, "value": 1}}}),
        (
            {"points": {"a/level": {"value": None, "quality": "fault"}}},
            {"points": {"a/level": {"value": None, "quality": "fault"}}},
        ),
        ({"points": {"a/level": {"mode": "test"}}}, {"points": {"a/level": {"mode": "test"}}}),
        ({"points": {"c/new": {"value": 1}}}, {"points": {"c/new": {"value": 1}}}),
        (
            {"alarms": {"s-1": {"state": "acked", "point": "a/level"}}},
            {"alarms": {"s-1": {"state": "acked", "point": "a/level"}}},
        ),
        ({"alarms": {"s-1": {"state": "unacked", "point": "a/level"}}}, None),
        ({"stream": {"backlog": 0}}, None),
        ({"stream": {"backlog": 3}}, {"stream": {"backlog": 3}}),
        ({"outputs": {"r/1": {"want": True}}}, {"outputs": {"r/1": {"want": True}}}),
    ],
)
def test_alarms_and_states_go_at_once_and_numbers_wait(told, delta, message):
    sent = told.hear({"now": 5} | delta, 100.1)
    assert sent == (message and {"now": 5} | message)


def test_numbers_go_once_a_second_and_only_what_changed(told):
    for n in range(1, 4):
        assert told.hear({"now": n, "points": {"a/level": LEVEL | {"value": n, "at": n}}}, 100 + n / 10) is None
    sent = told.hear({"now": 9}, 100 + EVERY_S)
    assert sent == {"now": 9, "points": {"a/level": {"value": 3, "at": 3}}}
    assert told.hear({"now": 10}, 100 + 2 * EVERY_S) == {"now": 10}, "that run lives is said each second"


def test_a_fault_takes_the_waiting_number_along(told):
    told.hear({"now": 5, "points": {"a/level": {"value": 7, "at": 7}}}, 100.1)
    sent = told.hear({"now": 6, "points": {"a/level": {"quality": "stale", "at": 8}}}, 100.2)
    assert sent["points"]["a/level"] == {"value": 7, "at": 8, "quality": "stale"}
    assert told.hear({"now": 7}, 200.0) == {"now": 7}


def test_rows_that_ended_leave(told):
    told.hear({"marks": {"m": {"stage": "on"}}}, 100.1)
    sent = told.hear({"alarms": {"s-1": {"state": "normal", "point": "a/level"}}, "marks": {"m": {"stage": "over"}}}, 100.2)
    assert sent["alarms"]["s-1"]["state"] == "normal" and sent["marks"]["m"]["stage"] == "over"
    assert told.state["alarms"] == {} and told.state["marks"] == {}


ROW = st.fixed_dictionaries(
    {"at": st.integers(0, 3)}, optional={"value": st.integers(0, 2), "quality": st.sampled_from(["good", "fault"])}
)
DELTA = st.fixed_dictionaries(
    {"now": st.integers(0, 9)},
    optional={
        "points": st.dictionaries(st.sampled_from(["a/level", "b/door", "c/new"]), ROW, min_size=1),
        "outputs": st.dictionaries(st.sampled_from(["r/1", "r/2"]), st.fixed_dictionaries({"want": st.booleans()}), min_size=1),
        "stream": st.fixed_dictionaries({"backlog": st.integers(0, 2)}),
    },
)


@given(st.lists(st.tuples(DELTA, st.sampled_from([0.0, 0.3, 1.0]))))
def test_a_page_knows_everything_a_second_later(steps):
    news, page, now = News(school()), school(), 0.0
    for delta, pause in [*steps, ({"now": 10}, 1.0)]:
        now += pause
        if sent := news.hear(copy.deepcopy(delta), now):
            merge(page, sent)
    assert page == news.state
