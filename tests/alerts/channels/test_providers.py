"""Every HTTP provider against a far side that reads the documents for itself: signed, taken, refused in every way, receipts, keys."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import far_tls
import pytest
from fake_providers import SECRETS, SETTINGS, FakeProvider, provider

from alerts.channels import aliyun, http
from alerts.channels.base import Asker, Channel
from alerts.channels.faults import DeliveryFault, GiveUp, TryAgain
from alerts.channels.http_channel import HttpChannel
from alerts.channels.provider import Access, Taken
from alerts.channels.registry import CHANNELS
from alerts.kinds import KINDS as KINDS_OF_ALARMS
from alerts.model import Delivery, Fate, Inbound, Notification, Severity
from alerts.plant import Person
from alerts.singly import singly
from drivers.reading import Now

KINDS = tuple(SECRETS)
WANG = Person("wang", "王建国", "duty", "+8613800138000")
CHARACTERS_A_SECOND = 4  # as a voice service reads Chinese
FIELDS = {"place": "3号宿舍2层东走廊", "time": "02:14", "kind": "火警", "code": "07"}
NOTE = Notification(
    "s-7:1:first:1:wang:x", "s-7", "first", "wang", "x", "fire.first", "火警！3号宿舍2层东走廊，烟感02:14报警。编号07",
    "unacked/0", Severity.FIRE, fields=FIELDS,
)  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.mono = 1_000

    def now(self) -> Now:
        return Now(1_790_000_000_000 + self.mono, self.mono)

    def ok(self) -> bool:
        return True


def channel(far: FakeProvider, folder: Path, clock: Clock | None = None) -> Channel:
    secret = folder / "secret"
    secret.write_text(SECRETS[far.kind].format(url=far.url), encoding="utf-8")
    url = {} if "{url}" in SECRETS[far.kind] else {"url": f"{far.url}/"}
    settings = {"id": "x", "secret_file": str(secret), **SETTINGS.get(far.kind, {}), **url}
    return CHANNELS[far.kind].build(settings, clock or Clock())


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_signed_taken_and_whole(kind: str, tmp_path: Path) -> None:
    with provider(kind, messages=1) as far:
        assert channel(far, tmp_path).send(NOTE, WANG).fate is Fate.ACCEPTED
    ((phone, text),) = far.seen
    assert far.wrong == []
    assert phone in ("", WANG.phone, WANG.phone.removeprefix("+86"))
    assert text == NOTE.text or all(value in text or singly(value) in text for value in FIELDS.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("behave", "fault"),
    [("refuse", GiveUp), ("later", TryAgain), ("http-500", TryAgain), ("http-429", TryAgain), ("rubbish", GiveUp)],
)
def test_d13_a_refusal_is_never_a_yes(kind: str, behave: str, fault: type[Exception], tmp_path: Path) -> None:
    with provider(kind) as far:
        far.behave = behave
        with pytest.raises(fault):
            channel(far, tmp_path).send(NOTE, WANG)
    assert far.seen == []


@pytest.mark.parametrize("kind", KINDS)
def test_d13_a_far_side_that_hangs_is_left_in_time(kind: str, tmp_path: Path) -> None:
    with provider(kind) as far:
        far.behave = "hang"
        sender: Any = channel(far, tmp_path)
        sender._timeout = 0.2
        with pytest.raises(TryAgain, match="及时"):
            sender.send(NOTE, WANG)


@pytest.mark.parametrize("kind", KINDS)
def test_d13_slow_is_a_yes_and_byte_by_byte_without_end_is_none(kind: str, tmp_path: Path) -> None:
    """A provider may take its time; one that drips is cut off although something always comes. It may have taken the message."""
    with provider(kind, messages=2) as far:
        far.behave = "slow"
        sender: Any = channel(far, tmp_path)
        assert sender.send(NOTE, WANG).fate is Fate.ACCEPTED
        far.behave = "drip"
        sender._timeout = 0.3
        with pytest.raises(TryAgain, match="及时"):
            sender.send(NOTE, WANG)


@pytest.mark.parametrize("kind", KINDS)
def test_d13_a_name_that_nobody_knows(kind: str, tmp_path: Path) -> None:
    far = FakeProvider(kind)
    far.url = "https://nowhere.invalid"
    with pytest.raises(TryAgain, match="name not found"):
        channel(far, tmp_path).send(NOTE, WANG)


@pytest.mark.parametrize("kind", KINDS)
def test_d13_nobody_listens(kind: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        far = FakeProvider(kind)
        far.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(TryAgain, match="连接失败"):
            channel(far, tmp_path).send(NOTE, WANG)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("certificate", ["localhost", "elsewhere"])
def test_d13_a_certificate_that_does_not_fit(
    kind: str, certificate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an authority that nobody vouches for, and of a known one for another name: nothing is sent, and it says why."""
    if certificate == "elsewhere":
        monkeypatch.setenv("SSL_CERT_FILE", str(far_tls.folder() / "ca.pem"))
    with provider(kind, certificate=certificate) as far, pytest.raises(TryAgain, match="证书不可信"):
        channel(far, tmp_path).send(NOTE, WANG)


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_of_a_known_authority_is_taken(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(far_tls.folder() / "ca.pem"))
    with provider(kind, messages=1, certificate="localhost") as far:
        assert channel(far, tmp_path).send(NOTE, WANG).fate is Fate.ACCEPTED


