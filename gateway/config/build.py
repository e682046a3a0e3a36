"""A checked site file to the compiled Site: points, rules with their points, policies. Finds no mistakes: that is done."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence

from alerts.calendar import SLEEP
from alerts.model import Policy, Rule, Scalar
from alerts.plant import Building, Calendar, OutputPoint, Outside, Person, Plant, Point, Shift, Sleep, Store, Zone
from alerts.rules.cabinet import judges
from drivers.profile import Channel, Device, Profile
from drivers.quantities import GASES, QUANTITIES
from drivers.registry import FRAMERS
from drivers.schedule import stale_after
from gateway import boxpoints
from gateway.boxpoints import LINK
from gateway.config.library import Library
from gateway.config.lines import line_of
from gateway.config.model import Bus, SiteFile, StoreFile, ZoneFile
from gateway.config.rulefile import DURATIONS, RuleFile
from gateway.config.source import Source
from gateway.fleet import points as fleet
from gateway.site import VERSION, BusConfig, ChannelConfig, DatabaseConfig, FireTest, School, Site, Township, UplinkConfig

CLIMATE = ("temperature", "humidity", "voc", "combustible-gas", "toxic-gas", "oxygen")
NAME = 8  # characters of a point's name that a message has room for


def build(
    source: Source, file: SiteFile, devices: Sequence[Device], rules: Mapping[str, RuleFile], library: Library, *,
    policies: Mapping[str, Policy], calendar: Calendar, data: str, speed: int, warnings: tuple[str, ...],
) -> Site:  # fmt: skip
    """`devices` in the order of the file; `rules` and `policies` as the site has changed them; `speed` divides delays, steps and loops."""
    head = file.site
    zones = {z.id: Zone(z.id, z.name, z.building, z.kind, _sleep(z)) for z in file.zones}
    zones |= {s.id: Zone(s.id, s.short, s.district, fleet.REMOTE) for s in file.schools}
    points = _points(file, devices)
    stores = {s.id: _store(s, points) for s in file.stores}
    plant = Plant(
        site=head.id,
        name=head.name,
        short=head.short,
        battery=head.battery,
        timezone=head.timezone,
        buildings={b.id: Building(b.id, b.name, b.use, b.evacuation, b.floors) for b in file.buildings}
        | {t.id: Building(t.id, t.name, "other") for t in file.townships},
        zones=zones,
        points=points,
        people={
            p.id: Person(
                p.id, p.name, p.role, p.phone, tuple(p.channels), tuple(p.zones), p.language, p.mail, p.card, p.trained, p.left
            )
            for p in file.people
        },
        shifts=tuple(
            Shift(d.post, d.person, d.start, d.end, tuple(d.days), d.on, d.every, d.week, d.first, d.last) for d in file.duty
        ),
        outputs={
            o.id: OutputPoint(o.id, o.role, o.zone, o.building, o.feedback or _readback(o.id, devices)) for o in file.outputs
        },
        rules=_rules(file, points, zones, rules, _exposure(file, devices), stores, speed),
        policies={p.id: _faster(p, speed) for p in policies.values()},
        holders=_holders(file),
        stores=stores,
        calendar=calendar,
        channels={c.id: c.type for c in file.channels},
        checklists=library.checklists,
        outside=tuple(Outside(o.name, o.phone, o.where, o.until) for o in file.outside),
        kind=head.kind,
        speed=speed,
    )
    return Site(
        v=VERSION,
        district=head.district,
        source=source.file,
        source_hash=hashlib.sha256("\n".join(source.lines).encode()).hexdigest(),
        data=data,
        plant=plant,
        buses=tuple(_bus(b) for b in file.buses),
        devices=tuple(devices),
        uplink=_uplink(file),
        channels=tuple(ChannelConfig(c.id, c.type, c.settings()) for c in file.channels),
        speech=file.speech.player if file.speech else "",
        fire_test=FireTest(**file.fire_test.model_dump()) if file.fire_test else FireTest(),
        warnings=warnings,
        database=DatabaseConfig(**file.database.model_dump()) if file.database else DatabaseConfig(),
        townships=tuple(Township(t.id, t.name, tuple(t.outline)) for t in file.townships),
        schools=tuple(School(**s.model_dump()) for s in file.schools),
    )


def _readback(output: str, devices: Sequence[Device]) -> str:
    """Where nothing better shows that it acts: the device's own channel that tells how it stands. "" when it has none."""
    id, _, name = output.partition("/")
    device = next((d for d in devices if d.id == id), None)
    shown = next((o.readback for o in device.profile.outputs if o.id == name), "") if device else ""
    return f"{id}/{shown}" if shown else ""


