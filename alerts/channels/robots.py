"""The group robots of DingTalk, WeCom and Feishu as rows: signing, body, and the codes that mean no although HTTP says 200.

Sources: open.dingtalk.com custom robot (20 a minute, then blocked 10 min: 130101); developer.work.weixin.qq.com group robot (20 a
minute: 45009); open.feishu.cn custom bot (100 a minute, 5 a second: 11232; signature an hour off: 19021). What a robot takes is
accepted and no more: nobody is known to have read it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import quote_plus

from alerts.channels.http import Request
from alerts.channels.provider import Access, Provider, coded
from alerts.model import Notification
from alerts.plant import Person

JSON = {"Content-Type": "application/json; charset=utf-8"}
MOST_BYTES = 2_000  # WeCom takes 2048 bytes of text


def dingtalk(access: Access, n: Notification, to: Person) -> Request:
    """sign = urlencode(base64(HMAC-SHA256(secret, "ms\\nsecret"))), with the same timestamp beside it."""
    stamp, secret = str(access.wall), access.secrets["secret"]
    sign = quote_plus(_hmac(secret, f"{stamp}\n{secret}"))
    body = {"msgtype": "text", "text": {"content": _text(n)}, "at": {"atMobiles": _mobile(to), "isAtAll": False}}
    return Request(f"{access.secrets['url']}&timestamp={stamp}&sign={sign}", _json(body), JSON)


def wecom(access: Access, n: Notification, to: Person) -> Request:
    """The key stands in the address; there is no signature."""
    body = {"msgtype": "text", "text": {"content": _text(n), "mentioned_mobile_list": _mobile(to)}}
    return Request(access.secrets["url"], _json(body), JSON)


def feishu(access: Access, n: Notification, to: Person) -> Request:
    """sign = base64(HMAC-SHA256(key "s\\nsecret", empty message)), seconds, in the body."""
    stamp = str(access.wall // 1000)
    body = {
        "timestamp": stamp,
        "sign": _hmac(f"{stamp}\n{access.secrets['secret']}", ""),
        "msg_type": "text",
        "content": {"text": _text(n)},
    }
    return Request(access.secrets["url"], _json(body), JSON)


DINGTALK = Provider(("url", "secret"), dingtalk, coded("errcode", 0, {130101: 600_000, -1: 5_000}, "errmsg"))
WECOM = Provider(("url",), wecom, coded("errcode", 0, {45009: 60_000, -1: 5_000}, "errmsg"))
FEISHU = Provider(("url", "secret"), feishu, coded("code", 0, {11232: 60_000, 9499: 5_000, 19021: 60_000}, "msg"))


def _text(n: Notification) -> str:
    return n.text.encode()[:MOST_BYTES].decode(errors="ignore")


def _mobile(to: Person) -> list[str]:
    digits = to.phone.removeprefix("+86")
    return [digits] if digits else []


def _hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
