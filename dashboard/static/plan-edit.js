// Putting markers on a plan: by dragging, by keys, by the id of a shape. A draft until it is saved; knows no live state but names.

import { post, reply } from "./ask.js";
import { el } from "./dom.js";
import { question } from "./form.js";
import { Stage, named } from "./plan-stage.js";
import { buildingOf } from "./plan-state.js";
import { t } from "./words.js";

export class Edit {
  /** `done(plan)` is called with the saved plan, or with null when nothing was saved. */
  constructor(plan, world, done) {
    this.plan = plan;
    this.world = world;
    this.done = done;
    this.markers = new Map(plan.markers.map((marker) => [marker.of, marker]));
    this.picked = "";
    this.dirty = false;
    this.stage = new Stage({ pick: (of) => this.pick(of, false), moved: (of, x, y) => this.put({ of, x, y, element: "" }) });
    this.stage.node.classList.add("editing");
    this.stage.node.addEventListener("click", (event) => {
      if (this.picked) this.put({ of: this.picked, x: this.stage.at(event)[0], y: this.stage.at(event)[1], element: "" });
    });
    this.stage.list.addEventListener("keydown", (event) => {
      if (event.key === "Delete" || event.key === "Backspace") this.away(event.target.dataset.of);
    });
    this.side = el("div", { className: "placing" });
    this.leaving = (event) => {
      if (!this.dirty) return;
      event.preventDefault();
      event.returnValue = ""; // all that Chromium before 119 goes by
    };
    addEventListener("beforeunload", this.leaving);
    this.build();
    this.stage.draw(plan).then(() => this.show());
  }

  build() {
    const shown = el("select", { id: "bind", onchange: (event) => this.bind(event.target.value) },
      el("option", { value: "", textContent: t("plans.no-shape") }), ...this.plan.ids.map((id) => el("option", { value: id, textContent: id })));
    this.shapes = shown;
    this.rows = new Map();
    this.side.replaceChildren(
      el("p", { className: "empty", id: "how", textContent: t("plans.how") }),
      el("div", { className: "buttons" },
        el("button", { className: "big primary", textContent: t("plans.save"), data: { act: "save" }, onclick: () => this.save() }),
        el("button", { className: "big", textContent: t("plans.leave"), data: { act: "leave" }, onclick: () => this.leave() }),
        this.off = el("button", { textContent: t("plans.away"), disabled: true, onclick: () => this.away(this.picked) })),
      this.plan.ids.length ? el("label", { className: "bind" }, t("plans.bind"), shown) : "",
      ...this.zones());
  }

  /** Everything of the plan's building by zone: devices, and one by one the points of those that have several. */
  zones() {
    const { state } = this.world;
    const building = buildingOf(state);
    const zones = new Map();
    for (const [id, point] of Object.entries(state.points)) {
      if (this.plan.building && building(id) !== this.plan.building) continue;
      const devices = zones.get(point.zone) ?? zones.set(point.zone, new Map()).get(point.zone);
      const device = id.split("/")[0];
      devices.set(device, [...(devices.get(device) ?? []), id]);
    }
    const gone = [...this.markers.keys()].filter((of) => named(of, state).name === of && !Object.keys(state.points).some((id) => id === of || id.startsWith(`${of}/`)));
    return [...[...zones].map(([zone, devices]) => el("div", {},
      el("h3", { textContent: state.zones.find((one) => one.id === zone)?.name ?? t("school") }),
      el("ul", {}, ...[...devices].map(([device, points]) => (points.length === 1 ? el("li", {}, this.row(points[0]))
        : el("li", {}, this.row(device), el("details", {}, el("summary", { textContent: t("plans.each") }), el("ul", {}, ...points.map((id) => el("li", {}, this.row(id)))))))))),
    ), gone.length ? el("div", {}, el("h3", { textContent: t("plans.gone") }), el("ul", {}, ...gone.map((of) => el("li", {}, this.row(of))))) : ""];
  }

  row(of) {
    const sign = el("small");
    const button = el("button", { className: "thing", data: { thing: of }, onclick: (event) => this.pick(of, event.detail === 0) },
      el("span", { textContent: named(of, this.world.state).name }), sign);
    this.rows.set(of, { button, sign });
    return button;
  }

  /** By keys there is no place to point at: what has none yet comes to the middle, and its marker takes the arrows. */
  pick(of, byKey) {
    this.picked = of;
    if (byKey && !this.markers.has(of)) this.put({ of, x: 0.5, y: 0.5, element: "" });
    this.show();
    if (byKey) this.stage.made.get(of).button.focus();
  }

  put(marker) {
    this.markers.set(marker.of, marker);
    this.picked = marker.of;
    this.dirty = true;
    this.show();
  }

  away(of) {
    if (!this.markers.delete(of)) return;
    this.dirty = true;
    this.show();
    this.rows.get(of)?.button.focus();
  }

  bind(element) {
    if (!this.picked) return;
    const old = this.markers.get(this.picked) ?? { x: null, y: null };
    const spot = this.stage.spot({ ...old, element });
    if (!spot) return this.away(this.picked);
    this.put({ of: this.picked, x: Math.min(1, Math.max(0, spot[0])), y: Math.min(1, Math.max(0, spot[1])), element });
  }

  show() {
    this.stage.arrange([...this.markers.values()]);
    this.stage.show(this.world);
    for (const [of, { button, sign }] of this.rows) {
      const marker = this.markers.get(of);
      sign.textContent = marker ? (marker.element ? `✓ ${marker.element}` : `✓ ${t("plans.placed")}`) : t("plans.unplaced");
      button.setAttribute("aria-pressed", String(of === this.picked));
    }
    this.stage.here(this.picked);
    this.shapes.value = this.markers.get(this.picked)?.element ?? "";
    this.shapes.disabled = !this.picked;
    this.off.disabled = !this.markers.has(this.picked);
  }

  async save() {
    const body = await post("/api/v1/plans/markers", { plan: this.plan.id, turn: this.plan.turn, markers: [...this.markers.values()] });
    if (!body) return;
    if (!body.plan) return reply(body.detail || t("reply.failed", { code: body.status }), false);
    reply(t("plans.saved", { n: body.plan.markers.length }), true);
    this.end(body.plan);
  }

  /** Asks where something would be lost. */
  leave(then = () => {}) {
    const go = () => {
      this.end(null);
      then();
    };
    if (!this.dirty) return go();
    question({ title: t("plans.lose"), button: t("plans.leave"), send: go });
  }

  end(plan) {
    removeEventListener("beforeunload", this.leaving);
    this.done(plan);
  }
}
