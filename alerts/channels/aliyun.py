"""Aliyun short messages and voice calls as rows: RPC signature, template fields, receipts and the pressed key by polling.

Sources: help.aliyun.com dysmsapi 2017-05-25 (SendSms, QuerySendDetails), dyvmsapi 2017-05-25 (IvrCall, QueryCallDetailByCallId; product
11000000300005 is IVR), RPC signature 1.0 (HMAC-SHA1). That the detail of a call names the pressed key in `dtmf` is documented for the
provider's queue only: with real calls it is unverified, and without it a call counts as read, never as answered.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote, urlencode

from alerts.channels.faults import Unfit
from alerts.channels.http import Request
from alerts.channels.provider import Access, Answer, Provider, Taken, Verdict, arrived
from alerts.model import Delivery, Fate, Inbound, Notification
from alerts.plant import Person
from alerts.singly import singly

SMS_URL = "https://dysmsapi.aliyuncs.com/"
VOICE_URL = "https://dyvmsapi.aliyuncs.com/"
VERSION = "2017-05-25"
IVR = "11000000300005"
CHINA = timezone(timedelta(hours=8))
FIELDS = ("place", "time", "kind", "code")
MOST_FIELD = 20  # characters a template's field may hold
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# What another minute may mend; everything else is the account's, the template's or the number's fault.
LATER = {
    "isp.SYSTEM_ERROR": 5_000,
    "isv.BUSINESS_LIMIT_CONTROL": 60_000,
    "Throttling.User": 5_000,
    "isp.RAM_PERMISSION_DENY": 60_000,
}
PICKED_UP = "200000"
SILENT_STATES = ("", "0")  # the call is not over


def sms(access: Access, n: Notification, to: Person) -> Request:
    params = {
        "Action": "SendSms",
        "PhoneNumbers": to.phone.removeprefix("+86"),
        "SignName": access.settings["sign_name"],
        "TemplateCode": access.settings["template"],
        "TemplateParam": template(n),
        "OutId": n.key[:255],
    }
    return _rpc(access, access.settings.get("url", SMS_URL), params)


def voice(access: Access, n: Notification, to: Person) -> Request:
    """IvrCall: the template is read three times, digits of place and number one by one; a key pressed ends it."""
    said = access.settings["template"]
    menu = [(f"MenuKeyMap.{n}.Key", digit, f"MenuKeyMap.{n}.Code") for n, digit in enumerate("123", 1)]
    keys = {name: value for key, digit, code in menu for name, value in ((key, digit), (code, said))}
    params = {
        "Action": "IvrCall",
        "CalledNumber": to.phone.removeprefix("+86"),
        "CalledShowNumber": access.settings["show_number"],
        "StartCode": said,
        "StartTtsParams": template(_spoken(n)),
        "PlayTimes": "3",
        "OutId": n.key[:15],
        **keys,
    }
    return _rpc(access, access.settings.get("url", VOICE_URL), params)


def _spoken(n: Notification) -> Notification:
    """The message with its place and number as they are said. A time is read well by itself."""
    said = {name: singly(n.fields[name]) for name in ("place", "code") if n.fields.get(name)}
    return replace(n, fields={**n.fields, **said})


def template(n: Notification) -> str:
    """The template's fields as JSON, each at most 20 characters and without 【】. Unfit when the message has none."""
    if not all(n.fields.get(name) for name in FIELDS):
        raise Unfit("这条消息没有模板字段，模板短信和语音发不了 this message has no template fields")
    clean = {name: n.fields[name].replace("【", "").replace("】", "")[:MOST_FIELD] for name in FIELDS}
    return json.dumps(clean, ensure_ascii=False, separators=(",", ":"))


def sms_receipt(access: Access, taken: Taken) -> Request:
    day = datetime.fromtimestamp(taken.wall / 1000, CHINA).strftime("%Y%m%d")
    phone = taken.phone.removeprefix("+86")
    params = {
        "Action": "QuerySendDetails",
        "PhoneNumber": phone,
        "BizId": taken.id,
        "SendDate": day,
        "PageSize": "1",
        "CurrentPage": "1",
    }
    return _rpc(access, access.settings.get("url", SMS_URL), params)


def read_sms(taken: Taken, answer: Answer) -> tuple[Sequence[Delivery | Inbound], bool]:
    """SendStatus 1 waits for the network, 2 failed, 3 delivered."""
    rows = (answer.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or [{}]
    status, code = rows[0].get("SendStatus"), str(rows[0].get("ErrCode", ""))[:100]
    if status == 3:
        return (arrived(taken, Fate.DELIVERED),), True
    if status == 2:
        return (arrived(taken, Fate.REJECTED, f"运营商没有送达 not delivered: {code}"),), True
    return (), False


def voice_receipt(access: Access, taken: Taken) -> Request:
    params = {"Action": "QueryCallDetailByCallId", "CallId": taken.id, "ProdId": IVR, "QueryDate": str(taken.wall)}
    return _rpc(access, access.settings.get("url", VOICE_URL), params)


def read_voice(taken: Taken, answer: Answer) -> tuple[Sequence[Delivery | Inbound], bool]:
    """Data is JSON in text: `state` 200000 = picked up, `dtmf` = the keys pressed."""
    try:
        detail = json.loads(answer.get("Data") or "{}")
    except ValueError:
        detail = {}
    state, key = str(detail.get("state", "")), str(detail.get("dtmf", ""))[:1]
    if state in SILENT_STATES:
        return (), False
    if state != PICKED_UP:
        return (arrived(taken, Fate.SILENT, f"没有接通 not picked up: {state} {detail.get('stateDesc', '')}"[:100]),), True
    news: list[Delivery | Inbound] = [arrived(taken, Fate.READ, "接听 picked up")]
    if key.isdigit():
        news.append(Inbound("", key, key=taken.key, id=f"{taken.id}:{key}"))
    return news, True


def judge(answer: Answer) -> Verdict:
    code = str(answer.get("Code", ""))
    if code == "OK":
        return Verdict(True, str(answer.get("BizId") or answer.get("CallId") or ""))
    why = f"对方拒绝 refused: {code or 'no Code'} {str(answer.get('Message', ''))[:100]}"
    return Verdict(False, why=why, later=code in LATER, after=LATER.get(code, 0))


SECRETS = ("key_id", "key_secret")
ALIYUN_SMS = Provider(SECRETS, sms, judge, sms_receipt, read_sms)
ALIYUN_VOICE = Provider(SECRETS, voice, judge, voice_receipt, read_voice)


def _rpc(access: Access, url: str, params: Mapping[str, str]) -> Request:
    """A signed POST of an RPC call. The nonce is the time and the action: one call a millisecond from one thread."""
    stamp = datetime.fromtimestamp(access.wall / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    whole = {
        **params,
        "AccessKeyId": access.secrets["key_id"],
        "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": f"{access.wall}-{params['Action']}-{params.get('BizId') or params.get('CallId') or params.get('OutId', '')}",
        "SignatureVersion": "1.0",
        "Timestamp": stamp,
        "Version": VERSION,
    }
    return Request(url, urlencode({**whole, "Signature": signature(access.secrets["key_secret"], whole)}).encode(), FORM)


def signature(secret: str, params: Mapping[str, str], method: str = "POST") -> str:
    """RPC signature 1.0: base64(HMAC-SHA1(secret + "&", method + "&%2F&" + encoded sorted query))."""
    query = "&".join(f"{_encoded(name)}={_encoded(params[name])}" for name in sorted(params))
    text = f"{method}&%2F&{_encoded(query)}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
