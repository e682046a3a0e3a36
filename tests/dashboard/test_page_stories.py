"""The page in a real browser over a fake `run`: what people see and press."""

import re
from pathlib import Path

import pytest
from conftest import CANNED
from tongues import LANGUAGES, names_in, whole, word

from alerts.kinds import LAMPS

NAMES = names_in(CANNED)
SHOTS = ((1920, 1080), (360, 640))


@pytest.fixture
def open_school(stage, visit):
    """A fake `run`, the page's address, and the page open in a browser."""

    def open_it(snapshot=None, person="wang", **size):
        run = stage.scene(snapshot)
        return run, stage.url, visit(stage.url, person, **size)

    return open_it


CARD = {
    "zh": ("火警 · 烟感报警", "编号 07", "22:00:00 起，已 0:", "已通知 王师傅、zhou", "后呼叫下一人"),
    "en": ("Fire · Smoke", "No. 07", "22:00:00, for 0:", "Told: 王师傅, zhou", "next person called in"),
}
SIGHT = {"zh": "/ · 待响应 · 报警 · 未结束报警 1", "en": "/ · Waiting for an answer · alarm · open alarms: 1"}


def lit(page):
    return page.eval_on_selector_all(".lamp.lit", "nodes => nodes.map(n => n.dataset.lamp)")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("size", SHOTS)
