// Zones with their points, and the outputs. Built once per snapshot; deltas only change texts.

import { byId, el, flag, place, put } from "./dom.js";
import { ago, pointText } from "./format.js";
import { covered, unknown } from "./state.js";
import { calledPoint, faultText, t, words } from "./words.js";

const CALM_AGE_MS = 15000; // an age is worth the eye's time only beyond this
const SHAPES = { uncertain: "≈", stale: "○", fault: "✕" };

export class Points {
  /** `pick` is called with the id of a point whose curve is wanted. */
  constructor(pick) {
    this.pick = pick;
    this.rows = new Map();
    this.zones = new Map(); // zone id -> {node, says, points, alarmed}
    this.outputs = new Map();
    this.narrow = matchMedia("(max-width: 600px)");
    this.wall = document.body.classList.contains("wall");
  }

  build(state) {
    const known = this.zones; // a snapshot after a gap leaves open what a person has opened
    this.zones = new Map();
    this.rows.clear();
    const byZone = new Map();
    for (const [id, point] of Object.entries(state.points)) {
      if (!byZone.has(point.zone)) byZone.set(point.zone, []);
      byZone.get(point.zone).push([id, point]);
    }
    const zones = state.zones.filter((zone) => byZone.has(zone.id));
    for (const id of byZone.keys()) if (!zones.some((zone) => zone.id === id)) zones.push({ id, name: t("school"), building: "" });
    const buildings = Object.fromEntries(state.buildings.map((b) => [b.id, b.name]));
    for (const zone of zones) {
      const points = byZone.get(zone.id);
      const says = el("span", { className: "says" });
      const node = el("details", { className: "zone", open: known.get(zone.id)?.node.open ?? !(this.narrow.matches || this.wall), data: { zone: zone.id } },
        el("summary", {}, el("h3", { textContent: zone.name }), el("small", { textContent: buildings[zone.building] ?? "" }), says),
        el("ul", {}, ...points.map(([id, point]) => this.row(id, point))));
      this.zones.set(zone.id, { node, says, points: points.map(([id]) => id), alarmed: known.get(zone.id)?.alarmed ?? false });
    }
    byId("zones").replaceChildren(...[...this.zones.values()].map(({ node }) => node));
    this.buildOutputs(state);
  }

  row(id, point) {
    const value = el("span", { className: "value" });
    const age = el("span", { className: "age" });
    const kind = words.quantities[point.quantity] ?? point.quantity;
    const name = calledPoint(point);
    const label = name && name !== kind ? `${name} · ${kind}` : kind;
    const button = el("button", { className: "point", title: t("curve.open"), onclick: () => this.pick(id), data: { point: id } },
      el("span", { className: "label", textContent: label }), value, age);
    this.rows.set(id, { button, value, age });
    return el("li", {}, button);
  }

  /** Shows the points `ids` (all without them) as they now stand. */
  show(state, now, ids = this.rows.keys()) {
    for (const id of ids) {
      const row = this.rows.get(id);
      if (!row) continue;
      const point = state.points[id];
      const bad = unknown(point);
      const shape = bad ? `${SHAPES[point.quality] ?? "○"} ` : "";
      const doubt = point.quality === "uncertain" ? ` ${t("quality.uncertain")}` : "";
      const title = bad && point.fault ? faultText(point.fault) : t("curve.open"); // in full: of a dead line all its points say the same
      const mode = point.mode ? `${t(`mode.${point.mode}`)} · ` : "";
      if ((row.button.dataset.mode ?? "") !== (point.mode ?? "")) row.button.dataset.mode = point.mode ?? "";
      put(row.value, `${mode}${shape}${pointText(point)}${doubt}`);
      if (row.button.title !== title) row.button.title = title;
      if (row.button.dataset.quality !== point.quality) row.button.dataset.quality = point.quality;
      this.age(row, point, now);
    }
  }

  age(row, point, now) {
    const old = point.at === null ? null : now - point.at;
    put(row.age, old === null ? t("quality.never") : old > CALM_AGE_MS || unknown(point) ? ago(old) : "");
  }

  /** Marks the points of open alarms, counts the unknown. */
  mark(state, alarms) {
    const lamps = new Map();
    for (const alarm of alarms) if (alarm.state !== "pending" && !covered(alarm, state) && !lamps.has(alarm.point)) lamps.set(alarm.point, alarm);
    for (const [id, { button }] of this.rows) {
      const { lamp = "", truth = "" } = lamps.get(id) ?? {};
      if ((button.dataset.lamp ?? "") !== lamp) button.dataset.lamp = lamp;
      if ((button.dataset.truth ?? "") !== truth) button.dataset.truth = truth;
    }
    this.markZones(state, lamps);
    const count = Object.values(state.points).filter(unknown).length;
    put(byId("unknown-count"), count ? t("points.unknown", { n: count }) : "");
  }

  /** Zones with an open alarm come first, in the order of the alarms, and open themselves once; each says how it stands. */
  markZones(state, lamps) {
    const ranks = new Map([...lamps.keys()].map((id, at) => [state.points[id]?.zone, at]).reverse());
    for (const [id, zone] of this.zones) {
      const alarmed = zone.points.filter((point) => lamps.has(point));
      const bad = zone.points.filter((point) => unknown(state.points[point])).length;
      put(zone.says, alarmed.length ? t("zone.alarms", { n: alarmed.length }) : bad ? t("zone.unknown", { n: bad }) : t("zone.calm", { n: zone.points.length }));
      const lamp = alarmed.length ? lamps.get([...lamps.keys()].find((point) => alarmed.includes(point))).lamp : "";
      if ((zone.node.dataset.lamp ?? "") !== lamp) zone.node.dataset.lamp = lamp;
      flag(zone.node, "unsure", bad > 0);
      if (alarmed.length && !zone.alarmed) zone.node.open = true;
      zone.alarmed = alarmed.length > 0;
      zone.rank = ranks.get(id) ?? Infinity;
    }
    // sort() keeps the site's own order among equals, so calm zones never wander
    place(byId("zones"), [...this.zones.values()].sort((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank)).map(({ node }) => node));
  }

  tick(state, now) {
    for (const [id, row] of this.rows) this.age(row, state.points[id], now);
  }

  buildOutputs(state) {
    this.outputs.clear();
    const zones = Object.fromEntries(state.zones.map((z) => [z.id, z.name]));
    const buildings = Object.fromEntries(state.buildings.map((b) => [b.id, b.name]));
    byId("outputs").replaceChildren(...Object.entries(state.outputs).map(([id, output]) => {
      const value = el("span", { className: "value" });
      const node = el("li", { className: "output", data: { output: id } },
        el("span", { className: "label", textContent: `${t(`role.${output.role}`)} · ${zones[output.zone] ?? buildings[output.building] ?? t("school")}` }), value);
      this.outputs.set(id, { node, value });
      return node;
    }));
    byId("switched").hidden = this.outputs.size === 0;
    this.showOutputs(state);
  }

  showOutputs(state) {
    flag(byId("outputs"), "some-on", Object.values(state.outputs).some((output) => output.is === true));
    for (const [id, { node, value }] of this.outputs) {
      const output = state.outputs[id];
      const is = output.is === null ? t("output.unknown") : t(output.is ? "output.on" : "output.off");
      const differs = output.is !== output.want;
      put(value, differs ? `! ${is} · ${t(output.want ? "output.asked-on" : "output.asked-off")}` : is);
      flag(node, "on", output.is === true);
      flag(node, "off", output.is === false && !differs);
      flag(node, "differs", differs);
    }
  }
}
