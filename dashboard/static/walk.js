// The walk test as the person with the smoke pole sees it: what is left, what is ticked, and each place said when it is ticked.

import { namer } from "./alarms.js";
import { pinField, reply, send } from "./ask.js";
import { byId, el } from "./dom.js";
import { question } from "./form.js";
import { valueText, wallTime } from "./format.js";
import { open } from "./shell.js";
import { Voice } from "./voice.js";
import { calledPoint, t, words } from "./words.js";
import { field, typed } from "./when.js";

const HOUR = 3600 * 1000;
const HOURS = 2; // offered at first
const FRESH = 20_000; // ms a new tick is highlighted
const BUZZ = 200; // ms

class Walk {
  constructor() {
    this.key = "";
    this.ticked = null; // "mark point" of every tick seen: what is new is said
    this.voice = new Voice(); // silent until a person has touched the button
  }

  build(world) {
    this.world = world;
    byId("begin").replaceChildren(
      ...(words.verbs.includes("walk") ? [el("button", { className: "big", textContent: t("walk.begin"), onclick: () => this.begin() })] : []),
      el("button", { className: "big", id: "listen", textContent: t("walk.listen"), ariaPressed: "false", onclick: () => this.listen() }));
    this.key = "";
  }

  show(world) {
    this.world = world;
    const walks = Object.values(world.state.marks ?? {}).filter((mark) => mark.kind === "walk");
    byId("empty").hidden = walks.length > 0;
    const key = JSON.stringify(walks);
    if (key === this.key) return;
    this.key = key;
    this.news(walks);
    byId("walks").replaceChildren(...walks.map((mark) => this.walk(mark, world)));
  }

  /** Says and buzzes what has been ticked since the last look; what was ticked before the page was opened is no news. */
  news(walks) {
    const now = new Map(walks.flatMap((mark) => mark.lines.filter((line) => line.what === "test-alarm").map((line) => [`${mark.id} ${line.about}`, line.about])));
    const fresh = this.ticked === null ? [] : [...now].filter(([id]) => !this.ticked.has(id));
    this.ticked = new Set(now.keys());
    if (!fresh.length) return;
    navigator.vibrate?.(BUZZ);
    const zones = new Set(fresh.map(([, point]) => this.world.state.points[point]?.zone).filter(Boolean));
    for (const zone of zones) this.voice.say({ zone });
  }

  walk(mark, { state, now }) {
    const zone = state.site?.timezone;
    const ticks = new Map(mark.lines.filter((line) => line.what === "test-alarm").map((line) => [line.about, line]));
    const phones = new Map(mark.lines.filter((line) => line.what === "phone").map((line) => [line.about, line.value]));
    const points = [...mark.points, ...ticks.keys()];
    const row = (id) => {
      const line = ticks.get(id);
      return el("li", { className: line ? (now - line.at < FRESH ? "set just" : "set") : "", data: { point: id } },
        el("span", { textContent: line ? "✓" : "○", ariaLabel: t(line ? "walk.done" : "walk.rest") }),
        el("span", { textContent: pointName(id, state) }),
        line ? el("time", { textContent: wallTime(line.at, zone).slice(11, 19) }) : null,
        line ? el("small", { textContent: [typeof line.value === "number" ? valueText(line.value, state.points[id]) : "", phones.has(id) ? t("walk.phone", { s: Math.round(phones.get(id)) }) : t("walk.no-phone")].filter(Boolean).join(" · ") }) : null);
    };
    const rooms = state.zones.filter((z) => points.some((id) => state.points[id]?.zone === z.id));
    const sections = [...new Set(rooms.map((z) => z.building))].flatMap((building) => [
      el("h3", { textContent: state.buildings.find((b) => b.id === building)?.name ?? t("walk.building") }),
      ...rooms.filter((z) => z.building === building).flatMap((z) => [
        el("h4", {}, el("button", { textContent: "♪", title: t("walk.listen"), ariaLabel: `${t("walk.listen")} ${z.name}`, onclick: () => this.listen(z.id) }), z.name),
        el("ul", {}, ...points.filter((id) => state.points[id]?.zone === z.id).sort((a, b) => ticks.has(a) - ticks.has(b)).map(row))])]);
    return el("div", { className: "walk", data: { mark: mark.id } },
      el("p", { className: "sum" }, el("b", { textContent: t("walk.of", { done: ticks.size, of: mark.covered }) }),
        el("span", { textContent: mark.points.length ? t("walk.left", { n: mark.points.length }) : t("walk.all") }),
        el("span", { textContent: t("walk.who", { name: namer(state)(String(mark.facts.walker ?? mark.who)), t: wallTime(mark.until, zone).slice(5, 16) }) })),
      el("div", { className: "buttons" }, ...(words.verbs.includes("end") ? [el("button", { textContent: t("walk.end"), data: { verb: "end" }, onclick: () => this.end(mark) })] : [])),
      ...sections);
  }

  begin() {
    const { state, now } = this.world;
    const zone = state.site?.timezone;
    question({ title: t("walk.begin"), text: t("walk.about"), button: t("ask.send", { verb: t("walk.begin") }), keep: "walk",
      fields: [
        { id: "building", kind: "select", label: t("walk.where"), options: [["", t("walk.whole")], ...state.buildings.map((b) => [b.id, b.name])] },
        { id: "walker", kind: "select", label: t("walk.walker"), value: words.me.id, options: state.people.map((p) => [p.id, p.name]) },
        { id: "until", kind: "time", label: t("walk.until"), required: true, value: field(now + HOURS * HOUR, zone) },
        ...pinField("walk")],
      send: ({ pin, until, ...args }) => {
        const end = typed(until, zone);
        return end === null ? reply(t("when.bad"), false) : send("walk", "", { ...args, until: end }, pin);
      } });
  }

  end(mark) {
    const fields = pinField("end");
    if (!mark.points.length && !fields.length) return send("end", mark.id);
    question({ title: t("walk.end"), text: mark.points.length ? t("walk.end.left", { n: mark.points.length }) : "", button: t("ask.send", { verb: t("walk.end") }),
      fields, send: ({ pin }) => send("end", mark.id, {}, pin) });
  }

  /** A person's touch allows sound; from then on every tick is said, and `zone` at once. */
  async listen(zone = "") {
    await this.voice.listen();
    const button = byId("listen");
    button.textContent = t("walk.listening");
    button.ariaPressed = "true";
    if (zone) this.voice.say({ zone });
  }
}

function pointName(id, state) {
  const point = state.points[id];
  return point ? [...new Set([calledPoint(point), words.quantities[point.quantity]])].filter(Boolean).join(" · ") : id;
}

open(() => new Walk());
