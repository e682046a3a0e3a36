"""The page on the real product: a simulated campus, the real `run` and `dashboard`, and people in a browser; then the line to it cut."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from typing import Any

import pytest
from browsing import KEEP_GREY_AFTER, LIVE, Watched, press
from school import School, heard_of_all

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
    waiting = page.locator("#alarms button.ack")
    done = "() => !document.querySelector('#alarms .alarm:not(.pending)')"
    while not page.evaluate(done):
        page.wait_for_function(f"() => ({done})() || document.querySelector('#alarms button.ack')", timeout=90_000)
        if before := waiting.count():
            waiting.first.click()
            page.wait_for_function("n => document.querySelectorAll('#alarms button.ack').length !== n", arg=before)


ANSWERS = {"zh": ("收到", "蚊香", "误报 · 蚊香"), "en": ("Received", "mosquito coil", "False alarm · mosquito coil")}


@pytest.mark.parametrize("lang", [*ANSWERS])
def test_a_fire_is_answered_in_the_browser(world: School, watched: Watched, guard: str, lang: str) -> None:
    ack, cause, found = ANSWERS[lang]
    page = watched.open(world.url, PERSON, guard)
    page.context.add_cookies([{"name": "lang", "value": lang, "url": world.url}])
    page.goto(world.url)
    page.wait_for_selector(LIVE)
    results = len(world.events("result"))
    point = world.points("smoke", "dormitory")[0]
    world.set(point, 1)
    card = page.locator("#first .alarm[data-lamp=fire]")
    card.wait_for()
    world.until("sounder on", lambda: any(v for _, v in world.writes("guard-sounder")))
    alarm = card.get_attribute("data-alarm")
    assert (world.snapshot() or {})["alarms"][alarm]["place"] in card.inner_text()
    assert page.inner_text("#first button.ack") == ack
    press(page, "#first button.ack")
    page.wait_for_selector("#reply.good:visible")
    page.wait_for_selector("#first .alarm.acked")
    assert [e["who"] for e in world.events("acked") if e["alarm"] == alarm] == [PERSON]
    world.until("sounder off", lambda: quiet(world))
    assert not page.is_enabled("#first button.reset"), "not while it burns"
    press(page, "#first button.false")
    page.select_option("dialog [name=cause]", label=cause)
    page.check("dialog [name=on_site]")
    page.click("dialog button.false")
    page.wait_for_selector(f"text={found}")
    (result,) = world.events("result")[results:]
    assert (result["who"], result["args"]["result"], result["args"]["cause"]) == (PERSON, "false", "蚊香")
    world.set(point, 0)
    press(page, "#first button.reset:enabled")
    calm(page)
    assert not world.alarms("fire")
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
    world: School, watched: Watched, guard: str, proxied: Callable[[int], Any], cut: str
) -> None:
    proxy = proxied(world.campus.page_port)
    page = watched.open(f"http://127.0.0.1:{proxy.port}", PERSON, guard)
    assert page.is_hidden("#lost")
    page.expected_errors = True
    page.evaluate(KEEP_GREY_AFTER)
    if cut == "proxy silent":
        proxy.silent.set()
        mend = proxy.silent.clear
    else:
        mend = CUTS[cut](world)
    page.wait_for_selector("body.lost #lost:visible")
    assert "连接中断" in page.inner_text("#lost")
    assert page.evaluate("window.greyAfter") <= PROMISE_S
    assert "grayscale" in page.eval_on_selector("main", "node => getComputedStyle(node).filter")
    assert page.locator(".lamp[data-lamp=normal].lit").count() == 0
    mend()
    page.wait_for_selector(LIVE)
    world.until("whole again", lambda: heard_of_all(world))
