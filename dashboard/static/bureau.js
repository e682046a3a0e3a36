// The bureau's page: schools by what nobody did, the map, one school with its alarms, and what the bureau asks of it.

import { reply } from "./ask.js";
import { Devices } from "./bureau-devices.js";
import { SIGNS, drawn } from "./bureau-map.js";
import { calmly } from "./calm.js";
import { byId, el, put } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { question } from "./form.js";
import { ago, duration, wallTime } from "./format.js";
import { posted } from "./prove.js";
import { seenOfSchool } from "./seen.js";
import { open } from "./shell.js";
import { colon, ended, said, t, words } from "./words.js";

const GROUPS = ["unanswered", "unrepaired", "silent", "uncovered", "well"];
const LOOK_MS = 2000; // at most so often is a school on the screen asked for again
const [WIDE, NARROW] = [1000, 420]; // units of the map
const DAY = 24 * 3600 * 1000;
const OFF_S = 30;

/** Why a school stands where it stands. */
export function group(school) {
  if (school.rung || school.unanswered) return "unanswered";
  if (school.state !== "alive") return "silent";
  if (school.unrepaired) return "unrepaired";
  return school.uncovered || doubtful(school) ? "uncovered" : "well";
}

/** An event in words where there are some; the school may be of a newer release. */
const happened = (kind) => (`event.${kind}` in words.text ? t(`event.${kind}`) : kind);

/** What nobody can rely on is not normal: a wrong clock, a journal that does not prove, a box that cannot record. */
const doubtful = (school) => school.broken || school.late || school.degraded || !school.clock_ok || Math.abs(school.offset) > OFF_S;

class Bureau {
  constructor() {
    this.picked = new URLSearchParams(location.search).get("school");
    this.key = "";
    this.mine = "";
    this.stale = false;
    this.asked = 0;
    this.ages = [];
    this.devices = new Devices(() => this.world);
  }

  build(world) {
    this.world = world;
    this.key = "";
  }

  show(world) {
    this.world = world;
    const schools = Object.values(world.state.schools ?? {}).sort((a, b) => a.rank - b.rank);
    const mine = JSON.stringify(schools.find((school) => school.id === this.picked));
    if (mine !== this.mine) this.stale = this.picked !== null;
    this.mine = mine;
    // boxes are heard all the time: a list is built again only when a school stands elsewhere, its words follow by themselves
    const key = JSON.stringify([schools.map((school) => [school.id, school.short, school.township, school.at, group(school)]), this.picked]);
    if (key !== this.key) {
      this.key = key;
      calmly(byId("groups"), () => this.groups(schools));
      calmly(byId("map"), () => this.map(schools));
    }
    this.tick(world);
  }

  groups(schools) {
    this.ages = [];
    const by = {};
    for (const school of schools) (by[group(school)] ??= []).push(school);
    put(byId("sum"), t("bureau.sum", { n: schools.length, u: by.unanswered?.length ?? 0, s: by.silent?.length ?? 0 }));
    const opened = byId("groups").querySelector("details")?.open;
    byId("groups").replaceChildren(...GROUPS.filter((name) => by[name]).map((name) => (name === "silent" ? this.silent(by[name], opened) : this.group(name, by[name]))));
    this.tick(this.world);
  }

  map(schools) {
    const wide = byId("groups").clientWidth < NARROW ? NARROW : WIDE; // on a phone fewer units: signs and names stay readable
    const map = drawn(this.world.state.townships ?? [], schools, wide, { group, pick: (id) => this.pick(id), label: (s) => `${s.short} ${t(`bureau.group.${group(s)}`)}`, title: t("bureau.map") });
    byId("map").hidden = !map;
    byId("map").replaceChildren(el("h2", { textContent: t("bureau.map") }), ...(map ? [map] : []),
      el("p", { className: "legend" }, ...GROUPS.map((name) => el("span", { textContent: `${SIGNS[name]} ${t(`bureau.group.${name}`)}` }))));
  }

  tick(world) {
    for (const age of this.ages) age(world);
    if (this.stale && performance.now() - this.asked > LOOK_MS) this.load();
  }

  group(name, schools) {
    return el("div", { className: `group ${name}`, data: { group: name } },
      el("h3", { textContent: `${t(`bureau.group.${name}`)} ${schools.length}`, data: { shape: SIGNS[name] } }),
      ...schools.map((school) => this.row(school)));
  }