@pytest.mark.parametrize("kind", KINDS)
def test_d13_a_far_side_that_speaks_no_tls(kind: str, tmp_path: Path) -> None:
    with provider(kind) as far, pytest.raises(TryAgain):
        far.url = far.url.replace("http://", "https://")
        channel(far, tmp_path).send(NOTE, WANG)


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_secret_gives_up_and_names_it_without_showing_any(kind: str, tmp_path: Path) -> None:
    with provider(kind) as far:
        sender = channel(far, tmp_path)
        (tmp_path / "secret").write_text("token = hidden-value\n", encoding="utf-8")
        with pytest.raises(GiveUp, match="缺少") as caught:
            sender.send(NOTE, WANG)
        assert "hidden-value" not in str(caught.value)
        (tmp_path / "secret").unlink()
        with pytest.raises(GiveUp, match="读不到"):
            sender.probe()


@pytest.mark.parametrize("kind", ["aliyun-sms", "aliyun-voice", "tencent-sms"])
def test_a_template_needs_its_fields(kind: str, tmp_path: Path) -> None:
    bare = Notification("k", "s-7", "x", "wang", "x", "daily", "昨日…", "always/0", Severity.INFO)
    with provider(kind) as far, pytest.raises(GiveUp, match="模板"):
        channel(far, tmp_path).send(bare, WANG)


def test_a_call_says_digits_one_by_one_three_times_and_takes_three_keys() -> None:
    """people's voice of §5: 三次，数字一个个念，1收到 2真火警 3误报."""
    access = Access(SETTINGS["aliyun-voice"], {"key_id": "akid", "key_secret": "s"}, 0)
    request = aliyun.voice(access, replace(NOTE, fields=FIELDS | {"place": "3号宿舍楼301室"}), WANG)
    asked = dict(parse_qsl(request.body.decode()))
    assert json.loads(asked["StartTtsParams"]) == {
        "place": "三号宿舍楼三零一室",
        "time": "02:14",
        "kind": "火警",
        "code": "零七",
    }
    assert asked["PlayTimes"] == "3"
    assert [asked[f"MenuKeyMap.{n}.Key"] for n in (1, 2, 3)] == ["1", "2", "3"]


def test_every_kind_of_alarm_fits_the_call_with_its_longest_values() -> None:
    """Nothing of a place of 14 characters, a kind or a number is cut, and three readings take less than a minute."""
    for kind in KINDS_OF_ALARMS.values():
        fields = {"place": "1" * 14, "time": "23:59", "kind": kind.zh, "code": "99"}
        said = json.loads(aliyun.template(replace(NOTE, fields=fields)))
        assert said == fields, kind.id
        once = f"现在播报：{kind.zh}，{kind.zh}。地点{said['place']}。收到请按1，真火警请按2，误报请按3。"
        assert 3 * len(once) / CHARACTERS_A_SECOND < 60, kind.id


def test_a_field_of_a_template_is_cut_and_loses_its_brackets() -> None:
    long = Notification(
        "k", "a", "x", "wang", "x", "m", "t", "r", Severity.INFO, fields=FIELDS | {"place": "【" + "长" * 30 + "】"}
    )
    assert json.loads(aliyun.template(long))["place"] == "长" * 20


def test_the_rpc_signature_of_the_documents_example() -> None:
    """help.aliyun.com, RPC signature, the DescribeRegions example."""
    params = {
        "Timestamp": "2016-02-23T12:46:24Z", "Format": "XML", "AccessKeyId": "testid", "Action": "DescribeRegions",
        "SignatureMethod": "HMAC-SHA1", "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf", "Version": "2014-05-26",
        "SignatureVersion": "1.0",
    }  # fmt: skip
    assert aliyun.signature("testsecret", params, "GET") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


def receipts(kind: str, folder: Path, answers: list[dict[str, Any]]) -> list[Delivery | Inbound]:
    """Everything heard about one message when the provider answers so, a poll period apart."""
    clock, heard = Clock(), []
    with provider(kind, messages=1) as far:
        sender = channel(far, folder, clock)
        sender.send(NOTE, WANG)
        assert sender.hear() == ()  # not yet time to ask
        far.receipts = list(answers)
        for _ in range(len(answers) + 2):
            clock.mono += 5_000
            heard += sender.hear()
        assert far.asked == len(answers), "asked on after the last word"
    return heard


