"""The bureau's page in a browser: 40 schools, 37 of them silent together, one fire nobody answered; drill in, 查岗, 督办, receipts; axe."""

import json

import pytest
from test_page_axe import violations

TOWNS = [
    {"id": "songyang", "name": "嵩阳街道", "outline": [[113.0, 34.42], [113.1, 34.42], [113.12, 34.5], [113.0, 34.52]]},
    {"id": "daye", "name": "大冶镇", "outline": [[113.2, 34.38], [113.34, 34.38], [113.34, 34.5], [113.2, 34.5]]},
]


def row(n, **other):
    town = TOWNS[n % 2]
    lon, lat = town["outline"][0]
    at = [lon + 0.02 + 0.012 * (n % 7), lat + 0.02 + 0.012 * (n // 8)]
    return {
        "id": f"s{n}", "name": f"登封市第{n}小学", "short": f"{n}小", "township": town["id"], "at": at, "state": "alive",
        "heard": 1_795_442_390_000, "version": "1", "clock_ok": True, "offset": 0.0, "backlog": 0, "degraded": False,
        "open": 0, "rung": 0, "worst": None, "unanswered": 0,
        "unrepaired": 0, "unrepaired_since": None, "points": 40, "uncovered": 0, "out": 0, "seq": 120, "behind": 0, "broken": "",
        "rank": n, "orders": 0, **other,
    }  # fmt: skip


@pytest.fixture
def county(kit):
    """The snapshot of a bureau on the night a carrier failed."""
    now = kit.wall
    fire = {"alarm": "s0-7", "lamp": "fire", "severity": 7, "what": {"zh": "烟感", "en": "Smoke"}, "place": "3号宿舍301室",
            "since": now - 130_000, "state": "unacked", "bureau": {"zh": "2分钟无人响应", "en": "unanswered for 2 min"}}  # fmt: skip
    schools = [
        row(0, open=1, rung=1, unanswered=1, worst=fire, rank=0),
        row(1, unrepaired=2, unrepaired_since=now - 9 * 86_400_000, rank=1),
    ]
    schools += [row(n, state="silent", heard=now - 95_000, uncovered=40) for n in range(2, 39)]
    schools += [row(39, uncovered=6, offset=3600.0), row(40), row(41, broken="事件 9 处的校验值与学校不符")]
    snapshot = kit.school()
    about = {"school": {**schools[0], "phone": "037100000001", "keyed": True}, "status": {},
             "alarms": [kit.alarm("s0-7", place="3号宿舍301室")], "asked": [],
             "events": [{"seq": 120, "kind": "raised", "code": "", "who": "", "wall": now}]}  # fmt: skip
    return snapshot | {
        "alarms": {},
        "townships": TOWNS,
        "schools": {s["id"]: s for s in schools},
        "answers": {"fleet-site": about},
    }


def open_bureau(visit, url, person="wang", path="/bureau", **size):
    page = visit(url, person, **size)
    page.goto(url + path)
    page.wait_for_selector("body:not(.waiting) .group")
    return page


def test_story14_the_unanswered_fire_stands_on_top_and_37_silent_schools_are_one_group(stage, visit, county):
    stage.scene(county)
    page = open_bureau(visit, stage.url)
    groups = page.eval_on_selector_all("#groups > .group", "all => all.map(g => g.dataset.group)")
    assert groups == ["unanswered", "unrepaired", "silent", "uncovered", "well"]
    first = page.inner_text(".one-school >> nth=0")
    assert "0小" in first and "2分钟无人响应" in first and "3号宿舍301室" in first
    silent = page.locator(".group.silent")
    assert "37 所学校离线" in silent.locator("summary").inner_text() and silent.get_attribute("open") is None
    silent.locator("summary").click()
    assert silent.locator(".one-school").count() == 37 and silent.locator("h4").count() == 2
    assert page.locator("#map .dot.silent").count() == 37 and page.locator("#map .town").count() == 2
    assert page.locator("#map .dot").count() == 42 and "时钟差" in page.inner_text("[data-group=uncovered]")
    assert "日志校验不符" in page.inner_text("[data-group=uncovered]"), "what does not prove is not normal"
    assert page.locator(".lamp.incomplete[data-lamp=normal]").count() == 1, "and the bar does not say normal either"


def test_what_schools_say_meanwhile_takes_no_press_and_no_focus_away(stage, visit, county, kit):
    run = stage.scene(county)
    page = open_bureau(visit, stage.url)
    page.focus("#map [data-school=s1]")
    row = page.query_selector(".one-school[data-school=s1]")
    run.push({"schools": {"s0": {"heard": kit.wall, "seq": 121}, "s1": {"unrepaired": 3}}}, urgent=False)
    page.wait_for_selector(".one-school[data-school=s1]:has-text('故障 3 项')")
    assert row.is_visible(), "words change where they stand"
    page.hover(".one-school[data-school=s0]")
    page.mouse.down()
    run.push({"schools": {"s2": {"state": "alive", "uncovered": 0}}})
    page.wait_for_selector("#map [data-school=s2].well")
    assert page.locator(".group.silent summary").inner_text().startswith("37"), "not under the finger"
    assert page.evaluate("document.activeElement.dataset.school") == "s0"
    page.mouse.up()
    page.wait_for_selector("#school:not([hidden])")
    page.wait_for_selector(".group.silent summary:has-text('36')")
    page.focus("#map [data-school=s3]")
    run.push({"schools": {"s3": {"state": "alive", "uncovered": 0}}})
    page.wait_for_selector("#map [data-school=s3].well")
    assert page.evaluate("document.activeElement.matches('#map [data-school=s3]')"), "whoever goes by keys stays there"


def test_who_sees_only_some_schools_is_offered_no_page_that_is_closed_to_him(stage, visit, county, kit):
    people = [{**one, "zones": ["songyang"]} if one["id"] == "ju" else one for one in county["people"]]
    stage.scene({**county, "people": people, "alarms": {"no3-1": kit.alarm(point="s0/fire", checklist=[])}})
    page = visit(stage.url, "ju")
    page.wait_for_selector("#first .alarm")
    assert page.locator("#first a[href^='/']").count() == 0 and page.is_hidden("#reply")
    page.goto(stage.url + "/bureau")
    page.wait_for_selector("body:not(.waiting) .group")
    assert page.get_attribute("#headline a", "href") == "/"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_the_map_is_readable_and_nothing_is_wider_than_the_screen(stage, visit, county, lang):
    stage.scene(county)
    page = open_bureau(visit, stage.url, path=f"/bureau?lang={lang}&theme=dark", width=360, height=640)
    high = page.eval_on_selector_all("#map text", "all => all.map(one => one.getBoundingClientRect().height)")
    assert min(high) >= 9, "letters that nobody can read"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_check_and_an_order_are_sent_and_shown_done_only_with_the_schools_own_word(stage, visit, county, kit):
    run = stage.scene(county)
    run.say({"reply": {"ok": True, "code": "asked", "text": {"zh": "已发往学校，等学校的回执", "en": "sent"}, "seq": 0}})
    page = open_bureau(visit, stage.url, "liu")  # a leader
    page.click(".one-school >> nth=0")
    page.click("#school [data-verb=order]")
    page.fill("#ask-what", "更换三楼烟感")
    page.click("#ask .big >> nth=0")
    did = run.did()
    assert (did["verb"], did["site"], did["person"], did["args"]["what"]) == ("order", "s0", "liu", "更换三楼烟感")
    assert did["args"]["until"] > kit.wall + 6 * 86_400_000
    assert did["seen"] == "/bureau · 无人响应 · 未结束报警 1"
    page.wait_for_selector("#reply:has-text('等学校的回执')")
    about = json.loads(json.dumps(county["answers"]["fleet-site"]))
    asked = {"id": "n", "site": "s0", "verb": "order", "person": "liu", "wall": kit.wall, "alarm": "", "args": {"what": "更换三楼烟感"},
             "state": "taken", "code": "ordered", "text": ["", ""], "seq": 0, "question": "", "lines": []}  # fmt: skip
    about["asked"] = [asked]
    run.say({"answers": {"fleet-site": about}, "push": {"schools": {"s0": {"orders": 1}}}, "urgent": True})
    page.wait_for_selector("#school:has-text('等学校日志')")
    asked |= {"state": "done", "lines": [{"what": "answered", "who": "wu", "wall": kit.wall, "seq": 131}]}
    run.say({"answers": {"fleet-site": about}, "push": {"schools": {"s0": {"orders": 0}}}, "urgent": True})
    page.wait_for_selector("#school:has-text('学校日志为证')")
    assert "wu" in page.inner_text("#school .rows >> nth=1")


def listed(**other):
    points = [{"id": "io/a", "name": "烟感", "quantity": "smoke", "quality": "good", "unit": "", "digits": 0}]
    io = {"id": "io", "profile": "waveshare-io8", "place": "301室", "bad": 0, "last_good": None, "fault": "", "points": points}
    return {"at": 1_795_442_390_000, "missing": False, "devices": [io], **other}


def test_of_devices_that_are_not_known_nothing_is_shown_as_normal(stage, visit, county):
    run = stage.scene(county)
    page = open_bureau(visit, stage.url, path="/bureau?school=s0")

    def shows(words, never, site="s0", **about):
        school = {**county["schools"][site], "phone": "", "keyed": False}
        run.say({"answers": {"fleet-site": {**county["answers"]["fleet-site"], "school": school, **about}}})
        page.goto(page.url.split("?")[0] + f"?school={site}")
        page.wait_for_selector(f"#school-devices:has-text('{words}')")
        shown = page.inner_text("#school-devices").replace("最后正常读数", "")
        assert not never or never not in shown
        return shown

    shows("还没有发来设备清单", "正常", devices=None)
    shows("没有登记设备", "正常", devices=listed(devices=[]))
    shows("还没有收全", "", devices=listed(missing=True))
    shows("正常", "情况不明", devices=listed())
    assert "现在收不到学校的信号，下面是 11-23 21:59 时的情况" in shows("情况不明", "正常", "s2", devices=listed())


def test_an_inspector_looks_and_has_no_button(stage, visit, county):
    stage.scene(county)
    page = open_bureau(visit, stage.url, "kan", path="/bureau?school=s0&lang=en")
    page.wait_for_selector("#school:has-text('whole and unchanged')")
    assert page.locator("#school [data-verb], #school [data-ack]").count() == 0
    answer = page.request.post(page.url.split("/bureau")[0] + "/api/v1/fleet-command", data="{}")
    assert answer.status == 403


@pytest.mark.parametrize(("size", "theme"), [((1920, 1080), "light"), ((360, 640), "dark")])
def test_axe_finds_nothing_wrong(stage, visit, county, size, theme):
    stage.scene(county)
    page = open_bureau(visit, stage.url, path=f"/bureau?school=s0&theme={theme}", width=size[0], height=size[1])
    page.wait_for_selector("#school:not([hidden])")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing hangs over the edge"