  /** Many silent boxes are one thing: they stand together, by township. */
  silent(schools, opened) {
    const towns = new Map((this.world.state.townships ?? []).map((town) => [town.id, town.name]));
    const by = new Map();
    for (const school of schools) by.set(school.township, [...(by.get(school.township) ?? []), school]);
    return el("details", { className: "group silent", open: opened ?? schools.length <= 5, data: { group: "silent" } },
      el("summary", { textContent: t("bureau.silent", { n: schools.length }), data: { shape: SIGNS.silent } }),
      ...[...by].flatMap(([town, some]) => [el("h4", { textContent: `${towns.get(town) ?? town} ${some.length}` }), ...some.map((school) => this.row(school))]));
  }

  row(school) {
    const [say, more] = [el("span"), el("small")];
    this.ages.push(({ state, now }) => {
      const known = state.schools[school.id] ?? school;
      put(say, this.words(known));
      put(more, this.reason(known, now));
    });
    return el("button", { className: "one-school", "aria-pressed": String(school.id === this.picked), data: { school: school.id }, onclick: () => this.pick(school.id) },
      el("b", { textContent: school.short }), say, more);
  }

  words(school) {
    const worst = school.worst;
    if (worst) return [said(worst.what), worst.place, worst.bureau ? said(worst.bureau) : t("bureau.waiting")].filter(Boolean).join(" · ");
    if (school.rung) return t("bureau.rung", { n: school.rung });
    if (school.state !== "alive") return t(`bureau.state.${school.state}`);
    const notes = [];
    if (school.unrepaired) notes.push(t("bureau.unrepaired", { n: school.unrepaired }));
    if (school.uncovered) notes.push(t("bureau.uncovered", { n: school.uncovered, all: school.points }));
    if (school.broken) notes.push(t("bureau.chain.bad"));
    if (school.late) notes.push(t("bureau.late"));
    if (Math.abs(school.offset) > OFF_S) notes.push(t("bureau.clock.off", { d: duration(Math.abs(school.offset) * 1000) }));
    if (school.orders) notes.push(t("bureau.orders", { n: school.orders }));
    return notes.join(" · ") || t("bureau.group.well");
  }

  reason(school, now) {
    if (school.worst) return t("bureau.since", { d: ago(now - school.worst.since) });
    if (school.state !== "alive") return school.heard ? t("bureau.heard", { d: ago(now - school.heard) }) : t("bureau.never");
    return school.unrepaired_since ? t("bureau.since", { d: ago(now - school.unrepaired_since) }) : "";
  }

  pick(id) {
    this.picked = id;
    this.asked = performance.now(); // below
    history.replaceState(null, "", id ? `?school=${encodeURIComponent(id)}` : location.pathname);
    this.show(this.world);
    if (!id) {
      byId("school").hidden = true;
      return;
    }
    this.load().then(() => {
      byId("school").scrollIntoView({ block: "nearest" });
      byId("school").focus({ preventScroll: true });
    });
  }

  async load() {
    this.asked = performance.now();
    this.stale = false;
    const id = this.picked;
    const found = await fetchJson("fleet-site", { site: id, limit: 100 });
    if (found && id === this.picked) calmly(byId("school"), () => this.school(found));
  }

