// The page of alarms: filters and list, several at once, flood groups, figures; the story of one lies beside it.

import { lifeText, namer, title } from "./alarms.js";
import { press } from "./ask.js";
import { calmly } from "./calm.js";
import { byId, el, flag, place, put } from "./dom.js";
import { Filters, PERIODS } from "./filters.js";
import { wallTime } from "./format.js";
import { fetchJson } from "./fetch.js";
import { Figures, floods } from "./kpi.js";
import { open } from "./shell.js";
import { Story } from "./story.js";
import { buttons, extras } from "./state.js";
import { causeWord, deviceOf, t, whereOf, words } from "./words.js";

const TOGETHER = ["ack", "silence", "note", "assign", "false"];
const MOST_ROWS = 300;
const MOST_PAST = 2000; // that an answer holds, the newest
const NEAR = 3600 * 1000; // an alarm is looked for so near to its first event

class List {
  constructor() {
    this.world = null;
    this.past = new Map(); // alarms of the period, those that are over
    this.rows = new Map(); // alarm id -> {key, node, life}
    this.chosen = new Set();
    this.filters = new Filters(byId("filters"), (name) => this.filtered(name));
    this.story = new Story(byId("one"), () => this.pick(""));
    this.figures = new Figures(byId("figures"), byId("kpi"));
    this.picked = new URLSearchParams(location.search).get("id") ?? "";
    window.addEventListener("popstate", () => this.pick(new URLSearchParams(location.search).get("id") ?? "", false));
    byId("head").replaceChildren(el("tr", {}, el("th", {}, el("input", { type: "checkbox", id: "every", ariaLabel: t("list.every"),
      onchange: (event) => this.every(event.target.checked) })),
    ...["what", "where", "when", "life", "who"].map((name) => el("th", { scope: "col", textContent: t(`list.${name}`) }))));
  }

  build(world) {
    this.world = world;
    this.filters.build(world.state);
    this.load();
  }

  filtered(name) {
    if (name === "period" || name === "state") this.load();
    this.show(this.world);
  }

  /** Fetches what is over; what is open comes by itself. */
  async load() {
    if (!this.filters.past) return;
    const to = Math.ceil(this.world.now);
    const found = await fetchJson("alarms", { from: Math.floor(to - PERIODS[this.filters.values.period]), to });
    if (!found) return;
    this.full = found.length >= MOST_PAST;
    this.past = new Map(found.map((alarm) => [alarm.id, alarm]));
    this.show(this.world);
  }

  /** One that is over, however long ago: the journal says when it began. */
  async seek(id) {
    this.sought = id;
    const story = await fetchJson("story", { alarm: id });
    if (!story?.length) return;
    const at = story[0].wall;
    const near = await fetchJson("alarms", { from: at - NEAR, to: at + NEAR });
    this.found = near?.find((alarm) => alarm.id === id) ?? null;
    this.show(this.world);
  }

  show(world) {
    const { state, alarms } = world;
    for (const id of this.past.keys()) if (state.alarms[id]) this.past.delete(id);
    if (this.had && this.filters.past) for (const id of this.had) if (!state.alarms[id] && !this.past.has(id)) this.load();
    this.had = Object.keys(state.alarms);
    const name = namer(state);
    const all = [...alarms, ...[...this.past.values()].sort((a, b) => b.first - a.first)];
    this.shown = all.filter((alarm) => this.filters.fits(alarm, this.textOf(alarm, state, name)));
    for (const id of this.chosen) if (!this.shown.some((alarm) => alarm.id === id)) this.chosen.delete(id);
    place(byId("rows"), this.shown.slice(0, MOST_ROWS).map((alarm) => this.row(alarm, state, name)));
    const rest = this.shown.length - MOST_ROWS;
    const notes = [rest > 0 ? t("list.more", { n: rest }) : "", this.shown.length ? "" : t(this.filters.past ? "list.none" : "alarms.none"),
      this.filters.past && this.full ? t("list.full", { n: MOST_PAST }) : ""].filter(Boolean);
    byId("empty").hidden = notes.length === 0;
    put(byId("empty"), notes.join(" "));
    this.several();
    floods(byId("floods"), world, (id) => this.pick(id));
    const picked = this.picked ? (state.alarms[this.picked] ?? this.past.get(this.picked) ?? (this.found?.id === this.picked ? this.found : null)) : null;
    if (picked && picked !== this.found) this.sought = ""; // if it ends while it is looked at, it is asked for
    else if (this.picked && !picked && this.sought !== this.picked) this.seek(this.picked);
    this.story.show(picked, this.picked, world);
    flag(document.body, "picked", Boolean(this.picked));
    this.tick(world);
  }

  textOf(alarm, state, name) {
    const building = state.buildings.find((b) => b.id === alarm.building)?.name ?? "";
    return [title(alarm), alarm.place, deviceOf(alarm, state), building, alarm.point, alarm.number, causeWord(alarm.cause),
      ...[alarm.acked_by, alarm.result_by, alarm.assignee].filter(Boolean).map(name)].join(" ");
  }

