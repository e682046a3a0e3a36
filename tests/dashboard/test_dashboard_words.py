"""The catalogues (same keys, all used, all there), readable colours, nothing inline or foreign, vendored files unchanged."""

import hashlib
import json
import re

import pytest
from tongues import LANGUAGES, PROMISED

from alerts.causes import CAUSES
from alerts.kinds import KINDS, LAMPS
from alerts.model import AlarmState, Fate, Result
from alerts.modes import MODES
from dashboard.forms import forms
from dashboard.navigation import PLACES
from dashboard.office import HERE, STATIC, digest, load_files, load_words
from dashboard.pages.assets import packed
from dashboard.pages.frame import THEMES
from dashboard.tokens import KINDS as KINDS_OF_CODE
from gateway.config.library import WHEN
from gateway.found import VERDICTS

WORDS = load_words()
FORMS = forms()


def plain(choice):
    """A number or a framing is its own word."""
    return str(choice)[:1].isdigit()


MODULES = "\n".join(path.read_text("utf-8") for path in STATIC.glob("*.js"))
TEMPLATES = "\n".join(path.read_text("utf-8") for path in (HERE / "templates").glob("*.html"))
PAGES = "\n".join(path.read_text("utf-8") for path in (HERE / "pages").glob("*.py"))
# keys put together from data
BUILT = (
    *(f"lamp.{lamp}" for lamp in LAMPS),
    *(f"life.{state.value}" for state in AlarmState if state is not AlarmState.ACKED),
    *(f"result.{result.value}" for result in Result),
    *(f"event.{fate.value.replace('_', '-')}" for fate in Fate),
    *(f"role.{role}" for role in ("guard-sounder", "evacuation", "room-sounder", "fan", "valve", "chirp")),
    *(f"verb.{name}" for name in ("ack", "real", "real.fire", "real.gas", "false", "silence", "reset")),
    *(f"range.{name}" for name in ("10m", "1h", "24h", "7d", "30d")),
    *(f"curve.{side}" for side in ("high", "low")),
    *(f"mode.{mode}" for mode in (*MODES, "unverified") if mode),
    *(f"lost.{reason}" for reason in ("run", "page")),
    *(f"verb.{name}" for name in ("next", "decline", "note", "assign", "repair")),
    *(f"theme.{name}" for name in THEMES),
    *(f"keys.{key}" for key in ("a", "m", "slash", "g", "off")),
    *(f"outside.{number}" for number in ("119", "120", "110")),
    *(place.word for place in PLACES),
    *(f"section.{name}" for name in (*FORMS, "file", "history")),
    *(f"setup.about.{name}" for name in FORMS),
    *(f"choice.{kind}" for kind in KINDS_OF_CODE),
    *("field.login", "field.expires"),
    *("refused.title", "refused.why", "refused.idle", "refused.storage", "reply.storage"),
    *(f"setup.returned.{why}" for why in ("time", "starts")),
    *(f"step.{when}" for when in WHEN),
    *(f"setup.{verdict}" for verdict in VERDICTS),
    *(f"field.{field['key']}" for fields in FORMS.values() for field in fields),
    *(f"choice.{one}" for fields in FORMS.values() for field in fields for one in field.get("choices", ()) if not plain(one)),
)


# younger than the oldest browser that schools have (Chromium 86 to 90 in WeChat and 360): a call of one would stop the page there
YOUNG = (
    r"\.at\(-|structuredClone|Object\.hasOwn\b|\.findLast|\.toSorted|\.toReversed|\.toSpliced|randomUUID"
    r"|Object\.groupBy|Map\.groupBy|Promise\.withResolvers"
)


def test_no_module_calls_what_old_browsers_lack():
    found = re.findall(YOUNG, MODULES)
    assert not found, found
    looks = "\n".join(path.read_text("utf-8") for path in STATIC.glob("*.css"))
    assert not re.findall(r":(?:has|is|where)\(|:not\([^()]*,|\binset\b[^;]*:|@container|@layer", looks)
    assert not re.search(r"^(?:const .* = )?await ", MODULES, re.M), "no await at the top of a module"


def used():
    literal = re.findall(r'"([a-z0-9]+(?:[.-][a-z0-9_-]+)+)"', MODULES + PAGES)
    direct = re.findall(r'\bt\("([^"]+)"', MODULES) + re.findall(r"t\['([^']+)'\]", TEMPLATES)
    direct = [key for key in direct if not key.endswith(".")]
    return set(direct) | {key for key in literal if key in WORDS["zh"]} | set(BUILT)


