"""The page on the real product: a simulated campus, the real `run` and `dashboard`, and people in a browser; then the line to it cut."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from typing import Any

import pytest
from browsing import KEEP_GREY_AFTER, LIVE, Watched, press
from school import School, heard_of_all
from tongues import LANGUAGES, whole, word

PERSON = "wang"  # on duty in the demo's school
PROMISE_S = 5.0


@pytest.fixture(scope="module")
def guard(world: School) -> str:
    """The password of the person on duty."""
    return world.user(PERSON)


def quiet(school: School) -> bool:
    """The guard-room sounder was switched off last, in the simulator's log."""
    return school.writes("guard-sounder")[-1][1] == 0


def test_the_first_password_is_printed_once_and_works(world: School, watched: Watched) -> None:
    assert world.url in world.first_words
    (password,) = re.findall(r"password (\S+)", world.first_words)
    watched.open(world.url, "admin", password).expected_errors = True
    world.kill("dashboard")
    assert "password" not in world.start_dashboard()


def test_every_point_says_a_value_or_a_word_and_never_a_number_it_does_not_know(
    world: School, watched: Watched, guard: str
) -> None:
    page = watched.open(world.url, PERSON, guard)
    dead = world.points("smoke", "teaching")[0].partition("/")[0]
    world.unit(dead, "dead")
    page.wait_for_selector(f"[data-point^='{dead}/'][data-quality=fault]")
    shown = page.eval_on_selector_all(
        ".point", "nodes => nodes.map(n => [n.dataset.point, n.dataset.quality, n.querySelector('.value').textContent])"
    )
    assert {point for point, _, _ in shown} == set((world.snapshot() or {})["points"])
    for point, quality, text in shown:
        assert text.strip(), point
        if quality in ("fault", "stale"):
            assert not re.search(r"\d", text.partition(":")[0]), (point, text)
            assert "故障" in text or "无数据" in text, (point, text)
    assert any(quality == "good" and "°C" in text for _, quality, text in shown)
    assert page.inner_text(".lamp[data-lamp=normal] .word") == "监测不完整"
    world.unit(dead, "normal")
    page.wait_for_selector(f"[data-point^='{dead}/'][data-quality=good]")
    calm(page)


def calm(page: Any) -> None:
    """收到 on whatever waits, until nothing is open: a fault that is gone stays on the page until somebody knows of it. A busy machine
    brings others, and its busy processor is 判断中 for as long as it is one: that is no alarm yet."""
    done = "() => !document.querySelector('#alarms .alarm:not(.pending)')"
    first = "() => document.querySelector('#alarms .alarm:has(button.ack)')?.dataset.alarm"
    while not page.evaluate(done):
        page.wait_for_function(f"() => ({done})() || ({first})()", timeout=90_000)
        if alarm := page.evaluate(first):
            button = f"#alarms .alarm[data-alarm='{alarm}'] button.ack"
            press(page, button)
            page.wait_for_selector(button, state="detached")


# what is set off and how far; the buttons; cause and result as each reader picks and reads them
STORIES = {
    "fire": ("dorm-smoke-1/smoke", 1, "verb.real.fire", ("蚊香", "mosquito coil"), ("误报 · 蚊香", "False alarm · mosquito coil")),
    "gas": ("kitchen-gas-1/gas", 450, "verb.real.gas", ("油烟", "cooking fumes"), ("误报 · 油烟", "False alarm · cooking fumes")),
}  # fmt: skip
ALSO = pytest.mark.soak  # each reader does the other half, too


