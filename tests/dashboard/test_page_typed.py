"""What somebody has typed and not sent outlives the switch of language or look, a way back, live news; secrets never do."""

import json

import pytest
from conftest import CANNED
from places import places, standing  # noqa: F401 - fixtures

from dashboard.office import load_words

WORDS = load_words()
LIVE = "body:not(.waiting):not(.lost) header.top"
OTHER = {"zh": "en", "en": "zh"}
STORED = "() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }])"


def switch(page, to):
    """By the page's own link; gives nothing back before the page lives in the other language."""
    page.click(f"a[data-look][href*='lang={to}']")
    page.wait_for_selector(f"html[lang^={to}]")
    page.wait_for_selector(LIVE)


def ask(page, button, lang):
    """Opens a question by its button's words."""
    page.click(f"button:visible:text-is('{WORDS[lang][button]}') >> nth=0")
    page.wait_for_selector("#ask[open]")


SECTIONS = {  # section -> what is typed into the form of its first row, or of a new one
    "buses": {"id": "line-77"},
    "buildings": {"name": "图书馆"},
    "zones": {"name": "3号宿舍9层"},
    "devices": {"unit": "77", "name": "新探头"},
    "people": {"name": "新老师", "phone": "+8613800000078"},
    "duty": {"from": "21:15"},
    "escalation": {"after": "95s"},
    "outputs": {"id": "horn-7"},
}


@pytest.mark.parametrize("lang", OTHER)
def test_every_form_of_the_set_up_page_stays_open_with_what_stands_in_it(places, lang):  # noqa: F811
    page = places.open(f"/setup?lang={lang}", "admin", width=1366, height=768)
    here = lang
    for section, given in SECTIONS.items():
        page.click(f"#sections button:has-text('{WORDS[here][f'section.{section}']}') >> nth=0")
        rows = page.locator(f"#panel > .table tbody button:text-is('{WORDS[here]['setup.edit']}')")
        (rows.first if rows.count() else page.locator("#panel > button.primary")).click()
        given = {name: text for name, text in given.items() if page.locator(f"#editor input[name={name}]").count()}
        assert given, section
        for name, text in given.items():
            page.fill(f"#editor [name={name}]", text)
        here = OTHER[here]
        switch(page, here)
        page.wait_for_selector("#editor")
        assert page.url.count(f"section={section}") == 1, "and it is the same part of the page"
        for name, text in given.items():
            assert page.input_value(f"#editor [name={name}]") == text, (section, name)
        assert page.inner_text("#editor button.primary") == WORDS[here]["setup.save"]
        page.click(f"#editor button:text-is('{WORDS[here]['setup.cancel']}')")
        switch(page, here := OTHER[here])
        page.wait_for_selector("#panel h2")
        assert page.locator("#editor").count() == 0, "what was given up stays given up"


def test_what_is_chosen_ticked_and_kept_in_the_editor_is_saved_after_the_switch(places):  # noqa: F811
    page = places.open("/setup?section=people", "admin", width=1366, height=768)
    page.click("#panel > button.primary")
    page.fill("#editor [name=name]", "杨晓明")
    page.select_option("#editor [name=role]", "keeper")
    ticks = page.locator("#editor input[type=checkbox]")
    many = ticks.count()
    if many:
        ticks.first.click()
    switch(page, "en")
    page.wait_for_selector("#editor")
    assert page.input_value("#editor [name=role]") == "keeper" and (not many or ticks.first.is_checked())
    page.click("a[data-look][href*='theme=']")  # and the theme
    page.wait_for_selector("#editor")
    assert page.input_value("#editor [name=name]") == "杨晓明"
    page.click("#editor button.primary")
    page.wait_for_selector("#draft:visible")
    page.wait_for_selector("#panel td:has-text('杨晓明')")
    switch(page, "zh")
    page.wait_for_selector("#panel td:has-text('杨晓明')")
    assert page.locator("#editor").count() == 0, "it was saved"
    page.click("#draft button.danger")


def test_the_file_the_scan_and_the_question_who_is_called_outlive_the_switch(places):  # noqa: F811
    page = places.open("/setup?section=file", "admin", width=1366, height=768)
    page.fill("#file", page.input_value("#file") + "\n# 半句")
    switch(page, "en")
    page.wait_for_selector("#file")
    assert page.input_value("#file").endswith("# 半句")
    page.reload()
    page.wait_for_selector("#file")
    assert page.input_value("#file").endswith("# 半句")
    page.goto(places.url + "/setup?section=buses")
    page.fill(".scan [name=first]", "21")
    page.check(".scan [name=patient]")
    switch(page, "zh")
    page.wait_for_selector(".scan")
    assert page.input_value(".scan [name=first]") == "21" and page.is_checked(".scan [name=patient]")
    page.goto(places.url + "/people")
    page.select_option("[name=when]", "later")
    page.fill("[name=at]", "2026-12-24T22:00")
    page.goto(places.url + "/alarms")
    page.wait_for_selector(LIVE)
    page.go_back()
    page.wait_for_selector("[name=at]:visible")
    assert page.input_value("[name=at]") == "2026-12-24T22:00", "the way back"
    switch(page, "en")
    page.wait_for_selector("[name=at]:visible")
    assert page.input_value("[name=at]") == "2026-12-24T22:00"


