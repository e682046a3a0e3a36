// The acceptance sheet: made by the box from its journal; here it is only laid out, printed and signed.

import { namer } from "./alarms.js";
import { reply, send } from "./ask.js";
import { byId, el } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { question } from "./form.js";
import { valueText, wallTime } from "./format.js";
import { open } from "./shell.js";
import { channelWord, t, words } from "./words.js";

const POINT = ["place", "device", "limits", "tested", "when", "phone", "who"];
const PHONE = ["name", "channels", "drill", "answered", "hand"];

class Acceptance {
  async build(world) {
    this.world = world;
    this.sheet = await fetchJson("acceptance");
    if (this.sheet) this.lay();
  }

  lay() {
    const { state } = this.world;
    const { sheet } = this;
    const zone = state.site?.timezone;
    const at = (ms) => (ms ? wallTime(ms, zone).slice(0, 16) : "");
    const name = namer(state);
    const ways = (ids) => ids.map((id) => channelWord(id, state.channels)).join(" ");
    const head = (columns) => el("thead", {}, el("tr", {}, ...columns.map((c) => el("th", { scope: "col", textContent: t(`sheet.${c}`) }))));
    const lacks = [["untested", sheet.untested], ["unknown", sheet.unknown], ["silent", sheet.silent]].filter(([, list]) => list.length);
    const buildings = [...new Set(sheet.points.map((p) => p.building))];
    byId("buttons").replaceChildren(
      el("button", { className: "big", textContent: t("sheet.print"), onclick: () => window.print() }),
      ...(sheet.trials.length && words.verbs.includes("sign") ? [el("button", { className: "big", textContent: t("sheet.sign"), data: { verb: "sign" }, onclick: () => this.sign() })] : []),
      ...(words.verbs.includes("accept") ? sheet.trials.filter((trial) => trial.signed.some((one) => one.same)).map((trial) =>
        el("button", { className: "big", textContent: t("sheet.accept"), data: { verb: "accept" }, onclick: () => this.accept(trial) })) : []));
    byId("sheet").replaceChildren(
      el("h2", { textContent: `${sheet.name} ${t("nav.acceptance")}` }),
      el("p", { textContent: t("sheet.made", { t: at(sheet.made), sha: sheet.sha256.slice(0, 12) }) }),
      el("p", { className: "verdict", textContent: sheet.complete ? t("sheet.complete") : t("sheet.incomplete", { list: lacks.map(([what, list]) => t(`sheet.${what}`, { n: list.length })).join(t("comma")) }) }),
      ...buildings.flatMap((id) => [el("h3", { textContent: state.buildings.find((b) => b.id === id)?.name ?? id }),
        el("div", { className: "fold", tabIndex: 0 }, el("table", {}, head(POINT), el("tbody", {}, ...sheet.points.filter((p) => p.building === id).map((p) => this.row(p, at, name)))))]),
      el("h3", { textContent: t("sheet.phones") }),
      el("div", { className: "fold", tabIndex: 0 }, el("table", {}, head(PHONE), el("tbody", {}, ...sheet.phones.map((p) => el("tr", { data: { person: p.person } },
        el("td", { textContent: p.name }), el("td", { textContent: ways(p.channels) }),
        el("td", { textContent: p.drill ? `${at(p.drill)} ${ways(p.reached) || t("sheet.unreached")}` : t("sheet.no-drill") }),
        el("td", { className: p.proven ? "" : "missing", textContent: p.proven ? at(p.proven) : t("sheet.unproven") }),
        el("td", { textContent: t("sheet.boxes") })))))),
      el("h3", { textContent: t("sheet.signatures") }),
      ...sheet.trials.flatMap((trial) => trial.signed.map((one) => el("p", { textContent: `${name(one.who)} ${at(one.at)} ${one.same ? "" : t("sheet.other")}` }))),
      sheet.trials.length ? "" : el("p", { textContent: t("sheet.no-trial") }),
      el("div", { className: "sign" }, el("p", { textContent: t("sheet.by-installer") }), el("p", { textContent: t("sheet.by-school") })));
  }

  row(p, at, name) {
    const unit = this.world.state.points[p.point]?.unit ?? "";
    const limits = p.limits.map((limit) => [limit.high === null ? "" : `≥ ${limit.high}`, limit.low === null ? "" : `≤ ${limit.low}`].filter(Boolean).join(" ")).filter(Boolean);
    const value = (v) => (typeof v === "number" ? valueText(v, this.world.state.points[p.point]) : "");
    const lacking = p.walk ? (p.tested ? "" : t("sheet.not-tested")) : (p.good ? "" : t("sheet.no-data"));
    return el("tr", { data: { point: p.point } },
      el("td", { textContent: p.place }), el("td", { textContent: [p.name || words.quantities[p.quantity], p.device].filter(Boolean).join(" ") }),
      el("td", { textContent: limits.map((one) => `${one}${unit}`).join(t("comma")) }),
      el("td", { className: lacking ? "missing" : "", textContent: lacking || (p.walk ? value(p.tested.value) : t("sheet.now", { v: value(p.value) })) }),
      el("td", { textContent: p.tested ? at(p.tested.at) : "" }),
      el("td", { textContent: !p.tested ? "" : p.tested.phone === null ? t("sheet.no-ring") : t("sheet.rang", { s: Math.round(p.tested.phone) }) }),
      el("td", { textContent: p.tested ? name(p.tested.who) : "" }));
  }

  /** Whoever signs shows by a PIN of their own that it is they, also on the electrician's phone. */
  sign() {
    const { state } = this.world;
    question({ title: t("sheet.sign"), text: t(this.sheet.complete ? "sheet.sign.text" : "sheet.sign.lacks"), button: t("ask.send", { verb: t("sheet.sign") }),
      fields: [
        { id: "trial", kind: "select", label: t("sheet.trial"), options: this.sheet.trials.map((one) => [one.id, state.buildings.find((b) => b.id === one.building)?.name ?? t("walk.whole")]) },
        { id: "person", kind: "select", label: t("sheet.signer"), value: words.me.id, required: true, options: state.people.map((p) => [p.id, p.name]) },
        { id: "pin", kind: "pin", label: t("ask.own-pin"), required: true }],
      send: async ({ trial, person, pin }) => { if (await send("sign", trial, { sheet: this.sheet.sha256 }, pin, person)) await this.build(this.world); } });
  }

  accept(trial) {
    question({ title: t("sheet.accept"), text: t(this.sheet.complete ? "sheet.accept.text" : "sheet.accept.lacks"), button: t("ask.send", { verb: t("sheet.accept") }),
      fields: words.me.desk ? [{ id: "pin", kind: "pin", label: t("ask.own-pin"), required: true }] : [],
      send: async ({ pin }) => {
        if (!trial.signed.some((one) => one.same)) return reply(t("sheet.unsigned"), false);
        if (await send("accept", trial.id, { sheet: this.sheet.sha256, untested: this.sheet.untested.length + this.sheet.unknown.length }, pin)) await this.build(this.world);
      } });
  }
}

open(() => new Acceptance());
