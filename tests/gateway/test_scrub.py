"""Planted secrets never reach a log: not by our own words, not by a library's, not in a traceback."""

from __future__ import annotations

import logging
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import secrets
from alerts.channels.faults import GiveUp
from gateway.scrub import HIDDEN, Scrubbing, scrub

CANARY = "canary-7f3a9c"
PLANTED = (
    f"POST https://oapi.dingtalk.com/robot/send?access_token={CANARY} failed",
    f"https://open.feishu.cn/open-apis/bot/v2/hook/{CANARY}: timed out",
    f"HTTPSConnectionPool(host='x', port=443): url: https://user:{CANARY}@sms.example.org/notify",
    f"mqtts://box:{CANARY}@broker:8883 refused",
    f"Authorization: Bearer {CANARY}",
    f"headers={{'Authorization': 'Token {CANARY}'}}",
    f'{{"password":"{CANARY}","user":"wang"}}',
    f"secret={CANARY}&sign={CANARY}",
    f"api_key = '{CANARY}'",
)


@pytest.mark.parametrize("text", PLANTED)
def test_d25_18_a_planted_secret_is_hidden_and_the_host_is_not(text: str) -> None:
    told = scrub(text)
    assert CANARY not in told and HIDDEN in told
    for host in ("oapi.dingtalk.com", "open.feishu.cn", "sms.example.org", "broker:8883"):
        assert (host in told) == (host in text)


@pytest.mark.parametrize("text", ["no answer from kitchen-gas in 500 ms", "connected to 127.0.0.1:8883 (MQTT 5)", "key: 3"])
def test_what_is_no_secret_stays(text: str) -> None:
    assert scrub(text) == text


@given(st.text(max_size=200))
def test_any_text_passes(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)


def test_d25_18_a_traceback_is_scrubbed_too() -> None:
    try:
        raise OSError(PLANTED[0])
    except OSError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "failed: %s", (PLANTED[4],), sys.exc_info())
    told = Scrubbing("%(message)s").format(record)
    assert "Traceback" in told and CANARY not in told


def test_d25_18_a_running_program_logs_through_it(tmp_path: Path) -> None:
    """`ingest` with a planted token in a database's address that does not answer."""
    code = (
        "import logging, gateway.commands.ingest as c\nfrom gateway.scrub import log_to_stderr\n"
        f"log_to_stderr('%(message)s'); logging.getLogger('urllib3').warning('retry %s', 'http://h/x?token={CANARY}')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0 and "retry http://h/" in done.stderr and CANARY not in done.stderr
    for name in ("run", "ingest", "dashboard"):
        assert "log_to_stderr(" in (Path(__file__).parents[2] / "gateway" / "commands" / f"{name}.py").read_text()


def test_d25_18_the_page_s_server_logs_through_it(tmp_path: Path) -> None:
    """An exception out of the page with an address in it, as uvicorn writes it down."""
    code = (
        f"import sys, dashboard.app as a\nasync def broken(scope, receive, send): raise OSError({PLANTED[0]!r})\n"
        "a.create_app = lambda *_, **__: broken\n"
        "from gateway.commands import main; sys.exit(main())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, "dashboard", "--data", str(tmp_path), "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    ) as page:  # fmt: skip
        assert page.stdout is not None and page.stderr is not None
        url = next(line for line in page.stdout if "page: " in line).rpartition("page: ")[2].strip()
        with pytest.raises(urllib.error.HTTPError, match="500"):
            urllib.request.urlopen(url, timeout=30)
        page.terminate()
        said = page.stderr.read()
    assert "Traceback" in said and "OSError" in said and CANARY not in said


def test_d25_18_a_secret_file_is_read_by_its_owner_only_and_never_quoted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "phone.secret"
    file.write_text(f"password = {CANARY}\n")
    file.chmod(0o644)
    assert secrets.too_open(file) and secrets.read(file, "password") == {"password": CANARY}
    secrets.read(file, "password")
    assert caplog.text.count("chmod 600") == 1 and CANARY not in caplog.text
    file.chmod(0o600)
    assert not secrets.too_open(file)
    with pytest.raises(GiveUp) as caught:
        secrets.read(file, "token")
    assert "token" in str(caught.value) and CANARY not in str(caught.value)


def test_d25_18_what_a_far_side_says_back_holds_no_secret_that_it_was_told() -> None:
    token = f"{CANARY}-6e1f0b"
    told = f"POST /robot/send?access_token={token} Token {token}: 关键词不匹配 keywords not in content"
    kept = secrets.hidden(told, f"https://oapi.dingtalk.com/robot/send?access_token={token}", f"Token {token}", "")
    assert kept == "POST /robot/send?access_token=… Token …: 关键词不匹配 keywords not in content"


def test_d25_18_a_credential_of_systemd_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "influx.token").write_text(CANARY)
    (tmp_path / "influx.token").chmod(0o600)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(FileNotFoundError, match="systemd"):
        secrets.where("credential:influx.token")
    assert secrets.where("credential:influx.token", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == tmp_path / "influx.token"
    assert secrets.content(secrets.where("credential:influx.token", {"CREDENTIALS_DIRECTORY": str(tmp_path)})) == CANARY


def test_the_journal_is_told_what_is_a_warning_and_a_file_only_the_words() -> None:
    code = (
        "import os; s = os.fstat(2)\n"
        "if {journal}: os.environ['JOURNAL_STREAM'] = f'{{s.st_dev}}:{{s.st_ino}}'\n"
        "import logging; from gateway.scrub import log_to_stderr; log_to_stderr('%(message)s')\n"
        "logging.warning('one\\ntwo'); logging.info('three'); logging.error('four')"
    )
    said = [
        subprocess.run([sys.executable, "-c", code.format(journal=journal)], capture_output=True, text=True).stderr.splitlines()
        for journal in (True, False)
    ]
    assert said == [["<4>one", "<4>two", "<6>three", "<3>four"], ["one", "two", "three", "four"]]