QUESTIONS = {  # who, where, the button, what is typed
    "note": ("chen", "/alarms?id=no3-1", "verb.note", {"text": "走廊有烟味，"}),
    "out of service": ("chen", "/service", "begin.out-of-service", {"measure": "每小时巡查", "permit": "动火12"}),
    "drill": ("chen", "/service", "begin.drill-start", {"kind": "calls"}),
    "roster": ("chen", "/shift", "rota.swap", {"to": "zhou"}),
    "shift log": ("wang", "/shift", "dlog.write", {"part": "visitors", "text": "维保单位来人"}),
    "code": ("admin", "/access", "access.screen", {"name": "门卫室", "days": "30"}),
    "plan": ("admin", "/plans?building=dorm", "plans.add", {"floor": "二层"}),
}


@pytest.mark.parametrize("lang", OTHER)
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_put_aside_for_the_switch_still_has_its_words(places, kit, name, lang):  # noqa: F811
    who, path, button, given = QUESTIONS[name]
    places.put(alarms={"no3-1": kit.alarm()})
    page = places.open(f"{path}{'&' if '?' in path else '?'}lang={lang}", who, width=1366, height=768)
    ask(page, button, lang)
    for field, text in given.items():
        box = page.locator(f"#ask [name={field}]")
        box.select_option(text) if box.evaluate("node => node.tagName") == "SELECT" else box.fill(text)
    page.click("#ask button.back")
    switch(page, OTHER[lang])
    ask(page, button, OTHER[lang])
    assert page.inner_text("#ask button.back") == WORDS[OTHER[lang]]["ask.back"]
    assert {field: page.input_value(f"#ask [name={field}]") for field in given} == given


def test_a_note_that_was_sent_is_gone_and_one_that_was_refused_is_not(places, kit):  # noqa: F811
    places.put(alarms={"no3-1": kit.alarm()})
    page = places.open("/alarms?id=no3-1")
    places.run.say({"reply": {"ok": False, "code": "refused.role", "text": {"zh": "不行", "en": "no"}}})
    for expected in ("", "走廊有烟味"):
        ask(page, "verb.note", "zh")
        assert page.input_value("#ask [name=text]") == expected
        page.fill("#ask [name=text]", "走廊有烟味")
        page.click("#ask button.big:not(.back)")
        assert places.did()["args"]["text"] == "走廊有烟味"
        page.wait_for_selector("#reply:visible")
        places.run.say({"reply": {"ok": True, "code": "noted", "text": {"zh": "已记录", "en": "Recorded"}, "seq": 9}})
    page.wait_for_selector("#reply.good:visible")
    ask(page, "verb.note", "zh")
    assert page.input_value("#ask [name=text]") == ""


def test_secrets_and_a_person_s_word_are_never_kept(places, kit):  # noqa: F811
    page = places.open("/desk", "admin")
    page.fill("[name=password]", "never to be kept")
    page.fill("[name=new]", "9731")
    page.fill("[name=name]", "门卫室")
    switch(page, "en")
    assert page.input_value("[name=name]") == "门卫室", "the page does keep"
    assert page.input_value("[name=password]") == page.input_value("[name=new]") == ""
    stored = page.evaluate(STORED)
    assert "门卫室" in stored and "never to be kept" not in stored and "9731" not in stored
    places.put(alarms={"no3-1": kit.alarm()})
    page.goto(places.url)
    page.click("#first button.false")
    page.select_option("#ask [name=cause]", index=2)
    page.check("#ask [name=on_site]")
    page.click("#ask button.back")
    switch(page, "zh")
    page.click("#first button.false")
    assert page.input_value("#ask [name=cause]") == "" and not page.is_checked("#ask [name=on_site]"), "said anew each time"
    page.click("#ask button.back")
    page.goto(places.url + "/service")
    ask(page, "begin.drill-start", "zh")
    page.check("#ask [name=signal]")
    page.click("#ask button.back")
    ask(page, "begin.drill-start", "zh")
    assert not page.is_checked("#ask [name=signal]"), "no signal rings because somebody once thought of it"


def test_a_password_asked_in_a_question_is_not_kept(places, kit):  # noqa: F811
    places.put(alarms={"no3-1": kit.alarm(state="latched", result="false", acked=1)})
    page = places.open("/")
    page.expected_errors = True  # the browser tells of every 403
    idle = {"ok": False, "code": "idle", "text": "没有证明是本人，没有执行"}
    page.route("**/api/v1/command", lambda route: route.fulfill(status=403, json=idle), times=1)
    page.click("#first [data-verb=reset]")
    page.fill("#ask [name=secret]", "4711 4711")
    page.click("#ask button.back")
    switch(page, "en")
    assert "4711" not in page.evaluate(STORED)


