"""Stub providers on a real HTTP server, each checking signature and body by its own reading of the documents, and every refusal.

A message nobody expected fails the test: `provider` compares at its end what came with how many were announced.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import far_tls

Json = dict[str, Any]
SLOW = 0.5  # s, well within what a channel waits


class FakeProvider:
    """`behave`: ok | refuse | later | http-500 | http-429 | hang | slow | drip | rubbish.

    `slow` says yes after SLOW s; `drip` says it byte by byte and never ends. `seen`: the accepted messages as (phone, text).
    """

    def __init__(self, kind: str) -> None:
        self.kind, self.behave = kind, "ok"
        self.url = ""
        self.seen: list[tuple[str, str]] = []
        self.wrong: list[str] = []  # what a request had wrong: signature, fields
        self.receipts: list[Json] = []  # answers to questions about a message, in order
        self.asked = 0
        self.release = threading.Event()

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Json | bytes]:
        if self.behave == "hang":
            self.release.wait(30)
            return 503, b""
        if self.behave == "slow":
            self.release.wait(SLOW)
        if self.behave == "http-500":
            return 500, b""
        if self.behave == "http-429":
            return 429, b""
        if self.behave == "rubbish":
            return 200, b"<html>login</html>"
        return 200, KINDS[self.kind](self, path, headers, body)


def _dingtalk(far: FakeProvider, path: str, headers: dict[str, str], body: bytes) -> Json:
    query = parse_qs(urlsplit(path).query)
    stamp = query["timestamp"][0]
    good = base64.b64encode(hmac.digest(b"SEC1", f"{stamp}\nSEC1".encode(), "sha256")).decode()
    if query["sign"] != [good] or query["access_token"] != ["tok"]:
        far.wrong.append("sign")
        return {"errcode": 310000, "errmsg": "sign not match"}
    if far.behave == "refuse":
        return {"errcode": 310000, "errmsg": "keywords not in content"}
    if far.behave == "later":
        return {"errcode": 130101, "errmsg": "send too fast"}
    message = json.loads(body)
    far.seen.append((message["at"]["atMobiles"][0], message["text"]["content"]))
    return {"errcode": 0, "errmsg": "ok"}


def _wecom(far: FakeProvider, path: str, headers: dict[str, str], body: bytes) -> Json:
    if parse_qs(urlsplit(path).query).get("key") != ["k"]:
        far.wrong.append("key")
        return {"errcode": 93000, "errmsg": "invalid webhook url"}
    if far.behave not in ("ok", "slow", "drip"):
        return {"errcode": {"refuse": 40058, "later": 45009}[far.behave], "errmsg": "no"}
    message = json.loads(body)["text"]
    far.seen.append((message["mentioned_mobile_list"][0], message["content"]))
    return {"errcode": 0, "errmsg": "ok"}


def _feishu(far: FakeProvider, path: str, headers: dict[str, str], body: bytes) -> Json:
    message = json.loads(body)
    good = base64.b64encode(hmac.digest(f"{message['timestamp']}\nSEC1".encode(), b"", "sha256")).decode()
    if message["sign"] != good:
        far.wrong.append("sign")
        return {"code": 19021, "msg": "sign match fail"}
    if far.behave not in ("ok", "slow", "drip"):
        return {"code": {"refuse": 19024, "later": 11232}[far.behave], "msg": "no"}
    far.seen.append(("", message["content"]["text"]))
    return {"code": 0, "msg": "success", "data": {}}


def _aliyun(far: FakeProvider, path: str, headers: dict[str, str], body: bytes) -> Json:
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    given = form.pop("Signature", "")
    enc = lambda t: quote(t, safe="~").replace("+", "%20")  # noqa: E731
    text = "POST&" + enc("/") + "&" + enc("&".join(f"{enc(k)}={enc(v)}" for k, v in sorted(form.items())))
    if (
        given != base64.b64encode(hmac.new(b"aks&", text.encode(), hashlib.sha1).digest()).decode()
        or form["AccessKeyId"] != "akid"
    ):
        far.wrong.append("signature")
        return {"Code": "SignatureDoesNotMatch", "Message": "no"}
    if form["Action"] in ("QuerySendDetails", "QueryCallDetailByCallId"):
        far.asked += 1
        return far.receipts.pop(0) if far.receipts else {"Code": "OK"}
    if far.behave == "refuse":
        return {"Code": "isv.AMOUNT_NOT_ENOUGH", "Message": "账户余额不足"}
    if far.behave == "later":
        return {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发流控"}
    if form["Action"] == "SendSms":
        far.seen.append((form["PhoneNumbers"], form["TemplateParam"]))
        return {"Code": "OK", "Message": "OK", "BizId": "900619746936498440^0"}
    far.seen.append((form["CalledNumber"], form["StartTtsParams"]))
    return {"Code": "OK", "Message": "OK", "CallId": "116012354148^10281378"}


def _tencent(far: FakeProvider, path: str, headers: dict[str, str], body: bytes) -> Json:
    auth = dict(part.split("=", 1) for part in headers["authorization"].removeprefix("TC3-HMAC-SHA256 ").split(", "))
    _, day, service, end = auth["Credential"].split("/")
    key = b"TC3aks"
    for part in (day, service, end):
        key = hmac.digest(key, part.encode(), "sha256")
    lines = ["POST", "/", "", f"content-type:{headers['content-type']}", f"host:{headers['host']}", "", "content-type;host"]
    canonical = "\n".join([*lines, hashlib.sha256(body).hexdigest()])
    text = "\n".join(
        ["TC3-HMAC-SHA256", headers["x-tc-timestamp"], f"{day}/{service}/{end}", hashlib.sha256(canonical.encode()).hexdigest()]
    )
    if auth["Signature"] != hmac.digest(key, text.encode(), "sha256").hex():
        far.wrong.append("signature")
        return {"Response": {"Error": {"Code": "AuthFailure.SignatureFailure", "Message": "no"}}}
    if far.behave not in ("ok", "slow", "drip"):
        code = {"refuse": "FailedOperation.TemplateUnapprovedOrNotExist", "later": "LimitExceeded.PhoneNumberThirtySecondLimit"}
        return {"Response": {"SendStatusSet": [{"Code": code[far.behave], "Message": "no"}]}}
    message = json.loads(body)
    far.seen.append((message["PhoneNumberSet"][0], json.dumps(message["TemplateParamSet"], ensure_ascii=False)))
    return {"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "5000:1", "PhoneNumber": message["PhoneNumberSet"][0]}]}}


KINDS: dict[str, Callable[[FakeProvider, str, dict[str, str], bytes], Json]] = {
    "dingtalk": _dingtalk,
    "wecom": _wecom,
    "feishu": _feishu,
    "aliyun-sms": _aliyun,
    "aliyun-voice": _aliyun,
    "tencent-sms": _tencent,
}
SECRETS = {
    "dingtalk": "url = {url}/robot/send?access_token=tok\nsecret = SEC1\n",
    "wecom": "url = {url}/cgi-bin/webhook/send?key=k\n",
    "feishu": "url = {url}/open-apis/bot/v2/hook/t\nsecret = SEC1\n",
    "aliyun-sms": "key_id = akid\nkey_secret = aks\n",
    "aliyun-voice": "key_id = akid\nkey_secret = aks\n",
    "tencent-sms": "key_id = akid\nkey_secret = aks\n",
}
SETTINGS = {
    "aliyun-sms": {"sign_name": "三中", "template": "SMS_1"},
    "aliyun-voice": {"template": "TTS_1", "show_number": "037100000000"},
    "tencent-sms": {"app_id": "1400000000", "sign_name": "三中", "template": "1"},
}


@contextmanager
def provider(kind: str, *, messages: int = 0, certificate: str = "") -> Iterator[FakeProvider]:
    """A far side on a free port of loopback that expects so many messages; with the `certificate` of far_tls it speaks TLS."""
    far = FakeProvider(kind)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = far.answer(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            data = said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with suppress(OSError):  # whoever asked has left
                for n in range(len(data)) if far.behave == "drip" else ():
                    self.wfile.write(data[n : n + 1])
                    if far.release.wait(0.05):
                        return
                self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        if certificate:
            http.socket = far_tls.context(certificate).wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        far.url = f"http{'s' if certificate else ''}://127.0.0.1:{http.server_address[1]}"
        try:
            yield far
        finally:
            far.release.set()
            http.shutdown()
            thread.join()
        assert len(far.seen) == messages, f"{messages} messages were expected, these came: {far.seen}"
