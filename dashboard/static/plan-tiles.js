// All buildings at a glance: a tile each, with what is wrong, unknown or out of service in it.

import { byId, el, place } from "./dom.js";
import { buildings } from "./plan-state.js";
import { t } from "./words.js";

export class Tiles {
  /** `go(building)` is called when a tile is pressed. */
  constructor(go) {
    this.go = go;
    this.made = new Map();
  }

  /** `draw`: the reader may put plans up, so the grounds have a tile though nothing is there yet. */
  show({ state, alarms }, plans, draw) {
    const rows = buildings(state, alarms);
    const campus = plans.filter((plan) => plan.building === "");
    if (!rows.some((row) => row.id === "") && (campus.length || draw)) rows.push({ id: "", name: "", points: [], alarms: [], lamps: {}, unknown: 0, out: 0, kind: "gone", lamp: "" });
    place(byId("tiles"), rows.map((row) => this.tile(row, plans)));
  }

  tile(row, plans) {
    const count = plans.filter((plan) => plan.building === row.id).length;
    const parts = [
      ...Object.entries(row.lamps).map(([lamp, n]) => [lamp, `${t(`lamp.${lamp}`)} ${n}`]),
      row.unknown ? ["unknown", t("plans.unknown.n", { n: row.unknown })] : null,
      row.out ? ["out-of-service", `${t("lamp.out-of-service")} ${row.out}`] : null,
      row.kind === "pending" ? [row.lamp, t("life.pending")] : null,
      row.kind === "test" ? ["test", t("lamp.test")] : null,
      row.kind === "normal" ? ["normal", t("lamp.normal")] : null,
    ].filter(Boolean);
    const key = JSON.stringify([row.name, row.points.length, row.lamp, parts, count]);
    const old = this.made.get(row.id);
    if (old?.key === key) return old.node;
    const node = el("li", {}, el("button", { className: `tile ${row.kind}`, data: { building: row.id, lamp: row.lamp }, onclick: () => this.go(row.id) },
      el("b", { textContent: row.name || t("plans.campus") }),
      el("span", { className: "counts" }, ...parts.map(([lamp, text]) => el("span", { className: "count", data: { lamp } }, el("span", { className: "shape", ariaHidden: "true" }), ` ${text}`))),
      el("small", { textContent: [row.points.length ? t("plans.points", { n: row.points.length }) : "", count ? t("plans.count", { n: count }) : t("plans.none")].filter(Boolean).join(" · ") })));
    this.made.set(row.id, { key, node });
    return node;
  }
}