def test_calm_school(open_school, tmp_path, size, lang):
    _, _, page = open_school(width=size[0], height=size[1], lang=lang)
    page.wait_for_selector(".lamp[data-lamp=normal].lit")
    assert lit(page) == ["normal"]
    words = [w.strip() for w in page.locator(".lamp .word").all_inner_texts()]
    assert words == [word(lang, f"lamp.{id}") for id in LAMPS]
    assert "21.4 °C" in page.text_content("[data-point='dorm-smoke/temp']")
    assert re.search({"zh": r"数据更新 \d\.\d s 前", "en": r"data \d\.\d s old"}[lang], page.inner_text("#age"))
    assert page.inner_text("#clock").startswith("2026-11-23 22:00")
    assert {"zh": "不能代替", "en": "never replaces"}[lang] in page.inner_text("footer")
    assert {"zh": "声音未启用", "en": "Sound is not switched on"}[lang] in page.inner_text("#mute")
    kitchen = page.locator("details.zone", has=page.locator("[data-point='kitchen-gas/gas']"))
    if size[0] < 600:
        assert re.search(
            {"zh": r"\d 点正常", "en": r"\d points normal"}[lang], kitchen.locator("summary").inner_text()
        ) and page.is_hidden("[data-point='kitchen-gas/gas']")
        kitchen.locator("summary").click()
    page.click("[data-point='kitchen-gas/gas']")
    page.wait_for_selector("#plot canvas")
    whole(page, lang, NAMES)
    page.screenshot(path=tmp_path / "calm.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_press_meant_for_one_alarm_never_answers_another_that_has_just_come(open_school, kit):
    """The hand is on its way to the fault's 收到 when a fire takes its place: nobody has read it, and its calls would stop."""
    fault = kit.alarm("no3-1", kind="fault", lamp="fault", severity=1, what={"zh": "故障", "en": "Fault"})
    run, _, page = open_school()
    run.push({"alarms": {"no3-1": fault}})
    page.wait_for_selector("#first .alarm[data-alarm=no3-1]")
    page.evaluate("""() => new MutationObserver((_, seen) => {
        const button = document.querySelector("#first .alarm[data-alarm=no3-2] button.ack");
        if (!button) return;
        seen.disconnect();
        window.came = performance.now();
        button.click();
        document.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
    }).observe(document.querySelector("#first"), { childList: true, subtree: true })""")
    run.push({"alarms": {"no3-2": kit.alarm("no3-2")}})
    page.wait_for_selector("#reply:has-text('刚换了一条')")
    assert not [line for line in run.seen if "did" in line], "neither by hand nor by key"
    page.wait_for_function("() => performance.now() - window.came > 800")
    page.click("#first .alarm[data-alarm=no3-2] button.ack")
    assert run.did()["alarm"] == "no3-2"


def test_nor_one_that_has_slid_under_the_hand_further_down(open_school, kit):
    """A leak comes in above the fault whose 收到 is meant; and a second 误报 asks whoever has the question open to look again."""
    fault = kit.alarm("no3-2", kind="fault", lamp="fault", severity=1, number=2, what={"zh": "故障", "en": "Fault"})
    run, _, page = open_school({**kit.school(), "alarms": {"no3-1": kit.alarm(), "no3-2": fault}})
    page.wait_for_selector("#open .alarm[data-alarm=no3-2]")
    page.evaluate("""() => new MutationObserver((_, seen) => {
        const button = document.querySelector("#open .alarm[data-alarm=no3-3] button.ack");
        if (!button) return;
        seen.disconnect();
        window.came = performance.now();
        button.click();
    }).observe(document.querySelector("#open"), { childList: true, subtree: true })""")
    run.push({"alarms": {"no3-3": kit.alarm("no3-3", lamp="gas", kind="gas-2", severity=6, number=3)}})
    page.wait_for_selector("#reply:has-text('刚换了一条')")
    assert not [line for line in run.seen if "did" in line]
    page.wait_for_function("() => performance.now() - window.came > 800")
    page.click("#open .alarm[data-alarm=no3-3] button.ack")
    assert run.did()["alarm"] == "no3-3"
    page.click("#first button.false")
    run.push({"alarms": {"no3-1": kit.alarm(occurrence=2)}})
    page.wait_for_selector("#ask-news:has-text('又报警了一次')")


def test_what_nobody_has_answered_stands_on_every_page_beside_a_fire_that_is_answered(open_school, kit):
    fire = kit.alarm(state="acked", acked=kit.wall, acked_by="wang")
    gas = kit.alarm("no3-2", lamp="gas", kind="gas-2", severity=6, number=8, what={"zh": "可燃气泄漏", "en": "Gas leak"})
    run, url, page = open_school({**kit.school(), "alarms": {"no3-1": fire}})
    page.wait_for_selector("#first .alarm[data-alarm=no3-1]")
    assert page.is_hidden("#headline")
    run.push({"alarms": {"no3-2": gas}})
    page.wait_for_selector("#headline .line[data-alarm=no3-2][data-lamp=gas] button.ack")
    assert page.locator("#headline .line").count() == 1, "the fire has its card below"
    page.goto(url + "/history")
    page.wait_for_selector("#headline .line[data-alarm=no3-2]")
    lines = page.eval_on_selector_all(
        "#headline .line", "nodes => nodes.map((n) => [n.dataset.alarm, n.querySelectorAll('button').length])"
    )
    assert lines == [["no3-1", 0], ["no3-2", 1]]
    page.keyboard.press("m")
    assert run.wait(lambda line: line.get("did", {}).get("verb") == "silence")["did"]["alarm"] == "no3-2", "what is heard"
    page.keyboard.press("a")
    assert run.wait(lambda line: line.get("did", {}).get("verb") == "ack")["did"]["alarm"] == "no3-2"
    fault = kit.alarm("no3-3", kind="fault", lamp="fault", severity=1, number=9)
    run.push({"alarms": {"no3-2": {**gas, "state": "acked", "acked": kit.wall, "acked_by": "wang"}, "no3-3": fault}})
    page.wait_for_selector("#headline .line[data-alarm=no3-2]", state="detached")
    assert page.locator("#headline .line").count() == 1, "a fault waits in the list"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("size", SHOTS)
def test_a_fire_is_seen_heard_and_answered(open_school, kit, tmp_path, size, lang):
    run, _, page = open_school(width=size[0], height=size[1], lang=lang)
    page.wait_for_selector(".lamp[data-lamp=normal].lit")
    page.wait_for_selector("#mute:visible")
    page.click("#arm")
    page.wait_for_selector("#mute", state="hidden")
    fire = kit.alarm()
    run.push({"points": {"dorm-smoke/smoke": {"value": 1}}, "alarms": {fire["id"]: fire}})
    page.wait_for_selector("#first .alarm")
    assert lit(page) == ["fire"] and page.inner_text(".lamp[data-lamp=fire] .count") == "1"
    card = page.inner_text("#first")
    for words in (word(lang, "first"), "三号宿舍楼二层东走廊", word(lang, "life.unacked"), *CARD[lang]):
        assert words in card, words
    assert page.get_attribute("body", "data-tone") == "fire"
    assert page.get_attribute("#first a.call", "href") == "tel:119"
    assert page.locator("details.zone").first.locator("[data-point='dorm-smoke/smoke']").is_visible(), "its zone: first, open"
    labels = page.locator("#first .buttons:not(.more) button").all_inner_texts()
    assert labels == [
        word(lang, f"verb.{name}") for name in ("ack", "real.fire", "false", "silence", "reset")
    ] and not page.is_enabled("[data-verb=reset]")
    for button in page.locator("#first .buttons:not(.more) button").all():
        assert button.bounding_box()["height"] >= 44
    if size[0] < 600:
        box = page.locator("#first button.ack").bounding_box()
        assert box["y"] + box["height"] <= size[1], "收到 has to be in reach without scrolling"
    whole(page, lang, NAMES)
    page.screenshot(path=tmp_path / "fire.png")
    page.click("#first button.ack")
    command = run.did()
    assert (command["verb"], command["alarm"], command["person"], command["proof"]) == ("ack", "no3-1", "wang", "local")
    assert 0 < command["expires"] - kit.wall < 120_000 and command["id"]
    assert command["seen"] == SIGHT[lang], "what the officer had before the eyes goes into the journal"
    page.wait_for_selector("#reply.good:visible")
    assert page.inner_text("#reply") == {"zh": "已记录：你已收到", "en": "Recorded"}[lang]
    acked = {**fire, "state": "acked", "acked": kit.wall + 9000, "acked_by": "wang", "result_due": kit.wall + 240_000}
    run.push({"alarms": {"no3-1": acked}})
    page.wait_for_selector(f"text=/{word(lang, 'life.awaiting')} [0-9]:[0-9]{{2}}/")
    assert page.get_attribute("body", "data-tone") == ""
    assert page.locator("#first button.ack").count() == 0 and word(lang, "acked", name="王师傅") in page.inner_text("#first")
    whole(page, lang, NAMES)
    run.push({"alarms": {"no3-1": {**acked, "state": "normal", "result": "false"}}})
    page.wait_for_selector("#first .alarm", state="detached")
    page.wait_for_selector("#none:visible")


def test_a_press_that_has_begun_is_not_lost_when_the_card_changes_under_it(open_school, kit):
    run, _, page = open_school({**kit.school(), "alarms": {"no3-1": kit.alarm()}})
    page.hover("#first [data-verb=ack]")
    page.mouse.down()
    run.push({"alarms": {"no3-1": {**kit.alarm(), "told": ["wang", "liu"], "number": 8}}})
    run.push({"points": {"dorm-smoke/smoke": {"value": 1}}})
    page.wait_for_selector("[data-point='dorm-smoke/smoke']:has-text('报警')", state="attached")
    page.mouse.up()
    assert run.did()["verb"] == "ack"
    page.wait_for_selector("#first :text('刘主任')")
    page.focus("#first [data-verb=real]")
    run.push({"alarms": {"no3-1": {**kit.alarm(), "number": 9}}})
    page.wait_for_selector("#first :text('编号 09')")
    assert page.evaluate("document.activeElement.dataset.verb") == "real", "whoever goes by keys stays there"


def test_who_was_away_for_half_an_hour_shows_who_it_is_and_the_press_goes_on(open_school, kit):
    run, _, page = open_school({**kit.school(), "alarms": {"no3-1": kit.alarm(state="latched", result="false", acked=1)}})
    page.expected_errors = True  # the browser tells of every 403
    idle = {"ok": False, "code": "idle", "text": "没有证明是本人，没有执行"}
    page.route("**/api/v1/command", lambda route: route.fulfill(status=403, json=idle), times=1)
    page.click("#first [data-verb=reset]")
    page.fill("dialog [name=secret]", "0000")
    page.click("dialog button.ack")
    page.wait_for_selector("dialog :text('不对')")
    page.fill("dialog [name=secret]", kit.password)
    page.click("dialog button.ack")
    assert run.did()["verb"] == "reset"
    page.wait_for_selector("#reply.good:visible")


def test_a_false_alarm_needs_a_cause_and_somebody_there(open_school, kit):
    run, _, page = open_school({**kit.school(), "alarms": {"no3-1": kit.alarm()}})
    page.click("#first button.false")
    page.click("dialog button.false")
    assert page.is_visible("dialog"), "no cause was chosen"
    page.select_option("dialog [name=cause]", label="蚊香")
    page.click("dialog button.false")
    assert page.is_visible("dialog"), "nobody was there"
    page.check("dialog [name=on_site]")
    run.say({"reply": {"ok": False, "code": "refused.zone", "text": {"zh": "不是你的区域", "en": "not your zone"}}})
    page.click("dialog button.false")
    command = run.did()
    assert command["verb"] == "result"
    assert command["args"] == {"result": "false", "cause": "蚊香", "on_site": True}
    page.wait_for_selector("#reply.bad:visible")
    assert page.inner_text("#reply") == "不是你的区域"
    assert len([line for line in run.seen if "did" in line]) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_real_leak_goes_without_forms_and_shows_119_first(open_school, kit, lang):
    gas = kit.alarm(kind="gas-2", lamp="gas", severity=6, value=41.5, limit=40, unit="%LEL", point="kitchen-gas/gas",
                    what={"zh": "可燃气泄漏", "en": "Gas leak"}, place="食堂后厨")  # fmt: skip
    run, _, page = open_school({**kit.school(), "alarms": {"no3-1": gas}}, lang=lang)
    assert {"zh": "41.5 %LEL 限值 40.0 %LEL", "en": "41.5 %LEL limit 40.0 %LEL"}[lang] in page.inner_text("#first")
    assert {"zh": "气体 · 可燃气泄漏", "en": "Gas leak"}[lang] in page.inner_text("#first")
    assert page.inner_text("#first button.real") == word(lang, "verb.real.gas")
    page.click("#first button.real")
    assert page.get_attribute("dialog a", "href") == "tel:119" and page.inner_text("dialog a") == word(lang, "call119")
    whole(page, lang, NAMES)
    page.click("dialog button.real")
    assert run.did()["args"] == {"result": "real", "cause": "", "on_site": False}


def test_a_storm_keeps_the_first_fire_on_top(open_school, kit):
    snapshot = kit.school()
    rows = [("no3-1", "warning", 3, 0), ("no3-2", "fire", 7, 5000), ("no3-3", "fire", 7, 1000), ("no3-4", "fault", 1, 0)]
    snapshot["alarms"] = {
        id: kit.alarm(id, lamp=lamp, kind=lamp, severity=severity, first=kit.wall + at, number=n)
        for n, (id, lamp, severity, at) in enumerate(rows)
    }
    _, _, page = open_school(snapshot)
    assert page.get_attribute("#first .alarm", "data-alarm") == "no3-3"
    order = page.eval_on_selector_all("#open .alarm", "nodes => nodes.map(n => n.dataset.alarm)")
    assert order == ["no3-2", "no3-1", "no3-4"]
    assert lit(page) == ["fire", "warning", "fault"] and page.inner_text(".lamp[data-lamp=fire] .count") == "2"
    assert page.locator("#open [data-alarm=no3-4] button.real").count() == 1  # latching: somebody has to look


@pytest.mark.parametrize("quality, word", [("stale", "无数据"), ("fault", "故障"), ("uncertain", "存疑")])
def test_unknown_is_never_normal(open_school, kit, tmp_path, quality, word):
    snapshot = kit.school()
    value = 21.4 if quality == "uncertain" else None
    snapshot["points"]["dorm-smoke/temp"] |= {"quality": quality, "value": value, "fault": "no answer"}
    run, _, page = open_school(snapshot)
    page.wait_for_selector(".lamp[data-lamp=normal].incomplete")
    assert page.inner_text(".lamp[data-lamp=normal] .word") == "监测不完整" and "normal" not in lit(page)
    text = page.inner_text("[data-point='dorm-smoke/temp'] .value")
    assert word in text and text[0] in "○✕≈"
    assert quality == "uncertain" or not any(c.isdigit() for c in text)
    page.screenshot(path=tmp_path / "unknown.png")
    run.push({"points": {"dorm-smoke/temp": {"quality": "good", "value": 20.0, "fault": ""}}}, urgent=False)
    page.wait_for_selector(".lamp[data-lamp=normal].lit")
    assert page.inner_text("[data-point='dorm-smoke/temp'] .value") == "20.0 °C"


def test_a_dead_line_is_one_row_and_its_points_are_unknown(open_school, kit):
    """Its faults are counted on it and listed under Alarms; the overview has neither a row nor a lamp for each of them."""
    line = kit.alarm("no3-1", kind="fault", lamp="fault", severity=1, what={"zh": "线路中断", "en": "Line lost"})
    below = {f"no3-{n}": {**line, "id": f"no3-{n}", "number": n, "parent": "no3-1"} for n in (2, 3, 4)}
    below["no3-4"]["parent"] = "no3-3"
    below["no3-2"]["point"] = "dorm-smoke/temp"
    below["no3-1"] = {**line, "point": "rs485/link"}
    snapshot = kit.school()
    snapshot["points"]["dorm-smoke/temp"] |= {"quality": "fault", "value": None, "fault": "no answer"}
    run, _, page = open_school({**snapshot, "alarms": below})
    page.wait_for_selector(".alarm[data-alarm=no3-1] .below:has-text('另有 3 条下级故障')")
    assert page.locator("main .alarm").count() == 1 and page.inner_text(".lamp[data-lamp=fault] .count") == "1"
    row = page.locator("[data-point='dorm-smoke/temp']")
    assert not row.get_attribute("data-lamp") and row.get_attribute("data-quality") == "fault"
    assert row.get_attribute("title") == "no answer" and "no answer" not in row.inner_text()
    run.push({"alarms": {"no3-1": {**below["no3-1"], "state": "normal"}}})
    page.wait_for_selector(".alarm[data-alarm=no3-2]")
    assert page.locator("main .alarm").count() == 2, "what has outlived its parent stands for itself"
    assert row.get_attribute("data-lamp") == "fault"


def test_a_journal_that_does_not_write_is_not_normal(open_school, kit):
    snapshot = kit.school()
    snapshot["journal"]["degraded"] = True
    _, _, page = open_school(snapshot)
    page.wait_for_selector(".lamp[data-lamp=normal].incomplete")
    assert "没有写入" in page.inner_text("#notes")


def test_names_cannot_become_markup(open_school, kit):
    evil = "<img src=x onerror=\"document.title='owned'\"><b>x"
    snapshot = kit.school()
    snapshot["site"]["name"] = evil
    snapshot["zones"][0]["name"] = snapshot["points"]["dorm-smoke/temp"]["name"] = snapshot["buildings"][0]["name"] = evil
    snapshot["people"] = [{"id": "wang", "name": evil, "role": "duty"}]
    snapshot["points"]["pump/level"] |= {"quality": "fault", "value": None, "fault": evil}
    snapshot["alarms"] = {
        "no3-1": kit.alarm(place=evil, device_name=evil, what={"zh": evil, "en": evil}, cause=evil, result="real")
    }
    _, _, page = open_school(snapshot)
    page.click("[data-point='dorm-smoke/temp']")
    page.wait_for_selector("#plot canvas")
    page.reload()  # the name is now also in what the server renders
    page.wait_for_selector("#first .alarm")
    assert page.locator("img").count() == 0 and page.title() != "owned"
    assert evil in page.inner_text("#first") and evil in page.inner_text("header")


def test_a_viewer_has_no_buttons_and_english_is_whole(open_school, kit):
    snapshot = {**kit.school(), "alarms": {"no3-1": kit.alarm()}}
    _, _, page = open_school(snapshot, person="kan")
    page.wait_for_selector("#first .alarm")
    assert page.locator("#alarms button").count() == 0
    page.click("text=English")
    page.wait_for_selector("#first .alarm")
    page.click("[data-point='kitchen-gas/gas']")
    page.wait_for_selector("#plot canvas")
    text = page.inner_text("body")
    assert "⟦" not in text and "Waiting for an answer" in text and "First alarm" in text
    page.reload()
    page.wait_for_selector("text=First alarm")  # the cookie remembers


def test_muted_alarms_are_quiet_and_a_new_one_sounds_again(open_school, kit):
    run, _, page = open_school({**kit.school(), "alarms": {"no3-1": kit.alarm(silenced=True)}})
    page.click("#arm")
    page.wait_for_selector("#mute", state="hidden")
    assert page.get_attribute("body", "data-tone") == ""
    run.push({"alarms": {"no3-2": kit.alarm("no3-2", lamp="gas", kind="gas-2", severity=6, number=8)}})
    page.wait_for_selector("body[data-tone=gas]")


def test_what_is_typed_on_the_set_up_page_outlives_a_restart_of_the_box(open_school, stage, kit):
    text = (Path(__file__).parents[2] / "config" / "site.example.yaml").read_text("utf-8")
    school = {**kit.school(), "answers": {"config-source": {"file": "/s.yaml", "text": text, "history": [], "trial": None}}}
    _, url, page = open_school(school, person="admin")
    page.goto(url + "/setup?section=people")
    page.click("#panel tbody tr >> nth=0 >> button:has-text('修改')")
    page.fill("#editor [name=name]", "新老师")
    page.evaluate("document.querySelector('#editor').dataset.old = '1'")
    page.expected_errors = True
    stage.scene(school)
    page.wait_for_selector("#editor:not([data-old])")
    assert page.input_value("#editor [name=name]") == "新老师"


def test_a_panic_button_is_seen_on_every_screen_and_heard_on_none(open_school, kit):
    """It makes no sound where it was pressed, and the guard's own screen may stand there."""
    panic = kit.alarm("no3-2", lamp="intrusion", kind="panic", severity=5, what={"zh": "一键报警", "en": "Panic button"})
    run, _, page = open_school()
    run.push({"alarms": {"no3-2": panic}})
    page.wait_for_selector("#first .alarm[data-alarm=no3-2] :text('一键报警')")
    assert not page.get_attribute("body", "data-tone") and "intrusion" in lit(page)
    run.push({"alarms": {"no3-3": kit.alarm("no3-3", lamp="intrusion", kind="intrusion", severity=5, number=3)}})
    page.wait_for_selector("body[data-tone=intrusion]")


def test_a_stranger_logs_in_by_the_form_and_out(open_school, chromium):
    _, url, _ = open_school()
    context = chromium.new_context()
    page = context.new_page()
    page.goto(url)
    assert page.url.endswith("/login")
    page.fill("[name=person]", "chen")
    page.fill("[name=password]", "wrong password")
    page.click("button.big")
    assert "用户名或密码不对" in page.inner_text("[role=alert]")
    page.fill("[name=person]", "chen")
    page.fill("[name=password]", "correct horse battery")
    page.click("button.big")
    page.wait_for_selector("body:not(.waiting):not(.lost) header.top")
    page.click("header form button")
    assert page.url.endswith("/login")
    page.goto(url)
    assert page.url.endswith("/login")
    context.close()
