// The page of plans: all buildings, one building's floors with live markers, and the jump to a new alarm that disturbs nobody.

import { alarmButtons, extraButtons, facts, lifeText, namer, title } from "./alarms.js";
import { post, reply } from "./ask.js";
import { byId, el, place, put } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { question } from "./form.js";
import { pointText, wallTime } from "./format.js";
import { Edit } from "./plan-edit.js";
import { Stage, named, says } from "./plan-stage.js";
import { buildingOf, buildings, placeOf, pointsOf } from "./plan-state.js";
import { open } from "./shell.js";
import { quiet } from "./state.js";
import { t, words } from "./words.js";

const ACCEPT = ".svg,.png,.jpg,.jpeg,image/svg+xml,image/png,image/jpeg";

class Page {
  constructor() {
    this.plans = null;
    this.draw = false;
    this.seen = null; // alarms that were there already
    this.before = null; // where the reader was before a jump, until he does something himself
    this.tiles = new Map();
    this.stage = new Stage({ pick: (of) => this.pick(of) });
    const query = new URLSearchParams(location.search);
    this.view = { building: query.get("building"), plan: Number(query.get("plan")) || null, of: "" };
    this.wanted = query.get("alarm");
    byId("back").addEventListener("click", () => this.go({ building: null, plan: null, of: "" }));
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => (this.before = null), true);
  }

  build(world) {
    this.world = world;
    this.load();
  }

  async load() {
    const found = await fetchJson("plans");
    if (!found) return;
    this.plans = found.plans;
    this.draw = found.draw;
    if (this.wanted) {
      const alarm = this.world.state.alarms[this.wanted];
      this.wanted = null;
      if (alarm) return this.to(alarm);
    }
    this.refresh();
  }

  show(world) {
    this.world = world;
    const now = world.alarms.filter((alarm) => alarm.state !== "pending" && !alarm.parent && !quiet(alarm));
    const fresh = this.seen ? now.filter((alarm) => !this.seen.has(alarm.id)) : [];
    this.seen = new Set(now.map((alarm) => alarm.id));
    if (this.plans) {
      if (fresh.length) this.news(fresh[0]);
      else this.refresh();
      this.homeward();
    }
  }

  /** Is the reader in the middle of something that must not be taken from under his hands? */
  busy() {
    const field = document.activeElement?.closest("input, textarea, select");
    return Boolean(this.edit || field || document.querySelector("dialog[open]") || this.open());
  }

  /** Has he another alarm open: one that he came for or picked, or one that came up by itself and that he has taken in hand? */
  open() {
    const ids = this.view.of ? pointsOf(this.view.of, this.world.state) : [];
    if (this.world.alarms.some((alarm) => ids.includes(alarm.point) && alarm.state !== "pending")) return true;
    const { alarm } = this.view;
    return Boolean(alarm && this.world.state.alarms[alarm] && (alarm !== this.jumped || !this.before));
  }

  /** A new alarm: its plan comes up by itself, or is offered where somebody is busy. */
  async news(alarm) {
    const keeps = this.jumped && this.world.state.alarms[this.jumped]?.severity > alarm.severity;
    if (this.busy() || keeps) {
      this.offer(alarm);
      return this.refresh();
    }
    const from = this.before ?? { ...this.view };
    const found = await fetchJson("plans"); // somebody may have drawn since
    if (found) this.plans = found.plans;
    if (this.busy()) return this.offer(alarm);
    const was = this.view.plan;
    this.to(alarm);
    this.jumped = alarm.id;
    this.before = from;
    if (was === null || was !== this.view.plan) this.strip(el("span", { textContent: t("plans.jumped", { what: `${title(alarm)} ${alarm.place}` }) }),
      el("button", { textContent: t("plans.return"), onclick: () => this.go(from) }));
  }

  offer(alarm) {
    this.strip(el("span", { textContent: t("plans.new", { what: `${title(alarm)} ${alarm.place}` }) }),
      el("button", { textContent: t("plans.look"), data: { act: "look" }, onclick: () => (this.edit ? this.edit.leave(() => this.to(alarm)) : this.to(alarm)) }));
  }

  strip(...parts) {
    byId("jump").replaceChildren(...parts);
    byId("jump").hidden = parts.length === 0;
  }

  /** The alarm that made the page jump is over, and nobody has touched anything since: back to where the reader was. */
  homeward() {
    if (!this.jumped || this.world.state.alarms[this.jumped]) return;
    this.jumped = null;
    this.strip();
    if (this.before && !this.busy()) this.go(this.before);
  }

  to(alarm) {
    const { building, plan, of } = placeOf(alarm, this.plans, this.world.state);
    this.go(plan ? { building: plan.building, plan: plan.id, of: "", here: of, alarm: alarm.id } : { building: building || null, plan: null, of: "", alarm: alarm.id });
  }

  go(view) {
    this.view = view;
    this.strip();
    const query = new URLSearchParams();
    if (view.building !== null) query.set("building", view.building);
    if (view.plan) query.set("plan", String(view.plan));
    history.replaceState(null, "", view.building === null ? location.pathname : `?${query}`);
    this.refresh();
    scrollTo(0, 0);
  }

  pick(of) {
    this.view = { ...this.view, of: this.view.of === of ? "" : of };
    this.refresh();
  }

  refresh() {
    if (!this.plans || this.edit) return this.edit && this.edit.stage.show(this.world);
    const inside = this.view.building !== null;
    byId("overview").hidden = inside;
    byId("one").hidden = !inside;
    inside ? this.building() : this.overview();
  }

  overview() {
    const rows = buildings(this.world.state, this.world.alarms);
    const campus = this.plans.filter((plan) => plan.building === "");
    if (!rows.some((row) => row.id === "") && (campus.length || this.draw)) rows.push({ id: "", name: "", points: [], alarms: [], lamps: {}, unknown: 0, out: 0, kind: "gone", lamp: "" });
    place(byId("tiles"), rows.map((row) => this.tile(row)));
  }

  tile(row) {
    const count = this.plans.filter((plan) => plan.building === row.id).length;
    const parts = [
      ...Object.entries(row.lamps).map(([lamp, n]) => [lamp, `${t(`lamp.${lamp}`)} ${n}`]),
      row.unknown ? ["unknown", t("plans.unknown.n", { n: row.unknown })] : null,
      row.out ? ["out-of-service", `${t("lamp.out-of-service")} ${row.out}`] : null,
      row.kind === "pending" ? [row.lamp, t("life.pending")] : null,
      row.kind === "test" ? ["test", t("lamp.test")] : null,
      row.kind === "normal" ? ["normal", t("lamp.normal")] : null,
    ].filter(Boolean);
    const key = JSON.stringify([row.name, row.points.length, row.lamp, parts, count]);
    const old = this.tiles.get(row.id);
    if (old?.key === key) return old.node;
    const node = el("li", {}, el("button", { className: `tile ${row.kind}`, data: { building: row.id, lamp: row.lamp }, onclick: () => this.go({ building: row.id, plan: null, of: "" }) },
      el("b", { textContent: row.name || t("plans.campus") }),
      el("span", { className: "counts" }, ...parts.map(([lamp, text]) => el("span", { className: "count", data: { lamp } }, el("span", { className: "shape", ariaHidden: "true" }), ` ${text}`))),
      el("small", { textContent: [row.points.length ? t("plans.points", { n: row.points.length }) : "", count ? t("plans.count", { n: count }) : t("plans.none")].filter(Boolean).join(" · ") })));
    this.tiles.set(row.id, { key, node });
    return node;
  }

  async building() {
    const { state } = this.world;
    const { building } = this.view;
    const floors = this.plans.filter((plan) => plan.building === building);
    const plan = floors.find((one) => one.id === this.view.plan) ?? floors[0] ?? null;
    put(byId("name"), state.buildings.find((one) => one.id === building)?.name ?? t("plans.campus"));
    const tabs = JSON.stringify([building, floors.map((one) => [one.id, one.floor]), plan?.id, this.draw]);
    if (byId("floors").dataset.key !== tabs) {
      byId("floors").dataset.key = tabs;
      byId("floors").replaceChildren(...(floors.length > 1 || floors[0]?.floor ? floors : []).map((one) => el("button", { textContent: one.floor || t("plans.whole"), ariaPressed: String(one.id === plan?.id), onclick: () => this.go({ building, plan: one.id, of: "" }) })));
      byId("tools").replaceChildren(...(this.draw ? this.tools(building, plan) : []));
    }
    byId("nothing").hidden = plan !== null;
    byId("drawn").hidden = plan === null;
    if (!plan) put(byId("nothing"), t(this.draw ? "plans.nothing.add" : "plans.nothing"));
    else if (this.stage.plan !== plan) {
      place(byId("drawn"), [this.stage.node]);
      this.stage.plan = plan;
      await this.stage.draw(plan);
      if (this.stage.plan !== plan || this.edit) return;
      this.stage.arrange(plan.markers);
    }
    if (plan) this.stage.show(this.world);
    this.stage.here(this.view.of || this.view.here);
    for (const [of, { button }] of this.stage.made) button.setAttribute("aria-pressed", String(of === this.view.of));
    this.beside(building, plan);
  }

  tools(building, plan) {
    return [
      plan ? el("button", { textContent: t("plans.edit"), data: { act: "edit" }, onclick: () => this.begin(plan) }) : "",
      el("button", { textContent: t("plans.add"), data: { act: "add" }, onclick: () => this.ask(building, "") }),
      plan ? el("button", { textContent: t("plans.replace"), onclick: () => this.ask(building, plan.floor, true) }) : "",
      plan ? el("button", { textContent: t("plans.remove"), data: { act: "remove" }, onclick: () => this.remove(plan) }) : "",
    ].filter(Boolean);
  }

  /** The side: what was picked, the building's alarms, and what has no place on any plan yet. Built anew only where it differs. */
  beside(building, plan) {
    const { state, alarms } = this.world;
    const own = buildings(state, alarms).find((row) => row.id === building);
    const placed = new Set(this.plans.filter((one) => !building || one.building === building).flatMap((one) => one.markers.flatMap(({ of }) => pointsOf(of, state))));
    const missing = (own?.points ?? []).filter((id) => !placed.has(id));
    const shown = (id) => says(id, state, alarms);
    const key = JSON.stringify([building, plan?.id, this.view.of, own?.alarms, this.view.of && pointsOf(this.view.of, state).map(shown), missing.map((id) => [id, shown(id)])]);
    if (byId("beside").dataset.key === key) return;
    byId("beside").dataset.key = key;
    this.ticks = [];
    byId("beside").replaceChildren(
      ...(this.view.of ? this.thing(this.view.of) : []),
      el("h3", { textContent: t("alarms") }),
      own?.alarms.length ? el("ul", { className: "here-alarms" }, ...own.alarms.map((alarm) => this.alarm(alarm, plan))) : el("p", { className: "empty", textContent: t("alarms.none") }),
      ...(missing.length ? [el("details", { open: !plan }, el("summary", { textContent: t("plans.missing", { n: missing.length }) }),
        el("ul", { className: "facts" }, ...missing.map((id) => el("li", {}, el("span", { textContent: this.about(id) }), el("b", { textContent: shown(id) })))))] : []));
    this.tick(this.world);
  }

  about(id) {
    const { name, place: where } = named(id, this.world.state);
    return [where, name].filter(Boolean).join(" · ");
  }

  thing(of) {
    const { state } = this.world;
    return [el("h3", { textContent: this.about(of) }), el("ul", { className: "facts" }, ...pointsOf(of, state).map((id) => el("li", {},
      el("span", { textContent: state.points[id].name || (words.quantities[state.points[id].quantity] ?? id) }), el("b", { textContent: pointText(state.points[id]) }),
      el("a", { href: `/history?points=${encodeURIComponent(id)}`, textContent: t("nav.history") }))))];
  }

  alarm(alarm, plan) {
    const { state } = this.world;
    const moving = (write) => {
      const node = el("span");
      this.ticks.push((now) => put(node, write(now)));
      return node;
    };
    const spot = placeOf(alarm, this.plans, state);
    const elsewhere = spot.of ? (spot.plan.id === plan?.id ? null : el("button", { textContent: t("plans.there", { f: spot.plan.floor || t("plans.whole") }), onclick: () => this.to(alarm) }))
      : el("span", { className: "unplaced", textContent: t("plans.off") });
    return el("li", { className: `alarm ${alarm.state}`, data: { lamp: alarm.lamp, alarm: alarm.id } },
      el("div", { className: "head" }, el("strong", { className: "what" }, el("a", { href: `/alarms?id=${encodeURIComponent(alarm.id)}`, textContent: title(alarm) })), el("span", { className: "life" }, moving((now) => lifeText(alarm, now)))),
      el("div", { className: "where" }, el("span", { className: "place", textContent: alarm.place || alarm.point }), elsewhere ?? ""),
      el("div", { className: "facts" }, ...facts(alarm, state, moving, namer(state)).filter(Boolean)),
      el("div", { className: "buttons" }, ...alarmButtons(alarm)), el("div", { className: "buttons more" }, ...extraButtons(alarm)));
  }

  tick(world) {
    if (world.now !== null) for (const tick of this.ticks ?? []) tick(world.now);
  }

  begin(plan) {
    this.edit = new Edit(plan, this.world, (saved) => {
      this.edit = null;
      if (saved) this.plans = this.plans.map((one) => (one.id === saved.id ? saved : one));
      for (const name of ["floors", "beside"]) delete byId(name).dataset.key;
      this.stage.plan = null;
      byId("back").hidden = false;
      this.refresh();
    });
    place(byId("drawn"), [this.edit.stage.node]);
    byId("beside").replaceChildren(this.edit.side);
    byId("tools").replaceChildren();
    byId("floors").replaceChildren();
    byId("back").hidden = true;
  }

  ask(building, floor, fixed = false) {
    question({
      title: t(fixed ? "plans.replace" : "plans.add"), text: t("plans.what"), button: t("plans.send"),
      fields: [
        { id: "file", kind: "file", label: t("plans.file"), required: true, accept: ACCEPT },
        ...(fixed ? [] : [{ id: "floor", kind: "text", label: t("plans.floor"), value: floor }]),
      ],
      send: (given) => this.send(building, fixed ? floor : given.floor.slice(0, 20), given.file, fixed),
    });
  }

  async send(building, floor, file, fixed) {
    if (!fixed && this.plans.some((plan) => plan.building === building && plan.floor === floor)) return reply(t("plans.taken", { f: floor || t("plans.whole") }), false);
    reply(t("plans.sending"), true);
    let answer;
    try {
      answer = await fetch(`/api/v1/plans/upload?${new URLSearchParams({ building, floor })}`, { method: "POST", headers: { "X-CSRF-Token": words.csrf }, body: file });
    } catch {
      return reply(t("reply.unknown"), false);
    }
    if (answer.status === 413) return reply(t("plans.large"), false);
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) return reply(typeof body.detail === "string" ? body.detail : t("reply.failed", { code: answer.status }), false);
    reply(t("plans.taken-in", { n: body.plan.markers.length }), true);
    await this.load();
    this.go({ building, plan: body.plan.id, of: "" });
  }

  remove(plan) {
    question({
      title: t("plans.remove"), text: t("plans.remove.text", { f: plan.floor || t("plans.whole"), n: plan.markers.length, who: plan.by, t: wallTime(plan.since * 1000, this.world.state.site?.timezone).slice(0, 10) }), button: t("plans.remove"), style: "real",
      send: async () => {
        const body = await post("/api/v1/plans/remove", { plan: plan.id, turn: plan.turn });
        if (!body) return;
        if (!body.ok) reply(body.detail || t("reply.failed", { code: body.status }), false);
        await this.load();
        this.go({ building: plan.building, plan: null, of: "" });
      },
    });
  }
}

open(() => new Page());