def test_who_logs_out_or_is_somebody_else_finds_nothing(places, kit):  # noqa: F811
    page = places.open("/desk", "admin")
    page.fill("[name=name]", "门卫室")
    page.goto(places.url + "/history")
    page.fill("#search", "烟")
    assert page.context.request.post(places.url + "/login", form={"person": "chen", "password": kit.password}).ok
    page.reload()
    page.wait_for_selector(LIVE)
    assert page.input_value("#search") == "", "of another person"
    page.fill("#search", "温度")
    page.click("header form button")
    page.wait_for_url("**/login*")
    assert "温度" not in page.evaluate(STORED) and "门卫室" not in page.evaluate(STORED)


def test_the_name_of_a_desk_that_was_refused_is_not_typed_again(places):  # noqa: F811
    form = "form[action='/desk/register']"
    for again in (False, True):
        page = places.open("/desk", "admin")
        page.expected_errors = again  # the browser tells of a 422
        page.fill(f"{form} [name=name]", "西门岗")
        page.click(f"{form} button")
        page.wait_for_selector(".problem:has-text('西门岗')" if again else f"{LIVE} >> text=西门岗")
    assert page.input_value(f"{form} [name=name]") == "西门岗"


def test_an_answer_that_is_no_longer_offered_is_not_chosen(places):  # noqa: F811
    """Kept half-typed overnight, and the colleague has left the roster: the question asks anew instead of standing empty."""
    everybody = CANNED["school"]["people"]
    page = places.open("/shift", "chen", width=1366, height=768)
    ask(page, "rota.swap", "zh")
    page.select_option("#ask [name=to]", "zhou")
    page.click("#ask button.back")
    for people, expected in (([p for p in everybody if p["id"] != "zhou"], ""), (everybody, "zhou")):
        places.put(people=people)
        page.reload()
        page.wait_for_selector(LIVE)
        ask(page, "rota.swap", "zh")
        offered = page.eval_on_selector("#ask [name=to]", "node => [node.value, node.selectedIndex >= 0]")
        assert offered == [expected, True]
        page.click("#ask button.back")


@pytest.mark.parametrize("path", ["/setup?section=people", "/desk", "/people", "/history", "/alarms?id=no3-1"])
def test_news_from_the_school_leave_a_half_typed_form_alone(places, kit, path):  # noqa: F811
    page = places.open(path, "admin", width=1366, height=768)
    fields = {
        "/setup": "#editor [name=name]",
        "/desk": "[name=name]",
        "/people": "[name=at]",
        "/history": "#search",
        "/alarms": "#ask [name=text]",
    }
    field = fields[path.partition("?")[0]]
    if "setup" in path:
        page.click("#panel > button.primary")
    elif "people" in path:
        page.select_option("[name=when]", "later")
    elif "alarms" in path:
        places.put(alarms={"no3-1": kit.alarm()})
        ask(page, "verb.note", "zh")
    text = "2026-12-24T22:00" if "at" in field.rpartition("=")[2][:2] else "半句话"
    page.fill(field, text)
    for n in range(1, 8):
        places.put(
            alarms={f"no3-{n + 1}": kit.alarm(f"no3-{n + 1}", number=n + 1)}, points={"dorm-smoke/temp": {"value": 20.0 + n}}
        )
        page.wait_for_function("n => document.querySelector('.lamp[data-lamp=fire] .count').textContent >= n", arg=str(n))
        page.wait_for_function("() => true")
    assert page.input_value(field) == text
    assert page.evaluate("document.activeElement.name || document.activeElement.id") in field, "nor is the hand taken off it"


ASIDE = "#filters, #range, #rows, #head, #points, #past, #bind, [type=hidden]"  # in the address, at once in force, or no words


def test_every_field_of_every_page_says_under_which_name_it_is_kept(places, kit):  # noqa: F811
    """A new form that forgets to ask for it would lose what is typed."""
    places.put(alarms={"no3-1": kit.alarm()})
    page = places.open("/", "admin", width=1366, height=768)
    seen = 0
    for path in page.eval_on_selector_all(".places a", "nodes => nodes.map(n => n.getAttribute('href'))"):
        page.goto(places.url + path)
        page.wait_for_selector(LIVE)
        for section in SECTIONS if path == "/setup" else [""]:
            if section:
                page.goto(f"{places.url}/setup?section={section}")
                page.click("#panel > button.primary")
            named = page.eval_on_selector_all("input, select, textarea", f"""nodes => nodes
                .filter((n) => !n.closest("{ASIDE}") && n.type !== "hidden")
                .map((n) => [n.outerHTML.slice(0, 80), Boolean(n.closest("[data-keep]") && (n.name || n.id))])""")  # fmt: skip
            seen += len(named)
            assert all(ok for _, ok in named), (path, section, json.dumps([html for html, ok in named if not ok]))
    assert seen > 60
