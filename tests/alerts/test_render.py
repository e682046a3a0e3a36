"""Every message at its longest fits one SMS; the words say what happened; who reads what."""

from __future__ import annotations

from dataclasses import replace
from string import Formatter

import pytest
from people_world import POLICIES, T0, acked, alarm, plant, raw_policies

from alerts.escalation import CLOSING
from alerts.kinds import KINDS
from alerts.message import FIELDS, REPEAT, UNITS_ZH, Message
from alerts.messages import MESSAGES
from alerts.model import Alarm, Result
from alerts.plant import Point
from alerts.render import CATALOGUE, OUTPUTS, VERDICTS, args_for, fields, longest, message_for, render, units
from drivers.quantities import QUANTITIES
from drivers.reading import Now
from tools import escalation_md

PLANT = plant()
BUREAU_SIGNS = {m for m in MESSAGES if MESSAGES[m].bureau == m}
DIGITS = {"t": "23:59", "t0": "23:59", "now": "23:59", "end": "23:59", "n": "99", "m": "99"}


def digits(m: Message, field: str, other: str) -> str:
    """The longest value of a field of digits, which is never cut; else `other`."""
    return "1" * longest(m, "tel") if field == "tel" else DIGITS.get(field, other)


def text(message: str, a: Alarm, at: int = 0, duty: str = "li", language: str = "zh", bureau: bool = False) -> str:
    return render(message, args_for(a, PLANT, Now(T0 + at, at), duty, language, bureau=bureau), language)


@pytest.mark.parametrize("message", CATALOGUE)
def test_the_longest_fits_one_sms_even_as_a_repeat(message: str) -> None:
    m = CATALOGUE[message]
    args = {f: digits(m, f, "国" * longest(m, f)) for f in {*FIELDS, *CATALOGUE[message].longest}}
    out = render(message, args, "zh", repeat=True)
    assert (out.startswith(REPEAT["zh"]) and args["place"] in out) or "place" not in fields(m, "zh")
    assert units(out) <= UNITS_ZH, f"{units(out)} units: {out}"


@pytest.mark.parametrize("message", CATALOGUE)
def test_a_value_that_is_too_long_is_cut_and_never_the_place(message: str) -> None:
    args = {f: digits(CATALOGUE[message], f, "长" * 40) for f in {*FIELDS, *CATALOGUE[message].longest}} | {
        "place": "三号宿舍楼二层东走廊最东间里"
    }
    out = render(message, args, "zh", repeat=True)
    assert units(out) <= UNITS_ZH
    assert args["place"] in out or "place" not in fields(CATALOGUE[message], "zh")


def test_a_place_longer_than_planned_is_still_whole() -> None:
    place = "三号宿舍楼二层东走廊最东头那一间屋子里"
    args = {f: digits(MESSAGES["fire.first"], f, "长") for f in FIELDS} | {"place": place}
    assert longest(MESSAGES["fire.first"], "place") < len(place) and place in render("fire.first", args, "zh")


@pytest.mark.parametrize(
    ("number", "dialled"),
    [("+8613800000001", "13800000001"), ("0371-60000003", "037160000003"), ("+8637160000003", "037160000003"), ("", "未登记"),
     ("+861060000003", "01060000003"),
     ("0371 60000003 801", "037160000003801")],
)  # fmt: skip
def test_a_phone_number_is_dialled_as_it_stands_and_never_cut(number: str, dialled: str) -> None:
    a = replace(alarm("school-fire"), evidence={"school": "三中", "tel": number or "未登记"})
    assert f"校方{dialled}。" in text("school.call", a)


def test_a_number_above_99_is_never_cut_to_that_of_another_alarm() -> None:
    """With 123 open alarms 编号12 is somebody else's: a 3 12 would call that one false."""
    assert text("fire.first", replace(alarm("fire"), number=123)).endswith("编号123")


