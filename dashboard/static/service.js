// 停用, 维保, 试运行, tests, drills: what stands, what it still waits for, and the forms that begin one. The engine decides what is allowed.

import { pinField, reply, send } from "./ask.js";
import { namer } from "./alarms.js";
import { byId, el, put } from "./dom.js";
import * as drills from "./drills.js";
import { duration, valueText, wallTime } from "./format.js";
import { question } from "./form.js";
import { open } from "./shell.js";
import { placesOf } from "./state.js";
import { calledPoint, colon, said, t, words } from "./words.js";
import { field, typed } from "./when.js";

const HOUR = 3600 * 1000;
// kind of mark -> verbs that end, prolong or change it
const ENDS = { "out-of-service": ["back", "extend"], maintenance: ["extend", "rooms", "end"], trial: ["accept"], test: ["extend", "end"], walk: ["extend", "end"], rehearsal: [], drill: ["drill-empty", "drill-end"], "call-drill": ["drill-end"] };

class Service {
  constructor() {
    this.key = "";
    this.ticks = [];
  }

  build(world) {
    this.world = world;
    const begin = ["out-of-service", "maintenance", "trial", "test", "rehearse", "drill-start"].filter((verb) => words.verbs.includes(verb));
    byId("begin").replaceChildren(...begin.map((verb) => el("button", { className: "big", textContent: t(`begin.${verb}`), onclick: () => this.begin(verb), data: { begin: verb } })));
  }

  show(world) {
    this.world = world;
    const { state } = world;
    const marks = Object.values(state.marks ?? {}).filter((mark) => mark.listed).sort((a, b) => a.since - b.since);
    byId("empty").hidden = marks.length > 0;
    const key = JSON.stringify(marks);
    if (key === this.key) return;
    this.key = key;
    this.ticks = [];
    byId("marks").replaceChildren(...marks.map((mark) => this.mark(mark, state)));
  }

  tick(world) {
    for (const tick of this.ticks) tick(world.now);
  }

  mark(mark, state) {
    const name = namer(state);
    const zone = state.site?.timezone;
    const until = el("span");
    this.ticks.push((now) => put(until, mark.until === null ? t("until.none") : mark.until > now
      ? t("until", { t: wallTime(mark.until, zone).slice(0, 16), d: duration(mark.until - now) }) : t("until.over", { t: wallTime(mark.until, zone).slice(0, 16) })));
    const done = new Map(mark.lines.filter((line) => line.what === "test-alarm" || line.what === "good").map((line) => [line.about, line]));
    const label = (id) => pointName(id, state);
    const facts = mark.kind === "drill" || mark.kind === "call-drill" ? drills.progress(mark, state, name)
      : Object.entries(mark.facts).filter(([, value]) => value !== "" && value !== null).map(([id, value]) =>
        el("p", { textContent: colon(factName(id), factText(id, value, name, state)) }));
    return el("li", { className: `mark ${mark.stage}`, data: { lamp: mark.lamp, mark: mark.id } },
      el("div", { className: "head" }, el("strong", { textContent: `${said(mark.label)} ${t("number", { n: String(mark.number).padStart(2, "0") })}` }),
        el("span", { textContent: t(`stage.${mark.stage}`) })),
      el("p", {}, [placesOf(mark, state).join(t("comma")), mark.why, name(mark.who)].filter(Boolean).join(" · "), " · ",
        t("from", { t: wallTime(mark.since, zone).slice(0, 16) }), " · ", until),
      ...facts,
      mark.points.length || done.size ? el("details", { open: mark.stage === "returning" || mark.stage === "unverified" },
        el("summary", { textContent: mark.stage === "on" || mark.stage === "planned" ? t("covers", { n: mark.covered || mark.points.length })
          : t("waits", { n: mark.points.length, of: mark.covered }) }),
        el("ul", { className: "checks" }, ...mark.points.map((id) => el("li", { textContent: `${mark.stage === "on" || mark.stage === "planned" ? "·" : "○"} ${label(id)}` })),
          ...[...done].map(([id, line]) => el("li", { className: "done", textContent: `✓ ${label(id)} ${wallTime(line.at, zone).slice(11)}` })))) : null,
      ...record(mark, label, state),
      el("div", { className: "buttons" }, ...(ENDS[mark.kind] ?? []).filter((verb) => words.verbs.includes(verb)).map((verb) =>
        el("button", { textContent: t(`does.${verb}`), data: { verb }, onclick: () => this.press(verb, mark) }))));
  }

  press(verb, mark) {
    const { state } = this.world;
    if (verb === "drill-empty") return drills.empty(mark, state);
    const fields = { rooms: [{ id: "rooms", kind: "select", label: t("fact.rooms"), required: true, options: zonesOf(state, mark.building) }],
      accept: [{ id: "sheet", label: t("fact.sheet"), required: true }, { id: "signed", label: t("fact.signed"), required: true }] }[verb] ?? [];
    const all = [...fields, ...pinField(verb)];
    if (!all.length) return send(verb, mark.id);
    question({ title: `${t(`does.${verb}`)} · ${said(mark.label)}`, button: t("ask.send", { verb: t(`does.${verb}`) }), fields: all, keep: `${verb} ${mark.id}`,
      send: ({ pin, ...args }) => send(verb, mark.id, args, pin) });
  }

