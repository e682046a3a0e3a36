// Who would be called: the question (a place, a kind, a time) and its answer in steps, for the site as it is or as a draft would make it.
// What would happen is decided by `run`, not here.

import { reply } from "./ask.js";
import { namer } from "./alarms.js";
import { el } from "./dom.js";
import { call } from "./draft.js";
import { wallTime } from "./format.js";
import { channelWord, colon, firstOf, said, t, words } from "./words.js";
import { field, typed } from "./when.js";

/** 90 s, 3 min, 9 h: as people count it. */
function span(ms) {
  if (ms < 120000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7200000) return `${Math.round(ms / 60000)} min`;
  return `${(ms / 3600000).toFixed(1).replace(".0", "")} h`;
}

const post = (id) => words.text[`post.${id}`] ?? ""; // a mode may name a person
const mode = (id) => firstOf(`mode.${id}`, "lamp.test");

/** What somebody has to mend, each once. */
function faults(one, name) {
  const calls = [...one.unanswered, ...one.answered];
  const found = calls.flatMap((call) => [
    ...call.holes.map((id) => t("people.hole", { post: post(id) })),
    ...call.told.filter((told) => told.held === "no-channel").map((told) => colon(name(told.person), t("held.no-channel")))]);
  if (one.nobody && !one.mode && !one.under) found.unshift(t("people.nobody"));
  return [...new Set(found)];
}

function person(told, name) {
  const how = told.held ? t(`held.${told.held}`) : told.way;
  const bad = told.held === "no-channel";
  return el("li", { className: bad ? "bad" : told.held ? "held" : "", data: { person: told.person } },
    el("b", { textContent: name(told.person) }), ` ${told.to.map(post).filter(Boolean).join("/")} · ${how}${told.language === words.lang ? "" : ` · ${t("people.language")}`}`,
    told.added ? el("span", { className: "changed", textContent: ` + ${t("people.added")}` }) : "",
    told.text ? el("details", {}, el("summary", { textContent: t("people.words") }), el("p", { className: "sms", lang: told.language, textContent: told.text })) : null);
}

function row(call, name) {
  const when = call.after ? t("people.after", { t: span(call.after) }) : t("people.at-once");
  return el("tr", { data: { step: call.step } },
    el("th", { scope: "row" }, [when, call.round > 1 ? t("people.round", { n: call.round }) : "", call.during ? t(`during.${call.during}`) : ""].filter(Boolean).join(" · ")),
    el("td", {}, el("ul", { className: "told" }, ...call.told.map((told) => person(told, name)),
      ...(call.gone ?? []).map((id) => el("li", { className: "gone" }, el("s", { textContent: name(id) }), el("span", { className: "changed", textContent: ` − ${t("people.gone")}` }))),
      ...call.empty.map((id) => el("li", { className: "empty", textContent: t("people.vacant", { post: post(id) }) })))));
}

function steps(title, calls, name) {
  if (!calls.length) return "";
  return el("div", { className: "scroll" }, el("table", { className: "rows calls" }, el("caption", { textContent: title }), el("tbody", {}, ...calls.map((call) => row(call, name)))));
}

function card(one, places, name) {
  const zones = one.zones.map((id) => places.zones.find((zone) => zone.id === id)?.name ?? "").filter(Boolean);
  const bad = faults(one, name);
  const notes = [
    one.mode ? t(one.unanswered.length ? "people.mode" : "people.quiet", { mode: mode(one.mode) }) : "",
    one.under ? t("people.under") : "",
    one.confirmed && one.kind === "fire" ? t("people.confirmed") : "",
  ].filter(Boolean);
  return el("article", { className: "case", data: { kind: one.kind, lamp: one.lamp } },
    el("h3", { textContent: `${said(one.what)} ${zones.length ? `· ${zones.join(t("comma"))}` : ""}` }),
    ...notes.map((text) => el("p", { className: "note", textContent: text })),
    bad.length ? el("div", { className: "faults", role: "note" }, el("strong", { textContent: `! ${t("people.faults")}` }), el("ul", {}, ...bad.map((text) => el("li", { className: "bad", textContent: text })))) : "",
    steps(t("people.unanswered"), one.unanswered, name),
    one.loop ? el("p", { className: "note-line", textContent: t("people.loop", { s: one.loop / 1000 }) }) : "",
    steps(t("people.answered"), one.answered, name));
}