def test_both_languages_have_the_same_keys_and_fields():
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    for key, text in WORDS["zh"].items():
        assert text and WORDS["en"][key]
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", WORDS["en"][key])), key


def test_every_key_used_exists_and_every_key_is_used():
    keys = used()
    assert keys - WORDS["zh"].keys() == set()
    families = set(re.findall(r"`([a-z-]+(?:\.[a-z-]+)*\.)\${", MODULES)) | {
        "hint."
    }  # t(`life.${state}`): every key of the family
    unused = {key for key in WORDS["zh"].keys() - keys if not key.startswith(tuple(families))}
    assert unused == set()


@pytest.mark.parametrize("key", PROMISED)
def test_people_read_the_words_they_were_promised(key):
    assert tuple(WORDS[lang][key].partition("{")[0].rstrip() for lang in LANGUAGES) == PROMISED[key]


def test_no_button_says_only_confirm():
    assert "确认" not in [text for key, text in WORDS["zh"].items() if key.startswith(("verb.", "ask."))]


def test_every_kind_has_a_lamp_of_the_bar_and_a_colour():
    style = (STATIC / "style.css").read_text("utf-8")
    for kind in KINDS.values():
        assert kind.lamp in LAMPS
    for lamp in LAMPS:
        assert f'[data-lamp="{lamp}"] {{ --fill' in style and f'[data-lamp="{lamp}"] .shape::before' in style


def test_causes_are_the_people_s():
    assert [zh for zh, _ in CAUSES[""]["false"]][:2] == ["蚊香", "吸烟"] and len(CAUSES[""]["false"]) == 13
    assert [zh for zh, _ in CAUSES["store"]["false"]][-1] == "其他"


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    lin = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * lin[0] + 0.7152 * lin[1] + 0.0722 * lin[2]


@pytest.mark.parametrize("lamp", LAMPS)
def test_lit_lamps_are_readable(lamp):
    style = (STATIC / "style.css").read_text("utf-8")
    name, ink = re.search(rf'\[data-lamp="{lamp}"\] {{ --fill: var\(--([a-z]+)\); --on: (#\w+)', style).groups()
    fill = re.search(rf"--{name}: (#\w+)", style).group(1)
    ink = ink if len(ink) == 7 else "#" + "".join(c * 2 for c in ink[1:])
    light, dark = sorted((luminance(fill), luminance(ink)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_vendored_files_are_unchanged_and_licensed():
    folder = STATIC / "vendor" / "uplot-1.6.32"
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        sum, name = line.split()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sum, name
    assert "MIT" in (folder / "LICENSE").read_text()


def test_nothing_inline_nothing_foreign():
    assert "innerHTML" not in MODULES and "insertAdjacentHTML" not in MODULES and "document.write" not in MODULES
    assert not re.search(r"<script(?![^>]*src=)|<style|style=|\son\w+=|\|\s*safe", TEMPLATES)
    assert not re.search(r"https?://", MODULES + TEMPLATES + (STATIC / "style.css").read_text("utf-8"))


def test_the_address_changes_with_any_file():
    files = load_files()
    assert digest(files) != digest({**files, "shell.js": files["shell.js"] + b" "})


@pytest.mark.parametrize("template", sorted(p.name for p in (HERE / "templates").glob("*.html")))
def test_the_first_view_of_every_page_is_small(template):
    files = load_files()
    text = "".join((HERE / "templates" / name).read_text("utf-8") for name in ("base.html", "live.html", template))
    wanted = re.findall(r"{{ static }}/([^\"]+)", text)
    seen = set()
    while wanted:
        if (name := wanted.pop()) not in seen:
            seen.add(name)
            wanted += re.findall(r'from "\./([^"]+)"', files[name].decode()) if name.endswith(".js") else []
    words = max(len(json.dumps(WORDS[lang], ensure_ascii=False).encode()) for lang in WORDS)
    sizes = {name: len(packed(files[name])) for name in seen}
    assert sum(sizes.values()) + words < 150_000, sizes
    assert sum(len(files[name]) for name in seen) < 300_000, "what has to be read before anything is seen, unpacked"
