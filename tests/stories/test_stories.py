"""Every story of tests/stories/told goes as it is written, and nobody gets a message that nobody foretold."""

from __future__ import annotations

from pathlib import Path

import pytest
from script import StoryError, read
from theatre import Theatre

TOLD = sorted((Path(__file__).parent / "told").glob("*.txt"))


@pytest.mark.parametrize("path", TOLD, ids=lambda p: p.stem)
def test_story(path: Path, tmp_path: Path) -> None:
    story = read(path)
    theatre = story.stage(tmp_path)
    story.play(theatre)
    theatre.close()


@pytest.mark.parametrize("path", TOLD, ids=lambda p: p.stem)
def test_a_story_names_what_may_never_come_and_allows_no_message_that_it_does_not_name(path: Path) -> None:
    story = read(path)
    assert story.forbidden, "禁止：whom this must not reach"
    assert "任何" not in {message for _, message in story.allowed}, "允许 names the message"


def test_an_unexpected_message_fails_a_story(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(
        "故事：少了一句\n开始：2026-03-04 02:13:56\n02:14:00 3号宿舍2层东走廊 烟感 报警\n02:14:10 落幕\n", encoding="utf-8"
    )
    with pytest.raises(StoryError, match="没有人预料"):
        read(path).play(Theatre(tmp_path, read(path).start))


def test_what_does_not_come_in_time_fails_a_story(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    lines = [
        "故事：不会来的",
        "开始：2026-03-04 02:13:56",
        "02:14:00 3号宿舍2层东走廊 烟感 报警",
        "→ 5秒内 郑明德 收到 火警首次",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(StoryError, match="没有发生"):
        read(path).play(Theatre(tmp_path, read(path).start))


@pytest.mark.parametrize("line", ["02:14:00 月亮 升起", "02:14:00 不存在的房间 烟感 报警 了", "→ 某某 收到 火警首次"])
def test_a_sentence_nobody_understands_names_its_line(line: str, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(f"故事：错\n开始：2026-03-04 02:13:56\n02:14:00 停电\n{line}\n", encoding="utf-8")
    with pytest.raises(StoryError, match=r"x\.txt:4"):
        read(path)


def test_a_time_before_the_scene_above_it_is_a_mistake_and_not_the_next_day(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    start = "故事：x\n开始：2026-03-04 21:00:00\n22:00:00 落幕\n22:00:00 每2秒看一遍\n"
    path.write_text(start + "07:30:00 落幕\n", encoding="utf-8")
    with pytest.raises(StoryError, match=r"x\.txt:5.*次日"):
        read(path)
    path.write_text(start + "次日 07:30:00 落幕\n", encoding="utf-8")
    assert read(path).end == (10 * 60 + 30) * 60_000
    path.write_text(start + "次日 22:00:01 落幕\n", encoding="utf-8")
    assert read(path).end == (25 * 60 * 60 + 1) * 1000
