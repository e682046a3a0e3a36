"""Stories in the school's own time (nobody is called earlier than the policy says): the coil at night, the day of maintenance."""

from __future__ import annotations

from typing import Any

from browsing import Watched, press
from school import School
from test_screen_stories import look

SPEED = 1


def told(world: School, since: int, message: str = "") -> set[str]:
    """Who was sent such a message, or any, after so many."""
    return {m["person"] for m in world.messages()[since:] if m["message"].startswith(message)}


def test_story1_the_coil(world: School, watched: Watched, come_in: Any) -> None:
    """Two phones ring; the guard says 收到, the warden finds a coil and says so on her phone, the guard resets. Head and bureau slept."""
    guard = come_in(watched, "li", width=1366, height=768)
    warden = come_in(watched, "liu", width=360, height=640)
    since, point = len(world.messages()), "dorm-smoke-1/smoke"
    world.set(point, 1)
    guard.wait_for_selector("#first .alarm[data-lamp=fire]:has-text('3号宿舍101室')")
    world.until("both phones rang", lambda: {"li", "liu"} <= told(world, since, "fire"))
    world.until("sounder on", lambda: world.writes("guard-sounder")[-1:] and world.writes("guard-sounder")[-1][1])
    press(guard, "#first button.ack")
    warden.wait_for_selector("#first .alarm.acked")
    press(warden, "#first button.false")
    warden.select_option("dialog [name=cause]", label="蚊香")
    warden.check("dialog [name=on_site]")
    warden.click("dialog button.false")
    guard.wait_for_selector("#first :text('刘桂英 核实：误报 · 蚊香')")
    world.set(point, 0)
    press(guard, "#first button.reset:enabled")
    world.until("the fire is over", lambda: not world.alarms("fire"))
    assert not {"zheng", "ma", "chen"} & told(world, since, "fire"), "head, bureau and leader slept"
    head = come_in(watched, "zheng", "/alarms")
    head.select_option("[name=state]", "all")
    head.wait_for_selector("#rows tr:has-text('3号宿舍101室'):has-text('误报 · 蚊香')")


def test_story8_maintenance_day(world: School, watched: Watched, come_in: Any) -> None:
    """The firm works in one building: no phone outside rings, the record fills itself; a real smoke elsewhere rings as ever."""
    page = come_in(watched, "wu", "/service", width=1366, height=768)
    page.click("[data-begin=maintenance]")
    page.select_option("dialog [name=building]", "teaching")
    page.fill("dialog [name=technician]", "安泰维保 韩工")
    page.select_option("dialog [name=rooms]", "teach-1-1")
    page.click("dialog button.big:not(.back)")
    page.wait_for_selector(".mark:has-text('安泰维保 韩工'):has-text('所在房间：教学楼一年级1班')")
    since = len(world.messages())
    for n, point in enumerate(
        ("teach-smoke-1/smoke", "teach-smoke-2/smoke"), 1
    ):  # two rooms outside 一年级1班 at once were a real fire
        world.set(point, 1)
        page.wait_for_function("n => document.querySelectorAll('.mark .record li').length === n", arg=n)
        page.wait_for_selector(".mark .record li >> nth=0 >> text=/手机 \\d+ 秒/")
        world.set(point, 0)
    assert told(world, since) <= {"wu"}, "technician and officer only"
    real = "dining-smoke-1/smoke"
    world.set(real, 1)
    guard = come_in(watched, "li")
    guard.wait_for_selector("#first .alarm[data-lamp=fire]:has-text('食堂就餐区')")
    world.until("it rings", lambda: {"li", "sun"} <= told(world, since, "fire"))
    press(guard, "#first button.real")
    guard.click("dialog button.real")
    world.until("everybody", lambda: {"zheng", "ma"} <= told(world, since))
    look(page, "maintenance")
    page.click(".mark [data-verb=end]")
    page.wait_for_selector("#empty:visible")