def _sleep(zone: ZoneFile) -> tuple[Sleep, ...]:
    """What the zone says, else what its kind says; an empty list means that nobody sleeps there."""
    if zone.sleep is None:
        return SLEEP.get(zone.kind, ())
    return tuple(Sleep(s.start, s.end, s.school_days) for s in zone.sleep)


def _bus(bus: Bus) -> BusConfig:
    if bus.type in FRAMERS:
        return BusConfig(bus.id, bus.type, str(bus.port), *line_of(bus), rs485=bus.rs485, silence=bus.silence or 0)
    if bus.type == "http-snapshot":
        return BusConfig(bus.id, bus.type, url=bus.url, user=bus.user, password_file=bus.password_file)
    if bus.type == "modbus-rtu":
        return BusConfig(bus.id, bus.type, str(bus.port), bus.baud, bus.framing, rs485=bus.rs485)
    return BusConfig(bus.id, bus.type, "", bus.baud, bus.framing, bus.host, int(bus.port or 502))


def _uplink(file: SiteFile) -> UplinkConfig:
    if file.uplink is None:
        return UplinkConfig()
    uplink = UplinkConfig(**file.uplink.model_dump())
    return uplink if uplink.client_id else dataclasses.replace(uplink, client_id=file.site.id)


def _points(file: SiteFile, devices: Sequence[Device]) -> dict[str, Point]:
    points = []
    for entry, device in zip(file.devices, devices, strict=True):
        for channel in device.profile.channels:
            change = entry.channels.get(channel.id)
            zone = (change.zone if change else None) or entry.zone
            name = (change.name if change else None) or _name(entry.name, channel, device.profile)
            limit = stale_after(channel.quantity, device.period)
            id = device.point(channel.id)
            points.append(Point(id, device.id, channel.quantity, zone, name, limit, device.bus, channel.values))
    points += boxpoints.points(
        {b.id: b.type for b in file.buses}, file.uplink is not None, [c.id for c in file.channels if c.type == "modem"]
    )
    points += fleet.points(s.id for s in file.schools)
    return {p.id: p for p in points}


def _name(given: str, channel: Channel, profile: Profile) -> str:
    """The device's own name where the quantity says which of its points is meant, else the channel's."""
    alone = sum(c.quantity == channel.quantity for c in profile.channels) == 1
    words = given if given and alone else channel.name or given or QUANTITIES[channel.quantity].zh
    return words[:NAME]


def _holders(file: SiteFile) -> dict[str, tuple[str, ...]]:
    """Zone -> key-holders of all its stores."""
    found: dict[str, tuple[str, ...]] = {}
    for store in file.stores:
        found[store.zone] = tuple(dict.fromkeys((*found.get(store.zone, ()), *store.holders)))
    return found


def _store(store: StoreFile, points: Mapping[str, Point]) -> Store:
    """With every sensor of its zone that measures the air: what it reads is kept with each opening."""
    climate = tuple(p.id for p in points.values() if p.zone == store.zone and p.quantity in CLIMATE)
    parts = {n: getattr(store, n) for n in ("door", "lock_a", "lock_b", "locks", "fan", "camera", "detector")}
    return Store(store.id, store.zone, **parts, identity=tuple(store.identity), climate=climate, holders=tuple(store.holders))


