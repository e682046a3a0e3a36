"""The shape of a site file as strict pydantic models. Cross references are checked in `resolve`."""

from __future__ import annotations

import re
import typing
import zoneinfo
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from drivers.framing import Direction, Framing

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
ZoneKind = Literal[
    "classroom", "dormitory", "nap-room", "kitchen", "laboratory", "chemical-store", "pump-room",
    "cold-store", "freezer", "sample-cabinet",
    "office", "corridor", "other",
]  # fmt: skip
ZONE_KINDS: tuple[str, ...] = typing.get_args(ZoneKind)
NO_UNIT = -1  # of a device of a line protocol, and of a Modbus device whose unit was forgotten
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


def _id(value: Any) -> Any:
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise PydanticCustomError("CFG-015", "id")
    return value


def duration(value: Any) -> int:
    """Milliseconds from 500ms, 30s, 5m, 1h (a bare 0 too). Raises ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)", str(value))
    if value == 0 and not isinstance(value, bool):
        return 0
    if not found:
        raise ValueError(value)
    return round(float(found[1]) * _UNITS[found[2]])


def _duration(value: Any) -> int:
    try:
        return duration(value)
    except ValueError:
        raise PydanticCustomError("CFG-017", "duration") from None


def _silence(value: Any) -> int:
    ms = _duration(value)
    if not 5_000 <= ms <= 86_400_000:
        raise PydanticCustomError("CFG-014", "range", {"low": "5s", "high": "24h"})
    return ms


def _camera_url(value: Any) -> str:
    """An address; user and password belong elsewhere, since the site file is shown and mailed about."""
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        wanted = {"wanted_zh": " http(s) 地址（不带用户名密码）", "wanted": "an http(s) address without user or password"}
        raise PydanticCustomError("CFG-012", "type", wanted)
    return str(value)


def _clock(value: Any) -> int:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)|24:00", str(value))
    if not found:
        raise PydanticCustomError("CFG-018", "time of day")
    return 1440 if found[1] is None else int(found[1]) * 60 + int(found[2])


def _words(most: int) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str) and len(value) > most:
            raise PydanticCustomError("CFG-016", "too long", {"most": most, "length": len(value)})
        return value

    return BeforeValidator(check)


def _range(low: int, high: int) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool) and not low <= value <= high:
            raise PydanticCustomError("CFG-014", "range", {"low": low, "high": high})
        return value

    return BeforeValidator(check)


def _as_float(value: Any) -> Any:
    """A whole number is a number too."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _day(value: Any) -> Any:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise PydanticCustomError("CFG-046", "day") from None


def _timezone(value: Any) -> Any:
    if isinstance(value, str):
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise PydanticCustomError("CFG-029", "timezone") from None
    return value