def sms_detail(status: int, code: str = "DELIVERED") -> dict[str, Any]:
    return {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [{"SendStatus": status, "ErrCode": code}]}}


def call_detail(**data: object) -> dict[str, Any]:
    return {"Code": "OK", "Data": json.dumps(data)}


@pytest.mark.parametrize(
    ("kind", "answers", "fates"),
    [
        ("aliyun-sms", [sms_detail(1), sms_detail(3)], [Fate.DELIVERED]),
        ("aliyun-sms", [sms_detail(2, "MOBILE_NOT_ON_SERVICE")], [Fate.REJECTED]),
        ("aliyun-voice", [{"Code": "OK"}, call_detail(state="200002", stateDesc="用户占线")], [Fate.SILENT]),
        ("aliyun-voice", [call_detail(state="200000", duration=9)], [Fate.READ]),
    ],
)
def test_what_became_of_it_is_asked_until_it_is_known(kind: str, answers: list[Any], fates: list[Fate], tmp_path: Path) -> None:
    heard = receipts(kind, tmp_path, answers)
    assert [d.fate for d in heard if isinstance(d, Delivery)] == fates
    assert all(isinstance(d, Delivery) and d.key == NOTE.key for d in heard)


@pytest.mark.parametrize("digit", ["1", "2", "3"])
def test_d16_a_key_pressed_in_the_call_is_an_answer_to_that_message(digit: str, tmp_path: Path) -> None:
    heard = receipts("aliyun-voice", tmp_path, [call_detail(state="200000", dtmf=digit)])
    assert heard[-1] == Inbound("x", digit, key=NOTE.key, id=f"116012354148^10281378:{digit}")


def test_d16_a_key_pressed_while_the_box_starts_again_is_heard(tmp_path: Path) -> None:
    clock = Clock()
    with provider("aliyun-voice") as far:
        started = channel(far, tmp_path, clock)
        wall = clock.now().wall
        assert isinstance(started, Asker)
        started.resume(
            [Taken(NOTE.key, "116012354148^10281378", WANG.phone, wall - 20_000), Taken("old", "x", "", wall - 700_000)]
        )
        far.receipts = [call_detail(state="200000", dtmf="1")]
        assert [one.text for one in started.hear() if isinstance(one, Inbound)] == ["1"]
        assert started.hear() == () and far.asked == 1, "what is ten minutes old is asked after no more"


def test_a_question_that_fails_is_asked_again_and_gives_up_no_message(tmp_path: Path) -> None:
    clock = Clock()
    with provider("aliyun-sms", messages=1) as far:
        sender = channel(far, tmp_path, clock)
        sender.send(NOTE, WANG)
        clock.mono += 5_000
        far.behave = "http-500"
        assert sender.hear() == []
        far.behave, far.receipts = "ok", [sms_detail(3)]
        clock.mono += 5_000
        assert sender.hear() == [Delivery(NOTE.key, Fate.DELIVERED, "900619746936498440^0")]


@pytest.mark.parametrize("kind", KINDS)
def test_d24_any_answer_is_a_yes_a_later_or_a_never(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever JSON comes back, only the documented yes counts, and nothing else is raised."""
    odd: list[Any] = [None, [], {}, 0, {"errcode": "0"}, {"errcode": False}, {"code": None}, {"Code": 0}, {"Response": []},
                      {"Response": {"SendStatusSet": []}}, {"Response": {"SendStatusSet": [{"Code": None}]}}]  # fmt: skip
    with provider(kind) as far:
        sender = channel(far, tmp_path)
        for body in odd:
            said: Callable[..., bytes] = lambda *a, body=body: json.dumps(body).encode()  # noqa: E731
            monkeypatch.setattr(http, "ask", said)
            with pytest.raises(DeliveryFault):
                sender.send(NOTE, WANG)


def test_d16_a_key_is_not_kept_waiting_by_telephones_of_which_there_is_no_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole school is called: each message has its turn to be asked after, however many before it stay without an answer."""
    clock, asked = Clock(), list[str]()

    def receipt(access: Access, taken: Taken) -> http.Request:
        asked.append(taken.key)
        return http.Request("http://provider/", b"")

    monkeypatch.setattr(http, "ask", lambda request, timeout: b'{"Code": "OK", "CallId": "c"}')
    (tmp_path / "secret").write_text(SECRETS["aliyun-voice"], encoding="utf-8")
    settings = {**SETTINGS["aliyun-voice"], "secret_file": str(tmp_path / "secret")}
    tried = HttpChannel(replace(aliyun.ALIYUN_VOICE, receipt=receipt), settings, clock)
    for n in range(30):
        tried.send(replace(NOTE, key=f"s-7:1:first:1:p{n}:x"), WANG)
    clock.mono += 5_000
    for _ in range(30):
        assert tried.hear() == []
        clock.mono += 500
    assert len(set(asked)) == 30
