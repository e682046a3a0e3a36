"""People who may log in, as an administrator makes them at a shell, and the real page's door for each of them."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from school import School, command


def log_in(school: School, person: str, password: str) -> int:
    """The page's answer to the form: 303 to the page, or 401."""
    answer = httpx.post(f"{school.url}/login", data={"person": person, "password": password}, timeout=30)
    if answer.status_code == 303:
        assert answer.headers["location"] == "/" and "httponly" in answer.headers["set-cookie"].lower()
    return answer.status_code


def test_people_are_added_listed_renewed_and_removed(school: School) -> None:
    school.data.mkdir(mode=0o700)
    data = ("--data", str(school.data))
    first = school.start_dashboard()
    (admins,) = re.findall(r"password (\S+)", first)
    wang = school.user("wang")
    assert log_in(school, "admin", admins) == 303
    assert log_in(school, "wang", wang) == 303
    assert log_in(school, "wang", wang + "x") == 401
    assert log_in(school, "nobody", wang) == 401
    renewed = command("user", "passwd", "wang", "--generate", *data).stdout.strip()
    assert renewed != wang
    assert (log_in(school, "wang", wang), log_in(school, "wang", renewed)) == (401, 303)
    listed = command("user", "list", *data).stdout
    assert "admin\tadmin" in listed and re.search(r"^wang\t", listed, re.M)
    again = command("user", "add", "wang", "--generate", *data, check=False)
    assert again.returncode == 1 and "wang" in again.stderr
    assert command("user", "remove", "wang", *data).returncode == 0
    assert log_in(school, "wang", renewed) == 401
    kept = b"".join(p.read_bytes() for p in Path(school.data).glob("dashboard.db*"))
    assert admins.encode() not in kept and renewed.encode() not in kept, "no password is kept readable"
