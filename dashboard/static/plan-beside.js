// Beside a plan: what was picked on it, the building's alarms, and what has no place on any plan yet.

import { alarmButtons, extraButtons, facts, lifeText, namer, title } from "./alarms.js";
import { calmly } from "./calm.js";
import { byId, el, put } from "./dom.js";
import { pointText } from "./format.js";
import { named, says } from "./plan-stage.js";
import { buildings, placeOf, pointsOf } from "./plan-state.js";
import { t, whereOf, words } from "./words.js";

export class Beside {
  /** `to(alarm)` goes to where an alarm is drawn. */
  constructor(to) {
    this.to = to;
    this.ticks = [];
  }

  /** The side: what was picked, the building's alarms, and what has no place on any plan yet. Built anew only where it differs. */
  show(building, plan, { plans, of, world }) {
    Object.assign(this, { plans, world });
    const { state, alarms } = world;
    const own = buildings(state, alarms).find((row) => row.id === building);
    const placed = new Set(this.plans.filter((one) => !building || one.building === building).flatMap((one) => one.markers.flatMap(({ of }) => pointsOf(of, state))));
    const missing = (own?.points ?? []).filter((id) => !placed.has(id));
    const shown = (id) => says(id, state, alarms);
    const key = JSON.stringify([building, plan?.id, of, own?.alarms, of && pointsOf(of, state).map(shown), missing.map((id) => [id, shown(id)])]);
    if (byId("beside").dataset.key === key) return;
    byId("beside").dataset.key = key;
    calmly(byId("beside"), () => {
      if (byId("beside").dataset.key !== key) return; // lent to somebody meanwhile
      this.ticks = [];
      byId("beside").replaceChildren(
        ...(of ? this.thing(of) : []),
        el("h3", { textContent: t("alarms") }),
        own?.alarms.length ? el("ul", { className: "here-alarms" }, ...own.alarms.map((alarm) => this.alarm(alarm, plan))) : el("p", { className: "empty", textContent: t("alarms.none") }),
        ...(missing.length ? [el("details", { open: !plan }, el("summary", { textContent: t("plans.missing", { n: missing.length }) }),
          el("ul", { className: "facts" }, ...missing.map((id) => el("li", {}, el("span", { textContent: this.about(id) }), el("b", { textContent: shown(id) })))))] : []));
      this.tick(this.world);
    });
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
      el("div", { className: "where" }, el("span", { className: "place", textContent: whereOf(alarm) }), elsewhere ?? ""),
      el("div", { className: "facts" }, ...facts(alarm, state, moving, namer(state)).filter(Boolean)),
      el("div", { className: "buttons" }, ...alarmButtons(alarm)), el("div", { className: "buttons more" }, ...extraButtons(alarm)));
  }

  /** What moves by itself: how long ago, how long still. */
  tick(world) {
    if (world.now !== null) for (const tick of this.ticks) tick(world.now);
  }

  /** Another thing stands here for a while (the tools of marking); the next show builds anew. */
  lend(node) {
    delete byId("beside").dataset.key;
    this.ticks = [];
    byId("beside").replaceChildren(node);
  }
}
