"""What is typed wrong is said in both languages, with what is right, and nothing is done."""

from __future__ import annotations

import pytest
from tools_school import command


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (("read",), "还缺 device", "required: device"),
        (("scan",), "还缺 VERB", "required: VERB"),
        (("read", "th", "--jsn"), "没有这个写法：--jsn", "unrecognized"),
        (("scan", "rtu", "/dev/x", "--framing", "7E1"), "没有 '7E1'", "'8E1'"),
        (("scan", "rtu", "/dev/x", "--baud"), "后面还要写内容", "expected one argument"),
        (("scan", "rtu", "/dev/x", "--units", "5-2"), "--units：'5-2': 地址是 1-255", "e.g. 1-32,200"),
        (("address", "/dev/x", "jxct-th", "--baud", "12345"), "没有 12345", "115200"),
        (("address", "/dev/x", "jxct-th", "--to", "256"), "要 1 到 255 的整数", "from 1 to 255"),
        (("doctor", "--times", "0"), "要 1 到 1000 的整数", "from 1 to 1000"),
        (("watch", "--times", "-1"), "的整数", "whole number"),
        (("watch", "--every", "0"), "要 0.1 到 3600 秒", "0.1 to 3600 seconds"),
        (("trace", "th", "--every", "nan"), "要 0.1 到 3600 秒", "0.1 to 3600 seconds"),
        (("outputs", "test", "r/1", "--as", "x", "--seconds", "31"), "要 1 到 30 的整数", "from 1 to 30"),
        (("dashboard", "--port", "x"), "要整数", "invalid int"),
        (("nonesuch",), "没有 'nonesuch'", "'doctor'"),
    ],
)
def test_what_is_typed_wrong_is_said_in_both_languages(words: tuple[str, ...], zh: str, en: str) -> None:
    text = command(*words, code=2)
    assert zh in text and en in text and text.startswith("usage: ") and " -h" in text.splitlines()[-1]
