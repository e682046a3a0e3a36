// Who would be called: asks `run` for a place, a kind and a time, and shows its steps. What would happen is decided there, not here.

import { namer } from "./alarms.js";
import { byId, el } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { wallTime } from "./format.js";
import { open } from "./shell.js";
import { firstOf, said, t, words } from "./words.js";
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
    ...call.told.filter((told) => told.held === "no-channel").map((told) => `${name(told.person)}：${t("held.no-channel")}`)]);
  if (one.nobody && !one.mode && !one.under) found.unshift(t("people.nobody"));
  return [...new Set(found)];
}

function person(told, name) {
  const how = told.held ? t(`held.${told.held}`) : told.channel;
  const bad = told.held === "no-channel";
  return el("li", { className: bad ? "bad" : told.held ? "held" : "", data: { person: told.person } },
    el("b", { textContent: name(told.person) }), ` ${told.to.map(post).filter(Boolean).join("/")} · ${how}${told.language === words.lang ? "" : ` · ${told.language}`}`,
    told.text ? el("details", {}, el("summary", { textContent: t("people.words") }), el("p", { className: "sms", lang: told.language, textContent: told.text })) : null);
}

function row(call, name) {
  const when = call.after ? t("people.after", { t: span(call.after) }) : t("people.at-once");
  return el("tr", { data: { step: call.step } },
    el("th", { scope: "row" }, [when, call.round > 1 ? t("people.round", { n: call.round }) : "", call.during ? t(`during.${call.during}`) : ""].filter(Boolean).join(" · ")),
    el("td", {}, el("ul", { className: "told" }, ...call.told.map((told) => person(told, name)),
      ...call.empty.map((id) => el("li", { className: "empty", textContent: t("people.vacant", { post: post(id) }) })))));
}

function steps(title, calls, name) {
  if (!calls.length) return "";
  return el("div", { className: "scroll" }, el("table", { className: "rows calls" }, el("caption", { textContent: title }), el("tbody", {}, ...calls.map((call) => row(call, name)))));
}

function card(one, world, name) {
  const zones = one.zones.map((id) => world.state.zones.find((zone) => zone.id === id)?.name ?? "").filter(Boolean);
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

class People {
  build(world) {
    this.world = world;
    if (this.form) return;
    const { state } = world;
    const places = [["", t("people.box")], ...state.buildings.flatMap((building) => [[building.id, building.name],
      ...state.zones.filter((zone) => zone.building === building.id).map((zone) => [zone.id, `　${zone.name}`])])];
    const select = (id, label, options) => el("label", {}, label, el("select", { name: id }, ...options.map(([value, text]) => el("option", { value, textContent: text }))));
    const kinds = Object.entries(words.kinds).map(([id, kind]) => [id, kind.name]);
    this.form = byId("question");
    this.form.replaceChildren(
      select("place", t("people.place"), places), select("kind", t("people.kind"), [["", t("people.every")], ...kinds]),
      select("when", t("people.when"), [["now", t("people.now")], ["later", t("people.later")]]),
      el("label", { hidden: true }, t("people.later"), el("input", { name: "at", type: "datetime-local", value: field(world.now, state.site?.timezone) })),
      el("button", { className: "big", textContent: t("people.show") }));
    const { place, when, at } = this.form.elements;
    if (state.buildings.length) place.value = state.buildings[0].id;
    when.addEventListener("change", () => (at.parentElement.hidden = when.value === "now"));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
    this.ask();
  }

  show(world) {
    this.world = world;
  }

  async ask() {
    const { place, kind, when, at } = this.form.elements;
    const time = when.value === "later" ? typed(at.value, this.world.state.site?.timezone) : null;
    const found = await fetchJson("who", { ...(place.value ? { place: place.value } : {}), ...(kind.value ? { kind: kind.value } : {}), ...(time ? { at: time } : {}) });
    if (!found) return;
    const name = namer(this.world.state);
    byId("answer").replaceChildren(
      el("h2", { textContent: t("people.at", { t: wallTime(found.at, this.world.state.site?.timezone).slice(0, 16) }) }),
      found.clock_ok ? "" : el("p", { className: "bad", textContent: t("people.unset") }),
      ...found.cases.map((one) => card(one, this.world, name)),
      found.cases.length ? "" : el("p", { className: "empty", textContent: t("people.empty") }),
      found.more ? el("p", { className: "note-line", textContent: t("people.more", { n: found.more }) }) : "");
  }
}

open(() => new People());
