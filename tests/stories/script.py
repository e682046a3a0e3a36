"""The language of the stories: one Chinese sentence a line. Reads a file, plays it, and judges who was told; knows no engine inside.

A story file:

    故事：蚊香
    开始：2026-03-04 02:14:00
    02:14:04  3号宿舍2层东走廊 烟感 报警
              → 5秒内 王建国 收到 火警首次 “立即去看”
    02:14:30  王建国 回 1
              → 王建国 得到答复 已记录
    共计：王建国 收到 火警首次 1次
    禁止：郑明德 收到 任何

Times go forward; a time of day earlier than the one before is a mistake, unless 次日 or a date stands before it.
An arrow that ends in 响铃 wants a text and a call, in 只发短信 a text alone.
A line with a time is something that happens (deeds.py); a line with an arrow must follow it within its time (arrows.py; 10 s where
none is named), in the quoted words. Every message that reaches a phone must be foretold by an arrow or allowed by 允许, else the
story fails; what 禁止 names must never come; what 共计 counts comes exactly so often in the whole story. It plays at the school, and where
舞台 says so at the bureau beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from arrows import Wanted, arrow
from county import County
from deeds import UNITS, Deed, deed
from theatre import Theatre, Told
from words import StoryError, who_what

__all__ = ["Story", "StoryError", "read"]

STAGES: dict[str, type[Theatre]] = {"学校": Theatre, "局里": County}


@dataclass(slots=True)
class Scene:
    at: int
    line: str
    play: Deed
    wanted: list[Wanted] = field(default_factory=list)


@dataclass(slots=True)
class Story:
    """`slowest`: ms between two looks at the school where it looks least often; `more`: detectors beside those of school.yaml."""

    name: str
    start: datetime
    scenes: list[Scene] = field(default_factory=list)
    allowed: list[tuple[str, str]] = field(default_factory=list)  # (people or 任何人, message or 任何)
    forbidden: list[tuple[str, str]] = field(default_factory=list)
    counted: list[tuple[str, str, int]] = field(default_factory=list)
    slowest: int = 0
    more: tuple[str, int] = ("", 0)
    kind: type[Theatre] = Theatre
    end: int = 0

    def stage(self, folder: Path, *, crash_at: int = 0, before_act: bool = True) -> Theatre:
        """The theatre it plays in: where the school is looked at seldom, a point may say nothing for as long."""
        return self.kind(
            folder, self.start, crash_at=crash_at, before_act=before_act, silence=3 * self.slowest, more=self.more
        )  # fmt: skip

    def play(self, theatre: Theatre, *, checked: bool = True) -> None:
        """Play it to the end. `checked`: an arrow that does not come true in its time is a StoryError."""
        for scene in self.scenes:
            theatre.until(scene.at)
            scene.play(theatre)
            done = theatre.ms
            for wanted in scene.wanted if checked else ():
                self._await(theatre, scene, wanted, done)
        theatre.until(self.end)
        if checked:
            self.judge(theatre.told)

    def _await(self, theatre: Theatre, scene: Scene, wanted: Wanted, done: int) -> None:
        """Arrows of one scene are looked at side by side: time goes on only until this one is true."""
        limit = done + wanted.within
        while not wanted.check(theatre, scene.at):
            if theatre.ms >= limit:
                said = [f"{t.at / 1000:.0f}s {t.person} {t.message} {t.text[:30]}" for t in theatre.told]
                raise StoryError(f"{self.name}: 没有发生 never came: {wanted.line}（{scene.line}）\n" + "\n".join(said))
            theatre.until(min(limit, theatre.ms + 500))

    def judge(self, told: list[Told]) -> None:
        """Nothing forbidden came, nothing that nobody foretold, and what is counted as often as it should."""
        for one in told:
            if one.message and any(_means(rule, one) for rule in self.forbidden):
                raise StoryError(f"{self.name}: 禁止的消息 forbidden: {one}")
            if one.message and not any(_means(rule, one) for rule in self.allowed):
                raise StoryError(f"{self.name}: 没有人预料的消息 nobody foretold: {one}")
        for people, message, times in self.counted:
            for person in people.split():
                came = [x.text for x in told if _means((person, message), x)]
                if len(came) != times:
                    raise StoryError(f"{self.name}: {person} {message} {len(came)}次 instead of {times}: {came}")


def read(path: Path) -> Story:
    """The story of a file. Raises StoryError for a sentence nobody understands, naming the line."""
    story: Story | None = None
    name = path.stem
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.split("#")[0].strip()
        if not line:
            continue
        try:
            story = _line(story, line, name)
        except (KeyError, ValueError, IndexError) as error:
            raise StoryError(f"{path.name}:{number}: 看不懂 not understood: {line} ({error})") from error
        name = line.partition("：")[2] if line.startswith("故事：") else name
    assert story is not None
    return story


def _line(story: Story | None, line: str, name: str) -> Story | None:
    head, _, rest = line.partition("：")
    if head in ("故事", "说明"):
        return story
    if head == "开始":
        return Story(name, datetime.fromisoformat(rest))
    if story is None:
        raise ValueError("开始 comes first")
    parts = [part for part in rest.split("；") if part]
    if head in ("允许", "禁止"):
        (story.allowed if head == "允许" else story.forbidden).extend(who_what(part) for part in parts)
    elif head == "共计":
        story.counted.extend(_count(part) for part in parts)
    elif head == "舞台":
        story.kind = STAGES[rest]
    elif head == "加装":
        place, _, count = rest.partition(" 烟感 ")
        story.more = (place, int(count.removesuffix("个")))
    elif line.startswith("→"):
        wanted = arrow(line.removeprefix("→").strip())
        story.allowed.extend([wanted.allows] if wanted.allows else [])
        story.scenes[-1].wanted.append(wanted)
    else:
        _scene(story, line)
    return story


def _scene(story: Story, line: str) -> None:
    clock, _, what = line.partition(" ")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", clock):
        day, (clock, _, what) = clock, what.strip().partition(" ")
        at = int((datetime.fromisoformat(f"{day}T{clock}") - story.start).total_seconds() * 1000)
    else:
        at = _at(story, *((what.split(" ", 1)[0], 1) if clock == "次日" else (clock, 0)))
        what = what.partition(" ")[2] if clock == "次日" else what
    story.end = max(story.end, at)
    what = what.strip()
    if pace := re.fullmatch(r"每(\d+)(秒|分钟|小时)看一遍", what):
        story.slowest = max(story.slowest, int(pace[1]) * UNITS[pace[2]])
    if what != "落幕":
        story.scenes.append(Scene(at, line, deed(what)))


def _at(story: Story, clock: str, days: int) -> int:
    """Ms since the beginning of a time of day, so many days after the scene before. ValueError for one before that scene."""
    parts = [int(p) for p in clock.split(":")]
    before = story.start + timedelta(milliseconds=story.scenes[-1].at if story.scenes else 0)
    moment = before.replace(hour=parts[0], minute=parts[1], second=parts[2] if len(parts) > 2 else 0) + timedelta(days=days)
    if moment < before:
        raise ValueError(f"{clock} is before {before:%H:%M:%S}: 次日?")
    return int((moment - story.start).total_seconds() * 1000)


def _count(text: str) -> tuple[str, str, int]:
    said, times = text.rsplit(" ", 1)
    return (*who_what(said), int(times.removesuffix("次")))


def _means(rule: tuple[str, str], one: Told) -> bool:
    people, message = rule
    return one.person in people.split() and bool(one.message) and message in ("任何", one.message)
