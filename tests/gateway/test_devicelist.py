"""The list of devices for a bureau: what stands in it, that it is cut into messages any broker takes, what makes it move."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.plant import Plant, Point, Zone
from drivers.reading import Now, Quality, Reading
from gateway import devicelist
from gateway.stream.wire import devices_payload

DEVICE = {"id": "io", "profile": "waveshare-io8", "zone": "room", "points": ["io/di-1", "io/di-2", "io/gone"], "bad": 1,
          "last_good": 7, "fault": "无应答 silent", "bus": "lab", "latency": 3.0}  # fmt: skip


def plant() -> Plant:
    points = {f"io/{c}": Point(f"io/{c}", "io", "smoke", "room", name, 1000) for c, name in (("di-1", "烟感"), ("di-2", ""))}
    return Plant(
        "s", "校", "校", "Asia/Shanghai", {}, {"room": Zone("room", "301室", "", "classroom")}, points, {}, (), {}, (), {}
    )


def test_a_device_is_told_with_its_place_its_fault_and_what_is_known_of_each_point() -> None:
    view = {"io/di-1": Reading("io/di-1", 0.0, Quality.GOOD, Now(9, 9))}
    (told,) = devicelist.facts([DEVICE], plant(), view)
    assert told == {
        "id": "io", "profile": "waveshare-io8", "place": "301室", "bad": 1, "last_good": 7, "fault": "无应答 silent",
        "points": [
            {"id": "io/di-1", "name": "烟感", "quantity": "smoke", "quality": "good"},
            {"id": "io/di-2", "name": "", "quantity": "smoke", "quality": "stale"},
        ],
    }  # fmt: skip
    assert devicelist.facts([{**DEVICE, "bad": 0}], plant(), view)[0]["last_good"] is None, (
        "it is good now: that moves all the time"
    )


def test_what_moves_while_nothing_changes_is_not_told_again() -> None:
    later = {**DEVICE, "last_good": 8}
    assert devicelist.steady([DEVICE]) == devicelist.steady([later]) != devicelist.steady([{**DEVICE, "bad": 2}])


@given(st.lists(st.integers(0, 130), max_size=60))
def test_every_device_is_in_one_part_in_order_and_no_part_is_too_large(points: list[int]) -> None:
    devices: list[dict[str, Any]] = [
        {"id": f"d{n}", "place": "三号宿舍楼" * 4, "points": [{"id": f"d{n}/c-{k}", "quality": "good"} for k in range(many)]}
        for n, many in enumerate(points)
    ]
    parts = devicelist.parts(devices)
    assert [d for part in parts for d in part] == devices and len(parts) >= 1
    for part in parts:
        size = len(devices_payload(part, len(parts), 0))
        assert len(part) == 1 or size < 16_000, "the smallest broker takes 16 kB"
    assert len(parts) <= 1 + 2 * len(json.dumps(devices, ensure_ascii=False)) // devicelist.PART
