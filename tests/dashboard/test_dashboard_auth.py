"""Users, sessions and the throttle of dashboard.db."""

import stat

import pytest

from dashboard import auth
from dashboard.auth import BadUser, Users, check_password, hash_password

NOW = 1_800_000_000
GOOD = "correct horse battery"


@pytest.fixture
def users(tmp_path, monkeypatch):
    monkeypatch.setattr(auth, "COST", (16, 8, 1))  # quick: what is tested here is not how slow scrypt is
    users = Users(tmp_path / "dashboard.db")
    users.add("wang", GOOD, "viewer")
    return users


def test_passwords_are_salted_and_checked():
    one, two = hash_password(GOOD), hash_password(GOOD)
    assert one != two and GOOD not in one and one.startswith("scrypt$16384$8$1$")
    assert check_password(GOOD, one) and not check_password("wrong", one)


def test_the_file_is_for_its_owner(users, tmp_path):
    assert stat.S_IMODE((tmp_path / "dashboard.db").stat().st_mode) == 0o600
    assert GOOD.encode() not in (tmp_path / "dashboard.db").read_bytes()


def test_a_session_lives_12_hours_and_ends_at_logout(users, tmp_path):
    first, second = users.login("wang", GOOD, NOW).token, users.login("wang", GOOD, NOW).token
    assert first != second and first.encode() not in (tmp_path / "dashboard.db").read_bytes()
    assert users.session(first, NOW + 12 * 3600 - 1).person == "wang"
    assert users.session(first, NOW + 12 * 3600) is None
    users.logout(second)
    assert users.session(second, NOW) is None and users.session("", NOW) is None
    assert users.session(first, NOW).csrf not in ("", first)


def test_who_has_acted_is_known_at_once_and_after_a_restart(users, tmp_path):
    path, token = tmp_path / "dashboard.db", users.login("wang", GOOD, NOW).token
    users.acts(token, NOW + 500)
    users.acts("nobody's", NOW + 500)
    assert users.session(token, NOW + 500).acted == NOW + 500 and Users(path).session(token, NOW + 500).acted == NOW
    users.remember()
    written = path.stat().st_mtime_ns
    assert Users(path).session(token, NOW + 500).acted == NOW + 500
    assert path.stat().st_mtime_ns == written, "opening it writes nothing: it opens on a dead disk too"


def test_a_new_password_ends_sessions_and_a_removed_person_too(users):
    token = users.login("wang", GOOD, NOW).token
    users.set_password("wang", "another password")
    assert users.session(token, NOW) is None
    token = users.login("wang", "another password", NOW).token
    users.remove("wang")
    assert users.session(token, NOW) is None and not users.login("wang", "another password", NOW).token


@pytest.mark.parametrize("name", ["wang", "stranger"])
def test_the_fifth_failure_makes_the_next_wait(users, name):
    for _ in range(5):
        assert users.login(name, "wrong password", NOW) == auth.Login()
    assert users.login(name, GOOD, NOW).wait == 1
    users.login(name, "wrong password", NOW + 1)
    assert users.login(name, GOOD, NOW + 1).wait == 2
    assert bool(users.login(name, GOOD, NOW + 3).token) is (name == "wang")


def test_a_good_login_forgets_failures_and_the_delay_is_bounded(users):
    now = NOW
    for _ in range(4):
        users.login("wang", "wrong password", now)
    assert users.login("wang", GOOD, now).token
    for _ in range(40):
        now += auth.LONGEST_DELAY_S
        assert users.login("wang", "wrong password", now) == auth.Login()
    assert users.login("wang", GOOD, now).wait == auth.LONGEST_DELAY_S
    assert users.login("wang", GOOD, now - 10**6).wait == auth.LONGEST_DELAY_S


def test_the_hundredth_failure_locks_until_a_new_password(users):
    now = NOW
    for _ in range(100):
        now += auth.LONGEST_DELAY_S
        assert not users.login("wang", "wrong password", now).locked
    now += auth.LONGEST_DELAY_S
    assert users.login("wang", GOOD, now).locked
    users.set_password("wang", GOOD)
    assert users.login("wang", GOOD, now).token


def test_a_guesser_of_names_fills_no_disk(users, monkeypatch):
    monkeypatch.setattr(auth, "THROTTLE_ROWS", 5)
    for n in range(20):
        users.login(f"guess-{n}", "wrong password", NOW)
    with users._db() as db:
        assert db.execute("SELECT count(*) FROM throttle").fetchone()[0] <= 6
        kept = str(db.execute("SELECT person FROM throttle").fetchall())
    assert "guess" not in kept, "a password typed into the wrong field is kept nowhere"


@pytest.mark.parametrize("person, password", [("wang", GOOD), ("", GOOD), (" li", GOOD), ("x" * 65, GOOD), ("li", "short")])
def test_users_that_cannot_be(users, person, password):
    with pytest.raises(BadUser):
        users.add(person, password, "duty")
