"""The shipped data as the compiler reads it: real files are right, wrong ones are findings with their place, never a traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from site_texts import GOOD

from alerts.model import Policy, Step
from gateway.config import library
from gateway.config.compile import compile_site
from gateway.config.findings import render
from gateway.config.library import policy_from_dict
from gateway.config.rulefile import RuleFileError, rule_from_dict

RULE = {
    "id": "x", "kind": "threshold", "alarm": "warning", "quantities": ["temperature"], "high": 45, "return_at": 42,
    "on_delay": "30s", "off_delay": "10m", "policy": "fire", "what": {"zh": "热", "en": "Hot"}, "source": "-",
    "limits": {"high": [35, 60], "on_delay": ["0s", "10m"]},
}  # fmt: skip


def test_the_shipped_profiles_and_rules_have_no_mistake(shelf: Path) -> None:
    found = library.load(shelf)
    assert [render(f) for f in found.findings] == []
    assert len(found.profiles) > 20 and len(found.rules) > 30 and found.policies


def test_a_rule_as_it_is_written() -> None:
    rule = rule_from_dict(RULE)
    assert (rule.on_delay, rule.off_delay) == (30_000, 600_000)
    assert rule.params == {"high": 45.0, "return_at": 42.0}
    assert rule.limits == {"high": (35.0, 60.0), "on_delay": (0.0, 600_000.0)}
    assert (rule.quantities, rule.zones, rule.side) == ({"temperature"}, frozenset(), "high")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"kind": "trend"}, ("kind",)),
        ({"alarm": "fiery"}, ("alarm",)),
        ({"uses": ["dormitory"]}, ("uses",)),
        ({"quantities": ["heatt"]}, ("quantities",)),
        ({"quantities": []}, ("quantities",)),
        ({"zones": ["bedroom"]}, ("zones",)),
        ({"stores": True}, ("stores",)),
        ({"low": 3}, ()),
        ({"high": "45"}, ("high",)),
        ({"on_delay": "30"}, ("on_delay",)),
        ({"on_delay": "5min"}, ("on_delay",)),
        ({"limits": {"high": [50, 60]}}, ("limits", "high")),
        ({"limits": {"equals": [0, 1]}}, ("limits", "equals")),
        ({"limits": {"high": 60}}, ("limits", "high")),
        ({"what": {"zh": "热"}}, ("what",)),
        ({"policy": None}, ("policy",)),
    ],
)
def test_a_wrong_rule_says_where(change: dict[str, object], path: tuple[str, ...]) -> None:
    with pytest.raises(RuleFileError) as caught:
        rule_from_dict({**RULE, **change})
    assert caught.value.path == path


@pytest.mark.parametrize(
    "key", ["id", "kind", "alarm", "policy", "on_delay", "off_delay", "what", "source", "return_at", "quantities"]
)
def test_a_rule_without_a_key(key: str) -> None:
    with pytest.raises(RuleFileError):
        rule_from_dict({k: v for k, v in RULE.items() if k != key})


def test_only_a_threshold_can_be_less_than_another() -> None:
    state = {k: v for k, v in RULE.items() if k not in ("high", "return_at", "limits")} | {"kind": "state", "equals": 1}
    assert rule_from_dict(state).params == {"equals": 1.0}
    with pytest.raises(RuleFileError) as caught:
        rule_from_dict({**state, "less_than": "y"})
    assert caught.value.path == ("less_than",)


def test_a_policy_as_it_is_written() -> None:
    text = "policy: p\nloop: 60s\nresult_asked: true\nsteps:\n  - {id: a, when: always, after: 3m, to: [duty, keeper], message: lock}\n"
    policy = policy_from_dict(YAML(typ="safe", pure=True).load(text))
    assert policy == Policy("p", (Step("a", "always", 180_000, ("duty", "keeper"), "lock"),), 60_000, True)


# file, text, code, line: one wrong file in an otherwise right library
WRONG = [
    ("escalation/x.yaml", "policy: x\nresult_asked: false\n", "CFG-028", 1),
    ("escalation/x.yaml", "policy: x\nresult_asked: perhaps\nsteps: []\n", "CFG-028", 1),
    ("escalation/x.yaml", "policy: x\nresult: true\nresult_asked: true\nsteps: []\n", "CFG-028", 1),
    ("escalation/x.yaml", "policy: x\nloop: often\nresult_asked: true\nsteps: []\n", "CFG-028", 1),
    ("escalation/x.yaml", "policy: fire\nresult_asked: true\nsteps: []\n", "CFG-028", 1),
    (
        "escalation/x.yaml",
        "policy: x\nresult_asked: true\nsteps: [{id: a, when: never, after: 0s, to: [duty], message: lock}]\n",
        "CFG-028",
        1,
    ),
    (
        "escalation/x.yaml",
        "policy: x\nresult_asked: true\nsteps: [{id: a, when: always, after: 0s, to: [cook], message: lock}]\n",
        "CFG-028",
        1,
    ),
    ("escalation/x.yaml", "- policy\n", "CFG-028", 1),
    ("escalation/x.yaml", "policy: {x\n", "CFG-002", 2),
    ("rules/x.yaml", "rules: {}\n", "CFG-028", 1),
    ("rules/x.yaml", "", "CFG-028", 1),
    ("rules/x.yaml", "rules:\n  - 7\n", "CFG-028", 2),
    ("rules/x.yaml", "rules:\n  - kind: threshold\n    id: x\n", "CFG-028", 2),
    ("profiles/x.yaml", "profile: 1\nid: x\n", "CFG-027", 1),
    ("profiles/x.yaml", "[]\n", "CFG-027", 1),
]


@pytest.mark.parametrize(("name", "text", "code", "line"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_file_is_a_finding_in_it(tmp_path: Path, shelf: Path, name: str, text: str, code: str, line: int) -> None:
    root = tmp_path / "root"
    for folder in ("profiles", "rules", "escalation"):
        shutil.copytree(shelf / folder, root / folder)
    path = (tmp_path if name.startswith("profiles/") else root) / name  # of the shipped profiles only the used are read
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    site = tmp_path / "site.yaml"
    site.write_text(GOOD, encoding="utf-8")
    found = compile_site(site, data="", root=root)
    assert [(f.code, f.file, f.line) for f in found.findings] == [(code, str(path), line)]
    assert found.site is None and render(found.findings[0])


@pytest.mark.parametrize("text", ["profile: 1\nid: own\n", "profile: 1\nid: own\nx: {\n"])
def test_of_a_broken_model_only_its_own_mistake_is_told(tmp_path: Path, shelf: Path, text: str) -> None:
    """Not, besides, that the device which uses it names a model that is not defined."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/own.yaml").write_text(text, encoding="utf-8")
    site = tmp_path / "site.yaml"
    site.write_text(GOOD.replace("profile: sga-gas", "profile: own", 1), encoding="utf-8")
    found = compile_site(site, data="", root=shelf)
    assert "profile: own" in site.read_text("utf-8") and found.site is None
    assert {Path(f.file).name for f in found.findings if f.code in ("CFG-002", "CFG-020", "CFG-027")} == {"own.yaml"}


