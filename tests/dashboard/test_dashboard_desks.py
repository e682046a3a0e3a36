"""Registered desks and PINs: what is kept, what is refused, how guessing is slowed, who acts at a desk."""

import pytest

from dashboard.auth import BadUser
from dashboard.desks import FREE_FAILURES, LOCK_FAILURES, Desks


@pytest.fixture
def desks(tmp_path):
    return Desks(tmp_path / "dashboard.db")


def test_a_desk_is_known_by_its_token_until_it_is_removed(desks, tmp_path):
    token = desks.register("门卫室", "chen", 100)
    found = desks.find(token)
    assert (found.name, found.by, found.since) == ("门卫室", "chen", 100) and found.csrf
    assert desks.find("") is None and desks.find(token + "x") is None
    assert token.encode() not in (tmp_path / "dashboard.db").read_bytes(), "only its hash is kept"
    assert (tmp_path / "dashboard.db").stat().st_mode & 0o077 == 0, "nobody else reads it"
    for name in ("门卫室", "", " x", "x" * 21):
        with pytest.raises(BadUser):
            desks.register(name, "chen", 101)
    desks.remove("门卫室")
    assert desks.find(token) is None and desks.list() == []
    with pytest.raises(BadUser):
        desks.remove("门卫室")


@pytest.mark.parametrize("pin", ["", "123", "1234567", "12a4", "1111", "123456", "４５６７"])
def test_what_is_no_pin_is_refused(desks, pin):
    with pytest.raises(BadUser):
        desks.set_pin("wang", pin)
    assert not desks.has_pin("wang") and not desks.check_pin("wang", pin, 1).token


def test_guessing_a_pin_is_slowed_and_then_stopped(desks, monkeypatch):
    desks.set_pin("wang", "2580")
    monkeypatch.setattr("dashboard.desks.check_password", lambda pin, stored: pin == "2580")  # slow on purpose elsewhere
    assert desks.check_pin("wang", "2580", 1).token and not desks.check_pin("gao", "2580", 1).token
    now = 10
    for _ in range(FREE_FAILURES):
        assert desks.check_pin("wang", "9999", now).wait == 0
    assert desks.check_pin("wang", "2580", now).wait > 0, "even the right one waits"
    while not (outcome := desks.check_pin("wang", "9999", now)).locked:
        now += outcome.wait or 1
    assert now > (LOCK_FAILURES - 15) * 300 and desks.check_pin("wang", "2580", now + 10**6).locked
    desks.set_pin("wang", "1470")
    monkeypatch.undo()
    assert desks.check_pin("wang", "1470", now).token