  begin(verb) {
    const { state, now } = this.world;
    if (verb === "drill-start") return drills.begin(state);
    const zone = state.site?.timezone;
    const later = (hours) => field(now + hours * HOUR, zone);
    const places = [...state.zones.map((z) => [`zone:${z.id}`, `${t("place.zone")} ${z.name}`]), ...state.buildings.map((b) => [`building:${b.id}`, `${t("place.building")} ${b.name}`]),
      ...Object.keys(state.points).map((id) => [`points:${id}`, `${t("place.point")} ${pointName(id, state)}`])];
    const place = { id: "place", kind: "select", label: t("fact.place"), required: true, options: [["", t("ask.choose-place")], ...places] };
    const building = { id: "building", kind: "select", label: t("filter.building"), required: true, options: state.buildings.map((b) => [b.id, b.name]) };
    const people = [["", "–"], ...state.people.map((p) => [p.id, p.name])];
    const until = (hours) => ({ id: "until", kind: "time", label: t("fact.until"), required: true, value: later(hours) });
    const forms = {
      "out-of-service": [place, { id: "why", kind: "select", label: t("fact.why"), required: true, options: words.reasons.map(({ id, needs }) =>
        [id, [t(`why.${id}`), needs.length ? t("why.needs", { list: needs.map(factName).join(t("comma")) }) : ""].filter(Boolean).join(" ")]) },
      until(2), { id: "measure", label: t("fact.measure") }, { id: "permit", label: t("fact.permit") }, { id: "keeper", label: t("fact.keeper") },
      { id: "consent", kind: "select", label: t("fact.consent"), options: people }, { id: "text", label: t("fact.text") }],
      maintenance: [building, { id: "technician", label: t("fact.technician"), required: true }, { id: "firm", label: t("fact.firm") },
        { id: "rooms", kind: "select", label: t("fact.rooms"), options: [["", "–"], ...zonesOf(state)] }, until(4)],
      trial: [building],
      test: [place, until(1)],
      rehearse: [{ ...place, options: places.filter(([id]) => id.startsWith("points:")) }],
    };
    question({ title: t(`begin.${verb}`), text: t(`begin.${verb}.hint`), button: t("ask.send", { verb: t(`begin.${verb}`) }),
      fields: [...forms[verb], ...pinField(verb)], keep: verb,
      send: ({ pin, place: where, until: end, ...rest }) => {
        const args = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== ""));
        if (end !== undefined) args.until = typed(end, zone);
        if (args.until === null) return reply(t("when.bad"), false);
        if (verb === "rehearse") return send(verb, where.slice("points:".length), { points: where.slice("points:".length) }, pin);
        const [what, id] = where ? [where.slice(0, where.indexOf(":")), where.slice(where.indexOf(":") + 1)] : ["", ""];
        return send(verb, "", what ? { ...args, [what]: id } : args, pin);
      } });
  }
}

/** What a maintenance has set off so far, the newest first: when, where, value, seconds to the phone. */
function record(mark, label, state) {
  const tests = mark.lines.filter((line) => line.what === "test");
  if (!tests.length) return [];
  const phone = (test) => mark.lines.find((line) => line.what === "phone" && line.about === test.about && line.at >= test.at);
  const row = (test) => el("li", { textContent: [wallTime(test.at, state.site?.timezone).slice(11), label(test.about), typeof test.value === "number" ? valueText(test.value, state.points[test.about]) : "",
    phone(test) ? t("walk.phone", { s: Math.round(phone(test).value) }) : t("walk.no-phone")].filter(Boolean).join(" · ") });
  return [el("details", { className: "record", open: true }, el("summary", { textContent: t("mark.record", { n: tests.length }) }), el("ul", { className: "checks" }, ...[...tests].reverse().map(row)))];
}

/** People and rooms by their names. */
function factText(id, value, name, state) {
  if (id === "rooms") return String(value).split(",").map((room) => state.zones.find((z) => z.id === room)?.name ?? room).join(t("comma"));
  return id === "consent" || id === "technician" ? name(value) : value;
}

const factName = (id) => (`fact.${id}` in words.text ? t(`fact.${id}`) : id);
const zonesOf = (state, building) => state.zones.filter((z) => !building || z.building === building).map((z) => [z.id, z.name]);

function pointName(id, state) {
  const point = state.points[id];
  if (!point) return id;
  return [...new Set([state.zones.find((z) => z.id === point.zone)?.name, calledPoint(point), words.quantities[point.quantity]])].filter(Boolean).join(" · ");
}

open(() => new Service());
