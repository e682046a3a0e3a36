"""The set-up page on a living school: an installer finds a device, adds it, is told mistakes, and a change returns by itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from browsing import Watched
from school import School, heard_of_all
from test_page_axe import violations

from gateway.local import RunDown

PICTURES = os.environ.get("SETUP_PICTURES", "")  # a folder, for whoever wants to look at the pages


def look(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def open_setup(world: School, watched: Watched, **size: int) -> Any:
    page = watched.open(world.url, "admin", world.password, **size)
    page.set_default_timeout(120_000)  # a check compiles the whole school, beside other tests
    page.goto(world.url + "/setup")
    page.wait_for_selector("#panel table")
    return page


def section(page: Any, name: str) -> None:
    page.click(f"#sections button:has-text('{name}')")


def test_an_installer_scans_adds_is_told_mistakes_and_the_change_returns(world: School, watched: Watched) -> None:
    page = open_setup(world, watched)
    assert violations(page) == []
    look(page, "setup-lines")
    text = world.ask({"ask": "config-source"})["data"]["text"]

    # who is on the line
    page.fill(".scan input[type=number] >> nth=0", "21")
    page.fill(".scan input[type=number] >> nth=1", "21")
    page.click(".scan button.primary")
    page.wait_for_function("() => /扫描完|线路停了/.test(document.querySelector('.scan').innerText)", timeout=240_000)
    assert "扫描完" in page.inner_text(".scan"), page.inner_text(".scan")
    look(page, "setup-scan")
    page.click(".found button >> nth=0")
    page.wait_for_selector("#editor")
    assert page.input_value("#editor [name=bus]") == "rs485-a" and page.input_value("#editor [name=unit]").isdigit()
    page.click("#editor button:has-text('取消')")

    # a place whose words the guard could not use: told at the check, with its cure
    section(page, "地点")
    page.click("button:has-text('添加')")
    page.fill("#editor [name=name]", "101")
    assert "要写成话" in page.inner_text("#editor .hints"), "said at the field"
    page.fill("#editor [name=name]", "这个名字实在太长了夜里念不完的")
    assert "最多 14 个" in page.inner_text("#editor .hints")
    page.select_option("#editor [name=building]", "dorm-3")
    page.select_option("#editor [name=kind]", "dormitory")
    page.click("#editor button.primary")
    page.wait_for_selector("#draft:visible")
    page.click("#draft button:has-text('检查')")
    page.wait_for_selector(".findings li")
    assert "CFG-016" in page.inner_text(".findings") and page.is_disabled("#draft button:has-text('采用')")
    assert violations(page) == []
    look(page, "setup-mistake")
    page.click(".table tr:last-child button:has-text('修改')")
    page.fill("#editor [name=name]", "3号宿舍5层走廊")
    page.click("#editor button.primary")
    page.wait_for_selector(".table td:has-text('3号宿舍5层走廊')")
    page.click("#draft button:has-text('检查')")
    page.wait_for_selector("#draft button:has-text('采用'):enabled")
    assert "3号宿舍5层走廊" in page.inner_text(".diff")
    assert world.ask({"ask": "config-source"})["data"]["text"] == text, "nothing is in force yet"

    # the draft outlives a closed page
    page.reload()
    page.wait_for_selector("#draft:visible")
    page.click("#draft button:has-text('检查')")
    page.expected_errors = True  # the box starts again twice: some questions find nobody meanwhile
    page.click("#draft button:has-text('采用'):enabled")
    page.wait_for_selector("#trial:visible")
    look(page, "setup-trial")
    assert violations(page) == []
    assert "3号宿舍5层走廊" in world.ask({"ask": "config-source"})["data"]["text"]
    page.click("#trial button:has-text('退回原配置')")
    page.wait_for_selector("#trial", state="hidden")
    world.until("the former file is back", lambda: source(world) == text)
    section(page, "修改记录")
    page.wait_for_selector("#panel li >> nth=1")
    look(page, "setup-history")


def test_on_a_phone_beside_the_box(world: School, watched: Watched) -> None:
    world.until("the box is whole again", lambda: heard_of_all(world))
    page = open_setup(world, watched, width=360, height=640)
    section(page, "设备")
    page.wait_for_selector("#panel tbody tr")
    page.wait_for_selector("#leakage tbody tr")
    assert "满7天后给出" in page.inner_text("#leakage"), "a school that began today knows no circuit's own leakage"
    page.click("#panel button:has-text('添加')")
    page.select_option("#editor [name=profile]", "calectro-ug3")
    page.select_option("#editor [name=zone]", "kitchen")
    assert "厨房请用感温" in page.inner_text("#editor .hints")
    page.click("#editor button:has-text('取消')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.click("#panel button:has-text('试读') >> nth=0")
    page.wait_for_selector("#told li, #told [role=alert]")
    assert violations(page) == []
    look(page, "setup-phone")
    section(page, "文件")
    page.expected_errors = True  # the browser tells of the refused save
    page.fill("#file", "campus: [")
    page.click("#panel button:has-text('保存')")
    page.wait_for_selector("#reply.bad:visible")
    assert "行" in page.inner_text("#reply")
    assert page.input_value("#file") == "campus: [", "what was typed is not lost"


def test_who_would_be_called_under_a_draft_is_seen_before_it_is_proposed(world: School, watched: Watched) -> None:
    page = open_setup(world, watched)
    page.goto(world.url + "/people")
    page.wait_for_selector("[data-kind=fire] [data-step=first]")
    page.click("main a[href='/setup?section=people']")
    page.wait_for_selector("#called form")
    text = world.ask({"ask": "config-source"})["data"]["text"]
    page.select_option("#called [name=place]", "dorm-101")
    page.select_option("#called [name=kind]", "fire")
    page.click("#called button.big")
    page.wait_for_selector("#called [data-step=first]")
    assert page.locator("#called .changed").count() == 0, "nothing is edited yet"
    look(page, "setup-called")

    # one more keeper: seen at once, in force nowhere
    page.click("#panel > button.primary")
    for name, value in (("id", "yang"), ("name", "杨晓明"), ("phone", "+8613800000077"), ("channels", "console")):
        page.fill(f"#editor [name={name}]", value)
    page.select_option("#editor [name=role]", "keeper")
    page.fill("#editor [name=zones]", "dorm-101")
    page.click("#editor button.primary")
    page.wait_for_selector(".table td:has-text('杨晓明')")
    assert "草稿改了" in page.inner_text("#called .answer"), "an old answer does not stand for the new draft"
    page.click("#called button.big")
    page.wait_for_selector("#called [data-step=first] [data-person=yang] .changed:has-text('新增')")
    assert "杨晓明" in page.inner_text("#called [data-step=first]")
    assert violations(page) == []
    look(page, "setup-called-draft")
    assert world.ask({"ask": "config-source"})["data"]["text"] == text
    found = world.ask({"ask": "who", "place": "dorm-3", "kind": "fire"})["data"]["cases"]
    assert "yang" not in str(found), "the living site calls as before"

    # a draft with a mistake says what hinders it
    page.click(".table tr:has-text('杨晓明') button:has-text('修改')")
    page.fill("#editor [name=zones]", "nowhere")
    page.click("#editor button.primary")
    page.wait_for_selector("#called .answer:has-text('草稿改了')")
    page.click("#called button.big")
    page.wait_for_selector("#called .findings li.error")
    page.click("#draft button.danger")
    page.wait_for_selector("#draft", state="hidden")

    # a step of the school's own: the officer is called with the head, and both earlier
    section(page, "通知步骤")
    page.click("#panel > button.primary")
    page.select_option("#editor [name=step]", "fire/head")
    page.fill("#editor [name=after]", "90s")
    page.check("#editor .many input[value=officer]")
    assert violations(page) == []
    look(page, "setup-step")
    page.click("#editor button.primary")
    page.wait_for_selector(".table td:has-text('安全员')")
    page.select_option("#called [name=place]", "dorm-101")
    page.select_option("#called [name=kind]", "fire")
    page.click("#called button.big")
    page.wait_for_selector("#called [data-step=head] .changed:has-text('新增')")
    look(page, "setup-step-called")
    page.click("#draft button.danger")
    page.wait_for_selector("#draft", state="hidden")


def source(world: School) -> str | None:
    """The site file that `run` has; None while it starts again."""
    try:
        return world.ask({"ask": "config-source"})["data"]["text"]
    except RunDown:
        return None
