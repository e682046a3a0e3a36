"""One Command about several alarms: one answer for all of them, which asks for a result only where one is wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from people_world import T0, alarm, plant

from alerts import carry
from alerts.model import Command, Reply
from drivers.reading import Now

PLANT = plant()


@pytest.mark.parametrize(
    ("policies", "words"),
    [
        (("school-fire", "silent"), "已记录：你已收到2条：07-08"),
        (("fire", "fire"), "已记录：你已收到2条：07-08。请尽快报结果，如 2 07 或 3 07"),
        (("silent", "fire"), "已记录：你已收到2条：07-08。请尽快报结果，如 2 08 或 3 08"),
    ],
)
def test_one_answer_for_several_asks_for_a_result_only_where_one_is_wanted(policies: tuple[str, str], words: str) -> None:
    meant = [replace(alarm(policy=p), id=f"a{n}", number=7 + n) for n, p in enumerate(policies)]
    cmd = Command("c1", "ack", "li", "local", T0 + 30_000)
    reply = carry.out(cmd, PLANT.people["li"], meant, PLANT, Now(T0, 0), lambda done, args: 1)
    assert isinstance(reply, Reply) and reply.ok and reply.text[0] == words