def test_a_rule_names_a_policy_and_a_rule_that_exist(tmp_path: Path, shelf: Path) -> None:
    root = tmp_path / "root"
    for folder in ("profiles", "rules", "escalation"):
        shutil.copytree(shelf / folder, root / folder)
    path = root / "rules" / "electrical.yaml"
    text = path.read_text("utf-8").replace("of: residual-current-alarm", "of: residual-curent-alarm")
    path.write_text(text.replace("policy: electrical-warning", "policy: eletrical-warning", 1), encoding="utf-8")
    found = library.load(root).findings
    assert [(f.code, f.path, f.hint) for f in found] == [
        ("CFG-028", "rules[1].policy", "electrical-warning"),
        ("CFG-028", "rules[1]", "residual-current-alarm"),
    ]


def test_less_than_compares_limits_of_one_side(tmp_path: Path, shelf: Path) -> None:
    root = tmp_path / "root"
    for folder in ("profiles", "rules", "escalation"):
        shutil.copytree(shelf / folder, root / folder)
    path = root / "rules" / "water.yaml"
    text = path.read_text("utf-8").replace("less_than: pressure-low", "less_than: oxygen-high")
    path.write_text(text, encoding="utf-8")
    assert [(f.code, f.path) for f in library.load(root).findings] == [("CFG-028", "rules[2].less_than")]


def test_a_site_brings_a_profile_of_its_own(tmp_path: Path, shelf: Path) -> None:
    (tmp_path / "profiles").mkdir()
    text = (shelf / "profiles" / "generic-smoke.yaml").read_text("utf-8")
    text = text.replace("id: generic-smoke", "id: our-smoke").replace('verified: "false"', "verified: partial")
    (tmp_path / "profiles" / "our.yaml").write_text(text, encoding="utf-8")
    site = tmp_path / "site.yaml"
    site.write_text(GOOD.replace("calectro-ug3", "our-smoke"), encoding="utf-8")
    found = compile_site(site, data="", root=shelf)
    assert found.site is not None and not found.findings
    assert found.site.devices[0].profile.id == "our-smoke"


def test_a_site_file_beside_the_shipped_profiles(tmp_path: Path, shelf: Path) -> None:
    """config/site.example.yaml lies beside config/profiles: they are not read twice."""
    assert not library.load(shelf, shelf / "profiles").findings


def test_of_the_shipped_models_only_those_that_are_used_are_read(tmp_path: Path, shelf: Path) -> None:
    """Reading all takes longer than the rest of `check`; which there are is known by the files' names."""
    every = library.load(shelf)
    assert set(every.profiles) == {path.stem for path in (shelf / "profiles").glob("*.yaml")} == every.models
    some = library.load(shelf, None, ["sga-gas", "no-such-model"])
    assert set(some.profiles) == {"sga-gas"} and some.models == every.models and not some.findings
    own = tmp_path / "profiles"
    own.mkdir()
    (own / "mine.yaml").write_text((shelf / "profiles" / "jxct-th.yaml").read_text("utf-8"), encoding="utf-8")
    assert [f.code for f in library.load(shelf, own, ["sga-gas"]).findings] == ["CFG-027"], "an id of its own that ships too"
