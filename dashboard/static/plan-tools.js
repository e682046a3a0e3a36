// What whoever may draw does with a plan: put one up, replace it, take it away, begin to mark. Sends and tells; knows no live state.

import { post, reply } from "./ask.js";
import { byId, el } from "./dom.js";
import { question } from "./form.js";
import { wallTime } from "./format.js";
import { posted } from "./prove.js";
import { t, words } from "./words.js";

const ACCEPT = ".svg,.png,.jpg,.jpeg,image/svg+xml,image/png,image/jpeg";

export class Tools {
  /** `begin(plan)` starts marking; `changed(view)` reads the plans anew and goes there; `plans()` are those that are up. */
  constructor({ begin, changed, plans }) {
    Object.assign(this, { begin, changed, plans });
  }

  show(building, plan, zone) {
    this.zone = zone;
    byId("tools").replaceChildren(...this.buttons(building, plan));
  }

  buttons(building, plan) {
    return [
      plan ? el("button", { textContent: t("plans.edit"), data: { act: "edit" }, onclick: () => this.begin(plan) }) : "",
      el("button", { textContent: t("plans.add"), data: { act: "add" }, onclick: () => this.ask(building, "") }),
      plan ? el("button", { textContent: t("plans.replace"), onclick: () => this.ask(building, plan.floor, true) }) : "",
      plan ? el("button", { textContent: t("plans.remove"), data: { act: "remove" }, onclick: () => this.remove(plan) }) : "",
    ].filter(Boolean);
  }

  ask(building, floor, fixed = false) {
    question({
      title: t(fixed ? "plans.replace" : "plans.add"), text: t("plans.what"), button: t("plans.send"), keep: `plan ${building}`,
      fields: [
        { id: "file", kind: "file", label: t("plans.file"), required: true, accept: ACCEPT },
        ...(fixed ? [] : [{ id: "floor", kind: "text", label: t("plans.floor"), value: floor }]),
      ],
      send: (given) => this.send(building, fixed ? floor : given.floor.slice(0, 20), given.file, fixed),
    });
  }

  async send(building, floor, file, fixed) {
    if (!fixed && this.plans().some((plan) => plan.building === building && plan.floor === floor)) return reply(t("plans.taken", { f: floor || t("plans.whole") }), false);
    reply(t("plans.sending"), true);
    let answer;
    try {
      answer = await posted(`/api/v1/plans/upload?${new URLSearchParams({ building, floor })}`, { method: "POST", headers: { "X-CSRF-Token": words.csrf }, body: file });
    } catch {
      return reply(t("reply.unknown"), false);
    }
    if (answer.status === 413) return reply(t("plans.large"), false);
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) return reply(typeof body.detail === "string" ? body.detail : t("reply.failed", { code: answer.status }), false);
    reply(t("plans.taken-in", { n: body.plan.markers.length }), true);
    await this.changed({ building, plan: body.plan.id, of: "" });
  }

  remove(plan) {
    question({
      title: t("plans.remove"), text: t("plans.remove.text", { f: plan.floor || t("plans.whole"), n: plan.markers.length, who: plan.by, t: wallTime(plan.since * 1000, this.zone).slice(0, 10) }), button: t("plans.remove"), style: "real",
      send: async () => {
        const body = await post("/api/v1/plans/remove", { plan: plan.id, turn: plan.turn });
        if (!body) return;
        if (!body.ok) reply(body.detail || t("reply.failed", { code: body.status }), false);
        await this.changed({ building: plan.building, plan: null, of: "" });
      },
    });
  }
}
