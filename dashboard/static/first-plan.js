// The plan of the first alarm, beside its card and on the wall. Shows nothing where the alarm has no plan.

import { byId, el, flag, put, reachable } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { Stage } from "./plan-stage.js";
import { placeOf } from "./plan-state.js";
import { firstAlarm } from "./state.js";
import { t } from "./words.js";

export class FirstPlan {
  constructor() {
    this.node = byId("first-plan");
    this.stage = new Stage({ pick: () => location.assign(this.address) });
    this.id = "";
    this.plans = [];
    this.link = el("a");
    this.node.append(el("h2", {}, this.link), this.stage.node);
  }

  /** Plans are asked for whenever another alarm becomes the first: a wall may be older than they are. */
  async show(world) {
    const first = firstAlarm(world.alarms);
    this.world = world;
    if ((first?.id ?? "") !== this.id) {
      this.id = first?.id ?? "";
      this.hide(true);
      if (first && reachable("/plans")) await this.load(first);
    } else if (!this.node.hidden) this.stage.show(world);
  }

  hide(away) {
    this.node.hidden = away;
    flag(this.node.parentElement, "planned", !away);
  }

  async load(first) {
    const found = await fetchJson("plans");
    if (!found || first.id !== this.id) return;
    const { plan, of } = placeOf(first, found.plans, this.world.state);
    if (!plan) return;
    this.address = `/plans?alarm=${encodeURIComponent(first.id)}`;
    const building = this.world.state.buildings.find((one) => one.id === plan.building)?.name ?? t("plans.campus");
    put(this.link, [t("nav.plans"), building, plan.floor].filter(Boolean).join(" · "));
    this.link.href = this.address;
    this.hide(false);
    await this.stage.draw(plan);
    if (first.id !== this.id) return;
    this.stage.arrange(plan.markers);
    this.stage.show(this.world);
    this.stage.here(of);
  }
}
