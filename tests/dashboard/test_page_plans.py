"""Plans in a real browser: put up, marked by dragging and by keys, live, and the jump to a new alarm that disturbs nobody."""

import pytest
from places import places, standing  # noqa: F401 - fixtures
from test_drawings import png, svg
from test_page_axe import violations

FLOOR = svg(
    '<rect id="walls" x="5" y="5" width="190" height="90" fill="none" stroke="#333"/>'
    '<rect id="dorm-smoke" x="10" y="10" width="60" height="40" fill="#eee" stroke="#333"/>'
    '<rect id="wash" x="130" y="60" width="40" height="20" fill="#eee" stroke="#333"/><text x="20" y="80" font-size="8">二层</text>'
)


def upload(page, name, body, floor=""):
    page.click("[data-act=add]")
    page.set_input_files("dialog [name=file]", {"name": name, "mimeType": "application/octet-stream", "buffer": body})
    page.fill("dialog [name=floor]", floor)
    page.click("dialog button.big:not(.back)")


def put_markers(page, url, plan, markers):
    csrf = page.evaluate("fetch('/api/v1/words').then((answer) => answer.json()).then((words) => words.csrf)")
    answer = page.request.post(
        url + "/api/v1/plans/markers",
        data={"plan": plan["id"], "turn": plan["turn"], "markers": markers},
        headers={"X-CSRF-Token": csrf},
    )
    assert answer.ok, answer.text()


def fire(kit, n=1, **other):
    return {f"no3-{n}": kit.alarm(f"no3-{n}", number=n, **other)}


@pytest.fixture
def drawn(places):  # noqa: F811
    """The dormitory's second floor is up; its smoke detector's room carries the device's id."""
    page = places.open("/plans?building=dorm", person="wei")
    page.wait_for_selector("#nothing, .stage")
    if page.locator("#nothing:visible").count():
        upload(page, "floor.svg", FLOOR, "2层")
    page.wait_for_selector(".marker[data-of='dorm-smoke'][data-kind=normal]")
    return page


def test_an_empty_campus_says_how_to_begin_and_a_bad_file_what_is_wrong(places):  # noqa: F811
    page = places.open("/plans", person="wei")
    page.wait_for_selector(".tile[data-building=dorm]:has-text('还没有平面图')")
    assert "正常" in page.inner_text(".tile[data-building=dorm]")
    page.click(".tile[data-building=other]")
    assert "按 添加平面图" in page.inner_text("#nothing")
    page.expected_errors = True  # the browser complains of a 422
    upload(page, "bad.svg", svg("<script>alert(1)</script>"))
    page.wait_for_selector("#reply.bad:has-text('含脚本')")
    upload(page, "pump.png", png(), "泵房")
    page.wait_for_selector("#reply.good:has-text('已收下')")
    page.wait_for_selector(".paper img")
    seen = places.open("/plans?building=other", person="wang")
    seen.wait_for_selector(".paper img")
    assert seen.locator("#tools button").count() == 0, "duty looks"


def test_a_marker_shows_the_words_and_shapes_of_the_state_bar(places, drawn, kit):  # noqa: F811
    marker = ".marker[data-of='dorm-smoke']"
    box, room = drawn.locator(marker).bounding_box(), drawn.locator(".paper #dorm-smoke").bounding_box()
    assert abs(box["x"] + box["width"] / 2 - room["x"] - room["width"] / 2) < 2, (
        "a bound marker stands in the middle of its shape"
    )
    places.put(points={"dorm-smoke/temp": {"quality": "fault", "value": None, "fault": "no answer"}})
    drawn.wait_for_selector(marker + "[data-kind=unknown]:has-text('故障')")
    drawn.click("#back")
    drawn.wait_for_selector(".tile[data-building=dorm].unknown:has-text('情况不明 1')")
    assert "正常" not in drawn.inner_text(".tile[data-building=dorm]")
    drawn.click(".tile[data-building=dorm]")
    places.put(points={"dorm-smoke/temp": {"mode": "out-of-service"}})
    drawn.wait_for_selector(marker + "[data-kind=out]:has-text('停用')")
    places.put(points={"dorm-smoke/temp": {"quality": "good", "value": 20.0, "fault": "", "mode": ""}}, alarms=fire(kit))
    drawn.wait_for_selector(marker + "[data-lamp=fire].here:has-text('火警')")
    assert "0.35" in drawn.eval_on_selector(".paper #dorm-smoke", "node => node.style.fillOpacity")
    assert "烟感报警" in drawn.inner_text("#beside [data-alarm=no3-1]")
    assert violations(drawn) == []