@pytest.mark.parametrize(
    "lamp, actor",
    [("fire", "zh"), ("gas", "en"), pytest.param("fire", "en", marks=ALSO), pytest.param("gas", "zh", marks=ALSO)],
)
def test_from_the_simulator_to_the_reset_in_both_languages(
    world: School, watched: Watched, guard: str, names: list[str], lamp: str, actor: str
) -> None:
    """Two readers watch one school: one answers, the other gives the result and resets; each reads every step in his language."""
    point, value, real, causes, found = STORIES[lamp]
    readers = {lang: watched.open(world.url, PERSON, guard, lang=lang) for lang in LANGUAGES}
    other = next(lang for lang in LANGUAGES if lang != actor)
    first, second = readers[actor], readers[other]
    results = len(world.events("result"))
    world.set(point, value)
    mine = f"#first .alarm[data-lamp={lamp}]"
    for lang, page in readers.items():
        card = page.locator(mine)
        card.wait_for()
        alarm = card.get_attribute("data-alarm")
        assert (world.snapshot() or {})["alarms"][alarm]["place"] in card.inner_text()
        for key in ("first", "life.unacked"):
            assert word(lang, key) in card.inner_text()
        assert word(lang, f"lamp.{lamp}") in card.inner_text() or lamp == "gas"
        assert page.inner_text(f".lamp.lit[data-lamp={lamp}] .word") == word(lang, f"lamp.{lamp}")
        labels = page.locator("#first .buttons:not(.more) button").all_inner_texts()
        assert labels == [word(lang, key) for key in ("verb.ack", real, "verb.false", "verb.silence", "verb.reset")]
        whole(page, lang, names)
    world.until("sounder on", lambda: any(v for _, v in world.writes("guard-sounder")))
    press(first, "#first button.ack")
    first.wait_for_selector("#reply.good:visible")
    for lang, page in readers.items():
        page.wait_for_selector(f"{mine}.acked:has-text('{word(lang, 'life.awaiting')}')")
        whole(page, lang, names)
        assert not page.is_enabled("#first button.reset"), "not while it is there"
    assert [e["who"] for e in world.events("acked") if e["alarm"] == alarm] == [PERSON]
    world.until("sounder off", lambda: quiet(world))
    press(second, "#first button.false")
    whole(second, other, names)
    second.select_option("dialog [name=cause]", label=causes[LANGUAGES.index(other)])
    second.check("dialog [name=on_site]")
    second.click("dialog button.false")
    for lang, page in readers.items():
        page.wait_for_selector(f"text={found[LANGUAGES.index(lang)]}")
    (result,) = world.events("result")[results:]
    assert (result["who"], result["args"]["result"], result["args"]["cause"]) == (PERSON, "false", causes[0])
    world.set(point, 0)
    for lang, page in readers.items():
        page.wait_for_selector("#first button.reset:enabled")
        whole(page, lang, names)
    press(second, "#first button.reset:enabled")
    for page in readers.values():
        page.wait_for_selector(f"[data-alarm='{alarm}']", state="detached")
    calm(first)
    world.until("nothing of it is open", lambda: not world.alarms(lamp))
    assert [e["who"] for e in world.events("reset") if e["alarm"] == alarm] == [PERSON]


def stop_run(school: School) -> Callable[[], None]:
    assert school.run is not None
    school.run.send_signal(signal.SIGSTOP)
    return lambda: school.run.send_signal(signal.SIGCONT) if school.run else None


def kill_run(school: School) -> Callable[[], None]:
    school.kill_run()
    return lambda: school.start_run() and None


def kill_page(school: School) -> Callable[[], None]:
    school.kill("dashboard")
    return lambda: school.start_dashboard() and None


CUTS: dict[str, Callable[[School], Callable[[], None]]] = {
    "run killed": kill_run,
    "dashboard killed": kill_page,
    "run stopped": stop_run,
}


@pytest.mark.parametrize("cut", [*CUTS, "proxy silent"])
def test_a_cut_stream_is_grey_within_5_s_and_live_again_after(
    world: School, watched: Watched, guard: str, names: list[str], proxied: Callable[[int], Any], cut: str
) -> None:
    proxy = proxied(world.campus.page_port)
    readers = {lang: watched.open(f"http://127.0.0.1:{proxy.port}", PERSON, guard, lang=lang) for lang in LANGUAGES}
    for page in readers.values():
        assert page.is_hidden("#lost")
        page.expected_errors = True
        page.evaluate(KEEP_GREY_AFTER)
    if cut == "proxy silent":
        proxy.silent.set()
        mend = proxy.silent.clear
    else:
        mend = CUTS[cut](world)
    for lang, page in readers.items():
        page.wait_for_selector("body.lost #lost:visible")
        assert word(lang, "lost") in page.inner_text("#lost")
        assert page.evaluate("window.greyAfter") <= PROMISE_S
        assert "grayscale" in page.eval_on_selector("main", "node => getComputedStyle(node).filter")
        assert page.locator(".lamp[data-lamp=normal].lit").count() == 0
        whole(page, lang, names)
    mend()
    for page in readers.values():
        page.wait_for_selector(LIVE)
    world.until("whole again", lambda: heard_of_all(world))
