"""Cross references: does everything the file names exist, once, and where a person would expect it? Collects findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from alerts.channels import secrets
from alerts.channels.registry import CHANNELS
from drivers.profile import Profile
from drivers.quantities import GASES, QUANTITIES
from drivers.registry import FRAMERS
from drivers.switch import HANDS_OFF
from gateway.boxpoints import BOX
from gateway.config import places
from gateway.config.devices import PERIOD
from gateway.config.findings import Finding, close
from gateway.config.library import Library
from gateway.config.model import NO_UNIT, Bus, ChannelFile, DeviceFile, OutputFile, SiteFile, StoreFile
from gateway.config.shape import Shaped
from gateway.config.source import Path_, Source

WORDS = {  # section -> (zh, en) of one item
    "buses": ("总线", "bus"),
    "buildings": ("楼栋", "building"),
    "zones": ("区域", "zone"),
    "devices": ("设备", "device"),
    "people": ("人员", "person"),
    "channels": ("通道", "channel"),
    "townships": ("乡镇", "township"),
}
IDS = ("buses", "buildings", "zones", "devices", "people", "outputs", "stores", "channels", "townships", "schools")
NEEDS = {t: c.needs for t, c in CHANNELS.items()} | {  # type of bus or channel -> what it cannot do without
    "modbus-rtu": ("port",),
    **dict.fromkeys(FRAMERS, ("port",)),
    "modbus-tcp": ("host",),
    "modbus-rtu-tcp": ("host",),
    "http-snapshot": ("url",),
}
PLACE = {"evacuation": "building", "room-sounder": "zone", "fan": "zone", "valve": "zone", "chirp": "zone"}
BRIEF = ("chirp",)  # roles for which an output may be one that falls back by itself; every other must last
NO_PHONE = ("viewer", "installer", "admin")  # roles nobody calls
MOVING = ("/dev/ttyUSB", "/dev/ttyACM")  # names given in the order of plugging in
STORE = {"door": "door", "lock_a": "lock", "lock_b": "lock", "fan": "fan-run", "camera": "online", "detector": None}
STORE_SLOWEST = 1_000  # ms between two looks at a store's door and locks
SHOWN = 12


class Resolver:
    """Walks what could be read of a file once. `findings` fills up; nothing is raised."""

    def __init__(self, source: Source, shaped: Shaped, file: SiteFile, library: Library) -> None:
        self.source, self.shaped, self.file, self.library = source, shaped, file, library
        self.findings: list[Finding] = []
        self.dark = set(shaped.lost.get("devices", ()))  # devices whose points are not known
        self.points = self._points()

    def run(self) -> list[Finding]:
        for section in IDS:
            self._once(section)
        bureau = self.file.site.kind == "bureau"
        for section in ("schools", "townships") if bureau else ("buses", "zones", "devices"):
            if not getattr(self.file, section) and not self.shaped.lost.get(section) and section not in self.shaped.blind:
                self._add("CFG-011", (section,), key=True, name=f"{section}[0]")
        self._buses()
        for at, zone in self._items("zones"):
            self._known(zone.building, "buildings", (*at, "building"))
        self._devices()
        self._people()
        self._duty()
        self._channels()
        for code, path, args in places.findings(self._items("zones"), self.file.speech is not None):
            self._add(code, path, **args)
        self._fire_test()
        self._outputs()
        self._stores()
        self._schools(bureau)
        return self.findings

    # one method a section

    def _buses(self) -> None:
        ports: dict[str, str] = {}
        for at, bus in self._items("buses"):
            self._needs(at, bus)
            if not bus.port:
                continue
            serial = bus.type == "modbus-rtu" or bus.type in FRAMERS
            if serial and not isinstance(bus.port, str):
                self._add("CFG-012", (*at, "port"), value=bus.port, wanted_zh="串口文件", wanted="a serial device")
            elif serial:
                path = str(bus.port)
                if (other := ports.setdefault(path, bus.id)) != bus.id:
                    self._add("CFG-043", (*at, "port"), value=path, other=other)
                if path.startswith(MOVING):
                    self._add("CFG-060", (*at, "port"), value=path)
            elif not (isinstance(bus.port, int) and 1 <= bus.port <= 65535):
                self._add("CFG-014", (*at, "port"), value=bus.port, low=1, high=65535)

    def _devices(self) -> None:
        framed = {b.id for b in self.file.buses if b.type in FRAMERS}
        serial = {b.id for b in self.file.buses if b.type != "modbus-tcp"} - framed
        kinds = {z.id: z.kind for z in self.file.zones}
        taken: dict[tuple[str, int], str] = {}
        unverified: dict[str, list[Path_]] = {}
        for at, device in self._items("devices"):
            self._known(device.bus, "buses", (*at, "bus"))
            self._known(device.zone, "zones", (*at, "zone"))
            if device.unit == NO_UNIT:
                if device.bus not in framed and "unit" not in self.source.data["devices"][at[1]]:
                    self._add("CFG-011", at, name="unit")
            elif (other := taken.setdefault((device.bus, device.unit), device.id)) != device.id:
                self._add("CFG-022", (*at, "unit"), bus=device.bus, unit=device.unit, other=other)
            if device.bus in serial and device.unit != NO_UNIT and not 1 <= device.unit <= 247:
                self._add("CFG-014", (*at, "unit"), value=device.unit, low=1, high=247)
            profile = self.library.profiles.get(device.profile)
            if profile is None:
                if device.profile not in self.library.broken:
                    self._unknown(device.profile, self.library.models, (*at, "profile"), ("设备型号", "profile"))
                continue
            self._device_channels(at, device, profile)
            points = [self.points[p] for c in profile.channels if (p := f"{device.id}/{c.id}") in self.points]
            if any(quantity in ("smoke", "smoke-level") and kinds.get(zone) == "kitchen" for quantity, zone in points):
                self._add("CFG-035", (*at, "profile"), device=device.id)
            self._gases(at, device, profile)
            if profile.verified == "false":
                unverified.setdefault(profile.id, []).append((*at, "profile"))
        for id, where in unverified.items():
            self._add("CFG-053", where[0], profile=id, count=len(where))

    def _device_channels(self, at: Path_, device: DeviceFile, profile: Profile) -> None:
        known = {c.id: c for c in profile.channels}
        for name, change in device.channels.items():
            where: Path_ = (*at, "channels", name)
            if name not in known:
                near, words = close(name, known), " ".join(known)
                self._add("CFG-024", where, key=True, hint=near, profile=profile.id, value=name, allowed=words)
                continue
            if change.zone is not None:
                self._known(change.zone, "zones", (*where, "zone"))
            if change.quantity is None:
                continue
            if change.quantity not in QUANTITIES:
                self._unknown(change.quantity, QUANTITIES, (*where, "quantity"), ("物理量", "quantity"))
            elif QUANTITIES[change.quantity].bit is not QUANTITIES[known[name].quantity].bit:
                self._add("CFG-037", (*where, "quantity"), point=name, quantity=known[name].quantity, wanted=change.quantity)

    def _gases(self, at: Path_, device: DeviceFile, profile: Profile) -> None:
        """A toxic gas nobody names has no limits: those of another gas would be wrong by a factor of fifty."""
        for channel in profile.channels:
            change = device.channels.get(channel.id, ChannelFile())
            where: Path_ = (*at, "channels", channel.id) if channel.id in device.channels else (*at, "profile")
            point = f"{device.id}/{channel.id}"
            if self.points.get(point, ("", ""))[0] != "toxic-gas":
                continue
            if change.oel is None and (change.gas or channel.gas) not in GASES:
                self._add("CFG-045", where, point=point, value=change.gas or "-", allowed=" ".join(GASES))
            elif change.oel is not None and not 0 < change.oel <= QUANTITIES["toxic-gas"].high:
                self._add("CFG-014", (*where, "oel"), value=change.oel, low=0, high=f"{QUANTITIES['toxic-gas'].high:g}")

    def _people(self) -> None:
        for at, person in self._items("people"):
            for m, channel in enumerate(person.channels):
                self._known(channel, "channels", (*at, "channels", m))
            for m, zone in enumerate(person.zones):
                if self.file.site.kind == "bureau":  # whose schools the person sees
                    towns = {t.id for t in self.file.townships}
                    self._known(zone, "townships" if zone in towns or not self.file.schools else "schools", (*at, "zones", m))
                else:
                    self._known(zone, "zones", (*at, "zones", m))
            far = person.role == "bureau" and self.file.uplink is not None and self.file.uplink.command_key
            if far:
                continue  # the bureau's own box rings them: here they only have to be known
            if not person.channels and person.role not in NO_PHONE and not self.source.written((*at, "channels")):
                self._add("CFG-041", at, person=person.id)

    def _duty(self) -> None:
        for at, shift in self._items("duty"):
            self._known(shift.person, "people", (*at, "person"))
        if {"people", "duty"} & (self.shaped.blind | self.shaped.lost.keys()):
            return  # who is there is not known
        roles = {p.id: p.role for p in self.file.people}
        on_duty = {id for id, role in roles.items() if role == "duty"} | {s.person for s in self.file.duty if s.post == "duty"}
        if not on_duty:
            self._add("CFG-040", ("duty",) if self.file.duty else ("people",), key=True)
            return
        reached = on_duty | {id for id, role in roles.items() if role == "leader"}
        phones = {p.phone or "?" for at, p in self._items("people") if p.id in reached and self.source.written((*at, "phone"))}
        if len(phones) < 2:
            self._add("CFG-051", ("people",), key=True)

    def _fire_test(self) -> None:
        """Its point is a fire detector; its person exists (the engine asks for the rights each time)."""
        if (test := self.file.fire_test) is None:
            return
        self._known(test.person, "people", ("fire_test", "person"))
        self._point(test.point, ("fire_test", "point"), None)
        found = self.points.get(test.point, ("", ""))[0]
        if found in QUANTITIES and not QUANTITIES[found].fire:
            self._add("CFG-037", ("fire_test", "point"), point=test.point, quantity=found, wanted="smoke | heat | manual-call")

    def _channels(self) -> None:
        for at, channel in self._items("channels"):
            self._needs(at, channel)
            known = CHANNELS[channel.type]
            for name in sorted(channel.settings().keys() - {*known.needs, *known.may}):
                allowed = " ".join((*known.needs, *known.may)) or "-"
                self._add("CFG-070", (*at, name), key=True, type=channel.type, name=name, allowed=allowed)
        if "channels" not in self.shaped.blind and not any(CHANNELS[c.type].remote for c in self.file.channels):
            self._add("CFG-055", ("channels",), key=True)

        if self.file.uplink is not None and self.file.uplink.confirm == "puback":
            self._add("CFG-054", ("uplink", "confirm"))
        self._secrets()

    def _secrets(self) -> None:
        """Secret files that are on this machine: may anybody else read them?"""
        named = [((*at, "secret_file"), channel.secret_file) for at, channel in self._items("channels")]
        named += [((*at, "password_file"), bus.password_file) for at, bus in self._items("buses")]  # a camera's
        if self.file.uplink is not None:
            named += [
                (("uplink", name), getattr(self.file.uplink, name)) for name in ("password_file", "tls_key", "command_key")
            ]
        for at, name in named:
            try:
                if name and secrets.too_open(secrets.where(name)):
                    self._add("CFG-090", at, value=name)
            except OSError:
                continue  # it is on another machine, or systemd hands it over: `run` and `doctor` look at it there

    def _outputs(self) -> None:
        devices = {d.id: self.library.profiles.get(d.profile) for d in self.file.devices}
        moved: dict[tuple[str, str], str] = {}  # (device, what shows it) -> output
        for at, output in self._items("outputs"):
            device, _, name = output.id.partition("/")
            profile = devices.get(device)
            if self._known(device, "devices", (*at, "id")) and profile and name not in {o.id for o in profile.outputs}:
                known = [o.id for o in profile.outputs]
                allowed = " ".join(known) or "-"
                self._add("CFG-025", (*at, "id"), hint=close(name, known), profile=profile.id, value=name, allowed=allowed)
            switch = next((o for o in profile.outputs if o.id == name), None) if profile else None
            if switch and not switch.readback and not output.feedback:
                self._add("CFG-078", at, value=output.id)
            if switch and switch.timer and output.role not in BRIEF:
                self._add("CFG-084", (*at, "id"), value=output.id, role=output.role, timer=f"{switch.timer / 1000:g}")
            if switch and switch.readback and (other := moved.setdefault((device, switch.readback), output.id)) != output.id:
                self._add("CFG-079", (*at, "id"), value=output.id, other=other)
            shows = {output.feedback, f"{device}/{switch.readback}" if switch else ""}
            if held := sorted(p for p in shows if self.points.get(p, ("",))[0] in HANDS_OFF):
                self._add("CFG-086", (*at, "id"), value=output.id, point=held[0])
            self._output_place(at, output)
            self._point(output.feedback, (*at, "feedback"), "")
        bureau = self.file.site.kind == "bureau"  # rings by phone: it has no guard room
        if not any(o.role == "guard-sounder" for o in self.file.outputs) and "outputs" not in self.shaped.blind and not bureau:
            self._add("CFG-056", ("outputs",), key=True)

    def _output_place(self, at: Path_, output: OutputFile) -> None:
        """An output acts for its place; one without would never act."""
        for key, section in (("zone", "zones"), ("building", "buildings")):
            if getattr(output, key):
                self._known(getattr(output, key), section, (*at, key))
        place, given = PLACE.get(output.role), (output.zone, output.building)
        if (place == "zone" and not output.zone) or (place == "building" and not any(given)):
            self._add("CFG-038", at, role=output.role, name=place)
        if output.role == "evacuation":
            zones = {z.id: z.building for z in self.file.zones}
            wanted = output.building or zones.get(output.zone, "")
            if any(b.id == wanted and not b.evacuation for b in self.file.buildings):
                self._add("CFG-057", at, building=wanted)

    def _stores(self) -> None:
        for at, store in self._items("stores"):
            self._known(store.zone, "zones", (*at, "zone"))
            for part, quantity in STORE.items():
                self._point(getattr(store, part), (*at, part), quantity)
            zone = self.points.get(store.door, ("", store.zone))[1]
            if zone != store.zone:
                self._add("CFG-039", (*at, "door"), point=store.door, zone=zone, wanted=store.zone)
            for m, reader in enumerate(store.identity):
                self._point(reader, (*at, "identity", m), "identity")
            for m, holder in enumerate(store.holders):
                self._known(holder, "people", (*at, "holders", m))
            self._locks(at, store)
            self._identities(at, store)

    def _locks(self, at: Path_, store: StoreFile) -> None:
        missing = [n for n in ("lock_a", "lock_b") if not getattr(store, n) and not self.source.written((*at, n))]
        if missing and store.locks != "none":
            self._add("CFG-047", at, store=store.id, locks=store.locks, name=" ".join(missing))
        if store.locks == "identity" and not store.identity and not self.source.written((*at, "identity")):
            self._add("CFG-047", at, store=store.id, locks=store.locks, name="identity")
        periods = {d.id: d.period or PERIOD for d in self.file.devices if d.id not in self.dark}
        for part in ("door", "lock_a", "lock_b"):
            period = periods.get(getattr(store, part).partition("/")[0], 0)
            if period > STORE_SLOWEST:
                self._add("CFG-049", (*at, part), point=getattr(store, part), period=f"{period / 1000:g}")
                return

    def _identities(self, at: Path_, store: StoreFile) -> None:
        """Can anything tell who opened it, and does each holder count once?"""
        holders = [p for p in self.file.people if p.id in store.holders]
        if "people" in self.shaped.blind or len(holders) < len(set(store.holders)):
            return
        phones: dict[str, list[str]] = {}
        for person in holders:
            if person.phone:
                phones.setdefault(person.phone, []).append(person.id)
        for phone, people in phones.items():
            if len(people) > 1:
                self._add("CFG-048", (*at, "holders"), people=" ".join(people), phone=phone)
        if len(holders) < 2:
            self._add("CFG-076", at, store=store.id, why=f"保管人 {len(holders)} 名 · {len(holders)} holders")
        written = {p.id for where, p in self._items("people") if self.source.written((*where, "trained"))}
        if untrained := [p.id for p in holders if p.id not in written]:
            self._add("CFG-077", (*at, "holders"), people=" ".join(untrained))

    def _schools(self, bureau: bool) -> None:
        """What only a bureau has; its boxes must be told apart, found on the map, and believe its commands."""
        if self.file.schools and not bureau:
            self._add("CFG-081", ("schools",), key=True)
        if bureau and self.file.uplink is None and "uplink" not in self.shaped.blind:
            self._add("CFG-011", ("site",), key=True, name="uplink")
        for at, school in self._items("schools"):
            self._known(school.district, "townships", (*at, "district"))
            if not school.command_key:
                self._add("CFG-082", at, school=school.id)
            if school.at is None:
                self._add("CFG-083", at, school=school.id)

    # helpers

    def _items(self, section: str) -> Iterator[tuple[Path_, Any]]:
        for n, item in zip(self.shaped.index.get(section, ()), getattr(self.file, section), strict=True):
            yield (section, n), item

    def _once(self, section: str) -> None:
        seen: dict[str, int] = {}
        if section == "devices":  # a bus has points of its own: <bus>/link
            seen = {b.id: self.source.place((*at, "id"))[0] for at, b in self._items("buses")}
        if section == "schools":  # at a bureau a school is a zone and a device, a township a building
            others = ("buses", "zones", "devices", "buildings", "townships")
            seen = {i.id: self.source.place((*at, "id"))[0] for other in others for at, i in self._items(other)}
        for at, item in self._items(section):
            line = self.source.place((*at, "id"))[0]
            if item.id in seen:
                self._add("CFG-021", (*at, "id"), value=item.id, line=seen[item.id])
            if item.id == BOX and section in ("buses", "devices", "schools"):
                self._add("CFG-085", (*at, "id"), value=item.id)
            seen.setdefault(item.id, line)

    def _needs(self, at: Path_, item: Bus | Any) -> None:
        for name in NEEDS[item.type]:
            if not getattr(item, name) and not self.source.written((*at, name)):
                self._add("CFG-023", at, type=item.type, name=name)

    def _known(self, value: str, section: str, path: Path_) -> bool:
        known = [i.id for i in getattr(self.file, section)]
        if value in known or value in self.shaped.lost.get(section, ()) or section in self.shaped.blind:
            return True
        self._unknown(value, known, path, WORDS[section])
        return False

    def _unknown(self, value: str, known: Iterable[str], path: Path_, words: tuple[str, str]) -> None:
        known = sorted(known)
        shown = " ".join(known[:SHOWN]) + (" …" if len(known) > SHOWN else "")
        zh, en = words
        self._add("CFG-020", path, hint=close(value, known), what_zh=zh, what=en, value=value, allowed=shown or "-")

    def _point(self, point: str, path: Path_, quantity: str | None) -> None:
        """`quantity` "" means any of two states, None any at all."""
        if not point or point.partition("/")[0] in self.dark or "devices" in self.shaped.blind:
            return
        if point not in self.points:
            near = close(point, self.points)
            self._add("CFG-026", path, hint=near, value=point, allowed=near or "-")
            return
        found = self.points[point][0]
        if quantity is not None and found in QUANTITIES and (found != quantity if quantity else not QUANTITIES[found].bit):
            self._add("CFG-037", path, point=point, quantity=found, wanted=quantity or "0/1")

    def _points(self) -> dict[str, tuple[str, str]]:
        """Point -> quantity and zone."""
        found = {f"{b.id}/link": ("online", "") for b in self.file.buses if b.type == "http-snapshot"}  # a camera is its line
        for device in self.file.devices:
            profile = self.library.profiles.get(device.profile)
            if profile is None:
                self.dark.add(device.id)
                continue
            for channel in profile.channels:
                change = device.channels.get(channel.id, ChannelFile())
                if not change.off:
                    point = f"{device.id}/{channel.id}"
                    found[point] = (change.quantity or channel.quantity, change.zone or device.zone)
        return found

    def _add(self, code: str, path: Path_, *, key: bool = False, hint: str = "", **args: Any) -> None:
        self.findings.append(self.source.finding(code, path, key=key, hint=hint, **args))