  row(alarm, state, name) {
    const key = JSON.stringify([alarm, this.picked === alarm.id]);
    const old = this.rows.get(alarm.id);
    if (old?.key === key) {
      old.box.checked = this.chosen.has(alarm.id);
      return old.node;
    }
    const life = el("span", {});
    const isOpen = alarm.state !== "normal";
    const box = el("input", { type: "checkbox", checked: this.chosen.has(alarm.id), disabled: !isOpen, ariaLabel: t("list.choose", { what: `${title(alarm)} ${alarm.place}` }),
      onchange: (event) => this.choose(alarm.id, event.target.checked) });
    const result = alarm.result ? t(`result.${alarm.result}`) + (alarm.cause ? ` · ${causeWord(alarm.cause)}` : "") : "";
    const people = [alarm.acked_by && t("acked", { name: name(alarm.acked_by) }), alarm.assignee && t("assigned", { name: name(alarm.assignee) })].filter(Boolean);
    const node = el("tr", { className: `${alarm.state}${this.picked === alarm.id ? " picked" : ""}`, data: { lamp: alarm.lamp, alarm: alarm.id } },
      el("td", {}, box),
      el("td", { className: "what" }, el("span", { className: "mark" }, el("span", { className: "shape", ariaHidden: "true" })),
        el("a", { href: `?id=${encodeURIComponent(alarm.id)}`, textContent: title(alarm), onclick: (event) => {
          event.preventDefault();
          this.pick(alarm.id);
        } }), alarm.first_up ? el("span", { className: "badge", textContent: t("first") }) : null,
        alarm.mode ? el("span", { className: "mode", textContent: t(`mode.${alarm.mode}`) }) : null),
      el("td", { className: "where", textContent: [whereOf(alarm), deviceOf(alarm, state)].filter(Boolean).join(" · ") }),
      el("td", { className: "when", textContent: wallTime(alarm.first, state.site?.timezone) }),
      el("td", { className: "life" }, life, result ? el("span", { className: "result", textContent: ` ${result}` }) : null),
      el("td", { className: "who", textContent: people.join(" · ") }));
    this.rows.set(alarm.id, { key, node, box, life, alarm });
    return node;
  }

  rowsOpen() {
    return this.shown.slice(0, MOST_ROWS).filter((alarm) => alarm.state !== "normal");
  }

  choose(id, on) {
    on ? this.chosen.add(id) : this.chosen.delete(id);
    this.several();
  }

  /** All that the list shows and that are open: what has no row nobody has read. */
  every(on) {
    this.chosen = new Set(on ? this.rowsOpen().map((alarm) => alarm.id) : []);
    for (const [id, { box }] of this.rows) box.checked = this.chosen.has(id);
    this.several();
  }

  /** The bar of buttons for those chosen: what every one of them allows. */
  several() {
    const chosen = this.shown.filter((alarm) => this.chosen.has(alarm.id));
    const bar = byId("several");
    const key = JSON.stringify(chosen.map((alarm) => [alarm.id, alarm.state, alarm.silenced, alarm.acked, alarm.result]));
    if (bar.dataset.key === key) return;
    bar.dataset.key = key;
    bar.hidden = chosen.length === 0;
    byId("every").checked = chosen.length > 0 && chosen.length === this.rowsOpen().length;
    if (!chosen.length) return;
    const lists = chosen.map((alarm) => new Map([...buttons(alarm, words.verbs).filter(([, , on]) => on), ...extras(alarm, words.verbs, words.me)].map(([label, verb]) => [label, verb])));
    const same = new Set(chosen.map((alarm) => alarm.lamp)).size === 1; // one cause for all needs alarms of one kind
    const shared = TOGETHER.filter((label) => lists.every((list) => list.has(label)) && (label !== "false" || same));
    calmly(bar, () => bar.replaceChildren(el("strong", { textContent: t("list.chosen", { n: chosen.length }) }),
      el("div", { className: "buttons" }, ...shared.map((label) => el("button", { className: label, textContent: t(`verb.${label}`),
        onclick: () => press(label, lists[0].get(label), ...chosen) })),
      el("button", { textContent: t("list.clear"), onclick: () => this.every(false) })),
      shared.length ? "" : el("span", { textContent: t("list.nothing") })));
  }

  pick(id, push = true) {
    this.picked = id;
    if (push) {
      const query = new URLSearchParams(location.search);
      id ? query.set("id", id) : query.delete("id");
      history.pushState(null, "", `?${query}`);
    }
    this.show(this.world);
    if (id && matchMedia("(max-width: 1099px)").matches) scrollTo(0, 0); // alone on the page there; elsewhere it stands beside the list
  }

  tick(world) {
    if (world.now === null) return;
    for (const { life, alarm } of this.rows.values()) put(life, lifeText(alarm, world.now));
    this.story.tick(world.now);
  }
}

open(() => new List());