def test_a_schools_alarm_is_told_with_its_own_kind_and_its_own_time() -> None:
    told = {
        "school": "三中",
        "place": "301室",
        "what_zh": "可燃气泄漏",
        "what_en": "Gas leak",
        "since": T0 - 120_000,
        "tel": "1",
    }
    a = replace(alarm("school-gas"), point="no3/no3-7", evidence=told)
    assert text("school.call", a).startswith("三中可燃气泄漏！301室02:12，")
    assert text("school.call", a, language="en").startswith("三中 Gas leak! 301室, 02:12")


@pytest.mark.parametrize(("result", "words"), [("false", "误报"), ("real", "真火警"), ("", "已处理")])
def test_a_schools_alarm_that_is_over_is_told_with_what_the_school_found_and_not_before(result: str, words: str) -> None:
    a = replace(
        alarm("school-fire"),
        point="no3/no3-7",
        evidence={"school": "三中", "place": "301室", "what_zh": "火警", "result": result},
    )
    assert message_for("school.over", a, PLANT, "duty") is None, "the school has answered: nothing is over"
    over = replace(a, evidence={**a.evidence, "over": True})
    assert message_for("school.over", over, PLANT, "duty") == "school.over"
    assert text("school.over", over) == f"三中火警已结束：301室02:14报警，{words}。编号07"


@pytest.mark.parametrize("message", CATALOGUE)
def test_the_english_is_one_gsm_message_with_latin_names(message: str) -> None:
    m = CATALOGUE[message]
    args = {f: digits(m, f, "x" * longest(m, f)) for f in {*FIELDS, *CATALOGUE[message].longest}}
    out = render(message, args, "en", repeat=True)
    assert out.isascii() and len(out) <= 160, f"{len(out)}: {out}"


@pytest.mark.parametrize("message", CATALOGUE)
def test_plain_words_only(message: str) -> None:
    m = CATALOGUE[message]
    for words in (m.zh, m.en):
        assert "http" not in words and "www" not in words
        assert all(ord(c) < 0x1F000 for c in words) and not set("【】★→※①√") & set(words)
    assert set(fields(m, "zh")) <= FIELDS.keys() | m.longest.keys() and set(fields(m, "en")) <= FIELDS.keys() | m.longest.keys()
    assert set(fields(m, "zh")) - set(fields(m, "en")) == set(), "the English leaves something out"


@pytest.mark.parametrize("message", sorted(MESSAGES.keys() - BUREAU_SIGNS - {"cold", "cold.power"}))
def test_the_kind_comes_first(message: str) -> None:
    """Kind, place, then what and when: half asleep, a person reads only the beginning. A closing begins with its word; the
    people's table has the place first where it is the only cabinet of the canteen."""
    for words in (MESSAGES[message].zh, MESSAGES[message].en):
        names = [name for _, name, _, _ in Formatter().parse(words) if name and name not in ("s", "m", "what", "many")]
        assert words.removeprefix("{s}").startswith("{what}") or not words.removeprefix("{s}").startswith("{")
        assert "place" not in names or names[0] == "place"


def test_the_catalogue_points_nowhere_else() -> None:
    for m in MESSAGES.values():
        assert m.bureau in BUREAU_SIGNS and all(id in MESSAGES for _, _, id in m.instead)
        if m.id in BUREAU_SIGNS:
            assert m.zh.startswith("{s}")
    assert set(CLOSING) <= KINDS.keys() and set(CLOSING.values()) <= MESSAGES.keys()


def test_every_policy_is_known_to_the_catalogue_and_the_engine() -> None:
    known = {"everyone", "duty", "second", "leader", "officer", "head", "electrician", "bureau", "holder", "keeper"}
    for name, raw in raw_policies().items():
        policy = POLICIES[name]
        assert raw["policy"] == name and set(raw) <= {"policy", "loop", "result_asked", "repair", "steps"}
        assert len({s.id for s in policy.steps}) == len(policy.steps)
        for s in policy.steps:
            assert s.message in MESSAGES and set(s.to) <= known and s.when in ("unacked", "unverified", "always")
        asked = any(s.when == "unverified" for s in policy.steps)
        assert policy.result_asked == asked, name
    assert {"fire", "fire-confirmed", "fire-real", "cannot-record", "cannot-call", "output", "line"} <= POLICIES.keys()


