"""A checked site file to the compiled Site: devices with their overrides, points, rules with their points, policies."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

from alerts.kinds import KINDS
from alerts.model import Policy, Rule
from alerts.plant import Building, OutputPoint, Person, Plant, Point, Shift, Zone
from drivers.profile import Channel, Device
from drivers.quantities import QUANTITIES
from gateway.config.findings import Finding
from gateway.config.library import Library, RuleFile
from gateway.config.model import SiteFile
from gateway.config.source import Source
from gateway.site import VERSION, BusConfig, ChannelConfig, Site, UplinkConfig

SAFETY_STALE = 30_000  # ms: no data from a safety point is a fault within 30 s (D10)
OTHER_STALE = 100_000  # ms: from any alarmed point (R5)
FIRE_PERIOD = 1_000  # ms, default; fire points never slower than 2 s
PERIOD = 5_000
SAFETY = {
    "residual-current",
    "cable-temperature",
    "arc-fault",
    "combustible-gas",
    "toxic-gas",
    "oxygen",
    "door",
    "lock",
    "panic",
}


class Builder:
    """Everything it needs has been checked by `resolve`; it adds only findings that need the built values."""

    def __init__(self, source: Source, file: SiteFile, library: Library, speed: int) -> None:
        self.source, self.file, self.library, self.speed = source, file, library, speed
        self.findings: list[Finding] = []

    def site(self, data: str) -> Site:
        devices = tuple(self._device(n) for n in range(len(self.file.devices)))
        points = self._points(devices)
        zones = {z.id: Zone(z.id, z.name, z.building, z.kind) for z in self.file.zones}
        buildings = {b.id: Building(b.id, b.name, b.use, b.evacuation) for b in self.file.buildings}
        people = {p.id: self._person(p) for p in self.file.people}
        head, up = self.file.site, self.file.uplink
        plant = Plant(
            site=head.id,
            name=head.name,
            short=head.short,
            timezone=head.timezone,
            buildings=buildings,
            zones=zones,
            points=points,
            people=people,
            shifts=tuple(Shift(d.post, d.person, d.start, d.end, tuple(d.days)) for d in self.file.duty),
            outputs={o.id: OutputPoint(o.id, o.role, o.zone, o.building, o.feedback) for o in self.file.outputs},
            rules=self._rules(points, zones, buildings),
            policies={p.id: self._faster(p) for p in self.library.policies.values()},
            holders={s.zone: tuple(s.holders) for s in self.file.stores},
            speed=self.speed,
        )
        uplink = UplinkConfig(**up.model_dump()) if up else UplinkConfig()
        if up and not up.client_id:
            uplink = dataclasses.replace(uplink, client_id=head.id)
        text = "\n".join(self.source.lines)
        return Site(
            v=VERSION,
            district=head.district,
            source=self.source.file,
            source_hash=hashlib.sha256(text.encode()).hexdigest(),
            data=data,
            plant=plant,
            buses=tuple(self._bus(b) for b in self.file.buses),
            devices=devices,
            uplink=uplink,
            channels=tuple(
                ChannelConfig(c.id, c.type, {k: v for k, v in (("url", c.url), ("secret_file", c.secret_file)) if v})
                for c in self.file.channels
            ),
        )

    def _bus(self, bus: Any) -> BusConfig:
        tcp = int(bus.port) if bus.type != "modbus-rtu" and bus.port else 502
        port = str(bus.port) if bus.type == "modbus-rtu" else ""
        return BusConfig(bus.id, bus.type, port, bus.baud, bus.framing, bus.host, tcp)

    def _device(self, n: int) -> Device:
        file = self.file.devices[n]
        profile = self.library.profiles[file.profile]
        channels: list[Channel] = []
        for channel in profile.channels:
            change = file.channels.get(channel.id)
            if change is None:
                channels.append(channel)
            elif not change.off:
                given = {"quantity": change.quantity, "name": change.name}
                given_invert = {} if change.invert is None else {"invert": change.invert != channel.invert}
                channels.append(
                    dataclasses.replace(channel, **{k: v for k, v in given.items() if v is not None}, **given_invert)
                )
        kept = {c.id for c in channels}
        outputs = tuple(o for o in profile.outputs if o.readback in kept)
        profile = dataclasses.replace(profile, channels=tuple(channels), outputs=outputs)
        fire = any(QUANTITIES[c.quantity].fire for c in channels)
        period = file.period or (FIRE_PERIOD if fire else PERIOD)
        limit = 2_000 if fire else SAFETY_STALE if any(c.quantity in SAFETY for c in channels) else OTHER_STALE
        if period > limit:
            worst = next((c.quantity for c in channels if QUANTITIES[c.quantity].fire or c.quantity in SAFETY), "")
            self.findings.append(
                self.source.finding(
                    "CFG-034",
                    ("devices", n, "period"),
                    device=file.id,
                    period=period / 1000,
                    quantity=worst,
                    limit=limit / 1000,
                )
            )
        return Device(file.id, profile, file.bus, file.unit, period)

    def _points(self, devices: tuple[Device, ...]) -> dict[str, Point]:
        points = {}
        for file, device in zip(self.file.devices, devices, strict=True):
            for channel in device.profile.channels:
                quantity = QUANTITIES[channel.quantity]
                safety = quantity.fire or channel.quantity in SAFETY
                stale = min(3 * device.period, SAFETY_STALE) if safety else min(max(3 * device.period, 15_000), OTHER_STALE)
                change = file.channels.get(channel.id)
                zone = (change.zone if change else None) or file.zone
                name = channel.name or file.name or quantity.zh[:4]
                id = device.point(channel.id)
                points[id] = Point(id, device.id, channel.quantity, zone, name, stale, device.bus, channel.values)
        for bus in self.file.buses:
            id = f"{bus.id}/link"
            points[id] = Point(id, bus.id, "link", "", f"线路{bus.id}"[:8], OTHER_STALE, bus.id)
        return points

    def _person(self, p: Any) -> Person:
        return Person(p.id, p.name, p.role, p.phone, tuple(p.channels), tuple(p.zones), p.language)

    def _faster(self, policy: Policy) -> Policy:
        steps = tuple(dataclasses.replace(s, after=s.after // self.speed) for s in policy.steps)
        return dataclasses.replace(policy, steps=steps, loop=policy.loop // self.speed)

    # rules

    def _rules(
        self, points: Mapping[str, Point], zones: Mapping[str, Zone], buildings: Mapping[str, Building]
    ) -> tuple[Rule, ...]:
        rules = []
        for file in self.library.rules.values():
            params = self._override(file)
            if file.kind == "cabinet":
                rules += self._cabinet(file, params)
                continue
            chosen = tuple(p.id for p in points.values() if self._applies(file, p, zones, buildings))
            if chosen:
                rules.append(self._rule(file, file.id, chosen, params))
        return tuple(rules)

    def _applies(self, rule: RuleFile, point: Point, zones: Mapping[str, Zone], buildings: Mapping[str, Building]) -> bool:
        zone = zones.get(point.zone)
        if rule.quantity and point.quantity != rule.quantity:
            return False
        if rule.fire is not None and QUANTITIES[point.quantity].fire != rule.fire:
            return False
        if not rule.quantity and point.quantity == "link":
            return False  # the line has a rule of its own; its silence is its children's
        use = buildings[zone.building].use if zone and zone.building in buildings else ""
        kind = zone.kind if zone else ""
        if rule.uses and use not in rule.uses:
            return False
        if rule.except_uses and use in rule.except_uses:
            return False
        if rule.except_zones and kind in rule.except_zones:
            return False
        return not rule.zones or kind in rule.zones

    def _rule(self, file: RuleFile, id: str, points: tuple[str, ...], params: Mapping[str, Any]) -> Rule:
        policy = file.policy if file.policy in self.library.policies else "none"
        return Rule(
            id,
            file.kind,
            file.alarm,
            points,
            params,
            file.on_delay // self.speed,
            file.off_delay // self.speed,
            policy,
            file.zh or KINDS[file.alarm].zh,
            file.en or KINDS[file.alarm].en,
        )

    def _cabinet(self, file: RuleFile, params: Mapping[str, Any]) -> list[Rule]:
        made = []
        for store in self.file.stores:
            parts = {"door": store.door, "lock_a": store.lock_a, "lock_b": store.lock_b}
            made.append(self._rule(file, f"{file.id}-{store.id}", (store.door,), {**params, **parts}))
        return made

    def _override(self, file: RuleFile) -> dict[str, Any]:
        params = dict(file.params)
        for name, value in self.file.rules.get(file.id, {}).items():
            at = ("rules", file.id, name)
            if name not in params:
                allowed = " ".join(params)
                self.findings.append(self.source.finding("CFG-010", at, key=True, allowed=allowed))
                continue
            if not isinstance(value, int | float) or isinstance(value, bool):
                self.findings.append(self.source.finding("CFG-012", at, value=value, wanted_zh="数", wanted="a number"))
                continue
            for code, table in (("CFG-030", file.limits), ("CFG-052", file.advice)):
                low, high = table.get(name, (float("-inf"), float("inf")))
                if not low <= value <= high:
                    self.findings.append(
                        self.source.finding(code, at, rule=file.id, name=name, value=value, low=low, high=high)
                    )
                    break
            params[name] = float(value)
        return params
