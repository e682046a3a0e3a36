// Drills on the page of 停用 and 维保: one is begun, buildings say that they are empty and are counted, one is ended. It urges nobody.

import { pinField, reply, send } from "./ask.js";
import { el } from "./dom.js";
import { question } from "./form.js";
import { duration } from "./format.js";
import { t } from "./words.js";

const KINDS = ["evacuation", "calls"];

/** Asks what kind of drill, and of which buildings; those not wanted are unticked. */
export function begin({ buildings }) {
  question({ title: t("begin.drill-start"), text: t("begin.drill-start.hint"), button: t("ask.send", { verb: t("begin.drill-start") }), keep: "drill-start",
    fields: [{ id: "kind", kind: "select", label: t("drill.kind"), required: true, options: KINDS.map((kind) => [kind, t(`drill.kind.${kind}`)]) },
      ...buildings.map(({ id, name }) => ({ id: `in-${id}`, kind: "tick", label: name, value: true })),
      { id: "signal", kind: "tick", label: t("drill.signal") }, ...pinField("drill-start")],
    send: ({ pin, kind, signal, ...given }) => {
      if (kind === "calls") return send("drill-start", "", { kind }, pin);
      const wanted = buildings.map(({ id }) => id).filter((id) => given[`in-${id}`]);
      const named = wanted.length < buildings.length ? wanted.join(",") : ""; // none named is all of them
      return wanted.length ? send("drill-start", "", { kind, signal, buildings: named }, pin) : reply(t("drill.nowhere"), false);
    } });
}

/** How far it is: each building beside its target, and who has not answered. */
export function progress(mark, state, name) {
  const people = list(mark.facts.people);
  const silent = people.filter((id) => said(mark, "answered", id) === undefined);
  return [el("ul", { className: "checks" }, ...list(mark.facts.buildings).map((id) => {
    const [empty, expected, counted] = ["empty", "expected", "counted"].map((what) => said(mark, what, id));
    const building = state.buildings.find((one) => one.id === id);
    return el("li", { className: empty === undefined ? "" : "done", data: { building: id }, textContent: [
      `${empty === undefined ? "○" : "✓"} ${building?.name ?? id}`, empty === undefined ? t("drill.waits") : t("drill.empty", { d: duration(empty * 1000) }),
      counted === undefined ? "" : t("drill.heads", { of: expected ?? "–", n: counted }),
      building?.target ? t("drill.target", { d: duration(building.target * 1000) }) : ""].filter(Boolean).join(" · ") });
  })),
  el("p", { textContent: [t("drill.answers", { n: people.length - silent.length, of: people.length }), silent.length ? t("drill.silent", { names: silent.map(name).join(t("comma")) }) : ""].filter(Boolean).join(" · ") })];
}

/** A building's leader says that it is empty, with the heads if they are counted already. */
export function empty(mark, state) {
  const places = list(mark.facts.buildings).sort((a, b) => Number(said(mark, "empty", a) !== undefined) - Number(said(mark, "empty", b) !== undefined));
  question({ title: t("does.drill-empty"), button: t("ask.send", { verb: t("does.drill-empty") }), keep: `drill-empty ${mark.id}`,
    fields: [{ id: "building", kind: "select", label: t("filter.building"), required: true, options: places.map((id) => [id, state.buildings.find((one) => one.id === id)?.name ?? id]) },
      { id: "expected", kind: "number", label: t("drill.expected") }, { id: "counted", kind: "number", label: t("drill.counted") }, ...pinField("drill-empty")],
    send: ({ pin, building, expected, counted }) => send("drill-empty", "", { building, ...(expected === null ? {} : { expected }), ...(counted === null ? {} : { counted }) }, pin) });
}

const list = (ids) => String(ids ?? "").split(",").filter(Boolean);
const said = (mark, what, about) => mark.lines.find((line) => line.what === what && line.about === about)?.value;
