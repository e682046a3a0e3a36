"""profile_from_dict: what it refuses, where it points, and that a profile survives the way to JSON and back."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.profile import (
    Channel,
    Limits,
    Output,
    Profile,
    ProfileError,
    ScaleFrom,
    ValidIf,
    Within,
    profile_from_dict,
    profile_to_dict,
)
from drivers.recognise import Sign

GAS: dict[str, Any] = {
    "profile": 1,
    "id": "sga-gas",
    "name_zh": "可燃气体变送器",
    "vendor": "SGA",
    "model": "fixed",
    "kind": "digital-io",
    "verified": "partial",
    "source": "a driver",
    "caveats": ["only %LEL"],
    "line": {
        "baud": 4800,
        "framing": "8N2",
        "unit": 7,
        "signs": [
            {"space": "input", "address": 9, "equals": 31, "page": "p.2"},
            {"space": "input", "address": 10, "page": "p.2"},
        ],
    },
    "limits": {"max_registers": 1, "gap": 200, "latency": 500, "alone": True},
    "channels": {
        "gas": {
            "quantity": "combustible-gas",
            "space": "holding",
            "address": 257,
            "scale_from": [{"space": "holding", "address": 258, "factors": {0: 1, 1: 0.1}}],
            "valid_if": [{"space": "holding", "address": 260, "mask": 0xFFFF, "equals": 0, "fault": "单位"}],
            "sentinels": {0xFFFF: "探测器故障"},
            "page": "p.3",
        },
        "tank": {
            "quantity": "level",
            "space": "input",
            "address": 3,
            "type": "sm16",
            "within": {"low": 3600, "high": 21000, "fault": "断线"},
        },
        "state": {"quantity": "alert", "space": "input", "address": 4, "states": {0: 0, "0x10": 1}},
        "relay": {"quantity": "output", "space": "coil", "address": 0},
    },
    "outputs": {"relay": {"function": 5, "address": 0, "on": 0xFF00, "off": 0, "readback": "relay"}},
}


def test_every_key_lands_in_its_field() -> None:
    assert profile_from_dict(GAS, "gas.yaml") == Profile(
        id="sga-gas",
        vendor="SGA",
        model="fixed",
        kind="digital-io",
        verified="partial",
        source="a driver",
        channels=(
            Channel(
                "gas",
                "combustible-gas",
                "holding",
                257,
                scale_from=(ScaleFrom("holding", 258, {0: 1.0, 1: 0.1}),),
                valid_if=(ValidIf("holding", 260, 0xFFFF, (0,), "单位"),),
                sentinels={0xFFFF: "探测器故障"},
                page="p.3",
            ),
            Channel("tank", "level", "input", 3, "sm16", within=Within(3600, 21000, "断线")),
            Channel("state", "alert", "input", 4, states={0: 0, 16: 1}),
            Channel("relay", "output", "coil", 0, "bit"),
        ),
        outputs=(Output("relay", 5, 0, 0xFF00, 0, "relay"),),
        limits=Limits(max_registers=1, gap=200, latency=500, alone=True),
        unit=7,
        baud=4800,
        framing="8N2",
        signs=(Sign("input", 9, 31, "p.2"), Sign("input", 10, 0, "p.2")),
        caveats=("only %LEL",),
        name_zh="可燃气体变送器",
    )


def test_round_trip_through_json() -> None:
    profile = profile_from_dict(GAS, "gas.yaml")
    assert profile_from_dict(json.loads(json.dumps(profile_to_dict(profile))), "compiled") == profile


def put(*path: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return change


def drop(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        for key in path[:-1]:
            data = data[key]
        del data[path[-1]]

    return change


def rename(*path: str, to: str) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        for key in path[:-1]:
            data = data[key]
        data[to] = data.pop(path[-1])

    return change


G = ("channels", "gas")
T = ("channels", "tank")
S = ("channels", "state")
R = ("channels", "relay")
O = ("outputs", "relay")  # noqa: E741
MISTAKES: list[tuple[Callable[[dict[str, Any]], None], tuple[str, ...], str]] = [
    (put("modell", value="x"), ("modell",), "没有这个键"),
    (put("modell", value="x"), ("modell",), "没有这个键，是 model 吗"),
    (put(*G, "witin", value={}), (*G, "witin"), "没有这个键，是 within 吗"),
    (put("colour", value="x"), ("colour",), "没有这个键"),
    (drop("vendor"), ("vendor",), "缺少这个键"),
    (rename(*G, "quantity", to="quantiy"), (*G, "quantity"), "缺少这个键，写成了 'quantiy'"),
    (
        rename(*G, "quantity", to="quantity：temperature"),
        (*G, "quantity"),
        "写成了 'quantity：temperature'（看拼写，标点用半角）",
    ),
    (drop("profile"), ("profile",), "缺少这个键"),
    (put("profile", value=2), ("profile",), "1 到 1"),
    (put("id", value="SGA gas"), ("id",), "小写字母"),
    (put("id", value="x" * 33), ("id",), "最长 32"),
    (put("vendor", value=3), ("vendor",), "应是文字"),
    (put("source", value=" "), ("source",), "应是文字"),
    (put("verified", value=False), ("verified",), "加引号"),
    (put("caveats", value="one"), ("caveats",), "应是列表"),
    (put("caveats", value=[1]), ("caveats",), "只能是文字"),
    (put("line", value=[]), ("line",), "键: 值"),
    (put("line", "baud", value=9601), ("line", "baud"), "只能是"),
    (put("line", "framing", value="7E1"), ("line", "framing"), "不认识"),
    (put("line", "framing", value=80.0), ("line", "framing"), "加引号"),  # YAML's reading of a bare 8E1
    (put("line", "unit", value=0), ("line", "unit"), "1 到 255"),
    (put("line", "parity", value="N"), ("line", "parity"), "没有这个键；可用 baud framing signs unit unit_at"),
    (put("limits", "max_registers", value=126), ("limits", "max_registers"), "1 到 125"),
    (put("limits", "alone", value=1), ("limits", "alone"), "true 或 false"),
    (put("limits", value={"bit_block": 7, "max_bits": 8}), ("limits", "max_bits"), "整数倍"),
    (put("channels", value={}), (*O, "readback"), "不认识"),
    (put("channels", value=None), ("channels",), "键: 值"),
    (put("channels", "Gas", value={}), ("channels", "Gas"), "小写字母"),
    (put(*G, value=None), G, "键: 值"),
    (put(*G, "quantity", value="gas"), (*G, "quantity"), "不认识"),
    (put(*G, "quantity", value="可燃气体"), (*G, "quantity"), "可用的见 docs/add-a-device.md"),
    (put(*G, "space", value="register"), (*G, "space"), "不认识"),
    (put(*G, "address", value=65536), (*G, "address"), "0 到 65535"),
    (put(*G, "address", value=-1), (*G, "address"), "0 到 65535"),
    (put(*G, "address", value="0101H"), (*G, "address"), "整数，十六进制写 0x…，不加引号"),
    (put(*G, "address", value=40005), (*G, "address"), "线上地址是 4"),
    (put(*T, "address", value=30001), (*T, "address"), "线上地址是 0"),
    (put(*R, value={"quantity": "alert", "space": "discrete", "address": 19999}), (*R, "address"), "线上地址是 9998"),
    (put(*G, "scale_from", 0, "address", value=40003), (*G, "scale_from"), "线上地址是 2"),
    (put(*G, "valid_if", 0, "address", value=40003), (*G, "valid_if"), "线上地址是 2"),
    (
        put("channels", "far", value={"quantity": "count", "space": "input", "address": 8, "type": "u32"}),
        ("limits", "max_registers"),
        "通道 far 是 32 位",
    ),
    (put(*G, "address", value=True), (*G, "address"), "整数"),
    (put(*G, "type", value="int16"), (*G, "type"), "不认识"),
    (put(*G, "type", value="bit"), (*G, "type"), "开关量"),
    (put(*G, "order", value="CDAB"), (*G, "order"), "32 位"),
    (put(*G, "order", value="ABDC"), (*G, "order"), "不认识"),
    (put(*G, "scale", value=0), (*G, "scale"), "不能为 0"),
    (put(*G, "scale", value="0.1"), (*G, "scale"), "应是数字"),
    (put(*G, "scale", value=float("nan")), (*G, "scale"), "应是数字"),
    (put(*G, "shift", value=1), (*G, "shift"), "mask"),
    (put(*G, "invert", value=True), (*G, "invert"), "取反"),
    (put(*G, "scale_from", value={"space": "holding"}), (*G, "scale_from"), "应是列表"),
    (
        put(*G, "scale_from", value=[{"space": "holding", "address": 1, "factors": {}}]),
        (*G, "scale_from", "0", "factors"),
        "不能为空",
    ),
    (
        put(*G, "scale_from", value=[{"space": "holding", "address": 1, "factors": {"a": 1}}]),
        (*G, "scale_from", "0", "factors", "a"),
        "非负整数",
    ),
    (
        put(*G, "valid_if", value=[{"space": "holding", "address": 1, "mask": 2, "equals": 1, "fault": "x"}]),
        (*G, "valid_if", "0", "equals"),
        "永远不成立",
    ),
    (
        put(*G, "valid_if", value=[{"space": "holding", "address": 1, "mask": 3, "equals": [1, 5], "fault": "x"}]),
        (*G, "valid_if", "0", "equals"),
        "永远不成立",
    ),
    (
        put(*G, "valid_if", value=[{"space": "holding", "address": 1, "mask": 3, "equals": [], "fault": "x"}]),
        (*G, "valid_if", "0", "equals"),
        "或这样的列表",
    ),
    (
        put(*G, "valid_if", value=[{"space": "holding", "address": 1, "mask": 2, "equals": 2}]),
        (*G, "valid_if", "0", "fault"),
        "缺少",
    ),
    (put(*G, "sentinels", value={-1: "x"}), (*G, "sentinels", "-1"), "-1 写 0xFFFF"),
    (put(*T, "within", value={"low": 4000, "high": 20000}), (*T, "within", "fault"), "缺少"),
    (put(*T, "within", "high", value=3600), (*T, "within", "low"), "小于 high"),
    (put(*T, "within", "step", value=1), (*T, "within", "step"), "没有这个键"),
    (put(*S, "within", value={"low": 0, "high": 1, "fault": "x"}), (*S, "within"), "只用于数值"),
    (put(*T, "states", value={0: 0, 1: 1}), (*T, "states"), "开关量"),
    (put(*R, "states", value={0: 0, 1: 1}), (*R, "states"), "开关量"),
    (put(*S, "invert", value=True), (*S, "states"), "不与 invert 同用"),
    (put(*S, "states", value={0: 0, 5: 0}), (*S, "states"), "0 和 1 都要有"),
    (put(*S, "values", value={0: 1}), (*S, "values", "0"), "冒号后面的写错了"),
    (put(*S, "states", value={0: 0, 5: 2}), (*S, "states", "5"), "代码: 值"),
    (put(*S, "states", value={0: 0, 5: True}), (*S, "states", "5"), "代码: 值"),
    (put(*S, "states", value={0: 0, 70000: 1}), (*S, "states"), "超出 0..65535"),
    (put(*G, "sentinels", value={0xFFFF: ""}), (*G, "sentinels", "65535"), "代码: 值"),
    (put(*G, "sentinels", value={0x10000: "x"}), (*G, "sentinels"), "超出 0..65535"),
    (put(*G, "sentinels", value={1: "x", "0x1": "y"}), (*G, "sentinels", "0x1"), "重复"),
    (put(*R, "type", value="u16"), (*R, "type"), "只能是 bit"),
    (put(*R, "mask", value=1), (*R, "mask"), "mask 只用于"),
    (put(*R, "scale", value=0.1), (*R, "scale"), "不用换算"),
    (put(*R, value={"quantity": "output", "space": "holding", "address": 9, "type": "bit"}), (*R, "mask"), "mask 指明"),
    (put(*R, value={"quantity": "output", "space": "holding", "address": 9, "type": "f32"}), (*R, "type"), "32 位"),
    (put(*R, value={"quantity": "output", "space": "holding", "address": 9, "mask": 2, "shift": 2}), (*R, "shift"), "移掉"),
    (
        put("channels", "copy", value={"quantity": "output", "space": "coil", "address": 0}),
        ("channels", "copy", "address"),
        "通道 relay",
    ),
    (
        put("channels", "copy", value={"quantity": "count", "space": "holding", "address": 256, "type": "u32"}),
        ("channels", "copy", "address"),
        "通道 gas 读的是同一处（32 位值占两个寄存器）",
    ),
    (
        put("channels", "copy", value={"quantity": "count", "space": "holding", "address": 257, "type": "s16"}),
        ("channels", "copy", "address"),
        "通道 gas",
    ),
    (put(*O, "function", value=15), (*O, "function"), "只能是 5、6、16"),
    (put(*O, "on", value=0x5500), (*O, "on"), "带定时"),
    (put(*O, "off", value=0xFF00), (*O, "off"), "不能相同"),
    (put(*O, "readback", value="gas"), (*O, "readback"), "不认识"),
    (drop(*O, "readback"), (*O, "readback"), "缺少"),
]


@pytest.mark.parametrize(("change", "path", "zh"), MISTAKES, ids=[f"{'.'.join(m[1])} {m[2]}" for m in MISTAKES])
def test_a_mistake_is_named_with_its_path(change: Callable[[dict[str, Any]], None], path: tuple[str, ...], zh: str) -> None:
    data = copy.deepcopy(GAS)
    change(data)
    with pytest.raises(ProfileError) as caught:
        profile_from_dict(data, "gas.yaml")
    assert (caught.value.where, caught.value.path) == ("gas.yaml", path)
    assert zh in caught.value.zh
    assert caught.value.en
    assert str(caught.value).startswith(f"gas.yaml: {'.'.join(path)}: ")


def test_allowed_words_are_told() -> None:
    for path, word in (
        (("channels", "gas", "quantity"), "combustible-gas"),
        (("line", "baud"), "9600"),
        (("readbak",), "vendor"),
    ):
        data = copy.deepcopy(GAS)
        put(*path, value=1)(data)
        with pytest.raises(ProfileError) as caught:
            profile_from_dict(data, "gas.yaml")
        assert word in caught.value.allowed


def test_a_register_type_of_32_bits_may_not_start_at_the_last_address() -> None:
    data = copy.deepcopy(GAS)
    data["channels"]["gas"].update(type="u32", address=0xFFFF)
    with pytest.raises(ProfileError, match="65534"):
        profile_from_dict(data, "gas.yaml")


def test_a_channel_may_pick_bits_of_a_register_that_is_a_channel_and_halves_lie_side_by_side() -> None:
    data = copy.deepcopy(GAS)
    data["channels"]["bit"] = {"quantity": "alert", "space": "input", "address": 3, "type": "bit", "mask": 4}
    data["channels"]["code"] = {"quantity": "code", "space": "input", "address": 4}
    data["channels"]["worse"] = {"quantity": "alert", "space": "input", "address": 4, "states": {0: 0, 0x10: 0, 0x11: 1}}
    data["channels"]["high"] = {"quantity": "count", "space": "input", "address": 9, "type": "u8-high"}
    data["channels"]["low"] = {"quantity": "count", "space": "input", "address": 9, "type": "u8-low"}
    assert len(profile_from_dict(data, "gas.yaml").channels) == 9
    data["channels"]["again"] = {**data["channels"]["worse"]}
    with pytest.raises(ProfileError, match="通道 worse 读的是同一处"):
        profile_from_dict(data, "gas.yaml")


def test_an_address_in_the_manuals_hundreds_is_believed_when_the_page_says_so() -> None:
    data = copy.deepcopy(GAS)
    data["channels"]["gas"].update(address=40005, page="p.3, wire 40005")
    assert profile_from_dict(data, "gas.yaml").channels[0].address == 40005


@pytest.mark.parametrize("kind", ["breaker", "smart-breaker", "socket", "relay-board", "combustible-gas"])
def test_r18_only_kinds_that_switch_nothing_dangerous_have_outputs(kind: str) -> None:
    """Whatever the breaker is called: a list of what may not would let a new name pass."""
    with pytest.raises(ProfileError, match="不断电、不开锁"):
        profile_from_dict({**GAS, "kind": kind}, "gas.yaml")


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70000) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(0, 9), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    [(k,) for k in GAS]
    + [("channels", "gas", k) for k in (*GAS["channels"]["gas"], "mask", "type", "values")]
    + [("channels", "gas", k, 0) for k in ("scale_from", "valid_if")]
    + [("channels", "state", k) for k in ("states", "invert", "mask", "type")]
    + [("channels", "tank", k) for k in ("within", "scale", "offset", "order")]
    + [("outputs", "relay", k) for k in GAS["outputs"]["relay"]]
)


@settings(deadline=None)
@given(keys, junk)
def test_junk_anywhere_gives_a_profile_or_a_profile_error(path: tuple[Any, ...], value: object) -> None:
    data = copy.deepcopy(GAS)
    put(*path, value=value)(data)
    try:
        profile = profile_from_dict(data, "gas.yaml")
    except ProfileError as error:
        assert error.path and error.zh and error.en
    else:
        assert profile_from_dict(json.loads(json.dumps(profile_to_dict(profile))), "again") == profile
