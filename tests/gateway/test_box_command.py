"""What becomes of a Command that comes over the local socket: its shape, and that it proves nothing by its own word."""

from __future__ import annotations

import pytest

from gateway.box import _command
from gateway.local import RequestError

GOOD = {"id": "a1", "verb": "ack", "person": "wang", "expires": 5, "alarm": "no3-1", "args": {"cause": "蚊香", "list": []}}


@pytest.mark.parametrize("claimed", ["bureau", "sms", "key"])
def test_whoever_uses_the_socket_is_local_whatever_it_claims(claimed: str) -> None:
    made = _command(GOOD | {"proof": claimed})
    assert (made.proof, made.person, made.expires) == ("local", "wang", 5)
    assert made.args == {"cause": "蚊香"}, "only plain values reach the engine"


@pytest.mark.parametrize(
    "change",
    [{"id": ""}, {"verb": 5}, {"person": "x" * 101}, {"expires": "soon"}, {"expires": None}, {"args": ["x"]}, {"args": "x"}],
)
def test_what_is_no_command(change: dict[str, object]) -> None:
    with pytest.raises(RequestError):
        _command(GOOD | change)
