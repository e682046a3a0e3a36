// Chemicals stores: the opening that is going on, climate, the last openings. Judges nothing.

import { namer, title } from "./alarms.js";
import { pinField, send } from "./ask.js";
import { calmly } from "./calm.js";
import { byId, el, put } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { question } from "./form.js";
import { duration, pointText, wallTime } from "./format.js";
import { open } from "./shell.js";
import { tile } from "./store-ticks.js";
import { aside, causeWord, said, t, words } from "./words.js";

const SESSIONS = [["take", 10], ["stock", 60], ["count", 120], ["repair", 120]];

class Stores {
  constructor() {
    this.panels = new Map(); // store id -> {node, key, past, ticks}
  }

  build(world) {
    this.world = world;
    for (const id of Object.keys(world.state.stores ?? {})) this.load(id);
  }

  /** What the journal knows of a store: asked again when an opening has changed. */
  async load(id) {
    const past = await fetchJson("store", { store: id, limit: 20 });
    if (!past) return;
    const panel = this.panels.get(id) ?? {};
    this.panels.set(id, { ...panel, past, key: "" });
    this.show(this.world);
  }

  show(world) {
    this.world = world;
    const stores = Object.entries(world.state.stores ?? {});
    byId("empty").hidden = stores.length > 0;
    const nodes = stores.map(([id, store]) => this.panel(id, store, world));
    nodes.forEach((node, at) => byId("stores").children[at] !== node && byId("stores").insertBefore(node, byId("stores").children[at] ?? null));
    while (byId("stores").children.length > nodes.length) byId("stores").lastElementChild.remove();
  }

  tick(world) {
    for (const { ticks } of this.panels.values()) for (const tick of ticks ?? []) tick(world.now);
  }

  panel(id, store, world) {
    const { state, alarms } = world;
    const panel = this.panels.get(id) ?? {};
    const mine = alarms.filter((alarm) => alarm.zone === store.zone);
    const climate = Object.entries(state.points).filter(([point, { zone }]) => zone === store.zone && !Object.values(store.parts).some((part) => part.point === point));
    // `due` moves with the clock; a panel is built again only when something has happened
    const key = JSON.stringify([{ ...store, opening: store.opening && { ...store.opening, due: Math.round(store.opening.due / 5000) } }, mine, climate.map(([, p]) => [p.value, p.quality])]);
    if (panel.key === key) return panel.node;
    const last = store.last?.id ?? "";
    if (panel.last !== undefined && panel.last !== last) this.load(id);
    const node = panel.node ?? el("section", { className: "store", data: { store: id } });
    this.panels.set(id, { ...panel, node, key, last });
    calmly(node, () => this.fill(node, id, store, world, mine, climate)); // its numbers move all the time
    return node;
  }

  fill(node, id, store, world, mine, climate) {
    const { state } = world;
    const panel = this.panels.get(id);
    const ticks = [];
    const moving = (write) => {
      const span = el("span");
      ticks.push((now) => put(span, write(now)));
      return span;
    };
    node.replaceChildren(
      el("h2", { textContent: store.place || id }),
      tile(store, panel.past, state, world.now),
      this.now(id, store, state, mine, moving),
      el("div", { className: "buttons" }, ...this.buttons(id, store)),
      ...mine.map((alarm) => el("p", { className: "deviation", data: { lamp: alarm.lamp } }, el("a", { href: `/alarms?id=${encodeURIComponent(alarm.id)}`, textContent: `${title(alarm)} · ${t(`life.${alarm.state === "acked" ? "awaiting" : alarm.state}`)}` }))),
      ...store.unseen.map((one) => el("p", { className: "unseen", textContent: `? ${said(one)}` })),
      el("h3", { textContent: t("store.climate") }),
      climate.length ? el("ul", { className: "climate" }, ...climate.map(([point, about]) => el("li", { data: { quality: about.quality } },
        el("span", { textContent: [about.name, words.quantities[about.quantity]].filter((x, at, all) => x && all.indexOf(x) === at).join(" · ") }), el("b", { textContent: pointText(about) }),
        el("a", { href: `/history?points=${encodeURIComponent(point)}`, textContent: t("nav.history") })))) : el("p", { className: "empty", textContent: t("store.no-climate") }),
      el("h3", { textContent: t("store.holders") }),
      el("p", {}, ...store.holders.flatMap((holder, at) => [at ? t("comma") : "", el("span", { className: holder.trouble ? "bad" : "", textContent: namer(state)(holder.person) + (holder.trouble ? aside(`! ${t(`holder.${holder.trouble}`)}`) : "") })])),
      el("details", { className: "openings", open: true }, el("summary", { textContent: t("store.openings") }), this.openings(panel.past, state)),
      panel.past?.deviations.length ? el("details", { className: "deviations" }, el("summary", { textContent: t("store.deviations", { n: panel.past.deviations.length }) }),
        el("ul", {}, ...panel.past.deviations.map((alarm) => el("li", {}, el("a", { href: `/alarms?id=${encodeURIComponent(alarm.id)}`,
          textContent: `${wallTime(alarm.first, state.site?.timezone).slice(0, 16)} ${title(alarm)}${alarm.cause ? ` · ${causeWord(alarm.cause)}` : ""}` }))))) : "");
    for (const tick of ticks) tick(world.now);
    panel.ticks = ticks;
  }

