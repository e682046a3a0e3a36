"""The configuration changed on a living school: taken, on trial, confirmed or given back; mistakes and fires refuse it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from school import School


def source(school: School) -> dict[str, Any]:
    return dict(school.ask({"ask": "config-source"})["data"])


def trial(school: School) -> dict[str, Any] | None:
    found = school.snapshot()
    return None if found is None else found["config"]


def good(school: School) -> int:
    found = school.snapshot()
    return 0 if found is None else sum(p["quality"] == "good" for p in found["points"].values())


def test_a_change_is_tried_confirmed_or_given_back(school: School) -> None:
    school.start_world()
    process = school.start_run()
    many = school.until("all points are good", lambda: good(school) if good(school) > 40 else 0)
    installer, duty = school.person("admin"), school.person("duty")
    before = source(school)
    assert before["trial"] is None and "3号宿舍" in before["text"]

    # who may not, what is no change, what has mistakes: refused, nothing changes, all of it in the journal
    assert school.do("config-propose", duty, text=before["text"] + "# x\n")["code"] == "refused.role"
    assert school.do("config-propose", installer, text=before["text"])["code"] == "refused.same"
    wrong = school.do("config-propose", installer, text=before["text"].replace("kind: dormitory", "kind: dormitry", 1))
    assert wrong["code"] == "refused.mistakes" and wrong["findings"][0]["hint"] == "dormitory"
    assert wrong["findings"][0]["file"] == "site.yaml" and wrong["findings"][0]["line"] > 0
    assert school.do("config-confirm", installer)["code"] == "refused.no-trial"
    assert source(school)["text"] == before["text"]

    # a good change: the same process starts again with it, and it stays once its person confirms
    named = before["text"].replace("3号宿舍楼", "3号女生宿舍楼")
    asked = school.ask({"ask": "config-check", "text": named, "person": installer})["data"]
    assert asked["ok"] and any("女生" in line for line in asked["diff"])
    assert school.do("config-propose", installer, text=named)["code"] == "config.taken"
    on = school.until("the new configuration is on trial", lambda: trial(school))
    assert process.poll() is None and on["by"] == installer
    assert "3号女生宿舍楼" in json.dumps(school.snapshot(), ensure_ascii=False)
    assert school.do("config-propose", installer, text=before["text"])["code"] == "refused.trial"
    school.until("as many points are good as before", lambda: trial(school)["good"] >= trial(school)["need"])  # type: ignore[index]
    assert school.do("config-confirm", "nobody")["code"] == "refused.role"
    assert school.do("config-confirm", installer)["code"] == "config.confirmed"
    assert trial(school) is None and source(school)["text"] == named

    # one that loses points is not confirmed, and goes back when asked
    deaf = re.sub(r"(bus: rs485-b, unit: )\d+", r"\g<1>199", named, count=1)
    assert deaf != named
    assert school.do("config-propose", installer, text=deaf)["code"] == "config.taken"
    school.until("the worse configuration is on trial", lambda: trial(school))
    refused = school.do("config-confirm", installer)
    assert refused["code"] == "refused.points" and "正常" in refused["text"]["zh"]
    assert school.do("config-return", installer)["code"] == "config.returned"
    school.until("the return is told", lambda: any(e["args"]["step"] == "returned" for e in school.events("config")))
    school.until("the points are good again", lambda: good(school) >= many)
    assert source(school)["text"] == named
    steps = [(e["args"]["step"], e["args"].get("code", "")) for e in school.events("config")]
    assert steps == [
        ("refused", "refused.role"), ("refused", "refused.mistakes"), ("refused", "refused.no-trial"), ("proposed", ""),
        ("refused", "refused.trial"), ("refused", "refused.role"), ("confirmed", ""), ("proposed", ""),
        ("refused", "refused.points"), ("returned", ""),
    ]  # fmt: skip
    told = school.ask({"ask": "config-changes", "from": 0})["data"]
    assert [(c["step"], c["who"]) for c in told if c["step"] != "setpoint"] == [
        (step, installer) for step, _ in reversed(steps) if step != "refused"
    ], "what an inspector sees of it"
    history = source(school)["history"]
    assert len({h["sha256"] for h in history}) == len(history) >= 3
    old = school.ask({"ask": "config-version", "n": history[-1]["n"]})["data"]
    assert old["text"] == before["text"] and any(line.startswith("+") for line in old["diff"])

    # a broken compiled file: the last good one runs, and the screen says so
    school.stop_run()
    school.compiled.write_text('{"v": 2, "cut', encoding="utf-8")
    school.start_run()
    school.until("a fault names the site file", lambda: school.alarms_of("box/site-file"))

    # in a fire nothing is changed
    school.set(school.points("smoke", "dormitory")[0], 1)
    school.until("a fire", lambda: school.alarms("fire"))
    assert school.do("config-propose", installer, text=before["text"])["code"] == "refused.alarm"


def test_a_folder_that_takes_nothing_is_said_with_its_cure(school: School) -> None:
    school.start_world()
    school.start_run()
    text, installer = source(school)["text"], school.person("admin")
    site = Path(source(school)["file"])
    site.unlink()
    assert school.ask({"ask": "config-source"})["code"] == "config.unreadable"
    answer = school.do("config-propose", installer, text=text)
    assert answer["code"] == "config.unreadable" and str(site) in answer["text"]["zh"]
