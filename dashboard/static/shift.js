// The shift: who has taken over, who is next, what is handed over, and the log of this shift from the journal (form F10).

import { lifeText, namer, title } from "./alarms.js";
import { reply, send } from "./ask.js";
import { byId, el, put } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { question } from "./form.js";
import { ago, wallTime } from "./format.js";
import { DutyLog } from "./dutylog.js";
import { Rota } from "./rota.js";
import { open } from "./shell.js";
import { placesOf, unknown } from "./state.js";
import { calledPoint, causeWord, colon, deviceOf, said, t, words } from "./words.js";

const DAY = 24 * 3600 * 1000;
const REREAD_MS = 300_000;
const POSTS = ["duty", "second", "leader"]; // as the rota calls them
const HEADS = ["time", "what", "where", "answered", "result"];

class Shift {
  constructor() {
    byId("head").replaceChildren(el("tr", {}, ...HEADS.map((name) => el("th", { scope: "col", textContent: t(`log.${name}`) }))));
    byId("print").addEventListener("click", () => window.print());
  }

  async build(world) {
    this.world = world;
    this.since = Math.max(world.now - DAY, ...(world.state.post?.taken ?? []).filter((one) => one.post === "duty").map((one) => one.since));
    const [roster, alarms] = await Promise.all([fetchJson("roster"), fetchJson("alarms", { from: Math.floor(this.since), to: Math.ceil(world.now) })]);
    this.roster = roster;
    this.past = alarms ?? [];
    this.key = "";
    this.read = performance.now();
    this.show(this.world);
    this.written ??= new DutyLog();
    this.written.load(world, namer(world.state));
    this.rota ??= new Rota();
    this.rota.load(world, namer(world.state));
  }

  show(world) {
    this.world = world;
    const { state } = world;
    const key = JSON.stringify([state.post, state.marks, Object.values(state.alarms).map((a) => [a.id, a.state, a.result, a.acked_by]), Object.values(state.points).filter(unknown).length]);
    if (this.key === key) return;
    const ended = (this.had ?? []).some((id) => !state.alarms[id]);
    this.had = Object.keys(state.alarms);
    const changed = this.post !== undefined && this.post !== JSON.stringify(state.post?.taken);
    this.post = JSON.stringify(state.post?.taken);
    this.key = key;
    if (changed) return this.build(world);
    this.duty(state, world.now);
    this.handed(world);
    this.log(world);
    if (ended) this.refresh();
  }

  /** How what is over has ended only the journal knows; and a page that lies open all night keeps up with the log. */
  async refresh() {
    this.read = performance.now();
    this.written?.load(this.world, namer(this.world.state));
    this.past = (await fetchJson("alarms", { from: Math.floor(this.since), to: Math.ceil(this.world.now) })) ?? this.past;
    this.log(this.world);
  }

  tick(world) {
    const busy = document.hidden || document.querySelector("dialog[open]") || document.activeElement?.closest("#log, #past");
    if (!world.lost && !busy && performance.now() - this.read > REREAD_MS) this.refresh();
  }

  duty(state, now) {
    const name = namer(state);
    const zone = state.site?.timezone;
    const post = state.post ?? { taken: [] };
    const line = (label, text, bad) => el("p", {}, colon(label), el("b", { className: bad ? "bad" : "", textContent: text }));
    const phones = this.roster?.phones ?? {};
    byId("there").replaceChildren(
      ...POSTS.filter((id) => id !== "second" || post.second?.length).map((id) => line(t(`post.${id}`), ...this.standing(id, post, now))),
      this.roster?.next ? line(t("shift.next"), `${name(this.roster.next.person)} ${wallTime(this.roster.next.start, zone).slice(5, 16)}`) : "",
      ...(this.roster?.holes ?? []).map(([from, to]) => line(t("shift.hole"), `${wallTime(from, zone).slice(5, 16)} – ${wallTime(to, zone).slice(5, 16)}`, true)),
      this.roster?.red?.length ? line(t("shift.red"), this.roster.red.map(name).join(t("comma")), true) : "",
      el("p", {}, colon(t("shift.phones")), Object.entries(phones).filter(([key]) => key.endsWith(".ok")).map(([key, at]) => `${name(key.slice(0, -3))} ${ago(this.world.now - at)}`).join(t("comma")) || "–"));
    const me = post.taken.some((one) => one.person === words.me.id && one.until > now);
    byId("take").replaceChildren(...(words.me.desk || (words.verbs.includes("take") && !me)
      ? [el("button", { className: "big ack", textContent: t("shift.take"), onclick: () => this.take(state) })] : []));
  }

