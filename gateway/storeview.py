"""What the local socket shows of stores: part `stores` of the snapshot (docs/local-socket.md). JSON-ready dicts; judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.holders import trouble
from alerts.opening import Opening
from alerts.plant import Plant, Store
from alerts.store_step import StoreState, judged, limit
from drivers.reading import Now, Quality, Reading

Json = dict[str, Any]
UNSEEN: Mapping[str, tuple[str, str]] = {  # what cannot be judged -> (zh, en)
    "locks": ("单锁、强开无法判断：锁没有信号", "one lock and forced cannot be judged: the locks give no signal"),
    "lock": (
        "只有一把锁有信号：另一把锁开没开无法判断",
        "one lock gives a signal: whether the other one was open cannot be judged",
    ),
    "people": (
        "身份无法判断：没有两名有效保管人，也没有读卡器",
        "who is there cannot be judged: no two valid holders, no reader",
    ),
    "fan": ("排风无法判断：没有运行信号", "the fan cannot be judged: no run signal"),
    "camera": ("摄像头无法判断：没有配置", "the camera cannot be judged: none configured"),
    "detector": ("报警器无法判断：没有配置", "the detector cannot be judged: none configured"),
}


def stores_json(plant: Plant, states: Mapping[str, StoreState], view: Mapping[str, Reading], now: Now) -> dict[str, Json]:
    """Every store by id."""
    return {s.id: _store(s, states[s.id], plant, view, now) for s in plant.stores.values()}


def _store(store: Store, state: StoreState, plant: Plant, view: Mapping[str, Reading], now: Now) -> Json:
    zone, current = plant.zones.get(store.zone), state.current
    parts = {name: getattr(store, name) for name in ("door", "lock_a", "lock_b", "fan", "camera", "detector")}
    unseen = [name for name in ("fan", "camera", "detector") if not parts[name]]
    silent = [store.lock_a, store.lock_b].count("")
    unseen += [[], ["lock"], ["locks"]][silent]
    unseen += [] if judged(store, plant, now.wall) else ["people"]
    return {
        "zone": store.zone,
        "place": zone.name if zone else "",
        "locks": store.locks,
        "parts": {name: _part(point, view.get(point)) for name, point in parts.items() if point},
        "unseen": [{"what": u, "zh": UNSEEN[u][0], "en": UNSEEN[u][1]} for u in unseen],
        "holders": [{"person": h, "trouble": trouble(h, store, plant, now.wall)} for h in store.holders],
        "opening": opening_json(current) | {"due": now.wall + limit(current, plant) - now.mono} if current else None,
        "waiting": [opening_json(o) for o in state.openings if o.closed is not None],
        "last": opening_json(state.last) if state.last else None,
        "declared": {"session": state.declared.kind, "by": state.declared.by} if state.declared else None,
    }


def _part(point: str, reading: Reading | None) -> Json:
    """`ok` is null while nothing is known: unknown is never shown as fine."""
    good = reading is not None and reading.quality is Quality.GOOD
    return {
        "point": point,
        "value": reading.value if reading else None,
        "ok": good if reading else None,
        "at": reading.at.wall if reading else None,
        "fault": reading.fault if reading else "",
    }


def opening_json(o: Opening) -> Json:
    """One opening: times as wall ms; `verdict` is "" (待核实), two, unproven or blind (无法判断)."""
    return {
        "id": o.id,
        "opened": o.opened.wall,
        "closed": o.closed.wall if o.closed else None,
        "locks": o.which,
        "verdict": o.verdict,
        "proofs": [{"person": p.person, "how": p.how, "at": p.at.wall} for p in o.proofs],
        "session": o.session,
        "declared_by": o.declared_by,
        "lowest": dict(o.lowest),
        "highest": dict(o.highest),
        "picture": o.picture,
    }