def test_markers_are_placed_by_dragging_by_keys_and_by_a_shape_and_saved_at_once(places, drawn):  # noqa: F811
    page = drawn
    page.click("[data-act=edit]")
    page.click("[data-thing='dorm-smoke']")
    marker = page.locator(".editing .marker[data-of='dorm-smoke']")
    start, paper = marker.bounding_box(), page.locator(".editing .paper").bounding_box()
    page.mouse.move(start["x"] + 10, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(paper["x"] + paper["width"] * 0.8, paper["y"] + paper["height"] * 0.4, steps=4)
    page.mouse.up()
    page.locator(".placing summary").first.click()
    page.focus("[data-thing='dorm-smoke/smoke']")
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    page.click("[data-thing='dorm-smoke/temp']")
    page.select_option("#bind", "wash")
    assert violations(page) == []
    page.click("[data-act=save]")
    page.wait_for_selector("#reply.good:has-text('图上 3 个位置')")
    command = places.did()
    while command["args"].get("what") != "marked":
        command = places.did()
    assert (command["verb"], command["args"]["about"]) == ("plan", "dorm 2层 3")
    plan = next(p for p in page.request.get(places.url + "/api/v1/plans").json()["plans"] if p["building"] == "dorm")
    by = {m["of"]: m for m in plan["markers"]}
    assert (
        abs(by["dorm-smoke"]["x"] - 0.8) < 0.01 and abs(by["dorm-smoke"]["y"] - 0.4) < 0.01 and not by["dorm-smoke"]["element"]
    )
    assert abs(by["dorm-smoke/smoke"]["x"] - 0.53) < 0.001 and abs(by["dorm-smoke/smoke"]["y"] - 0.499) < 0.001
    assert by["dorm-smoke/temp"]["element"] == "wash" and abs(by["dorm-smoke/temp"]["x"] - 0.75) < 0.01


def test_a_new_alarm_brings_its_plan_up_and_goes_back_when_it_is_over(places, drawn, kit):  # noqa: F811
    page = places.open("/plans", person="chen")
    page.wait_for_selector(".tile[data-building=dorm]")
    places.put(alarms=fire(kit))
    page.wait_for_selector(".marker.here[data-lamp=fire]")
    assert "已转到它的平面图" in page.inner_text("#jump") and "2层" not in page.inner_text("#jump")
    places.put(alarms=fire(kit, state="normal"))
    page.wait_for_selector("#tiles:visible")


def test_of_markers_on_one_spot_the_worst_alarm_lies_on_top_and_takes_the_touch(places, kit):  # noqa: F811
    wei = places.open("/plans?building=canteen", person="wei")
    wei.wait_for_selector("#nothing, .stage")
    if wei.locator("#nothing:visible").count():
        upload(wei, "small.svg", FLOOR, "1层")
    wei.wait_for_selector(".stage")
    spot = {"x": 0.5, "y": 0.5}
    plan = next(p for p in wei.request.get(places.url + "/api/v1/plans").json()["plans"] if p["building"] == "canteen")
    markers = [{"of": of, **spot} for of in ("pump/pressure", "dorm-smoke/smoke", "lab-voc/voc")]  # the fire between the others
    put_markers(wei, places.url, plan, markers)
    mild = fire(kit, 2, point="lab-voc/voc", lamp="fault", kind="fault", severity=1) | fire(
        kit, 3, point="pump/pressure", lamp="supervisory", kind="water", severity=2
    )
    places.put(alarms=fire(kit, 1, point="dorm-smoke/smoke") | mild)
    page = places.open("/plans?building=canteen", person="wang", width=360, height=640)
    page.wait_for_selector(".marker[data-of='dorm-smoke/smoke'][data-lamp=fire]")
    page.wait_for_selector(".marker[data-of='lab-voc/voc'][data-kind=alarm]")
    box = page.locator(".marker[data-of='lab-voc/voc']").bounding_box()
    at = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    top = page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.closest('.marker')?.dataset.of", at)
    assert top == "dorm-smoke/smoke"
    page.mouse.click(*at)
    assert page.evaluate("document.activeElement.dataset.of") == "dorm-smoke/smoke", "and takes the touch"


def test_on_a_phone_a_plan_can_be_read_and_the_worst_alarm_is_in_sight(places, kit):  # noqa: F811
    page = places.open("/plans?building=lab", person="wei", width=360, height=640)
    page.wait_for_selector("#nothing, .stage")
    if page.locator("#nothing:visible").count():
        upload(page, "wide.svg", FLOOR, "1层")
    page.wait_for_selector(".stage")
    plan = next(p for p in page.request.get(places.url + "/api/v1/plans").json()["plans"] if p["building"] == "lab")
    markers = [{"of": "dorm-smoke/smoke", "x": 0.1, "y": 0.5}, {"of": "lab-voc/voc", "x": 0.95, "y": 0.5}]
    put_markers(page, places.url, plan, markers)
    mild = fire(kit, 2, point="dorm-smoke/smoke", lamp="fault", kind="fault", severity=1)
    places.put(alarms=mild)
    page = places.open("/plans?building=lab", person="wang", width=360, height=640)

    def sight(of):
        page.wait_for_function(
            """([of]) => { const box = document.querySelector(`.marker[data-of='${of}'][data-kind=alarm]`)?.getBoundingClientRect();
            return box && box.left >= 0 && box.right <= innerWidth; }""",
            arg=[of],
        )

    sight("dorm-smoke/smoke")
    places.put(alarms=mild | fire(kit, 4, point="lab-voc/voc", building="lab", zone="lab"))
    sight("lab-voc/voc")
    assert page.locator(".paper").bounding_box()["width"] > 600
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, "the page itself does not slide"


def test_nobody_who_types_drags_or_answers_is_taken_away(places, drawn, kit):  # noqa: F811
    page = drawn
    page.click("#back")
    page.click(".tile[data-building=lab]")
    page.click("[data-act=add]")
    page.fill("dialog [name=floor]", "3")
    places.put(alarms=fire(kit))
    page.wait_for_selector("#jump:has-text('新报警：火警')", state="attached")
    assert page.is_visible("dialog") and page.inner_text("#name") == "实验楼"
    page.click("dialog button.back")
    page.click("[data-act=look]")
    page.wait_for_selector(".marker.here[data-lamp=fire]")
    leak = {"lamp": "gas", "kind": "gas-2", "severity": 7, "building": "canteen", "point": "kitchen-gas/gas", "zone": "kitchen"}
    places.put(alarms=fire(kit, 2, **leak))
    page.wait_for_selector("#jump:has-text('新报警：气体')")
    assert page.inner_text("#name") == "三号宿舍楼", "he has the first one open"
    page.click("[data-act=edit]")
    places.put(alarms=fire(kit, 3, **{**leak, "lamp": "store", "kind": "store"}))
    page.wait_for_selector("#jump:has-text('新报警：双锁')")
    assert page.is_visible(".editing"), "the placing goes on"


def test_the_card_leads_to_the_plan_and_the_wall_shows_it(places, drawn, kit):  # noqa: F811
    places.put(alarms=fire(kit))
    wall = places.open("/?wall=1", person="wang")
    wall.wait_for_selector("#first-plan .marker.here[data-lamp=fire]")
    assert wall.evaluate("document.documentElement.scrollHeight") <= 1080
    page = places.open("/", person="wang")
    page.click("#first .more a:has-text('平面图')")
    page.wait_for_selector(".marker.here[data-lamp=fire]")
    page.click(".marker.here")
    page.wait_for_selector("#beside h3:has-text('2 个测点')")


@pytest.mark.parametrize("size", [(1600, 900), (360, 640)])
@pytest.mark.parametrize("theme, lang", [("light", "en"), ("dark", "zh")])
def test_plans_are_whole_in_both_themes_and_sizes(places, drawn, kit, size, theme, lang):  # noqa: F811
    places.put(alarms=fire(kit))
    page = places.open(f"/?theme={theme}&lang={lang}", person="chen", width=size[0], height=size[1])
    for path in ("/plans", "/plans?building=dorm", "/plans?building=canteen"):
        page.goto(places.url + path)
        page.wait_for_selector("#tiles .tile:visible, #beside h3:visible")
        page.wait_for_timeout(300)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
        assert "⟦" not in page.inner_text("body"), path
