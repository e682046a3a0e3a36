"""Stories of a duty that goes on: the guard who fell asleep, the fire that is real, the drill with a fire in it, the lightning."""

from __future__ import annotations

import re
from typing import Any

from browsing import Watched, press
from school import School
from test_screen_stories import look

SPEED = 12
LINES = ("rs485-a", "rs485-b")
SETTLED = """() => {  // a handful of rows, none still judged, and as many as the lamp says
    const rows = document.querySelectorAll('main .alarm'), lamp = document.querySelector('.lamp[data-lamp=fault] .count');
    return rows.length < 10 && !document.querySelector('main .alarm.pending') && lamp.textContent === String(rows.length);
}"""


def said(world: School, since: int, message: str) -> dict[str, str]:
    """Who was sent such a message after so many, and its text."""
    return {m["person"]: m["text"] for m in world.messages()[since:] if m["message"] == message}


def explain(world: School, page: Any, point: str, cause: str) -> None:
    """误报 of the first alarm by whoever sits at this page, the detector clean again, and the reset."""
    press(page, "#first button.false")
    page.select_option("dialog [name=cause]", label=cause)
    page.check("dialog [name=on_site]")
    page.click("dialog button.false")
    world.set(point, 0)
    press(page, "#first button.reset:enabled")
    world.until("the fire is over", lambda: not world.alarms("fire"))


def test_story2_the_sleepy_1(world: School, watched: Watched, come_in: Any) -> None:
    """收到 and nothing more: the leader is called with the guard's name, then head and bureau; the leader's own result ends it."""
    guard = come_in(watched, "li", width=1366, height=768)
    leader = come_in(watched, "chen", width=360, height=640)
    since, point = len(world.messages()), "dorm-smoke-1/smoke"
    world.set(point, 1)
    press(guard, "#first .alarm[data-lamp=fire] button.ack")
    leader.wait_for_selector("#first .alarm.acked .life:has-text('待核实')")
    leader.wait_for_selector("#first .life:has-text('已收到·核实超时')")
    leader.wait_for_selector("#first .told:has-text('陈志远')")
    assert "李保安已收到" in world.until("the leader is called", lambda: said(world, since, "fire.unverified").get("chen"))
    guard.wait_for_selector("#first .told:has-text('郑明德'):has-text('马文斌')")
    assert "ma" in said(world, since, "fire.bureau")
    look(leader, "sleepy-phone")
    explain(world, leader, point, "水蒸气")
    guard.wait_for_selector("#first .alarm[data-lamp=fire]", state="detached")
    assert [(e["who"], e["args"]["cause"]) for e in world.events("result")] == [("chen", "水蒸气")]


def test_story9_drill_and_fire(world: School, watched: Watched, come_in: Any) -> None:
    """The drill stands on every page; a detector fires, everybody is told that this is not the drill, and it is over."""
    officer = come_in(watched, "wu", "/service", width=1366, height=768)
    guard = come_in(watched, "li")
    officer.click("[data-begin=drill-start]")
    officer.click("dialog button.big:not(.back)")
    officer.wait_for_selector(".mark.on:has-text('疏散演练')")
    guard.wait_for_selector("#notes:has-text('演练')")
    since, (point, *_) = len(world.messages()), world.points("smoke", "laboratory")
    world.set(point, 1)
    guard.wait_for_selector("#first .alarm[data-lamp=fire]:has-text('实验楼化学实验室'):has-text('这不是演练！')")
    told = world.until("all are told", lambda: len(said(world, since, "drill.break")) > 5 and said(world, since, "drill.break"))
    assert all(text.startswith("这不是演练！实验楼化学实验室") for text in told.values())
    officer.wait_for_selector("#empty:visible")
    guard.wait_for_selector("#notes:not(:has-text('演练进行'))")
    look(guard, "drill-broken")
    (broken,) = world.events("drill-break")
    assert broken["args"]["point"] == point
    story = come_in(watched, "chen", f"/alarms?id={broken['args']['alarm']}")
    story.wait_for_selector(".timeline:has-text('演练中的真报警')")
    explain(world, guard, point, "灰尘施工")


def test_story4_real(world: School, watched: Watched, come_in: Any) -> None:
    """A second detector in another room: confirmed without anybody's word, everybody at once, 119 on the card and first in the texts."""
    guard = come_in(watched, "li", width=360, height=640)
    since, points = len(world.messages()), ("dorm-smoke-1/smoke", "dorm-smoke-2/smoke")
    world.set(points[0], 1)
    guard.wait_for_selector("#first .alarm[data-lamp=fire]:not(:has(.confirmed))")
    world.set(points[1], 1)
    guard.wait_for_selector("#first .confirmed:has-text('已确认火警')")
    assert guard.get_attribute("#first a.call", "href") == "tel:119"
    texts = world.until("everybody", lambda: len(told := said(world, since, "fire.multi")) > 8 and told)
    assert all("119" in text for text in texts.values())
    world.until("the bureau", lambda: "ma" in said(world, since, "fire.bureau"))
    world.until("the evacuation sounds", lambda: world.writes("evacuation")[-1:] and world.writes("evacuation")[-1][1])
    look(guard, "real-phone")
    press(guard, "#first button.real")
    guard.click("dialog button.real")
    guard.wait_for_selector("#first :text('李保安 核实：属实')")
    look(guard, "real-phone-handled")
    for point in points:
        world.set(point, 0)
    for alarm in world.alarms("fire"):
        if not alarm["result"]:
            world.do("result", "wu", alarm["id"], result="real", on_site=True)
        world.until("clean", lambda id=alarm["id"]: world.do("reset", "wu", id)["ok"])  # type: ignore[misc]
    world.until("the fires are over", lambda: not world.alarms("fire"))


def test_story11_lightning(world: School, watched: Watched, come_in: Any) -> None:
    """Mains and two lines go: a handful of rows and not one for each detector, nothing dead looks normal; and it comes back once."""
    guard = come_in(watched, "li", width=1366, height=768)
    world.set("power-io/di-1", 0)
    for line in LINES:
        world.port(line, there=False)
    guard.wait_for_selector(".alarm:has-text('停电') .below")
    guard.wait_for_selector(".alarm:has-text('睡眠区监测中断'):has-text('点')")
    guard.wait_for_function(SETTLED)
    dead = [id for id, p in world.snapshot()["points"].items() if p["quality"] in ("fault", "stale")]  # type: ignore[index]
    under = sum(int(re.findall(r"\d+", text)[0]) for text in guard.locator(".below").all_inner_texts())
    assert len(dead) > 60 and under > 60, "each is counted on the one that stands for it"
    look(guard, "lightning")
    assert guard.inner_text(".lamp[data-lamp=normal] .word") == "监测不完整"
    for line in LINES:
        world.port(line, there=True)
    world.set("power-io/di-1", 1)
    world.until("all points are back", lambda: not [p for p in world.snapshot()["points"].values() if p["quality"] in ("fault", "stale")])  # type: ignore[index] # fmt: skip
    guard.wait_for_selector(".lamp[data-lamp=normal] .word:text-is('正常')")
    assert guard.locator("main .alarm").count() < 10
    look(guard, "lightning-over")
