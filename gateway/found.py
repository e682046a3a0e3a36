"""What a scan found, in words for an installer, as JSON, and as the `devices:` block of a site file. Pure text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drivers.profile import Profile
from drivers.quantities import QUANTITIES
from drivers.reading import Reading
from drivers.survey import Found
from gateway.mbpoll import mbpoll
from gateway.site import BusConfig

MARGIN = 2  # times the slowest answer seen: what a slow device's time-out should be

Place = tuple[BusConfig, Found]


# what a scan comes to -> in words; also the page's keys `setup.<kind>`
VERDICTS: Mapping[str, tuple[str, str]] = {
    "garbled": ("应答是乱码：可能两个设备用了同一地址", "garbled: perhaps two devices with this address"),
    "late": (
        "应答太慢，这次没能等到；停下 run 后加 --patient 再扫",
        "too slow to wait for here: stop `run`, scan with --patient",
    ),
    "refuses": ("型号不明：在线，但拒绝每个问题（异常码 {code}）", "unknown: alive, refuses everything with exception {code}"),
    "blank": (
        "型号不明：读出来全是 0；看铭牌，或让它动作一次再扫",
        "unknown: all zeros; see its label, or set it off and scan again",
    ),
    "unknown": ("型号不明：没有相符的型号文件（见 docs/add-a-device.md）", "unknown: no profile fits"),
    "placeholder": ("可能 perhaps {models}（占位，要厂家的表核对）", "a placeholder: check with the maker's register table"),
    "sure": ("是 is {models}", ""),
    "probable": ("很像 probably {models}", ""),
    "ambiguous": ("分不清：{zh}，请看铭牌", "ambiguous: {en}, look at the label"),
}


def kind(found: Found) -> str:
    """A key of VERDICTS: which model it is, as far as its answers tell. Of a placeholder no more than that its addresses answer."""
    guess = found.guess
    if found.state != "answers":
        return found.state
    if not guess.profiles:
        return "blank" if guess.blank else "unknown"
    if len(guess.profiles) > 1:
        return "ambiguous"
    return "placeholder" if guess.placeholder else "sure" if guess.sure else "probable"


def verdict(found: Found) -> str:
    """One line of both languages."""
    names = found.guess.profiles
    told = {"code": found.code, "models": " ".join(names), "zh": " 或 ".join(names), "en": " or ".join(names)}
    return " · ".join(words.format(**told) for words in VERDICTS[kind(found)] if words)


def values(found: Found, profiles: Mapping[str, Profile]) -> str:
    """What it measures right now, as its likeliest profile reads it. "" when unknown."""
    if not found.guess.profiles:
        return ""
    channels = {f"device/{c.id}": c for c in profiles[found.guess.profiles[0]].channels}
    shown = [_value(r, channels[r.point].name or r.point, channels[r.point].quantity) for r in found.guess.readings[:6]]
    return " · ".join(shown) + (" …" if len(found.guess.readings) > 6 else "")


def _value(reading: Reading, name: str, quantity: str) -> str:
    about = QUANTITIES[quantity]
    if reading.value is None:
        return f"{name} {reading.fault}"
    meaning = (about.one if reading.value else about.zero) if about.bit else None
    return f"{name} {meaning[0] if meaning else f'{reading.value:g}{about.unit}'}"


def lines(place: Place, profiles: Mapping[str, Profile]) -> list[str]:
    """What is printed of one device."""
    bus, found = place
    slow = f"  应答 {found.took} ms：慢 · slow" if found.slow and found.took else ""
    out = [f"地址 {found.unit:>3}  {verdict(found)}{slow}"]
    if told := values(found, profiles):
        out.append(f"          {told}")
    return [*out, f"          {mbpoll(bus, found.unit, found.asked)}"]


def as_json(place: Place) -> dict[str, Any]:
    bus, found = place
    return {
        "line": bus.port or f"{bus.host}:{bus.tcp_port}",
        "baud": bus.baud if bus.port else None,
        "framing": bus.framing if bus.port else None,
        "unit": found.unit,
        "state": found.state,
        "profiles": list(found.guess.profiles),
        "verdict": kind(found),
        "took": found.took,
        "slow": found.slow,
        "code": found.code,
        "values": {r.point.partition("/")[2]: r.value for r in found.guess.readings},
        "mbpoll": mbpoll(bus, found.unit, found.asked),
    }


def block(places: Sequence[Place]) -> str:
    """`buses:` and `devices:` of a site file. Zones, and which of several models, are the installer's: `check` points at each `?`."""
    buses: dict[tuple[str, str, int, int, str], BusConfig] = {}
    for bus, _ in places:
        buses.setdefault(_key(bus), bus)
    out = ["buses:"]
    names: dict[tuple[str, str, int, int, str], str] = {}
    for n, (key, bus) in enumerate(buses.items(), 1):
        names[key] = bus.id if bus.id != "scan" else f"line-{n}"
        out.append(f"  - {{id: {names[key]}, {_bus(bus)}}}")
    out.append("devices:  # 把 ? 换成区域 id、铭牌上的型号 · replace each ? by a zone's id, by the model on the label")
    for bus, found in places:
        line, model = names[_key(bus)], found.guess.profiles
        if not model:
            out.append(f"  # {line} 地址 {found.unit}：{verdict(found)}")
            continue
        doubt = "" if kind(found) == "sure" else f"  # {verdict(found)}"
        name, profile = (model[0], model[0]) if len(model) == 1 else ("device", '"?"')
        out.append(
            f'  - {{id: {name[:24]}-{line[-3:]}-{found.unit}, profile: {profile}, bus: {line}, unit: {found.unit}, zone: "?"}}{doubt}'
        )
    return "\n".join(out)


def _key(bus: BusConfig) -> tuple[str, str, int, int, str]:
    return bus.port, bus.host, bus.tcp_port, bus.baud, bus.framing


def _bus(bus: BusConfig) -> str:
    if bus.port:
        return f'type: {bus.type}, port: "{bus.port}", baud: {bus.baud}, framing: "{bus.framing}"'
    return f"type: {bus.type}, host: {bus.host}, port: {bus.tcp_port}"