Day = Annotated[str, BeforeValidator(_day)]
Id = Annotated[str, BeforeValidator(_id)]
Duration = Annotated[int, BeforeValidator(_duration)]
Clock = Annotated[int, BeforeValidator(_clock)]
Place = Annotated[str, _words(14)]
Short = Annotated[str, _words(8)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SiteHead(Strict):
    id: Id
    kind: Literal["school", "kindergarten", "bureau"] = "school"
    district: Id
    name: str
    short: Short
    battery: Annotated[int, Field(ge=0, le=99)] = 0
    timezone: Annotated[str, BeforeValidator(_timezone)] = "Asia/Shanghai"


class Bus(Strict):
    id: Id
    type: Literal[
        "modbus-rtu", "modbus-tcp", "modbus-rtu-tcp",
        "gst5000-rs485", "gst-crt", "ld128en-printer", "nmea-fir", "wkly-lock", "megatec-ups",
        "http-snapshot",
    ]  # fmt: skip
    port: str | int = ""
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    framing: Framing = "8N1"
    rs485: Direction = "none"
    host: str = ""
    url: Annotated[str, BeforeValidator(_camera_url)] = ""
    user: str = ""
    password_file: str = ""
    silence: Annotated[int, BeforeValidator(_silence)] | None = None


class BuildingFile(Strict):
    id: Id
    name: Place
    use: Literal["teaching", "dormitory", "canteen", "laboratory", "office", "other"]
    evacuation: bool = False
    floors: Annotated[int, _range(1, 99)] = 1
    people: Annotated[int, _range(0, 100_000)] = 0


class SleepFile(Strict):
    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    school_days: bool = False


class ZoneFile(Strict):
    id: Id
    name: Place
    building: str
    kind: ZoneKind
    sleep: list[SleepFile] | None = None


class ChannelFile(Strict):
    quantity: str | None = None
    name: Short | None = None
    invert: bool | None = None
    zone: str | None = None
    gas: str | None = None
    oel: Annotated[float, BeforeValidator(_as_float)] | None = None
    off: bool = False


def _off(value: Any) -> Any:
    """`di-3: off` is short for a channel that is not wired."""
    return {"off": True} if value in ("off", False) else value


class DeviceFile(Strict):
    id: Id
    profile: str
    bus: str
    unit: Annotated[int, _range(0, 255)] = NO_UNIT
    address: str = ""
    zone: str
    name: Short = ""
    period: Duration | None = None
    channels: dict[str, Annotated[ChannelFile, BeforeValidator(_off)]] = Field(default_factory=dict)


class PersonFile(Strict):
    id: Id
    name: Annotated[str, _words(4)]
    role: Literal[
        "viewer", "duty", "keeper", "leader", "officer", "head", "electrician", "holder", "installer", "technician", "bureau",
        "admin",
    ]  # fmt: skip
    phone: str = ""
    mail: str = ""
    channels: list[str] = Field(default_factory=list)
    zones: list[str] = Field(default_factory=list)
    language: Literal["zh", "en"] = "zh"
    card: Annotated[int, _range(0, 4_294_967_295)] = 0
    trained: Annotated[str, BeforeValidator(_day)] = ""
    left: Annotated[str, BeforeValidator(_day)] = ""


class DutyFile(Strict):
    post: Literal["duty", "second", "leader"]
    person: str
    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    days: list[Annotated[int, _range(1, 7)]] = Field(default_factory=lambda: [1, 2, 3, 4, 5, 6, 7])
    on: Literal["any", "school", "off"] = "any"
    every: Annotated[int, _range(1, 8)] = 1
    week: Annotated[int, _range(0, 7)] = 0
    first: Day = ""
    last: Day = ""


class StepFile(Strict):
    """A shipped step of escalation (policy/step), earlier or with more people (docs/escalation.md)."""

    step: str
    after: Duration | None = None
    also: list[Literal["duty", "second", "leader", "head", "officer", "electrician", "keeper", "holder"]] = Field(
        default_factory=list
    )


class OutputFile(Strict):
    id: str
    role: Literal["guard-sounder", "evacuation", "room-sounder", "fan", "valve", "chirp"]
    zone: str = ""
    building: str = ""
    feedback: str = ""


class StoreFile(Strict):
    id: Id
    zone: str
    door: str
    lock_a: str = ""
    lock_b: str = ""
    locks: Literal["identity", "electronic", "contact", "none"] = "electronic"
    fan: str = ""
    camera: str = ""
    detector: str = ""
    identity: list[str] = Field(default_factory=list)
    holders: list[str] = Field(default_factory=list)


class ChannelConfigFile(Strict):
    id: Id
    type: Literal[
        "console", "webhook", "modem", "dingtalk", "wecom", "feishu", "aliyun-sms", "aliyun-voice", "tencent-sms", "smtp",
    ]  # fmt: skip
    url: str = ""
    secret_file: str = ""
    port: str = ""
    baud: Literal[9600, 19200, 38400, 57600, 115200] | None = None
    ring: Literal["all", "gas", "fire", "none"] | None = None
    sign_name: str = ""
    template: str = ""
    app_id: str = ""
    show_number: str = ""
    host: str = ""
    user: str = ""
    sender: str = ""

    def settings(self) -> dict[str, str]:
        """What is written beside id and type, as text."""
        return {k: str(v) for k, v in self.model_dump(exclude={"id", "type"}).items() if v not in ("", None)}


class UplinkFile(Strict):
    host: str
    port: Annotated[int, _range(1, 65535)] = 8883
    client_id: str = ""
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    user: str = ""
    password_file: str = ""
    confirm: Literal["receipt", "puback"] = "receipt"
    command_key: str = ""


class DatabaseFile(Strict):
    style: Literal["influxql", "promql"]
    url: str
    db: str = ""
    token_file: str = ""


class OutsideFile(Strict):
    name: Place
    phone: str = ""
    where: Annotated[str, _words(20)] = ""
    until: Annotated[str, BeforeValidator(_day)] = ""


def _at(value: Any) -> Any:
    """[longitude, latitude] in degrees."""
    ok = isinstance(value, list) and len(value) == 2
    numbers = [float(v) for v in value if isinstance(v, int | float) and not isinstance(v, bool)] if ok else []
    if len(numbers) != 2 or not (-180 <= numbers[0] <= 180 and -90 <= numbers[1] <= 90):
        raise PydanticCustomError("CFG-080", "coordinates")
    return tuple(numbers)


At = Annotated[tuple[float, float], BeforeValidator(_at)]


class TownshipFile(Strict):
    id: Id
    name: Place
    outline: list[At] = Field(default_factory=list)


class SchoolFile(Strict):
    id: Id
    district: str
    name: str
    short: Short
    at: At | None = None
    phone: str = ""
    command_key: str = ""


class SpeechFile(Strict):
    player: str


class FireTestFile(Strict):
    """R33: a marked, simulated fire of this point twice a month."""

    point: str
    at: Clock
    person: str


class SiteFile(Strict):
    campus: Literal[1]
    site: SiteHead
    buses: list[Bus] = Field(default_factory=list)
    buildings: list[BuildingFile] = Field(default_factory=list)
    zones: list[ZoneFile] = Field(default_factory=list)
    devices: list[DeviceFile] = Field(default_factory=list)
    people: list[PersonFile] = Field(default_factory=list)
    duty: list[DutyFile] = Field(default_factory=list)
    escalation: list[StepFile] = Field(default_factory=list)
    outputs: list[OutputFile] = Field(default_factory=list)
    stores: list[StoreFile] = Field(default_factory=list)
    channels: list[ChannelConfigFile] = Field(default_factory=list)
    outside: list[OutsideFile] = Field(default_factory=list)
    speech: SpeechFile | None = None
    fire_test: FireTestFile | None = None
    uplink: UplinkFile | None = None
    database: DatabaseFile | None = None
    calendar: str | dict[str, Any] | None = None
    townships: list[TownshipFile] = Field(default_factory=list)
    schools: list[SchoolFile] = Field(default_factory=list)
    rules: dict[str, dict[str, Any]] = Field(default_factory=dict)
