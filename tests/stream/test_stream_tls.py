"""Certificates on the box: until when they are valid, and what a failed handshake is called. With openssl as the judge."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_daemons import binary

from gateway.acl import Member, document, lines
from gateway.ca import Authority, CaError
from gateway.commands import main
from gateway.stream import tls

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.init(tmp_path_factory.mktemp("authority") / "ca", "Test CA")


def until(file: Path) -> datetime:
    """The end as openssl reads it."""
    text = subprocess.run([binary("openssl"), "x509", "-in", str(file), "-noout", "-enddate", "-dateopt", "iso_8601"],
                          check=True, capture_output=True, text=True).stdout  # fmt: skip
    return datetime.strptime(text.strip(), "notAfter=%Y-%m-%d %H:%M:%SZ").replace(tzinfo=UTC)


@pytest.mark.parametrize("days", [1, 30, 825, 366 * 30])  # the last is written in the form of years from 2050 on
def test_the_end_of_a_certificate_is_read_as_openssl_reads_it(authority: Authority, days: int) -> None:
    file = authority.issue(Member("no3-middle", "box", "songyang"), NOW, days=days) / "box.pem"
    assert tls.valid_until(str(file)) == until(file) == NOW + timedelta(days=days)


@given(st.binary(max_size=300))
def test_d24_no_file_breaks_the_reader(data: bytes) -> None:
    import base64
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(f"{tls.BEGIN}\n{base64.encodebytes(data).decode()}{tls.END}\n")
        file.flush()
        with pytest.raises(ValueError):
            tls.valid_until(file.name)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1)", "对方证书已过期"),
        ("[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired (_ssl.c:2580)", "本机证书已过期"),
        ("[SSL: SSLV3_ALERT_CERTIFICATE_REVOKED] sslv3 alert certificate revoked (_ssl.c:2580)", "本机证书已被吊销"),
        ("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required", "对方要客户端证书"),
        ("[SSL: KEY_VALUES_MISMATCH] key values mismatch (_ssl.c:3900)", "不是一对"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1)", "没有 TLS"),
    ],
)
def test_a_failed_handshake_is_told_in_words(problem: str, words: str) -> None:
    assert words in tls.words(problem) and problem in tls.words(problem)
    assert tls.words("connection refused") == "connection refused"
    assert tls.closed("Unspecified error", tls.words(problem)) == tls.words(problem)  # the reason was heard once
    assert "证书不被接受" in tls.closed("Unspecified error", "not connected yet")


def test_d25_18_every_file_of_tls_may_be_a_credential(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.issue(Member("worker", "ingest"), datetime.now(UTC))
    out = authority.folder / "handout" / "worker"
    with pytest.raises(FileNotFoundError, match="no credentials"):
        tls.context("credential:ca.pem", "", "")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(out))
    made = tls.context("credential:ca.pem", "credential:client.pem", "credential:client.key")
    assert made.get_ca_certs()


def test_keys_that_do_not_fit_or_have_a_passphrase_are_refused_at_once(authority: Authority, tmp_path: Path) -> None:
    one = authority.issue(Member("one", "box", "songyang"), NOW)
    two = authority.issue(Member("two", "box", "songyang"), NOW)
    with pytest.raises(OSError, match="KEY_VALUES_MISMATCH"):
        tls.context(f"{one}/ca.pem", f"{one}/box.pem", f"{two}/box.key")
    subprocess.run(
        [binary("openssl"), "pkey", "-in", f"{one}/box.key", "-aes128", "-passout", "pass:x", "-out", f"{tmp_path}/k"],
        check=True,
    )
    with pytest.raises(ValueError, match="passphrase"):
        tls.context(f"{one}/ca.pem", f"{one}/box.pem", f"{tmp_path}/k")


def test_d25_15_the_list_names_every_topic_and_has_no_patterns() -> None:
    assert lines(Member("no3-middle", "box", "songyang")) == [
        "user no3-middle",
        *(
            f"topic write campus/v1/songyang/no3-middle/{leaf}"
            for leaf in ("readings", "events", "alarm/#", "status", "devices/#", "reply")
        ),
        *(f"topic read campus/v1/songyang/no3-middle/{leaf}" for leaf in ("receipt", "command")),
    ]
    text = document([Member("b", "box", "songyang"), Member("a", "ingest")])
    assert "pattern" not in text and text.index("user a\n") < text.index("user b\n")
    assert not any(line.startswith("topic") for line in text.partition("user")[0].splitlines())  # nothing for just anybody


@pytest.mark.parametrize("name", ["", "+", "#", "a/b", "A", "a b", "a\ntopic readwrite #", "x" * 33, "-a"])
def test_no_name_can_widen_the_list(authority: Authority, name: str) -> None:
    for member in (Member(name, "box", "songyang"), Member("ok", "box", name), Member(name, "ingest")):
        with pytest.raises(ValueError):
            lines(member)
        with pytest.raises(CaError):
            authority.issue(member, NOW)


def test_a_name_is_one_member_for_good(authority: Authority) -> None:
    authority.issue(Member("taken", "box", "songyang"), NOW)
    authority.revoke("taken")
    for other in (Member("taken", "box", "dengfeng"), Member("taken", "ingest")):
        with pytest.raises(CaError, match="taken"):
            authority.issue(other, NOW)
    authority.issue(Member("taken", "box", "songyang"), NOW)
    assert "user taken" in (authority.folder / "acl").read_text()


def test_what_is_made_is_private_and_keys_are_kept(authority: Authority) -> None:
    out = authority.issue(Member("kept", "box", "songyang"), NOW)
    for file in (authority.folder / "ca.key", out / "box.key", out / "command.key"):
        assert file.stat().st_mode & 0o777 == 0o600
    assert authority.folder.stat().st_mode & 0o777 == 0o700
    key, command = (out / "box.key").read_text(), (out / "command.key").read_text()
    authority.renew("kept", NOW)
    assert (out / "box.key").read_text() != key  # a new certificate has a new key
    assert (out / "command.key").read_text() == command  # and the bureau's commands go on being proven
    assert len(bytes.fromhex(command)) == 32


def test_wrong_input_gets_a_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    made = tmp_path / "ca"
    assert main(["cert", "init", str(made)]) == 0
    for args, words in (
        (["init", str(tmp_path / "full")], "不覆盖"),
        (["list", str(tmp_path / "full")], "cert init"),
        (["box", str(made), "songyang", "No3"], "小写"),
        (["renew", str(made), "nobody"], "there are: -"),
        (["revoke", str(made), "nobody"], "there are: -"),
        (["server", str(made), "broker", "a b"], "host name"),
    ):
        assert main(["cert", *args]) == 1
        assert words in capsys.readouterr().err
    assert main(["cert", "box", str(made), "songyang", "no3", "--days", "0"]) == 2
    monkeypatch.setenv("PATH", os.devnull)
    assert main(["cert", "box", str(made), "songyang", "no3"]) == 1
    assert "apt-get install openssl" in capsys.readouterr().err