def test_two_policies_that_one_alarm_runs_in_turn_share_no_step() -> None:
    """The engine replaces fire by the others within an occurrence; equal step ids would make equal keys."""
    ids = [s.id for name in ("fire", "fire-confirmed", "fire-real") for s in POLICIES[name].steps]
    assert len(ids) == len(set(ids))


def test_latching_kinds_ask_for_a_result() -> None:
    for name, policy in POLICIES.items():
        if name in KINDS and policy.result_asked:
            assert KINDS[name].latching, name


FIRE = alarm()
GAS = alarm("gas-2", "gas-1/gas", evidence={"value": 45.0, "limit": 40.0})


@pytest.mark.parametrize(
    ("message", "a", "words"),
    [
        ("fire.first", FIRE, "火警！三号宿舍楼二层东走廊，烟感02:14报警。立即去看。回1收到 2真火 3误报。编号07"),
        (
            "fire.unverified",
            acked(FIRE, 0),
            "火警未核实！三号宿舍楼二层东走廊02:14报警，李保安已收到，3分钟无结果。请联系现场或亲自去看。回2真火 3误报。编号07",
        ),
        (
            "fire.multi",
            replace(FIRE, confirmed=True, evidence={"burning": 3}),
            "火警升级！三号宿舍楼二层东走廊等3处报警，首警02:14。拨119，组织疏散，清点人数。回1收到。编号07",
        ),
        (
            "fire.multi",
            alarm("manual", "manual-1/call", "fire-confirmed", confirmed=True),
            "火警升级！三号宿舍楼二层东走廊手动报警，首警02:14。拨119，组织疏散，清点人数。回1收到。编号07",
        ),
        ("gas.l2", GAS, "燃气泄漏（高限）！食堂后厨45%LEL，02:14。正在关阀。撤人，勿碰开关，室外拨119。回1收到。编号07"),
        (
            "gas.l1",
            alarm("gas-1", "gas-1/gas", evidence={"value": 22.5, "limit": 20}),
            "可燃气偏高（低限）！食堂后厨22.5%LEL，02:14。无排风机。关火开窗，勿动开关。回1收到。编号07",
        ),
        (
            "elec.alarm",
            alarm("electrical", "leak-1/leak-1", evidence={"value": 400.0, "limit": 300.0}),
            "电气报警！主楼办公室照明干线一路400mA，限300mA，02:14。电工到场，勿反复合闸。回1收到。编号07",
        ),
        (
            "elec.state",
            alarm("electrical", "arc-1/arc", evidence={"value": 1.0}),
            "电气报警！主楼办公室插座一路报警，02:14。请电工到场，勿反复合闸。回1收到。编号07",
        ),
        (
            "store.single",
            alarm("store", "io-1/door", evidence={"which": "?"}),
            "危化柜单人开启！危化品库02:14仅一把锁开，门已开。立即到场核实。回1收到 4本人在场。编号07",
        ),
        (
            "output",
            alarm("output", "relay/evac"),
            "输出未动作！三号宿舍楼疏散警报02:14未按命令动作。请立即人工操作并报修。回1收到。编号07",
        ),
        (
            "cannot-call",
            alarm("cannot-call", "box/cannot-call", evidence={"person": "sun"}),
            "报警盒不能通知！02:14起消息送不到孙主任。请守在值班室，口头转告并报修。回1收到。编号07",
        ),
        (
            "cannot-call",
            alarm("cannot-call", "box/channels", evidence={"why": "没有登记到网络"}),
            "报警盒不能通知！02:14起消息送不到任何人。请守在值班室，口头转告并报修。回1收到。编号07",
        ),
        (
            "line",
            alarm("line", "rs485-a/link"),
            "线路中断：rs485-a02:14起无应答，整条线失去监测。请加强巡查并报修。回1收到。编号07",
        ),
    ],
)
def test_words(message: str, a: Alarm, words: str) -> None:
    assert text(message, a, 3 * 60_000) == words


