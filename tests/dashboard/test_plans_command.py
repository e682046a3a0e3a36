"""`plans FOLDER` over a living socket, and the demo's own plans: every device of the demo has its place on one of them."""

import argparse
import re
from pathlib import Path

import pytest
from test_drawings import png, svg

from dashboard.drawings import examine
from dashboard.plans import Plans
from gateway.commands import plans as command
from gateway.config.library import data_dir

DEMO = data_dir() / "demo"


@pytest.fixture
def call(data):
    def call(folder):
        parser = argparse.ArgumentParser()
        command.add_parser(parser.add_subparsers())
        return command.run(parser.parse_args(["plans", str(folder), "--data", str(data)]))

    return call


def test_a_folder_is_put_up_and_what_cannot_be_is_told(call, data, start_run, tmp_path_factory, capsys):
    run, folder = start_run(), tmp_path_factory.mktemp("plans")
    assert call(folder) == 1 and "没有平面图" in capsys.readouterr().err
    (folder / "other.1层.svg").write_bytes(svg('<rect id="pump" width="9" height="9"/>'))
    (folder / "campus.png").write_bytes(png())
    (folder / "nowhere.png").write_bytes(png())
    (folder / "dorm.svg").write_bytes(svg("<script/>"))
    assert call(folder) == 1
    told = capsys.readouterr()
    assert "other.1层.svg: 1 个位置" in told.out and "没有楼栋 nowhere" in told.err and "含脚本" in told.err
    kept = Plans(data / "dashboard.db").list()
    assert [(p.building, p.floor, p.by) for p in kept] == [("", "", "console"), ("other", "1层", "console")]
    assert run.did()["args"] == {"what": "uploaded", "about": "campus image/png"}


def test_without_run_nothing_is_put_up(call, data, tmp_path_factory, capsys):
    folder = tmp_path_factory.mktemp("plans")
    (folder / "campus.png").write_bytes(png())
    assert call(folder) == 1 and "campus-gateway run" in capsys.readouterr().err
    assert Plans(data / "dashboard.db").list() == []


def test_the_demo_shows_every_device_on_a_plan_of_its_building():
    site = (DEMO / "site.yaml").read_text("utf-8")
    zones = dict(re.findall(r"- {id: ([a-z0-9-]+), name: [^,]+, building: ([a-z0-9-]+)", site))
    devices = dict(re.findall(r"- {id: ([a-z0-9-]+), profile: .*?zone: ([a-z0-9-]+)", site))
    shown = {}
    for file in sorted(Path(DEMO / "plans").glob("*.svg")):
        for id in examine(file.read_bytes()).ids:
            assert id not in shown, f"{id} is on two plans"
            shown[id] = file.stem.partition(".")[0]
    only_outputs = {"store-relay"}  # it has nothing to show
    assert {d: zones[z] for d, z in devices.items() if d not in only_outputs} == shown
