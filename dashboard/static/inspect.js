// What an inspector sees: the proof of the journal, of 30 days alarms, duty log (F10) and changes, stores, phones, what is out of service. Judges nothing.

import { namer } from "./alarms.js";
import { byId, el } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { wallTime } from "./format.js";
import { open } from "./shell.js";
import { placesOf } from "./state.js";
import { tile } from "./store-ticks.js";
import { colon, said, t } from "./words.js";

const MONTH = 30 * 24 * 3600 * 1000;
const MOST_FINDINGS = 20;
const LOOK_MS = 400;

class Inspect {
  constructor() {
    byId("verify").addEventListener("click", () => this.verify());
  }

  async build(world) {
    this.world = world;
    const { state, now } = world;
    const since = Math.floor(now - MONTH);
    const [figures, roster, log, changes, stores] = await Promise.all([fetchJson("kpi", { days: 30 }), fetchJson("roster"), fetchJson("duty-log", { form: "json", days: 30 }), fetchJson("config-changes", { from: since }),
      Promise.all(Object.entries(state.stores ?? {}).map(async ([id, store]) => [store, await fetchJson("store", { store: id, limit: 20 })]))]);
    const name = namer(state);
    const when = (ms) => wallTime(ms, state.site?.timezone).slice(0, 16);
    list("figures", figures ? [el("p", { textContent: t("inspect.figures", { n: figures.raised, real: figures.real, no: figures.false, open: figures.standing }) })] : [], "inspect.unread");
    list("stores", stores.map(([store, past]) => el("div", { className: "store" }, el("h3", { textContent: store.place }), tile(store, past ?? undefined, state, now),
      el("p", {}, colon(t("inspect.last")), past?.openings.length ? opening(past.openings[0], name, when) : el("span", { textContent: t(past ? "store.no-openings" : "inspect.unread") })))), "store.none");
    list("phones", roster ? phones(roster.phones, name, when) : [], roster ? "inspect.no-phones" : "inspect.unread");
    list("changes", (changes ?? []).map((one) => el("li", { textContent: `${when(one.at)} ${name(one.who)} ${t(`change.${one.step}`, { name: one.setpoint, old: one.old, new: one.new })}` })), changes ? "inspect.no-changes" : "inspect.unread");
    list("logs", log ? [...log.rows].reverse().map((row) => shift(log.columns, row)) : [], log ? "inspect.no-shifts" : "inspect.unread");
    this.show(world);
  }

  show({ state }) {
    const marks = Object.values(state.marks ?? {}).filter((mark) => mark.listed);
    const key = JSON.stringify(marks);
    if (this.key === key) return;
    this.key = key;
    list("out", marks.map((mark) => el("li", { textContent: [said(mark.label), placesOf(mark, state).join(t("comma")), mark.why, t("covers", { n: mark.covered }), namer(state)(mark.who), mark.until ? t("shift.until", { t: wallTime(mark.until, state.site?.timezone).slice(0, 16) }) : ""].filter(Boolean).join(" · ") })), "shift.no-marks");
  }

  /** Before the inspector's eyes: it counts again. One proof runs in the box for all who look; whoever stops waiting stops no other. */
  async verify() {
    const mine = (this.wanted = {});
    byId("verify").disabled = true;
    const bar = el("progress", { max: 1, value: 0, ariaLabel: t("inspect.counting") });
    const said = el("span", { textContent: t("inspect.counting") });
    byId("proof").replaceChildren(el("p", {}, said, " ", bar, " ", el("button", { id: "leave", textContent: t("inspect.leave"), onclick: () => this.leave() })));
    let found = await fetchJson("proof", { begin: 1 });
    while (found?.running && this.wanted === mine) {
      said.textContent = t("inspect.counted", { done: Math.floor(found.done / 2), of: Math.floor(found.of / 2) });
      bar.value = found.of ? found.done / found.of : 0;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      found = await fetchJson("proof");
    }
    if (this.wanted !== mine) return;
    byId("verify").disabled = false;
    byId("proof").replaceChildren(...(found?.found ? this.proof(found.found) : [el("p", { className: "problem", textContent: t("inspect.unread") })]));
  }

  leave() {
    this.wanted = null;
    byId("verify").disabled = false;
    byId("proof").replaceChildren(el("p", { className: "empty", textContent: t("inspect.left") }));
  }

  proof({ findings, events, head, at }) {
    const bad = findings.length;
    return [
      el("p", { className: bad ? "problem" : "done", textContent: t(bad ? "inspect.broken" : "inspect.proven", { n: events, bad }) }),
      el("p", {}, `${t("inspect.at", { t: wallTime(at, this.world.state.site?.timezone) })} · ${t("inspect.head")} `, el("code", { textContent: head })),
      el("ul", {}, ...findings.slice(0, MOST_FINDINGS).map((text) => el("li", { textContent: text })))];
  }
}

/** Fills a list, or says in words why it is empty. */
function list(id, rows, none) {
  byId(id).replaceChildren(...(rows.length ? rows : [el(byId(id).tagName === "UL" ? "li" : "p", { className: "empty", textContent: t(none) })]));
}

function opening(one, name, when) {
  const people = one.proofs.map((proof) => name(proof.person ?? "")).filter(Boolean).join(t("comma")) || t("store.nobody");
  return el("span", {}, `${when(one.opened)} ${people} `, el("span", { className: one.verdict === "two" ? "" : "bad", textContent: t(`verdict.${one.verdict || "waiting"}`) }));
}

/** Who has proven the phone, and who has been silent since: silence is not left out. */
function phones(known, name, when) {
  return Object.entries(known).filter(([key, value]) => key.endsWith(".ok") || (key.endsWith(".silent") && value > 0)).map(([key, value]) => {
    const [person, what] = [key.slice(0, key.lastIndexOf(".")), key.slice(key.lastIndexOf(".") + 1)];
    return el("li", {}, what === "ok" ? `${name(person)} ${when(value)}` : el("span", { className: "bad", textContent: `! ${t("inspect.silent", { name: name(person), n: value })}` }));
  });
}

/** One row of F10, which is a Chinese form for every reader: its time and people to see, the rest behind it. What nobody wrote is said to be empty. */
function shift(columns, { cells, over, signed }) {
  const line = ({ text, hand }) => el("span", { className: hand ? "hand" : "", lang: "zh", textContent: `${hand ? "✎ " : ""}${text}` });
  return el("details", { className: "form" },
    el("summary", {}, el("span", { lang: "zh", textContent: [...cells[0], ...cells[1]].map((one) => one.text).join(" · ") }), " ", over && !signed ? el("span", { className: "bad", textContent: `! ${t("inspect.unsigned")}` }) : ""),
    el("dl", {}, ...columns.flatMap((head, at) => [el("dt", { lang: "zh", textContent: head }),
      el("dd", {}, ...(cells[at].length ? cells[at].map(line) : [el("span", { className: "empty", textContent: t("inspect.blank") })]))])));
}

open(() => new Inspect());