def test_english_names_the_same_things() -> None:
    assert text("gas.l2", GAS, language="en") == (
        "GAS LEAK high limit! 食堂后厨 45 %LEL, 02:14. Valve being closed. Everybody out, no switches, call 119 outdoors."
        " Reply 1. No.07"
    )


def test_the_bureaus_reason() -> None:
    real = replace(acked(FIRE, 0), confirmed=True, result=Result.REAL, result_by="wu")
    for a, why in (
        (FIRE, "5分钟无人响应"),
        (acked(FIRE, 0), "5分钟未核实"),
        (replace(FIRE, confirmed=True), "两处以上报警"),
        (real, "现场核实真火"),
    ):
        assert text("fire.bureau", a, 5 * 60_000, bureau=True) == (
            f"三中火警！三号宿舍楼二层东走廊02:14报警，{why}。校方李保安13800000001。回1收到。编号07"
        )


def test_what_the_bureau_reads_instead() -> None:
    assert message_for("panic", FIRE, PLANT, "bureau") == "bureau.other"
    assert message_for("fire.again", FIRE, PLANT, "bureau") == "fire.bureau"
    assert message_for("recover.fault", FIRE, PLANT, "bureau") == "recover.fault"
    assert message_for("panic", FIRE, PLANT, "duty") == "panic"


def test_closing_without_a_result_does_not_claim_one() -> None:
    assert message_for("recover.alarm", alarm("tamper"), PLANT, "duty") == "recover.other"
    gone = replace(FIRE, result=Result.REMOVED)
    assert (
        text("recover.fire", gone, duty="") == "已结束：三号宿舍楼二层东走廊02:14火警，系统02:14核实已拆除，02:14复位。编号07"
    )


def test_every_word_used_fits_its_field() -> None:
    words = [(FIELDS["verdict"], v[0]) for v in VERDICTS.values()] + [(FIELDS["out"], o[0]) for o in OUTPUTS.values()]
    words += [(FIELDS["what"], k.zh) for k in KINDS.values() if k.severity > 1]
    words += [(FIELDS["why"], QUANTITIES[q].zh) for q in ("manual-call", "flow")]
    assert [w for most, w in words if units(w) > most] == []


@pytest.mark.parametrize(
    ("value", "words"), [(100.0, "100%LEL"), (99.9, "99.9%LEL"), (20, "20%LEL"), (None, ""), ("x", ""), (0.04, "0%LEL")]
)
def test_numbers_without_needless_zeros(value: object, words: str) -> None:
    a = alarm("gas-2", "gas-1/gas", evidence={"value": value})
    assert args_for(a, PLANT, Now(T0, 0), "li", "zh")["val"] == words


def test_an_unknown_field_is_a_bug() -> None:
    with pytest.raises(KeyError):
        render("panic", {"place": "x"}, "zh")


def test_the_document_shows_the_shipped_policies() -> None:
    assert escalation_md.PAGE.read_text(encoding="utf-8") == escalation_md.page(), "run: python -m tools.escalation_md"


@pytest.mark.parametrize(
    ("quantity", "name", "zh", "en"),
    [("door", "门", "门02:14开", "门 open at 02:14"), ("intrusion", "红外", "红外02:14报警", "红外 alarm at 02:14")],
)
def test_an_intrusion_says_what_its_sensor_saw(quantity: str, name: str, zh: str, en: str) -> None:
    school = replace(PLANT, points=PLANT.points | {"io-1/x": Point("io-1/x", "io-1", quantity, "office", name, 30_000)})
    seen = alarm("intrusion", "io-1/x")
    for language, words in (("zh", zh), ("en", en)):
        assert words in render("intrusion", args_for(seen, school, Now(T0, 0), "", language), language)
