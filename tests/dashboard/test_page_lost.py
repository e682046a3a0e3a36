"""A page that no longer lives says so: `run` killed, the page's server killed, `run` stopped, a proxy gone silent."""

import signal

import pytest
from browsing import KEEP_GREY_AFTER
from conftest import CANNED
from tongues import LANGUAGES, names_in, whole, word

PROMISE_S = 5.0


CUTS = {
    "run killed": lambda run, server, proxy: run.signal(signal.SIGKILL),
    "run stopped": lambda run, server, proxy: run.signal(signal.SIGSTOP),
    "page's server killed": lambda run, server, proxy: server.signal(signal.SIGKILL),
    "proxy silent": lambda run, server, proxy: proxy.silent.set(),
}


@pytest.mark.parametrize("cut", CUTS)
def test_old_data_is_called_old(start_run, start_page, visit, proxied, kit, tmp_path, cut):
    run, server = start_run({**kit.school(), "alarms": {"no3-1": kit.alarm()}}), start_page()
    proxy = proxied(int(server.url.rsplit(":", 1)[1]))
    readers = {lang: visit(f"http://127.0.0.1:{proxy.port}", lang=lang) for lang in LANGUAGES}
    for page in readers.values():
        assert page.is_hidden("#lost")
        page.expected_errors = True
        page.evaluate(KEEP_GREY_AFTER)
    CUTS[cut](run, server, proxy)
    for lang, page in readers.items():
        page.wait_for_selector("body.lost #lost:visible")
        assert word(lang, "lost") in page.inner_text("#lost")
        assert page.evaluate("window.greyAfter") <= PROMISE_S
        assert page.locator(".lamp[data-lamp=normal].lit").count() == 0
        assert page.inner_text(".lamp[data-lamp=offline].lit .word") == word(lang, "lamp.offline")
        assert page.get_attribute("body", "data-tone") == "fire", (
            "a fire that nobody has answered rings on: its news is cut, not the fire"
        )
        assert "grayscale" in page.eval_on_selector("main", "node => getComputedStyle(node).filter")
        whole(page, lang, names_in(CANNED))
        assert page.inner_text("#hush") == word(lang, "verb.silence")
        page.click("#hush")
        page.wait_for_selector("body[data-tone='']")
        page.screenshot(path=tmp_path / f"lost-{lang}.png")
    if cut == "run stopped":
        run.signal(signal.SIGCONT)
    elif cut == "proxy silent":
        proxy.silent.clear()
    else:
        return
    for page in readers.values():
        page.wait_for_selector("body:not(.lost)[data-tone=fire] #first .alarm")


def test_run_that_comes_back_is_shown_again(start_run, start_page, visit, kit):
    run, server = start_run(), start_page()
    page = visit(server.url)
    page.expected_errors = True
    run.kill()
    page.wait_for_selector("body.lost[data-tone=fault]")
    start_run({**kit.school(), "alarms": {"no3-5": kit.alarm("no3-5")}})
    page.wait_for_selector("body:not(.lost) [data-alarm=no3-5]")


def test_without_any_run_nothing_looks_normal(start_page, chromium, kit):
    server = start_page()
    context = chromium.new_context()
    page = context.new_page()
    page.goto(server.url + "/login")
    page.fill("[name=person]", "wang")
    page.fill("[name=password]", kit.password)
    page.click("button.big")
    page.wait_for_selector("body.lost #lost:visible")
    assert page.locator(".lamp.lit").count() == 0
    assert page.is_hidden("main") and page.get_attribute("body", "data-tone") == "fault"
    context.close()


def test_a_soft_tone_gives_way_to_the_cut_and_muted_fires_stay_mute(start_run, start_page, visit, kit):
    mild = kit.alarm("no3-2", lamp="warning", kind="trend", severity=3)
    run, server = start_run({**kit.school(), "alarms": {"no3-1": kit.alarm(silenced=True), "no3-2": mild}}), start_page()
    page = visit(server.url)
    page.wait_for_selector("body[data-tone=warning]")
    page.expected_errors = True
    run.kill()
    page.wait_for_selector("body.lost[data-tone=fault]")


def test_a_page_that_lies_open_over_an_upgrade_becomes_the_new_one(start_run, start_page, visit, kit):
    start_run()
    made, page = ["1"], visit(start_page().url)
    page.expected_errors = True  # the stream is swallowed, so that each look is an answer of its own

    def state(route):
        answer = route.fetch()
        body = answer.json()
        assert body["snapshot"]["page"], "the server says which files its pages are made of"
        body["snapshot"]["page"] = made[0]
        route.fulfill(response=answer, json=body)

    page.route("**/api/v1/stream", lambda route: route.abort())
    page.route("**/api/v1/state", state)
    page.reload()
    page.wait_for_selector("body:not(.lost):not(.waiting)")
    page.evaluate("window.mine = true")
    made[0] = "2"
    page.wait_for_function("() => !window.mine")
    page.wait_for_selector("body:not(.lost):not(.waiting) .lamp[data-lamp=normal].lit")


def test_a_screen_that_was_sent_away_comes_back_once_it_is_known_again(start_run, start_page, chromium, kit):
    """The box's clock was a year ahead for a minute, so the wall's code was over: nobody stands before a wall to type it again."""
    start_run()
    server, context = start_page(), chromium.new_context()
    page = context.new_page()
    page.clock.install()
    page.goto(server.url + "/login?ended=%2F%3Fwall%3D1")
    assert "登录已到期" in page.inner_text("[role=alert]")
    page.fill("[name=person]", "wang")
    page.clock.fast_forward(61_000)
    assert page.input_value("[name=person]") == "wang", "not while somebody types"
    page.fill("[name=person]", "")
    assert context.request.post(server.url + "/login", form={"person": "wang", "password": kit.password}).ok
    page.clock.fast_forward(61_000)
    page.wait_for_url(server.url + "/?wall=1")
    context.close()


def test_a_browser_that_cannot_run_the_page_says_so(start_run, start_page, chromium, kit):
    start_run()
    server, context = start_page(), chromium.new_context()
    page = context.new_page()
    assert context.request.post(server.url + "/login", form={"person": "wang", "password": kit.password}).ok
    page.route("**/home.js", lambda route: route.fulfill(body="words of a younger browser", content_type="text/javascript"))
    page.goto(server.url)
    page.wait_for_selector("#old:visible")
    assert "极速模式" in page.inner_text("#old")
    context.close()


def test_a_swallowed_stream_is_replaced_by_polling(start_run, start_page, visit, kit):
    run, server = start_run(), start_page()
    page = visit(server.url)
    page.expected_errors = True
    page.route("**/api/v1/stream", lambda route: route.abort())
    page.reload()
    page.wait_for_selector("body:not(.lost):not(.waiting) .lamp[data-lamp=normal].lit")
    run.push({"alarms": {"no3-1": kit.alarm()}})
    page.wait_for_selector("#first .alarm")
