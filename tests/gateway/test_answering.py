"""Who an answer is from, and that the same answer heard twice is the same Command."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from alerts.model import Command, Delivery, Fate, Inbound, Notification, Reply
from alerts.plant import Person, Plant
from drivers.reading import Now
from gateway.answering import REPLY, Answering, own

PEOPLE = {
    "wang": Person("wang", "王建国", "duty", "+8613800000001", ("sms",)),
    "li": Person("li", "李保安", "duty", "", ("sms",)),
}
PLANT = Plant("s", "三中", "三中", "Asia/Shanghai", {}, {}, {}, PEOPLE, (), {}, (), {})


class Clock:
    def now(self) -> Now:
        return Now(1_800_000_000_000, 77)

    def ok(self) -> bool:
        return True


async def _never(command: Command) -> Reply:
    raise AssertionError("nothing is asked here")


ANSWERING = Answering(PLANT, Clock(), _never, {})


def test_an_sms_is_its_senders_command() -> None:
    command, person = ANSWERING.command(Inbound("sms", "1", "+8613800000001", id="13800000001:62"))
    assert person == PEOPLE["wang"] and command is not None
    assert (command.verb, command.person, command.proof, command.alarm) == ("text", "wang", "sms", "")
    assert command.args == {"text": "1"} and "138" not in command.id


def test_a_key_is_the_called_persons_about_that_alarm() -> None:
    command, _ = ANSWERING.command(Inbound("call", "2", key="s-7:1:first:1:li:call", id="c1"))
    assert command is not None and (command.person, command.proof, command.alarm) == ("li", "key", "s-7")


def test_the_same_answer_twice_is_one_command_and_another_is_another() -> None:
    def id(inbound: Inbound) -> str:
        command, _ = ANSWERING.command(inbound)
        assert command is not None
        return command.id

    one = Inbound("sms", "1", "+8613800000001", id="13800000001:62")
    assert id(one) == id(one) != id(Inbound("sms", "1", "+8613800000001", id="13800000001:63"))


class Line:
    """The channel's end of a Teller."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Notification] = asyncio.Queue()

    def send(self, n: Notification) -> None:
        self.sent.put_nowait(n)


async def test_who_pressed_a_key_is_asked_for_the_cause_by_sms() -> None:
    """The call is over by then; without the question the 误报 would never count."""
    plant = replace(PLANT, channels={"sms": "modem", "call": "aliyun-voice"})
    sms, call = Line(), Line()

    async def ask(command: Command) -> Reply:
        return Reply(command.id, True, "ask.cause", ("07号误报原因？", "why?"))

    answering = Answering(plant, Clock(), ask, {"sms": sms, "call": call})  # type: ignore[dict-item]
    answering.heard(Inbound("call", "3", key="s-7:1:first:1:wang:call", id="c1"))
    told = await asyncio.wait_for(sms.sent.get(), 20)
    assert (told.person, told.channel, told.text) == ("wang", "sms", "07号误报原因？") and call.sent.empty()
    answering.heard(Inbound("sms", "3", "+8613800000001", id="1"))
    assert (await asyncio.wait_for(sms.sent.get(), 20)).channel == "sms"


async def test_a_reply_without_words_is_not_sent() -> None:
    """A telephone that answers by itself would answer that too, for ever."""
    words = iter((("", ""), ("短信太多", "Too many")))
    sms = Line()

    async def ask(command: Command) -> Reply:
        return Reply(command.id, False, "refused.rate", next(words))

    answering = Answering(PLANT, Clock(), ask, {"sms": sms})  # type: ignore[dict-item]
    for n in range(2):
        answering.heard(Inbound("sms", "自动回复", "+8613800000001", id=str(n)))
    assert (await asyncio.wait_for(sms.sent.get(), 20)).text == "短信太多" and sms.sent.empty()


def test_nobody_listed() -> None:
    for stranger in (Inbound("sms", "1", "+8613911111111"), Inbound("sms", "1", ""), Inbound("call", "1", key="x"),
                     Inbound("call", "1", key="s-7:1:first:1:gone:call")):  # fmt: skip
        assert ANSWERING.command(stranger) == (None, None)


def test_the_fate_of_a_reply_is_no_news_for_the_engine() -> None:
    assert own(Delivery(f"{REPLY}x", Fate.GAVE_UP, why="no")) and not own(Delivery("s-7:1:first:1:li:sms", Fate.ACCEPTED))
