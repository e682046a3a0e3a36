"""The whole way of an answer: the modem's SMS out, a 1 back, the alarm acknowledged, the sender told what is expected next."""

from __future__ import annotations

import sys
from pathlib import Path

from school import School, demo_text

sys.path.insert(0, str(Path(__file__).parent.parent / "alerts" / "channels"))

from fake_modem import FakeModem

from gateway.config.library import data_dir
from gateway.site import site_from_json


def test_r10_d16_a_1_by_sms_answers_the_fire_and_is_answered(school: School, tmp_path: Path) -> None:
    far = FakeModem(tmp_path)
    try:
        school.campus.start_campus("none", 0)
        text = demo_text()
        webhook = next(line for line in text.splitlines() if "type: webhook" in line)
        text = text.replace("../calendar.example.yaml", str(data_dir() / "calendar.example.yaml"))
        (school.dir / "site").mkdir()
        file = school.dir / "site" / "site.yaml"
        file.write_text(text.replace(webhook, f"  - {{id: phone, type: modem, port: {far.path}}}"), encoding="utf-8")
        school.compiled = school.campus.compile(file)
        school.site = site_from_json(school.compiled.read_text(encoding="utf-8"))
        school.data.mkdir(mode=0o700, exist_ok=True)
        school.start_run()
        radio = {"box/phone-signal": -71, "box/phone-network": 1}
        school.until("its signal on the screen", lambda: {id: school.point(id)["value"] for id in radio} == radio)
        school.set(school.points("smoke", "dormitory")[0], 1)
        fire = school.until("the first SMS of the fire", lambda: [s for s in far.sent if "火警" in s.text])[0]
        far.receive(fire.number, "1")
        alarm = school.until("the alarm acknowledged", lambda: [a for a in school.alarms("fire") if a["state"] == "acked"])[0]
        person = next(p for p in school.site.plant.people.values() if p.phone == fire.number)
        assert alarm["acked_by"] == person.id
        school.until("what is expected next", lambda: [s for s in far.sent if s.number == fire.number and "已记录" in s.text])
        far.receive("+8613999999999", "1", stamp="62209221439999")
        far.receive(fire.number, "3蚊香", stamp="62209221438888")
        school.until("the result", lambda: [a for a in school.alarms("fire") if a["result"] == "false"])
        assert not [s for s in far.sent if s.number == "+8613999999999"], "a number nobody is listed with is not answered"
    finally:
        school.close()
        far.unplug()
