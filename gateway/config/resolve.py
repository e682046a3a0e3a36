"""Cross references: does everything the file names exist, once, and where a person would expect it? Collects findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from drivers.profile import Profile
from drivers.quantities import QUANTITIES
from gateway.config.findings import Finding, close
from gateway.config.library import Library
from gateway.config.model import DeviceFile, SiteFile
from gateway.config.source import Path_, Source

BUS_NEEDS = {"modbus-rtu": "port", "modbus-tcp": "host", "modbus-rtu-tcp": "host"}


class Resolver:
    """Walks a well-shaped file once. `findings` fills up; nothing is raised."""

    def __init__(self, source: Source, file: SiteFile, library: Library) -> None:
        self.source, self.file, self.library = source, file, library
        self.findings: list[Finding] = []
        self.points = self._points()

    def run(self) -> list[Finding]:
        for section in ("buses", "buildings", "zones", "devices", "people", "stores", "channels"):
            self._once(section)
        self._buses()
        self._zones()
        self._devices()
        self._people()
        self._outputs()
        self._stores()
        return self.findings

    # one method a section

    def _buses(self) -> None:
        for n, bus in enumerate(self.file.buses):
            need = BUS_NEEDS[bus.type]
            if not getattr(bus, need):
                self._add("CFG-023", ("buses", n), type=bus.type, name=need)

    def _zones(self) -> None:
        known = [b.id for b in self.file.buildings]
        for n, zone in enumerate(self.file.zones):
            self._known(zone.building, known, ("zones", n, "building"), "楼栋", "building")

    def _devices(self) -> None:
        buses, zones = [b.id for b in self.file.buses], [z.id for z in self.file.zones]
        taken: dict[tuple[str, int], str] = {}
        for n, device in enumerate(self.file.devices):
            at: Path_ = ("devices", n)
            self._known(device.bus, buses, (*at, "bus"), "总线", "bus")
            self._known(device.zone, zones, (*at, "zone"), "区域", "zone")
            other = taken.setdefault((device.bus, device.unit), device.id)
            if other != device.id:
                self._add("CFG-022", (*at, "unit"), bus=device.bus, unit=device.unit, other=other)
            if self._known(device.profile, self.library.profiles, (*at, "profile"), "设备型号", "profile"):
                self._channels(at, device, self.library.profiles[device.profile], zones)

    def _channels(self, at: Path_, device: DeviceFile, profile: Profile, zones: Sequence[str]) -> None:
        known = [c.id for c in profile.channels]
        kinds = {z.id: z.kind for z in self.file.zones}
        for name, channel in device.channels.items():
            where: Path_ = (*at, "channels", name)
            if name not in known:
                self.findings.append(
                    self.source.finding(
                        "CFG-024",
                        where,
                        key=True,
                        hint=close(name, known),
                        profile=profile.id,
                        value=name,
                        allowed=" ".join(known),
                    )
                )
            if channel.quantity is not None:
                self._known(channel.quantity, QUANTITIES, (*where, "quantity"), "物理量", "quantity")
            if channel.zone is not None:
                self._known(channel.zone, zones, (*where, "zone"), "区域", "zone")
        if kinds.get(device.zone) == "kitchen" and any(c.quantity == "smoke" for c in profile.channels):
            self._add("CFG-035", (*at, "profile"), device=device.id)

    def _people(self) -> None:
        channels, zones = [c.id for c in self.file.channels], [z.id for z in self.file.zones]
        for n, person in enumerate(self.file.people):
            for m, channel in enumerate(person.channels):
                self._known(channel, channels, ("people", n, "channels", m), "通道", "channel")
            for m, zone in enumerate(person.zones):
                self._known(zone, zones, ("people", n, "zones", m), "区域", "zone")
            if not person.channels and person.role not in ("viewer", "installer", "admin"):
                self._add("CFG-041", ("people", n), person=person.id)
        people = [p.id for p in self.file.people]
        for n, shift in enumerate(self.file.duty):
            self._known(shift.person, people, ("duty", n, "person"), "人员", "person")
        on_duty = {p.id for p in self.file.people if p.role == "duty"} | {s.person for s in self.file.duty if s.post == "duty"}
        if not on_duty:
            self._add("CFG-040", ("duty",) if self.file.duty else ("people",))
        elif len({p.phone for p in self.file.people if p.phone and p.role in ("duty", "leader")}) < 2:
            self._add("CFG-051", ("people",))
        if not any(c.type != "console" for c in self.file.channels):
            self._add("CFG-055", ("channels",))

    def _outputs(self) -> None:
        zones, buildings = [z.id for z in self.file.zones], [b.id for b in self.file.buildings]
        devices = {d.id: self.library.profiles.get(d.profile) for d in self.file.devices}
        for n, output in enumerate(self.file.outputs):
            at: Path_ = ("outputs", n)
            device, _, name = output.id.partition("/")
            if self._known(device, devices, (*at, "id"), "设备", "device"):
                profile = devices[device]
                known = [o.id for o in profile.outputs] if profile else []
                if profile and name not in known:
                    self._add("CFG-025", (*at, "id"), profile=profile.id, value=name, allowed=" ".join(known) or "-")
            if output.zone:
                self._known(output.zone, zones, (*at, "zone"), "区域", "zone")
            if output.building:
                self._known(output.building, buildings, (*at, "building"), "楼栋", "building")
            self._point(output.feedback, (*at, "feedback"))
        if not any(o.role == "guard-sounder" for o in self.file.outputs):
            self._add("CFG-056", ("outputs",))

    def _stores(self) -> None:
        people, zones = [p.id for p in self.file.people], [z.id for z in self.file.zones]
        for n, store in enumerate(self.file.stores):
            self._known(store.zone, zones, ("stores", n, "zone"), "区域", "zone")
            for part in ("door", "lock_a", "lock_b", "fan"):
                self._point(getattr(store, part), ("stores", n, part))
            for m, holder in enumerate(store.holders):
                self._known(holder, people, ("stores", n, "holders", m), "人员", "person")

    # helpers

    def _once(self, section: str) -> None:
        seen: dict[str, int] = {}
        for n, item in enumerate(getattr(self.file, section)):
            line = self.source.place((section, n, "id"))[0]
            if item.id in seen:
                self._add("CFG-021", (section, n, "id"), value=item.id, line=seen[item.id])
            seen.setdefault(item.id, line)

    def _known(self, value: str, known: Iterable[str], path: Path_, zh: str, en: str) -> bool:
        known = list(known)
        if value in known:
            return True
        near = close(value, known)
        shown = " ".join(known[:12]) + (" …" if len(known) > 12 else "")
        self.findings.append(
            self.source.finding("CFG-020", path, hint=near, what_zh=zh, what=en, value=value, allowed=shown or "-")
        )
        return False

    def _point(self, point: str, path: Path_) -> None:
        if point and point not in self.points:
            near = close(point, self.points)
            self.findings.append(self.source.finding("CFG-026", path, hint=near, value=point, allowed=near or "-"))

    def _points(self) -> set[str]:
        found = set()
        for device in self.file.devices:
            profile = self.library.profiles.get(device.profile)
            for channel in profile.channels if profile else ():
                override = device.channels.get(channel.id)
                if override is None or not override.off:
                    found.add(f"{device.id}/{channel.id}")
        return found

    def _add(self, code: str, path: Path_, **args: Any) -> None:
        self.findings.append(self.source.finding(code, path, **args))
