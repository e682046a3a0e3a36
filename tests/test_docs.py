"""What the documents promise exists, and what exists is documented: commands, make targets, files, profiles, codes, policies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.commands import COMMANDS
from gateway.config import library
from gateway.config.codes import CODES
from tools import commands_md

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_commands_md_is_current() -> None:
    assert text("docs/commands.md") == commands_md.render(), "run: python tools/commands_md.py"


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_command_and_target_named_exists(path: Path) -> None:
    found = path.read_text(encoding="utf-8")
    parsers = commands_md.parsers()
    for line in re.findall(r"campus-gateway ((?:[a-z]+[ `\n|]?)+)", found):
        name = line.split()[0].strip("`|")
        assert name in COMMANDS, f"{path.name} names `campus-gateway {name}`, which is no command"
    for name, options in re.findall(r"campus-gateway ([a-z]+)((?: [^`\n#]+)?)", found):
        known = {o for n, p in parsers.items() if n.split()[0] == name for a in p._actions for o in a.option_strings}
        for option in re.findall(r"(?<![\w-])--[a-z-]+", options):
            assert option in known, f"{path.name}: campus-gateway {name} has no option {option}"
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.M))
    for target in re.findall(r"`?make ([a-z]+)\b(?= |`|\n)", found):
        if target in ("test", "demo", "soak", "bench", "mutants", "lint", "setup"):
            assert target in targets, f"{path.name} names `make {target}`"


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (path.parent / link).exists(), f"{path.name} links to {link}, which does not exist"


def test_every_profile_rule_policy_and_code_is_documented() -> None:
    shelf = library.load(library.data_dir())
    assert not shelf.findings
    for kind, ids, document in (
        ("profile", shelf.profiles, "docs/devices.md"),
        ("rule", shelf.rules, "docs/rules.md"),
        ("policy", shelf.policies, "docs/escalation.md"),
        ("code", CODES, "docs/errors.md"),
    ):
        page = text(document)
        missing = [id for id in ids if id not in page]
        assert ids and not missing, f"{document} does not mention {kind} {', '.join(missing)}"


def test_no_document_names_a_code_or_profile_that_is_gone() -> None:
    shelf = library.load(library.data_dir())
    for code in re.findall(r"CFG-\d{3}", text("docs/errors.md")):
        assert code in CODES, f"docs/errors.md explains {code}, which no longer exists"
    for name in re.findall(r"^## `?([a-z0-9-]+)`?", text("docs/devices.md"), re.M):
        assert name in shelf.profiles, f"docs/devices.md describes {name}, which is no profile"


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_r41_the_readme_shows_two_commands_and_the_caution(name: str) -> None:
    page = text(name)
    assert "make demo" in page and "make test" in page
    assert "never replaces" in page or "不能代替" in page
    assert "docs/pictures/" in page


@pytest.mark.parametrize(
    "name",
    ["README.md", "README.zh-CN.md", "docs/install.md", "dashboard/static/i18n/zh.json", "dashboard/static/i18n/en.json"],
)
def test_r41_page_and_manual_say_that_it_supplements_and_never_replaces_a_certified_system(name: str) -> None:
    page = text(name)
    assert ("supplements" in page and "never replaces" in page) or ("补充" in page and "不能代替" in page)


def test_the_readmes_claim_no_certification() -> None:
    for path in DOCS:
        page = path.read_text(encoding="utf-8").lower()
        for claim in ("is certified by", "ccc certified", "已通过认证", "replaces your fire-alarm"):
            assert claim not in page, f"{path.name} claims {claim!r}"
