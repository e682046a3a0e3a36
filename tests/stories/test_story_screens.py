"""Stories that last a night or a summer, on the screens of those they are about: the dead phone and the dormitory switched off."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Watched, press
from ruamel.yaml import YAML
from screen import PASSWORD, Screen
from script import read
from theatre import school
from tongues import names_in, whole

TOLD = Path(__file__).parent / "told"
PICTURES = os.environ.get("STORY_PICTURES", "")


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Callable[..., Screen]]:
    made = []

    def make(story: str, *people: str) -> Screen:
        made.append(Screen(read(TOLD / story), tmp_path, people))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def watched(chromium: Any) -> Iterator[Watched]:
    made = Watched(chromium)
    yield made
    made.close()


def look(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


@pytest.fixture(scope="module")
def names() -> list[str]:
    """What the school and the makers of its devices have named, and what its officer has typed."""
    channels = [channel for device in school(("", 0)).devices for channel in device.profile.channels]
    makers = [[channel.name, *channel.values.values()] for channel in channels]
    site = YAML(typ="safe").load(TOLD.parent / "school.yaml")
    return names_in([site, makers, ["放假断电", "每小时巡查"]])


def test_story3_the_dead_phone(screen: Any, watched: Watched, names: list[str]) -> None:
    """Whose turn it is does not answer: the screens say who goes on and in whose stead, and who comes late can take over."""
    made = screen("03-dead-phone.txt", "li", "chen", "wang", "wu")
    made.play("2026-03-04 21:44:00")
    guard = watched.open(made.url, "li", PASSWORD, width=1366, height=768)
    leader = watched.open(made.url, "chen", PASSWORD, width=360, height=640)
    reader = watched.open(made.url, "wu", PASSWORD, lang="en", width=1366, height=768)
    for page in (guard, leader, reader):
        page.goto(made.url + "/shift")
    guard.wait_for_selector("#there .bad:text-is('没有人接班，按排班表：李保安')")
    guard.wait_for_selector("#there p:has-text('下一班'):has-text('王建国 03-04 22:00')")
    made.play("2026-03-04 22:01:00")
    for page in (guard, leader):
        page.wait_for_selector("#there p:has-text('值班') .bad:text-is('没有人接班，仍由李保安负责（班到 03-04 22:00）')")
    reader.wait_for_selector("#there .bad:text-is('Nobody has taken over: still 李保安 (shift until 03-04 22:00)')")
    whole(reader, "en", names)
    look(guard, "dead-2201")
    look(leader, "dead-2201-phone")
    assert guard.inner_text("#span") == "2026-03-04 07:00 – 22:01", "his own shift goes on"
    made.play("2026-03-04 22:20:10")
    leader.goto(made.url + "/")
    told = leader.wait_for_selector("#first .alarm[data-lamp=fire] .told")
    assert all(name in told.inner_text() for name in ("李保安", "陈志远", "刘桂英")) and "王建国" not in told.inner_text()
    look(leader, "dead-2220-phone")
    made.play("2026-03-04 22:23:00")
    guard.wait_for_selector("#rows tr:has-text('3号宿舍2层东走廊'):has-text('李保安 22:20:30'):has-text('误报 · 水蒸气')")
    late = watched.open(made.url, "wang", PASSWORD, width=360, height=640)
    late.goto(made.url + "/shift")
    press(late, "#take button")
    for page in (late, guard):
        page.wait_for_selector("#there b:not(.bad):text-is('王建国（03-04 22:23 接班，到 03-05 07:00）')")
    assert late.locator("#take button").count() == 0
    look(late, "dead-late-phone")


def test_story10_summer(screen: Any, watched: Watched, names: list[str]) -> None:
    """A dormitory is switched off for 45 days: one line that says where and how long; afterwards the two that stayed away, by name."""
    made = screen("10-summer.txt", "wu", "li")
    made.play("2026-07-14 10:20:00")
    officer = watched.open(made.url, "wu", PASSWORD, width=1366, height=768)
    officer.goto(made.url + "/service")
    officer.wait_for_selector(".mark.on:has-text('3号宿舍楼 · 放假断电'):has-text('还有 44 天 21 小时'):has-text('涉及 13 点')")
    look(officer, "summer-begins")
    made.play("2026-08-10 03:00:00")
    guard = watched.open(made.url, "li", PASSWORD, width=360, height=640)
    guard.wait_for_selector("#notes:has-text('停用 13 点')")
    cards = guard.locator("main .alarm")
    assert cards.count() == 2 and "07-14 10:30:00 起，已 26 天 16 小时" in cards.first.inner_text(), (
        "no storm, and since which day"
    )
    assert guard.inner_text(".lamp[data-lamp=normal] .word") == "监测不完整"
    look(guard, "summer-phone")
    made.play("2026-08-28 08:00:30")
    officer = watched.open(made.url, "wu", PASSWORD, width=1366, height=768)
    officer.goto(made.url + "/service")
    officer.wait_for_selector(".mark.returning:has-text('3号宿舍楼')")
    made.play("2026-08-28 08:32:00")
    officer.wait_for_selector(".mark.unverified:has-text('还有 4 点没有试验报警（共 13 点）')")
    missing = officer.locator(".mark.unverified .checks li:not(.done)").all_inner_texts()
    assert len(missing) == 4 and all("4层东走廊" in text or "4层西走廊" in text for text in missing)
    assert officer.locator(".mark").count() == 1
    look(officer, "summer-ends")
    reader = watched.open(made.url, "wu", PASSWORD, lang="en", width=1366, height=768)
    reader.goto(made.url + "/service")
    reader.wait_for_selector(".mark.unverified:has-text('3号宿舍楼')")
    whole(reader, "en", names)
    guard = watched.open(made.url, "li", PASSWORD, width=360, height=640)
    for room in ("east", "west"):
        guard.wait_for_selector(f"[data-point='smoke-4-{room}/smoke'][data-mode=unverified]", state="attached")
    look(guard, "summer-ends-phone")