  school({ school, alarms, events, asked, devices }) {
    const zone = this.world.state.site?.timezone;
    const when = (ms) => (ms ? wallTime(ms, zone).slice(5, 16) : "");
    const may = (verb) => words.fleet.includes(verb) && school.keyed;
    this.seen = (alarm) => seenOfSchool(this.world, t(`bureau.group.${group(school)}`), alarms, alarm);
    byId("school").hidden = false;
    byId("school").replaceChildren(
      el("div", { className: "title" }, el("h2", { textContent: school.name }),
        el("div", { className: "buttons" },
          may("check") ? el("button", { textContent: t("bureau.check"), data: { verb: "check" }, onclick: () => this.check(school) }) : "",
          may("order") ? el("button", { textContent: t("bureau.order"), data: { verb: "order" }, onclick: () => this.order(school) }) : "",
          school.phone ? el("a", { className: "call", href: `tel:${school.phone}`, textContent: t("bureau.call", { n: school.phone }) }) : "",
          el("button", { textContent: t("bureau.close"), onclick: () => this.pick(null) }))),
      el("dl", { className: "facts" }, ...this.facts(school, when).flatMap(([name, text, bad]) => [
        el("dt", { textContent: name }), el("dd", {}, el("span", { className: bad ? "bad" : "", textContent: text }))])),
      school.keyed ? "" : el("p", { className: "empty", textContent: t("bureau.no-key") }),
      ...this.table("bureau.alarms", alarms.length ? alarms.map((alarm) => [
        `${said(alarm.what)} · ${alarm.place}`, t(`life.${alarm.state === "acked" ? "awaiting" : alarm.state}`, { d: "" }), when(alarm.first),
        may("ack") ? el("button", { className: "ack", textContent: t("bureau.ack"), data: { ack: alarm.id }, onclick: () => this.send(school.id, "ack", alarm.id) }) : ""]) : [[t("alarms.none")]]),
      this.devices.show(school, devices),
      ...(asked.length ? this.table("bureau.asked", asked.map((one) => [
        one.args.what ?? one.args.text ? colon(t(`bureau.verb.${one.verb}`), one.args.what ?? one.args.text) : t(`bureau.verb.${one.verb}`), this.receipt(one, when), when(one.wall), this.who(one.person)])) : []),
      ...this.table("bureau.events", events.slice(0, 30).map((event) => [happened(String(event.kind)), [event.code, event.who].filter(Boolean).join(" · "), when(event.wall), String(event.seq)])),
    );
  }

  facts(school, when) {
    const off = Math.abs(school.offset) > OFF_S;
    return [
      [t("bureau.fact.state"), school.state === "alive" ? t("bureau.state.alive") : `${t(`bureau.state.${school.state}`)} ${when(school.heard)}`, school.state !== "alive"],
      [t("bureau.fact.clock"), off ? t("bureau.clock.off", { d: duration(Math.abs(school.offset) * 1000) }) : t(school.clock_ok ? "bureau.clock.ok" : "bureau.clock.unknown"), off || !school.clock_ok],
      [t("bureau.fact.covered"), t("bureau.covered", { n: school.points - school.uncovered, all: school.points }), school.uncovered > 0],
      [t("bureau.fact.chain"), school.broken || (school.late ? t("bureau.late") : school.behind ? t("bureau.chain.behind", { n: school.behind }) : t("bureau.chain.ok", { n: school.seq })), Boolean(school.broken || school.late || school.behind)],
      [t("bureau.fact.backlog"), t("bureau.backlog", { n: school.backlog, v: school.version }), school.degraded],
    ];
  }

  table(title, rows) {
    return [el("h3", { textContent: t(title) }), el("table", { className: "rows" }, el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, cell))))))];
  }

  who(person) {
    return (this.world.state.people ?? []).find((one) => one.id === person)?.name ?? person;
  }

  /** Sent is not done: only the school's own record makes it so. */
  receipt(one, when) {
    const lines = one.lines.map((line) => t(`bureau.line.${line.what}`, { p: line.who, t: when(line.wall) }));
    const state = t(`bureau.asked.${one.state}`);
    return [one.state === "refused" ? colon(state, one.text[words.lang === "en" ? 1 : 0] || one.code) : state, ...lines].join(" · ");
  }

  check(school) {
    question({ title: t("bureau.check.title", { s: school.short }), text: t("bureau.check.text"), button: t("bureau.check.send"), send: () => this.send(school.id, "check") });
  }

  order(school) {
    question({
      title: t("bureau.order.title", { s: school.short }), text: t("bureau.order.text"), button: t("bureau.order.send"), keep: `order ${school.id}`,
      fields: [{ id: "what", label: t("bureau.order.what"), kind: "text", required: true }, { id: "days", label: t("bureau.order.days"), kind: "number", required: true, value: "7" }],
      send: ({ what, days }) => this.send(school.id, "order", "", { what: what.slice(0, 20), until: Math.round(this.world.now + Math.max(1, days) * DAY) }),
    });
  }

  async send(site, verb, alarm = "", args = {}) {
    let answer;
    try {
      answer = await posted("/api/v1/fleet-command", { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": words.csrf }, body: JSON.stringify({ site, verb, alarm, args, seen: this.seen(alarm) }) });
    } catch {
      return reply(t("reply.unknown"), false);
    }
    if (answer.status === 401) return ended();
    const body = await answer.json().catch(() => ({}));
    this.load();
    return reply(body.text || t("reply.failed", { code: body.code ?? answer.status }), body.ok === true);
  }
}

open(() => new Bureau());
