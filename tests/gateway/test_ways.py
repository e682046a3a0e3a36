"""With no way to anybody outside in order the box cannot call, and says so; what a channel took before a restart it is told of."""

from __future__ import annotations

from dataclasses import replace

from alerts.channels.provider import Taken
from alerts.model import Notification, Severity
from alerts.plant import Person, Plant
from drivers.reading import Now
from gateway.inbox import Inbox
from gateway.runtime import _channel_health, _taken
from gateway.store.restored import Restored


def told(inbox: Inbox) -> list[tuple[str, str, bool]]:
    out = []
    while news := inbox.take_system():
        out.append(news[:3])
    return out


def test_the_box_cannot_call_while_every_remote_channel_is_out_of_order() -> None:
    inbox, ways = Inbox(()), {"sms": True, "robot": True}
    _channel_health(inbox, ways, "sms", True, "没有登记到网络")
    assert told(inbox) == [("fault", "channel-sms", True), ("cannot-call", "channels", False)]
    _channel_health(inbox, ways, "robot", True, "连接失败")
    assert told(inbox) == [("fault", "channel-robot", True), ("cannot-call", "channels", True)]
    _channel_health(inbox, ways, "sms", False, "")
    assert told(inbox)[1] == ("cannot-call", "channels", False)


def test_what_nobody_outside_hears_is_no_way() -> None:
    inbox = Inbox(())
    _channel_health(inbox, {"sms": True}, "speech", True, "no player")
    _channel_health(inbox, {}, "screen", True, "closed")
    assert told(inbox) == [("fault", "channel-speech", True), ("fault", "channel-screen", True)]


def test_a_channel_is_given_back_what_it_took_before_the_box_started_again() -> None:
    made = Now(1_800_000_000_000, 5)
    n = Notification("s-7:1:first:1:li:call", "s-7", "first", "li", "call", "fire.first", "火警", "", Severity.FIRE, made=made)
    others = (replace(n, key="k2", channel="sms"), replace(n, key="k3", person="gone"), replace(n, key="k4"))
    people = {"li": Person("li", "李保安", "duty", "+8613800000002", ("call",))}
    plant = Plant("s", "三中", "三中", "Asia/Shanghai", {}, {}, {}, people, (), {}, (), {})
    found = Restored(taken=(n, *others), receipts={n.key: "c1", "k2": "c2", "k3": "c3"})
    assert _taken(found, plant, "call") == [Taken(n.key, "c1", "+8613800000002", made.wall)]
