"""Tencent Cloud short messages as a row: TC3-HMAC-SHA256, template fields in order, the code of each number checked.

Source: cloud.tencent.com API 3.0 signature, sms 2021-01-11 SendSms. The same content goes to one number at most every 30 s;
each text holds its 编号 and time, so no two are equal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

from alerts.channels.aliyun import FIELDS, template
from alerts.channels.http import Request
from alerts.channels.provider import Access, Answer, Provider, Verdict
from alerts.model import Notification
from alerts.plant import Person

URL = "https://sms.tencentcloudapi.com/"
ACTION, VERSION, REGION = "SendSms", "2021-01-11", "ap-guangzhou"
TYPE = "application/json; charset=utf-8"
LATER = {"LimitExceeded.PhoneNumberThirtySecondLimit": 30_000, "InternalError.Timeout": 5_000, "RequestLimitExceeded": 5_000}


def sms(access: Access, n: Notification, to: Person) -> Request:
    fields = json.loads(template(n))
    body = json.dumps(
        {
            "PhoneNumberSet": [to.phone],
            "SmsSdkAppId": access.settings["app_id"],
            "SignName": access.settings["sign_name"],
            "TemplateId": access.settings["template"],
            "TemplateParamSet": [fields[name] for name in FIELDS],
            "SessionContext": n.key[:512],
        },
        ensure_ascii=False,
    ).encode()
    url = access.settings.get("url", URL)
    stamp = access.wall // 1000
    host = urlsplit(url).netloc
    headers = {
        "Content-Type": TYPE,
        "Host": host,
        "X-TC-Action": ACTION,
        "X-TC-Version": VERSION,
        "X-TC-Region": REGION,
        "X-TC-Timestamp": str(stamp),
        "Authorization": authorization(access.secrets["key_id"], access.secrets["key_secret"], host, body, stamp),
    }
    return Request(url, body, headers)


def authorization(key_id: str, secret: str, host: str, body: bytes, stamp: int, service: str = "sms") -> str:
    """The header of API 3.0: signed are method, path, content type, host and the body's hash."""
    day = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
    signed = "content-type;host"
    canonical = f"POST\n/\n\ncontent-type:{TYPE}\nhost:{host}\n\n{signed}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{service}/tc3_request"
    text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"TC3{secret}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    proof = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return f"TC3-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={signed}, Signature={proof}"


def judge(answer: Answer) -> Verdict:
    """Taken only when the one number's own code is Ok; an error of the whole request stands beside it."""
    response = answer.get("Response")
    response = response if isinstance(response, dict) else {}
    rows = response.get("SendStatusSet") or [{}]
    code = str((response.get("Error") or rows[0]).get("Code", ""))
    if code == "Ok":
        return Verdict(True, str(rows[0].get("SerialNo", "")))
    words = str((response.get("Error") or rows[0]).get("Message", ""))[:100]
    return Verdict(False, why=f"对方拒绝 refused: {code or 'no Code'} {words}", later=code in LATER, after=LATER.get(code, 0))


TENCENT_SMS = Provider(("key_id", "key_secret"), sms, judge)
