"""`user` and the options of `dashboard`, from the outside."""

import argparse

import pytest

from dashboard.auth import Users
from gateway.commands import dashboard, user


@pytest.fixture
def call(tmp_path):
    def call(command, *arguments, data=True):
        parser = argparse.ArgumentParser()
        command.add_parser(parser.add_subparsers())
        name = command.__name__.rpartition(".")[2]
        return command.run(parser.parse_args([name, *arguments, *(["--data", str(tmp_path)] if data else [])]))

    return call


def test_add_list_passwd_remove(call, tmp_path, capsys):
    assert call(user, "add", "wang", "--generate", "--role", "duty") == 0
    password = capsys.readouterr().out.strip()
    users = Users(tmp_path / "dashboard.db")
    assert users.login("wang", password, 1).token
    assert call(user, "passwd", "wang", "--generate") == 0
    renewed = capsys.readouterr().out.strip()
    assert renewed != password and users.login("wang", renewed, 1).token and not users.login("wang", password, 1).token
    assert call(user, "list") == 0
    assert capsys.readouterr().out == "wang\tduty\n"
    assert call(user, "remove", "wang") == 0 and users.list() == []


def test_typed_passwords_are_asked_twice(call, tmp_path, monkeypatch, capsys):
    typed = iter(["one long password", "another password", "one long password", "one long password", "short", "short"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    assert call(user, "add", "wang") == 1 and "不一样" in capsys.readouterr().err
    assert call(user, "add", "wang") == 0
    assert call(user, "passwd", "wang") == 1 and "10" in capsys.readouterr().err
    assert Users(tmp_path / "dashboard.db").login("wang", "one long password", 1).token


def test_mistakes_are_told(call, capsys):
    assert call(user, "passwd", "nobody", "--generate") == 1
    assert call(user, "list", "--data", "/nonexistent/folder", data=False) == 1
    assert "/nonexistent/folder" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--host", "0.0.0.0"], ["--host", "school.example"], ["--tls-cert", "x"]])
def test_other_machines_only_with_tls_or_a_plain_word(call, arguments, capsys):
    assert call(dashboard, *arguments) == 2
    assert "--" in capsys.readouterr().err
