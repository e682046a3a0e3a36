// The history: choose points and a time, see curves with limits, quality and what happened, take the table away. Keeps it all in the address.

import { title } from "./alarms.js";
import { clear, draw } from "./curve.js";
import { byId, el, put } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { wallTime } from "./format.js";
import { open } from "./shell.js";
import { calledPoint, t, words } from "./words.js";
import { field, typed } from "./when.js";

const HOUR = 3600 * 1000;
const RANGES = { "1h": HOUR, "24h": 24 * HOUR, "7d": 7 * 24 * HOUR, "30d": 30 * 24 * HOUR, "365d": 365 * 24 * HOUR };
const MOST_POINTS = 6;
const MOST_MARKS = 40; // more would hide the curve
const REFRESH_MS = 10000;

class History {
  constructor() {
    const query = new URLSearchParams(location.search);
    this.points = (query.get("points") ?? "").split(",").filter(Boolean).slice(0, MOST_POINTS);
    this.range = query.get("range") in RANGES ? query.get("range") : "24h";
    this.end = query.get("to") ?? ""; // as typed; "" is now
    this.asked = 0;
    byId("search").addEventListener("input", () => this.list());
    setInterval(() => !document.hidden && !this.end && RANGES[this.range] <= 24 * HOUR && this.load(), REFRESH_MS);
  }

  build(world) {
    this.world = world;
    this.points = this.points.filter((id) => world.state.points[id]);
    this.list();
    this.bar();
    this.load();
  }

  show(world) {
    this.world = world;
  }

  list() {
    const { state } = this.world;
    const wanted = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = new Set(this.points);
    const rows = Object.keys(state.points).map((id) => [id, nameOf(id, state)])
      .filter(([id, name]) => chosen.has(id) || wanted.every((word) => `${name} ${id}`.toLowerCase().includes(word)))
      .sort(([a], [b]) => chosen.has(b) - chosen.has(a));
    byId("points").replaceChildren(...rows.map(([id, name]) => el("li", {}, el("label", { className: "tick" },
      el("input", { type: "checkbox", checked: chosen.has(id), disabled: !chosen.has(id) && chosen.size >= MOST_POINTS, data: { point: id },
        onchange: (event) => this.choose(id, event.target.checked) }), el("span", { textContent: name })))));
  }

  choose(id, on) {
    this.points = on ? [...this.points, id] : this.points.filter((one) => one !== id);
    this.list();
    this.keep();
    byId("points").querySelector(`[data-point="${CSS.escape(id)}"]`)?.focus();
    this.load();
  }

  bar() {
    const zone = this.world.state.site?.timezone;
    const end = el("input", { type: "datetime-local", value: this.end, ariaLabel: t("history.until"), onchange: (event) => {
      this.end = typed(event.target.value, zone) === null ? "" : event.target.value;
      this.keep();
      this.load();
    } });
    byId("range").replaceChildren(
      el("div", { className: "ranges" }, ...Object.keys(RANGES).map((id) => el("button", { type: "button", textContent: t(`range.${id}`), data: { range: id },
        ariaPressed: String(id === this.range), onclick: () => {
          this.range = id;
          this.keep();
          this.bar();
          this.load();
        } }))),
      el("button", { type: "button", textContent: t("history.earlier"), onclick: () => this.move(-1) }),
      el("button", { type: "button", textContent: t("history.later"), onclick: () => this.move(1) }),
      el("label", {}, t("history.until"), end),
      el("button", { type: "button", textContent: t("history.now"), disabled: !this.end, onclick: () => this.until("") }),
      ...["csv", "xlsx"].map((form) => el("a", { className: "button", data: { form }, textContent: t(`export.${form}`), href: "#" })));
    byId("range").onsubmit = (event) => event.preventDefault();
  }

  move(by) {
    const zone = this.world.state.site?.timezone;
    const end = (this.end ? typed(this.end, zone) : this.world.now) + by * RANGES[this.range];
    this.until(end >= this.world.now ? "" : field(end, zone));
  }

  until(text) {
    this.end = text;
    this.keep();
    this.bar();
    this.load();
  }

  keep() {
    const query = new URLSearchParams({ points: this.points.join(","), range: this.range });
    if (this.end) query.set("to", this.end);
    history.replaceState(null, "", `?${query}`);
  }

  async load() {
    const turn = ++this.asked;
    const { state } = this.world;
    if (!this.points.length) {
      clear(byId("plot"));
      byId("legend").replaceChildren();
      byId("marks").replaceChildren();
      for (const link of document.querySelectorAll("a[data-form]")) link.hidden = true;
      return put(byId("note"), t("history.choose"));
    }
    const to = Math.ceil(this.end ? typed(this.end, state.site?.timezone) : this.world.now);
    const from = to - RANGES[this.range];
    for (const link of document.querySelectorAll("a[data-form]")) {
      link.hidden = false;
      link.href = `/api/v1/export?${new URLSearchParams({ points: this.points.join(","), from, to, form: link.dataset.form })}`;
    }
    const buckets = Math.min(5000, Math.max(600, byId("plot").clientWidth * 2));
    put(byId("note"), t("history.loading"));
    const [curves, alarms] = await Promise.all([fetchJson("curves", { points: this.points.join(","), from, to, buckets }), fetchJson("alarms", { from, to })]);
    if (turn !== this.asked) return; // a newer question is on its way
    if (!curves) return put(byId("note"), t("curve.failed"));
    const mine = (alarms ?? []).filter((alarm) => this.points.includes(alarm.point));
    const marks = mine.slice(0, MOST_MARKS).flatMap((alarm) => [{ at: alarm.raised, text: t(`lamp.${alarm.lamp}`), colour: "#C8102E" },
      alarm.acked ? { at: alarm.acked, text: t("verb.ack"), colour: "#0F8A5F" } : null].filter(Boolean));
    const list = this.points.map((id) => ({ id, point: state.points[id], history: curves.points[id], name: nameOf(id, state) }));
    const drawn = draw(byId("plot"), list, { from, to, state, marks, height: () => Math.max(220, Math.min(420, innerHeight - 420)) });
    const gaps = list.filter(({ history }) => !history.mean.some((value) => value !== null)).map(({ name }) => name);
    put(byId("note"), !drawn ? t("curve.none") : gaps.length ? t("history.nothing", { names: gaps.join(t("comma")) }) : "");
    byId("legend").replaceChildren(...(drawn && this.points.length === 1 ? ["uncertain", "stale", "fault"] : []).map((id) => el("li", { className: id, textContent: t(`quality.${id}`) })));
    byId("marks").replaceChildren(...mine.slice(0, MOST_MARKS).map((alarm) => el("li", {}, el("time", { textContent: wallTime(alarm.raised, state.site?.timezone) }),
      el("a", { href: `/alarms?id=${encodeURIComponent(alarm.id)}`, textContent: `${title(alarm)} · ${alarm.place}` }))));
  }
}

export function nameOf(id, state) {
  const point = state.points[id];
  const zone = state.zones.find((z) => z.id === point.zone)?.name ?? t("school");
  return [...new Set([zone, calledPoint(point), words.quantities[point.quantity] ?? point.quantity])].filter(Boolean).join(" · ");
}

open(() => new History());