  /** What is going on: closed, waiting for the second holder, open by whom and for how long. */
  now(id, store, state, mine, moving) {
    const name = namer(state);
    const one = store.opening;
    if (!one) {
      const waiting = store.waiting[0];
      const second = mine.find((alarm) => alarm.kind === "lock" && alarm.state === "pending" && alarm.next_due);
      if (second) return el("p", { className: "standing" }, moving((now) => t("store.second", { left: duration(Math.max(0, second.next_due - now)) })));
      return el("p", { className: "standing" }, waiting ? t("store.waiting", { t: wallTime(waiting.opened, state.site?.timezone).slice(11, 16) })
        : store.declared ? t("store.declared", { kind: t(`session.${store.declared.session}`), name: name(store.declared.by) }) : t("store.closed"));
    }
    return el("div", { className: `standing open ${one.verdict || "waiting"}` },
      el("strong", { textContent: t(`verdict.${one.verdict || "waiting"}`) }), " ",
      moving((now) => t("store.open", { d: duration(now - one.opened), left: duration(Math.max(0, one.due - now)) })),
      el("p", { textContent: one.session ? t("store.declared", { kind: t(`session.${one.session}`), name: name(one.declared_by) }) : t("store.undeclared") }),
      el("p", { textContent: one.proofs.length ? t("store.there", { names: one.proofs.map((proof) => this.proof(proof, name, state)).join(t("comma")) }) : t("store.nobody") }));
  }

  proof(proof, name, state) {
    return (proof.person ? name(proof.person) : t("holder.stranger")) + aside(`${t(`how.${proof.how}`)} ${wallTime(proof.at, state.site?.timezone).slice(11, 16)}`);
  }

  buttons(id, store) {
    const counting = store.holders.filter((holder) => !holder.trouble).map((holder) => holder.person);
    const me = counting.includes(words.me.id);
    const list = [];
    if (words.verbs.includes("identify") && (me || words.me.desk) && counting.length) {
      const name = namer(this.world.state);
      list.push(el("button", { className: "big ack", textContent: t("store.identify"), data: { verb: "identify" }, onclick: () => question({
        title: `${t("store.identify")} · ${store.place}`, button: t("store.identify"),
        fields: [{ id: "person", kind: "select", label: t("store.holders"), required: true, value: me ? words.me.id : counting[0], options: counting.map((one) => [one, name(one)]) },
          { id: "pin", kind: "pin", label: t("ask.own-pin"), required: true }],
        send: ({ pin, person }) => send("identify", id, {}, pin, person) }) }));
    }
    if (words.verbs.includes("session") && (me || ["officer", "head", "admin"].includes(words.me.role))) {
      list.push(el("button", { className: "big", textContent: t("store.session"), data: { verb: "session" }, onclick: () => question({
        title: `${t("store.session")} · ${store.place}`, button: t("store.session"), keep: `session ${id}`,
        fields: [{ id: "kind", kind: "select", label: t("session"), required: true, options: SESSIONS.map(([kind, minutes]) => [kind, t("session.for", { kind: t(`session.${kind}`), n: minutes })]) },
          { id: "minutes", kind: "number", label: t("session.minutes") }, ...pinField("session")],
        send: ({ pin, kind, minutes }) => send("session", id, kind === "repair" && minutes ? { kind, minutes } : { kind }, pin) }) }));
    }
    return list;
  }

  openings(past, state) {
    if (!past?.openings.length) return el("p", { className: "empty", textContent: t("store.no-openings") });
    const name = namer(state);
    const zone = state.site?.timezone;
    return el("div", { className: "scroll" }, el("table", { className: "rows" },
      el("thead", {}, el("tr", {}, ...["when", "people", "kind", "proof", "picture"].map((head) => el("th", { scope: "col", textContent: t(`opening.${head}`) })))),
      el("tbody", {}, ...past.openings.map((o) => el("tr", {},
        el("td", { className: "when", textContent: `${wallTime(o.opened, zone).slice(0, 16)}${o.closed ? ` – ${wallTime(o.closed, zone).slice(11, 16)}` : ""}` }),
        el("td", { textContent: o.proofs.map((proof) => this.proof(proof, name, state)).join(t("comma")) || t("store.nobody") }),
        el("td", { textContent: o.session ? t(`session.${o.session}`) : t("store.undeclared") }),
        el("td", {}, el("span", { className: o.verdict === "two" ? "" : "bad", textContent: `${o.verdict === "two" ? "✓" : "!"} ${t(`verdict.${o.verdict || "waiting"}`)}` })),
        el("td", {}, o.picture ? el("a", { href: `/picture/${o.picture}`, textContent: t("opening.look"), target: "_blank", rel: "noopener" }) : "–"))))));
  }
}

open(() => new Stores());