  /** Who stands at a post, and is it bad: whoever took it over; after that shift's end whoever did, until somebody comes; else the rota. */
  standing(id, post, now) {
    const name = namer(this.world.state);
    const at = (ms) => wallTime(ms, this.world.state.site?.timezone).slice(5, 16);
    const held = post.taken.filter((one) => one.post === id);
    const on = held.filter((one) => one.until > now);
    if (on.length) return [on.map((one) => t("shift.taken", { name: name(one.person), t: at(one.since), u: at(one.until) })).join(t("comma")), false];
    const last = Math.max(...held.map((one) => one.until));
    const old = held.filter((one) => one.until === last).map((one) => name(one.person));
    if (old.length) return [t("shift.late", { names: old.join(t("comma")), t: at(last) }), true];
    const names = (post[id] ?? []).map(name).join(t("comma"));
    if (id !== "duty") return [names || t("shift.none"), !names];
    return [t("shift.nobody", { names: names || "–" }), true];
  }

  /** 接班: at a desk the person who comes says who it is and proves it by PIN. */
  take(state) {
    if (!words.me.desk) return send("take", "");
    question({ title: t("shift.take"), text: t("shift.take.hint"), button: t("shift.take"), style: "ack",
      fields: [{ id: "person", kind: "select", label: t("shift.who"), required: true, options: [["", t("ask.choose-person")], ...state.people.filter((p) => TAKERS.has(p.role)).map((p) => [p.id, p.name])] },
        { id: "pin", kind: "pin", label: t("ask.own-pin"), required: true }],
      send: ({ person, pin }) => (person ? send("take", "", {}, pin, person) : reply(t("ask.choose-person"), false)) });
  }

  handed({ state, alarms, now }) {
    const zone = state.site?.timezone;
    const open = alarms.filter((alarm) => alarm.state !== "pending");
    const marks = Object.values(state.marks ?? {}).filter((mark) => mark.listed);
    const lost = Object.entries(state.points).filter(([, point]) => unknown(point));
    const list = (head, items, none) => el("div", { className: "handed" }, el("h3", { textContent: `${head} ${items.length || ""}` }),
      items.length ? el("ul", {}, ...items) : el("p", { className: "empty", textContent: none }));
    byId("handed").replaceChildren(
      list(t("alarms"), open.map((alarm) => el("li", {}, el("a", { href: `/alarms?id=${encodeURIComponent(alarm.id)}`, textContent: `${title(alarm)} · ${alarm.place}` }), ` ${lifeText(alarm, now)}`)), t("alarms.none")),
      list(t("nav.service"), marks.map((mark) => el("li", { textContent: `${[said(mark.label), ...placesOf(mark, state), mark.why].join(" ")} ${t("covers", { n: mark.covered })} ${mark.until ? t("shift.until", { t: wallTime(mark.until, zone).slice(5, 16) }) : ""}` })), t("shift.no-marks")),
      list(t("shift.lost"), lost.map(([id, point]) => el("li", { textContent: `${state.zones.find((z) => z.id === point.zone)?.name ?? t("school")} ${calledPoint(point) || words.quantities[point.quantity] || id}` })), t("shift.all-known")));
  }

  log({ state, now }) {
    const name = namer(state);
    const zone = state.site?.timezone;
    const [from, to] = [this.since, now].map((ms) => wallTime(ms, zone).slice(0, 16));
    put(byId("span"), `${from} – ${to.slice(from.slice(0, 10) === to.slice(0, 10) ? 11 : 5)}`);
    const known = new Map((this.past ?? []).map((alarm) => [alarm.id, alarm]));
    for (const alarm of Object.values(state.alarms)) if (alarm.state !== "pending" && alarm.first >= this.since) known.set(alarm.id, alarm);
    const rows = [...known.values()].sort((a, b) => a.first - b.first);
    byId("quiet").hidden = rows.length > 0;
    byId("rows").replaceChildren(...rows.map((alarm) => el("tr", { data: { alarm: alarm.id } },
      el("td", { className: "when", textContent: wallTime(alarm.first, zone) }),
      el("td", { textContent: title(alarm) }),
      el("td", { textContent: `${alarm.place || t("school")} · ${deviceOf(alarm, state) || alarm.point}` }),
      el("td", { textContent: alarm.acked_by ? `${name(alarm.acked_by)} ${wallTime(alarm.acked, zone).slice(11)}` : t("log.nobody") }),
      el("td", { textContent: alarm.result ? [t(`result.${alarm.result}`), causeWord(alarm.cause), name(alarm.result_by)].filter(Boolean).join(" · ") : t(`life.${alarm.state === "acked" ? "awaiting" : alarm.state}`) }))));
  }
}

const TAKERS = new Set(["duty", "keeper", "leader", "officer", "head", "admin"]);

open(() => new Shift());
