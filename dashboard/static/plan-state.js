// What a marker, a plan and a building have to say. Pure: no elements, no network.

import { quiet, unknown } from "./state.js";

const OUT = new Set(["out-of-service", "unverified"]);

/** The points that a marker stands for: one, or all of a device. Empty when the site no longer has it. */
export const pointsOf = (of, state) => (of in state.points ? [of] : Object.keys(state.points).filter((id) => id.startsWith(`${of}/`)));

/**
 * How several points stand together, the worst first: {kind, lamp, alarm}. `kind` is alarm, unknown, out, pending, test, normal,
 * or gone where there is no point at all. What is not known to be good is never normal.
 */
export function standing(ids, state, alarms) {
  const own = new Set(ids);
  const mine = alarms.filter((alarm) => own.has(alarm.point));
  const alarm = mine.find((one) => one.state !== "pending" && !quiet(one));
  if (alarm) return { kind: "alarm", lamp: alarm.lamp, alarm };
  if (!ids.length) return { kind: "gone", lamp: "" };
  const points = ids.map((id) => state.points[id]);
  if (points.some((point) => unknown(point) && !OUT.has(point.mode))) return { kind: "unknown", lamp: "unknown" };
  const pending = mine.find((one) => one.state === "pending");
  if (pending) return { kind: "pending", lamp: pending.lamp, alarm: pending };
  if (points.some((point) => OUT.has(point.mode))) return { kind: "out", lamp: "out-of-service" };
  if (points.some((point) => point.mode)) return { kind: "test", lamp: "test" };
  return { kind: "normal", lamp: "normal" };
}

/** id of a point -> id of its building, "" for what stands in none. */
export function buildingOf(state) {
  const zones = new Map(state.zones.map((zone) => [zone.id, zone.building]));
  return (id) => zones.get(state.points[id]?.zone) ?? "";
}

/**
 * Every building, in the site's order, and "" for what belongs to none: {id, name, points, alarms, lamps: {lamp: count}, unknown, out,
 * ...standing}. Alarms still being judged and those of points in service are not counted, as in the state bar.
 */
export function buildings(state, alarms) {
  const of = buildingOf(state);
  const rows = [...state.buildings.map(({ id, name }) => ({ id, name })), { id: "", name: "" }];
  const made = rows.map((row) => {
    const points = Object.keys(state.points).filter((id) => of(id) === row.id);
    const open = alarms.filter((alarm) => (alarm.building || of(alarm.point)) === row.id && alarm.state !== "pending" && !quiet(alarm));
    const lamps = {};
    for (const { lamp } of open) lamps[lamp] = (lamps[lamp] ?? 0) + 1;
    const count = (test) => points.filter((id) => test(state.points[id])).length;
    const worst = open.length ? { kind: "alarm", lamp: open[0].lamp, alarm: open[0] } : standing(points, state, alarms);
    return { ...row, points, alarms: open, lamps, unknown: count((p) => unknown(p) && !OUT.has(p.mode)), out: count((p) => OUT.has(p.mode)), ...worst };
  });
  return made.filter((row) => row.id !== "" || row.points.length || row.alarms.length);
}

/** Where an alarm is: {plan, of} on a plan of its own building before any other, {plan} without a marker, or {} without any plan. */
export function placeOf(alarm, plans, state) {
  const building = alarm.building || buildingOf(state)(alarm.point);
  const near = [...plans].sort((a, b) => Number(b.building === building) - Number(a.building === building));
  for (const plan of near) {
    const marker = plan.markers.find(({ of }) => of === alarm.point || alarm.point.startsWith(`${of}/`));
    if (marker && alarm.point) return { building, plan, of: marker.of };
  }
  const plan = plans.find((one) => building && one.building === building);
  return plan ? { building, plan } : { building };
}
