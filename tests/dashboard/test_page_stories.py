"""The page in a real browser over a fake `run`: what people see and press."""

import re

import pytest

SHOTS = ((1920, 1080), (360, 640))


@pytest.fixture
def open_school(start_run, start_page, visit):
    """A fake `run`, the page's process, and the page open in a browser."""

    def open_it(snapshot=None, person="wang", lang="zh", **size):
        run = start_run(snapshot)
        server = start_page(lang)
        return run, server, visit(server.url, person, **size)

    return open_it


def lit(page):
    return page.eval_on_selector_all(".lamp.lit", "nodes => nodes.map(n => n.dataset.lamp)")


@pytest.mark.parametrize("size", SHOTS)
def test_calm_school(open_school, tmp_path, size):
    _, _, page = open_school(width=size[0], height=size[1])
    page.wait_for_selector(".lamp[data-lamp=normal].lit")
    assert lit(page) == ["normal"]
    words = [w.strip() for w in page.locator(".lamp .word").all_inner_texts()]
    assert words == ["正常", "火警", "气体", "双锁", "入侵", "电气", "预警", "监管", "故障", "停用", "离线", "测试"]
    assert "21.4 °C" in page.inner_text("[data-point='dorm-smoke/temp']")
    assert re.search(r"数据更新 \d\.\d s 前", page.inner_text("#age"))
    assert page.inner_text("#clock").startswith("2026-11-23 22:00")
    assert "不能代替" in page.inner_text("footer") and "声音未启用" in page.inner_text("#mute")
    page.click("[data-point='kitchen-gas/gas']")
    page.wait_for_selector("#plot canvas")
    page.screenshot(path=tmp_path / "calm.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
