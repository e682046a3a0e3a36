// What the page knows and what follows from it. Pure: no elements, no network.

const TABLES = ["points", "alarms", "marks", "outputs", "stores", "lines", "schools"];
const CALM = new Set(["normal", "pending"]);
const SOUNDING = new Set(["unacked", "rtn_unacked"]);
const QUIET = new Set(["out-of-service", "maintenance", "walk", "test"]); // modes whose alarms call nobody at the desk
const SWITCHED = new Set(["on", "returning", "unverified"]); // stages of a mark that stands
const ASKS_RESULT = 3; // severity from which somebody has to look (early warning and above)
const DEEPEST = 5; // mains, line, device, point
const SOFT = new Set(["", "warning", "supervisory"]); // tones that only remind: a page that no longer hears anything is worse

/** Adds a delta to the state: rows of tables are merged, all else is replaced; closed alarms leave. */
export function merge(state, delta) {
  for (const [key, value] of Object.entries(delta)) {
    if (!TABLES.includes(key)) state[key] = value;
    else if (!state[key]) state[key] = { ...value };
    else for (const [id, row] of Object.entries(value)) state[key][id] = { ...state[key][id], ...row };
  }
  for (const [id, alarm] of Object.entries(state.alarms)) if (alarm.state === "normal") delete state.alarms[id];
  for (const [id, mark] of Object.entries(state.marks ?? {})) if (mark.stage === "over") delete state.marks[id];
}

/** Where a mark is, by names: the building it speaks of, else the one room of its points, or their buildings; none: the whole school. */
export function placesOf(mark, state) {
  const row = (rows, id) => rows.find((one) => one.id === id);
  const zones = [...new Set(mark.points.map((id) => row(state.zones, state.points[id]?.zone)))].filter(Boolean);
  if (zones.length === 1 && !mark.building) return [zones[0].name];
  const buildings = new Set(mark.building ? [mark.building] : zones.map((zone) => zone.building));
  return [...buildings].map((id) => row(state.buildings, id)?.name).filter(Boolean);
}

/** Open alarms, the worst first and of equals the oldest; those still being judged and those under another come last. */
export function sorted(state) {
  const rank = (a) => (a.state === "pending" ? 2 : a.parent || quiet(a) ? 1 : 0);
  return Object.values(state.alarms).sort(
    (a, b) => rank(a) - rank(b) || b.severity - a.severity || a.first - b.first || a.number - b.number,
  );
}

/** Does another open alarm stand for this one? Then it is in the list of all alarms only, and its point is just unknown. */
export const covered = (alarm, state) => Boolean(alarm.parent && state.alarms[alarm.parent]);

/** The open alarm that stands for this one in the end: itself where none does. */
export function headOf(alarm, state) {
  let head = alarm;
  for (let n = 0; covered(head, state) && n < DEEPEST; n++) head = state.alarms[head.parent];
  return head;
}

/** The alarm that stays on top: the first of the worst. */
export const firstAlarm = (alarms) => (alarms.length && !CALM.has(alarms[0].state) && !alarms[0].parent && !quiet(alarms[0]) ? alarms[0] : null);

/** Beside the first alarm the worst one that nobody has answered though somebody has to look; null where the first itself waits. */
export function waiting(alarms) {
  const one = alarms.find((alarm) => !alarm.acked && SOUNDING.has(alarm.state) && !alarm.parent && !quiet(alarm));
  return one && one !== firstAlarm(alarms) && one.severity >= ASKS_RESULT ? one : null;
}

/** Is the alarm one of a point that is switched off, maintained or tested? */
export const quiet = (alarm) => QUIET.has(alarm.mode);

export const unknown = (point) => point.quality !== "good";