def _faster(policy: Policy, speed: int) -> Policy:
    steps = tuple(dataclasses.replace(s, after=s.after // speed, every=s.every // speed) for s in policy.steps)
    return dataclasses.replace(policy, steps=steps, loop=policy.loop // speed, repair=policy.repair // speed)


# rules: each file entry with every point it fits


def _rules(
    file: SiteFile, points: Mapping[str, Point], zones: Mapping[str, Zone], rules: Mapping[str, RuleFile],
    exposure: Mapping[str, tuple[str, float]], stores: Mapping[str, Store], speed: int,
) -> tuple[Rule, ...]:  # fmt: skip
    made: list[Rule] = []
    grouped: dict[str, set[str]] = {}  # group -> points that have their rule
    for rule in rules.values():
        if rule.stores:
            for store in file.stores:
                about = stores[store.id]
                if judges(str(rule.params["case"]), about):
                    params = {**rule.params, "store": store.id}
                    made.append(_rule(rule, f"{rule.id}-{store.id}", (store.door,), params, speed, about.points))
            continue
        taken = grouped.setdefault(rule.group, set()) if rule.group else set()
        chosen = tuple(p.id for p in points.values() if p.id not in taken and fits(rule, p, zones))
        taken.update(chosen)
        if chosen:
            made += _several(rule, chosen, points, rules, exposure, speed)
    return tuple(made)


def _several(
    rule: RuleFile, chosen: tuple[str, ...], points: Mapping[str, Point], rules: Mapping[str, RuleFile],
    exposure: Mapping[str, tuple[str, float]], speed: int,
) -> list[Rule]:  # fmt: skip
    """One rule for all its points; one for each zone where it judges them together, one for each gas where limits differ."""
    if rule.kind == "k_of_n":
        zones: dict[str, list[str]] = {}
        for point in (p for p in chosen if points[p].zone):
            zones.setdefault(points[point].zone, []).append(point)
        made = (_rule(rule, f"{rule.id}-{zone}", (found[0],), rule.params, speed, found) for zone, found in zones.items())
        return [r for r in made if len(r.parts) >= float(str(rule.params["k"]))]
    if rule.exposure:
        found = dict.fromkeys(exposure[p] for p in chosen)
        return [
            _rule(rule, f"{rule.id}-{gas}", tuple(p for p in chosen if exposure[p] == (gas, oel)), _of(rule.params, oel), speed)
            for gas, oel in found
        ]
    other = rules.get(str(rule.params.get("of", "")))
    extra: dict[str, Scalar] = {"set": other.params[other.side]} if other else {}
    return [_rule(rule, rule.id, chosen, {**rule.params, **extra}, speed)]


def _exposure(file: SiteFile, devices: Sequence[Device]) -> dict[str, tuple[str, float]]:
    """Toxic point -> (short name of the gas, its exposure limit in ppm): the site's own number first."""
    found = {}
    for entry, device in zip(file.devices, devices, strict=True):
        for channel in device.profile.channels:
            change = entry.channels.get(channel.id)
            if change and change.oel:
                found[device.point(channel.id)] = (f"{device.id}-{channel.id}", change.oel)
            elif channel.gas:
                found[device.point(channel.id)] = (channel.gas, GASES[channel.gas].oel)
    return found


def _of(params: Mapping[str, Scalar], oel: float) -> dict[str, Scalar]:
    """Shares of an exposure limit as ppm."""
    return {k: round(float(v) * oel, 3) if isinstance(v, int | float) else v for k, v in params.items()}


def fits(rule: RuleFile, point: Point, zones: Mapping[str, Zone]) -> bool:
    """By quantity and by the kind of the zone; a classroom where children sleep at noon is a nap room as well. Only a rule that
    names it fits the point of a line, or of a school far away."""
    zone = zones.get(point.zone)
    named = point.quantity == LINK or (zone is not None and zone.kind == fleet.REMOTE)
    if point.quantity not in rule.quantities if rule.quantities else named:
        return False
    return not rule.zones or (zone is not None and bool(rule.zones & ({zone.kind, "nap-room"} if zone.sleep else {zone.kind})))


def _rule(
    rule: RuleFile, id: str, points: tuple[str, ...], params: Mapping[str, Scalar], speed: int, parts: Sequence[str] = ()
) -> Rule:  # fmt: skip
    """Durations divided by the demo's speed, but `gap`, for the lines are not polled faster, and but the box's own."""
    if rule.quantities and rule.quantities <= boxpoints.OWN:
        speed = 1
    on, off = rule.on_delay // speed, rule.off_delay // speed
    faster = {k: int(str(v)) // speed if k in DURATIONS and k != "gap" else v for k, v in params.items()}
    return Rule(id, rule.kind, rule.alarm, points, faster, on, off, rule.policy, rule.zh, rule.en, tuple(parts))
