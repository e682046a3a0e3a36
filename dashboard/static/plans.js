// The page of plans: all buildings, one building's floors with live markers, and the jump to a new alarm that disturbs nobody.

import { title } from "./alarms.js";
import { byId, el, place, put } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { Beside } from "./plan-beside.js";
import { Edit } from "./plan-edit.js";
import { Stage } from "./plan-stage.js";
import { placeOf, pointsOf } from "./plan-state.js";
import { Tiles } from "./plan-tiles.js";
import { Tools } from "./plan-tools.js";
import { open } from "./shell.js";
import { quiet } from "./state.js";
import { t } from "./words.js";

class Page {
  constructor() {
    this.plans = null;
    this.draw = false;
    this.seen = null; // alarms that were there already
    this.before = null; // where the reader was before a jump, until he does something himself
    this.stage = new Stage({ pick: (of) => this.pick(of) });
    this.tiles = new Tiles((building) => this.go({ building, plan: null, of: "" }));
    this.beside = new Beside((alarm) => this.to(alarm));
    this.tools = new Tools({ begin: (plan) => this.begin(plan), changed: (view) => this.load().then(() => this.go(view)), plans: () => this.plans });
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
    inside ? this.building() : this.tiles.show(this.world, this.plans, this.draw);
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
      if (this.draw) this.tools.show(building, plan, state.site?.timezone);
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
    this.beside.show(building, plan, { plans: this.plans, of: this.view.of, world: this.world });
  }

  tick(world) {
    this.beside.tick(world);
  }

  begin(plan) {
    this.edit = new Edit(plan, this.world, (saved) => {
      this.edit = null;
      if (saved) this.plans = this.plans.map((one) => (one.id === saved.id ? saved : one));
      delete byId("floors").dataset.key;
      this.stage.plan = null;
      byId("back").hidden = false;
      this.refresh();
    });
    place(byId("drawn"), [this.edit.stage.node]);
    this.beside.lend(this.edit.side);
    byId("tools").replaceChildren();
    byId("floors").replaceChildren();
    byId("back").hidden = true;
  }
}

open(() => new Page());