/** How often each lamp is lit. `normal` is 1 only if all is true; `incomplete` says how many points are not known to be good. */
export function lamps(state, lost) {
  const counts = {};
  for (const alarm of Object.values(state.alarms)) {
    if (!CALM.has(alarm.state) && !quiet(alarm) && !covered(alarm, state)) counts[alarm.lamp] = (counts[alarm.lamp] ?? 0) + 1;
  }
  const schools = Object.values(state.schools ?? {}); // at the bureau; what it is rung for is an alarm of its own already
  for (const { worst, rung } of schools) if (worst && !rung) counts[worst.lamp] = (counts[worst.lamp] ?? 0) + 1;
  const off = Object.values(state.points).filter((p) => p.mode === "out-of-service" || p.mode === "unverified").length;
  if (off) counts["out-of-service"] = off;
  const tests = Object.values(state.marks ?? {}).filter((m) => m.lamp === "test" && SWITCHED.has(m.stage)).length;
  if (tests) counts.test = tests;
  const away = lost || (state.stream?.enabled && !state.stream.connected);
  if (away) counts.offline = (counts.offline ?? 0) + 1;
  const unseen = schools.filter((s) => s.state !== "alive" || s.uncovered || s.broken || s.late || s.degraded || !s.clock_ok).length;
  const incomplete = Object.values(state.points).filter(unknown).length + unseen;
  const recording = state.journal?.ok !== false && !state.journal?.degraded;
  const calm = Object.keys(state.alarms).length === 0 && Object.keys(counts).length === 0;
  const whole = Object.keys(state.points).length > 0 && incomplete === 0 && recording && !lost;
  return { counts, incomplete: whole ? 0 : incomplete || 1, normal: calm && whole ? 1 : 0 };
}

/** The word of an alarm's life and what counts down, wall ms or null. */
export function life(alarm, now) {
  if (alarm.state === "acked" || alarm.state === "latched") {
    if (!alarm.result && alarm.result_due) {
      return now < alarm.result_due ? { key: "life.awaiting", due: alarm.result_due } : { key: "life.overdue", due: null };
    }
    if (alarm.state === "latched") return { key: "life.latched", due: null };
    if (!alarm.result) return { key: "life.awaiting", due: null };
    return { key: alarm.result === "real" ? "life.handling" : "life.explained", due: null };
  }
  return { key: `life.${alarm.state}`, due: null };
}

/** The buttons of an alarm for somebody with these verbs: [name, verb, enabled]. */
export function buttons(alarm, verbs) {
  const list = [];
  if (alarm.state === "pending") return list;
  if (!alarm.acked && SOUNDING.has(alarm.state)) list.push(["ack", "ack", true]);
  if (!alarm.result && (alarm.severity >= ASKS_RESULT || alarm.latching)) {
    list.push(["real", "result", true], ["false", "result", true]);
  }
  if (!alarm.silenced && SOUNDING.has(alarm.state)) list.push(["silence", "silence", true]);
  if (alarm.latching) list.push(["reset", "reset", alarm.state === "latched"]);
  return list.filter(([, verb]) => verbs.includes(verb));
}

/** What else can be done about an alarm: [name, verb]. */
export function extras(alarm, verbs, me) {
  if (alarm.state === "pending") return [];
  const list = [];
  if (!alarm.result) list.push(["next", "next"]);
  if (!alarm.acked && alarm.told.includes(me.id)) list.push(["decline", "decline"]);
  list.push(["note", "note"], ["assign", "assign"]);
  if (!alarm.repair) list.push(["repair", "repair"]);
  return list.filter(([, verb]) => verbs.includes(verb));
}

/** The alarm that is heard now, undefined without one. A panic button makes no sound where it was pressed, and this screen may stand there. */
export const loudest = (alarms) => alarms.find((a) => SOUNDING.has(a.state) && !a.silenced && !a.parent && !quiet(a) && a.kind !== "panic");

/** The lamp whose tone has to be heard now, or "". What rang when the page was cut off rings on: a fire does not end with its news. */
export function sounding(alarms, lost) {
  const lamp = loudest(alarms)?.lamp ?? "";
  return lost && SOFT.has(lamp) ? "fault" : lamp;
}