/** Marks in `then` whom a draft adds to each step and whom it no longer calls there. */
export function compare(then, now) {
  for (const one of then.cases) {
    const was = now.cases.find((other) => other.kind === one.kind && (other.zones.some((id) => one.zones.includes(id)) || !one.zones.join("")));
    for (const list of was ? ["unanswered", "answered"] : []) {
      for (const step of one[list]) {
        const before = was[list].find((other) => other.step === step.step && other.round === step.round)?.told.map((told) => told.person) ?? [];
        for (const told of step.told) told.added = !before.includes(told.person);
        step.gone = before.filter((id) => !step.told.some((told) => told.person === id));
      }
    }
  }
  return then;
}

/** `node` is the form with its answer. `places()`: {buildings, zones, people, timezone}; `find(question)`: the answer of `who`. */
export class Foresee {
  constructor(find, places) {
    [this.find, this.places] = [find, places];
    this.answer = el("div", { className: "answer" });
    this.answer.setAttribute("aria-live", "polite");
    this.form = el("form", { className: "foresee", data: { keep: "who" } });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
    this.node = el("div", {}, this.form, this.answer);
  }

  /** The form for the places there are now; what was chosen stays chosen. */
  build(now) {
    const { buildings, zones, timezone } = this.places();
    const old = Object.fromEntries([...this.form.elements].map((one) => [one.name, one.value]));
    const places = [["", t("people.box")], ...buildings.flatMap((building) => [[building.id, building.name],
      ...zones.filter((zone) => zone.building === building.id).map((zone) => [zone.id, `\u2003${zone.name}`])])];
    const select = (id, label, options) => el("label", {}, label, el("select", { name: id }, ...options.map(([value, text]) => el("option", { value, textContent: text }))));
    const kinds = Object.entries(words.kinds).map(([id, kind]) => [id, kind.name]);
    this.form.replaceChildren(
      select("place", t("people.place"), places), select("kind", t("people.kind"), [["", t("people.every")], ...kinds]),
      select("when", t("people.when"), [["now", t("people.now")], ["later", t("people.later")]]),
      el("label", { hidden: true }, t("people.later"), el("input", { name: "at", type: "datetime-local", value: field(now, timezone) })),
      el("button", { className: "big", textContent: t("people.show") }));
    const { place, when, at } = this.form.elements;
    if (buildings.length) place.value = buildings[0].id;
    for (const [name, value] of Object.entries(old)) {
      const box = name && this.form.elements[name];
      if (box && (box.tagName !== "SELECT" || [...box.options].some((one) => one.value === value))) box.value = value;
    }
    const showTime = () => (at.parentElement.hidden = when.value === "now");
    when.addEventListener("change", showTime);
    showTime();
  }

  /** What was answered is of something else now. */
  stale(text) {
    this.asked = null;
    this.answer.replaceChildren(el("p", { className: "note-line", textContent: text }));
  }

  async ask() {
    const { place, kind, when, at } = this.form.elements;
    const { timezone } = this.places();
    const time = when.value === "later" ? typed(at.value, timezone) : null;
    const mine = (this.asked = {});
    this.stale(t("people.asking"));
    this.asked = mine;
    let found;
    try {
      found = await this.find({ ...(place.value ? { place: place.value } : {}), ...(kind.value ? { kind: kind.value } : {}), ...(time ? { at: time } : {}) });
    } catch (error) {
      reply(error.message, false);
    }
    if (this.asked !== mine) return; // a later question, or another draft
    if (found?.cases) this.show(found);
    else this.answer.replaceChildren(...(found?.hindered ?? []));
  }

  show(found) {
    const places = this.places();
    const name = namer(places);
    for (const one of found.cases) for (const { told } of [...one.unanswered, ...one.answered]) for (const who of told) who.way = channelWord(who.channel, found.channels);
    this.answer.replaceChildren(
      el("h2", { textContent: t("people.at", { t: wallTime(found.at, places.timezone).slice(0, 16) }) }),
      found.clock_ok ? "" : el("p", { className: "bad", textContent: t("people.unset") }),
      ...found.cases.map((one) => card(one, places, name)),
      found.cases.length ? "" : el("p", { className: "empty", textContent: t("people.empty") }),
      found.more ? el("p", { className: "note-line", textContent: t("people.more", { n: found.more }) }) : "");
  }
}

/** The answer of `who` for the living site. */
export const asItIs = (question) => call(`/api/v1/who?${new URLSearchParams(Object.entries(question).map(([key, value]) => [key, String(value)]))}`);
