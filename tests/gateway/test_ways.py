"""With no way to anybody outside in order the box cannot call, and says so before there is anything to call for."""

from __future__ import annotations

from gateway.inbox import Inbox
from gateway.runtime import _channel_health


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
