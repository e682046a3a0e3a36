"""Commands over MQTT: only the box's own key, topic and text prove one, for a short time. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Command, Reply
from gateway.stream.command import LIFE, SKEW, Answered, Unproven, keys_of, parse_reply, reply_payload, seal, unseal
from gateway.stream.wire import WireError

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
TOPIC = "campus/v1/songyang/no3-middle/command"
WALL = 1_800_000_000_000
ACK = Command(
    "4d1f2a9c8b7e6053-1", "ack", "he", "bureau", WALL + LIFE, "no3-middle-7", {"text": "知道了", "n": 1.5, "on": True}
)


def refused(payload: bytes, topic: str = TOPIC, keys: tuple[bytes, ...] = (KEY,), wall: int | None = WALL) -> str:
    with pytest.raises(Unproven) as caught:
        unseal(topic, payload, keys, wall)
    return caught.value.code


def test_d25_17_what_the_bureau_seals_the_box_opens() -> None:
    assert unseal(TOPIC, seal(TOPIC, ACK, KEY), (OTHER, KEY), WALL) == replace(ACK, id=f"bureau:{ACK.id}")


def test_d25_17_the_form_is_the_documented_one() -> None:
    """The mac was made with `openssl dgst -sha256 -mac HMAC -macopt hexkey:0001…1f`, not with our code."""
    said = json.loads(seal(TOPIC, replace(ACK, args={}), KEY))
    assert said.pop("mac") == "4d12a28ffc820e82557254e73195b27eb0cda2a6cebb115ac14b669e9e8204f3"
    assert said == {
        "v": 1, "id": ACK.id, "verb": "ack", "person": "he", "alarm": "no3-middle-7", "args": {}, "expires": WALL + LIFE,
    }  # fmt: skip


def test_d25_17_another_key_topic_or_text_is_refused() -> None:
    sealed = seal(TOPIC, ACK, KEY)
    assert refused(sealed, keys=(OTHER,)) == refused(sealed, keys=()) == "refused.proof"
    assert refused(sealed, topic=TOPIC.replace("no3", "no4")) == "refused.proof"
    assert refused(sealed.replace(b'"ack"', b'"note"')) == "refused.proof"
    said: dict[str, Any] = json.loads(sealed)
    others = {"id": "x" * 16, "verb": "note", "person": "li", "alarm": "", "args": {}, "expires": WALL}
    assert others.keys() == said.keys() - {"v", "mac"}
    for name, other in others.items():
        assert refused(json.dumps({**said, name: other}).encode()) == "refused.proof"
    assert refused(json.dumps({**said, "role": "admin"}).encode()) == "refused.proof"
    assert refused(json.dumps({k: v for k, v in said.items() if k != "mac"}).encode()) == "refused.proof"
    assert refused(sealed + b" " * 9000) == "refused.proof"


def test_d25_17_it_names_itself_so_that_the_bureau_hears_what_became_of_it() -> None:
    with pytest.raises(Unproven) as caught:
        unseal(TOPIC, seal(TOPIC, ACK, KEY), (OTHER,), WALL)
    assert caught.value.id == ACK.id


def test_d25_17_no_command_outlives_the_memory_of_its_id() -> None:
    late = replace(ACK, expires=WALL + LIFE + SKEW)
    assert unseal(TOPIC, seal(TOPIC, late, KEY), (KEY,), WALL).expires == late.expires
    longer = seal(TOPIC, replace(ACK, expires=WALL + LIFE + SKEW + 1), KEY)
    assert refused(longer) == "refused.clocks"
    assert unseal(TOPIC, longer, (KEY,), None).id  # the clock is not set: the engine refuses it for that


WRONG: list[dict[str, object]] = [
    {"id": "short"},
    {"id": 7},
    {"expires": "soon"},
    {"expires": True},
    {"args": []},
    {"verb": 1},
    {"person": "x" * 101},
]


@pytest.mark.parametrize("change", WRONG)
def test_a_proven_command_of_a_wrong_shape_is_refused(change: dict[str, object]) -> None:
    import hashlib
    import hmac

    said = {**json.loads(seal(TOPIC, ACK, KEY)), **change}
    del said["mac"]
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    said["mac"] = hmac.new(KEY, TOPIC.encode() + b"\n" + canonical, hashlib.sha256).hexdigest()
    assert refused(json.dumps(said).encode()) == "refused.proof"


@given(st.binary(max_size=200) | st.text(max_size=80).map(lambda t: json.dumps({"v": 1, "mac": t, "id": t}).encode()))
def test_d24_anything_else_is_refused_too(payload: bytes) -> None:
    assert refused(payload) == "refused.proof"


@pytest.mark.parametrize(
    "payload", [b'{"v":1,"x":NaN,"mac":"0"}', b'{"v":1,"x":"\\ud800","mac":"0"}', b'{"v":1,"mac":"\\u00e9"}', b"[" * 5000]
)
def test_what_has_no_canonical_form_is_refused(payload: bytes) -> None:
    assert refused(payload) == "refused.proof"


def test_a_nonce_is_long_enough() -> None:
    for id in ("", "7", "x" * 15, "x" * 65, "0123456789abcde:"):
        with pytest.raises(ValueError, match="16 to 64"):
            seal(TOPIC, replace(ACK, id=id), KEY)


def test_a_key_file_may_hold_an_old_key_too() -> None:
    assert keys_of(f"# new\n{KEY.hex()}\n\n{OTHER.hex()}\n") == (KEY, OTHER)
    for text, why in (
        ("", "no key"),
        ("# only a remark", "no key"),
        ("zz" * 32, "line 1"),
        (KEY.hex() + "\n" + "ab" * 31, "line 2"),
    ):
        with pytest.raises(ValueError, match=why) as caught:
            keys_of(text)
        assert "zz" not in str(caught.value) and "ab" * 4 not in str(caught.value)


def test_replies_there_and_back() -> None:
    reply = Reply(f"bureau:{ACK.id}", True, "acked-seen", ("已记录", "Recorded"), 12)
    assert parse_reply(reply_payload(reply)) == Answered(ACK.id, True, "acked-seen", ("已记录", "Recorded"), 12)
    for broken in (b"{}", b'{"v":1}', b'{"v":1,"id":1,"ok":true,"code":""}', b"nonsense"):
        with pytest.raises(WireError):
            parse_reply(broken)
