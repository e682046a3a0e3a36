// The devices page: last good value, share of answers, latency, the fault in words, a test that shows raw and decoded; lines and box.

import { byId, el, put } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { ago, number, pointText, wallTime } from "./format.js";
import { open } from "./shell.js";
import { unknown } from "./state.js";
import { calledPoint, faultText, said, t, words } from "./words.js";

const REFRESH_MS = 3000;
const TOLD = new Set(["box/clock", "box/broker", "box/backlog", "box/refused", "box/events-refused"]); // the box's state says the same, and more
const HEADS = ["device", "bus", "good", "share", "latency", "fault", "values", "test"];
const LINE_HEADS = ["bus", "up", "load", "planned", "dead", "errors"];

class Devices {
  constructor() {
    this.devices = [];
    this.tested = new Map(); // device id -> element with the test's outcome
    const heads = (keys) => el("tr", {}, ...keys.map((key) => el("th", { scope: "col", textContent: t(key) })));
    byId("head").replaceChildren(heads(HEADS.map((name) => `device.${name}`)));
    byId("line-head").replaceChildren(heads(LINE_HEADS.map((name) => `line.${name}`)));
    setInterval(() => !document.hidden && this.world && !this.world.lost && this.load(), REFRESH_MS);
  }

  build(world) {
    this.world = world;
    this.load();
    fetchJson("refused", { limit: 50 }).then((lines) => lines && this.refused(lines));
  }

  show(world) {
    this.world = world;
    this.box(world.state);
    this.lines(world.state);
  }

  async load() {
    const found = await fetchJson("devices");
    if (!found) return;
    // the silent ones first: they are what somebody looks for here
    this.devices = found.sort((a, b) => (b.bad > 0) - (a.bad > 0));
    this.rows();
  }

  rows() {
    const { state, now } = this.world;
    const focused = document.activeElement?.dataset?.test;
    put(byId("count"), t("device.count", { n: this.devices.length, bad: this.devices.filter((d) => d.bad).length }));
    byId("rows").replaceChildren(...this.devices.flatMap((device) => {
      const share = device.questions ? device.good / device.questions : null;
      const zone = state.zones.find((z) => z.id === device.zone)?.name ?? "";
      const row = el("tr", { data: { device: device.id }, className: device.bad ? "silent" : "" },
        el("td", {}, el("b", { textContent: zone || device.id }), el("br"), el("small", { textContent: `${device.id} · ${device.profile}` })),
        el("td", { textContent: device.unit >= 0 ? `${device.bus} #${device.unit}` : device.bus }),
        el("td", {}, el("span", { className: device.last_good === null || device.bad ? "bad" : "", textContent: device.last_good === null ? t("device.never") : ago(now - device.last_good) })),
        el("td", { className: "number" }, el("span", { className: share !== null && share < 0.99 ? "bad" : "", textContent: share === null ? "–" : `${(share * 100).toFixed(1)} %` })),
        el("td", { className: "number", textContent: device.latency === null ? "–" : `${device.latency.toFixed(0)} ms` }),
        el("td", { className: "fault", textContent: device.fault ? `! ${faultText(device.fault)}` : device.last_fault
          ? t("device.was", { t: wallTime(device.last_fault_at, state.site?.timezone).slice(5), why: said(device.last_fault) }) : t("device.fine") }),
        el("td", {}, ...device.points.filter((id) => state.points[id]).map((id) => el("div", { className: unknown(state.points[id]) ? "bad" : "" },
          `${[state.points[id].name, words.quantities[state.points[id].quantity]].filter((x, at, all) => x && all.indexOf(x) === at).join(" · ")} `, el("b", { textContent: pointText(state.points[id]) })))),
        el("td", {}, words.verbs.length ? el("button", { textContent: t("device.read"), data: { test: device.id }, onclick: () => this.test(device.id) }) : null));
      const shown = this.tested.get(device.id);
      return shown ? [row, el("tr", { className: "tested" }, el("td", { colSpan: HEADS.length }, shown))] : [row];
    }));
    if (focused) byId("rows").querySelector(`[data-test="${CSS.escape(focused)}"]`)?.focus();
  }

  /** One question to the device: what went out, what came back, what it means. */
  async test(id) {
    this.tested.set(id, el("p", { textContent: t("device.asking") }));
    this.rows();
    const found = await fetchJson("read", { device: id });
    if (!found) {
      this.tested.delete(id);
      return this.rows();
    }
    const line = (way, hex) => (hex ? el("li", {}, el("b", { textContent: `${way} ` }), el("code", { textContent: hex })) : null);
    this.tested.set(id, el("div", {},
      el("ul", { className: "frames" }, ...found.frames.flatMap(({ tx, rx }) => [line("→", tx), line("←", rx || "–")]).filter(Boolean)),
      el("ul", {}, ...found.readings.map((r) => el("li", {}, el("code", { textContent: r.point }), ` ${r.value === null ? t(`quality.${r.quality}`) : number(r.value, 3, r.unit)} ${r.fault ? faultText(r.fault) : ""}`))),
      ...found.mbpoll.map((command) => el("p", {}, el("code", { textContent: command }))),
      el("button", { textContent: t("ask.back"), onclick: () => {
        this.tested.delete(id);
        this.rows();
      } })));
    this.rows();
  }

  lines(state) {
    const key = JSON.stringify(state.lines);
    if (this.lineKey === key) return;
    this.lineKey = key;
    const percent = (x) => (x === undefined ? "–" : `${Math.round(x * 100)} %`);
    byId("lines").replaceChildren(...Object.entries(state.lines ?? {}).map(([id, line]) => el("tr", { data: { line: id } },
      el("td", {}, el("b", { textContent: id })),
      el("td", {}, el("span", { className: line.up ? "" : "bad", textContent: line.up ? t("line.is-up") : `! ${t("line.is-down")}` }), line.supervised === false ? el("small", { textContent: ` ${t("line.unsupervised")}` }) : null),
      el("td", { className: "number" }, el("meter", { min: 0, max: 1, high: 0.8, value: line.load ?? 0, ariaLabel: t("line.load") }), ` ${percent(line.load)}`),
      el("td", { className: "number", textContent: percent(line.planned) }),
      el("td", { className: "number" }, el("span", { className: line.dead ? "bad" : "", textContent: String(line.dead ?? "–") })),
      el("td", { className: "number", textContent: `${line.errors ?? 0} / ${line.polls ?? 0}` }))));
  }

  box(state) {
    const own = Object.entries(state.points).filter(([id, p]) => id.startsWith("box/") && (unknown(p) || !TOLD.has(id)));
    const { stream, journal } = state;
    const key = JSON.stringify([own.map(([, p]) => [p.value, p.quality]), stream, journal, state.clock_ok]);
    if (this.boxKey === key) return;
    this.boxKey = key;
    const tile = (name, text, bad) => el("div", { className: bad ? "bad" : "" }, el("dt", {}, name), el("dd", { textContent: bad ? `! ${text}` : text }));
    const curve = (id, textContent) => (state.points[id] ? el("a", { href: `/history?points=${encodeURIComponent(id)}`, textContent }) : textContent);
    byId("box").replaceChildren(
      tile(t("box.version"), state.version),
      tile(curve("box/clock", t("box.clock")), t(state.clock_ok ? "box.clock-ok" : "clock.bad"), !state.clock_ok),
      tile(t("box.journal"), journal?.ok ? t("box.journal-ok", { n: journal.seq }) : t("note.degraded"), !journal?.ok),
      tile(curve("box/broker", t("box.stream")), !stream?.enabled ? t("box.no-stream") : stream.connected ? t("box.connected") : `${t("box.disconnected")} ${stream.problem ?? ""}`, stream?.enabled && !stream.connected),
      ...(stream?.enabled ? [tile(curve("box/backlog", t("box.backlog")), String(stream.backlog), stream.backlog > 1000), tile(curve("box/refused", t("refused")), String(stream.refused), stream.refused > 0),
        tile(curve("box/events-refused", t("box.events-refused")), [String(stream.events_refused ?? 0), said(stream.why ?? "")].filter(Boolean).join(" · "), stream.events_refused > 0)] : []),
      ...own.map(([id, point]) => tile(curve(id, calledPoint(point) || words.quantities[point.quantity]),
        [pointText(point), unknown(point) && point.fault ? faultText(point.fault) : ""].filter(Boolean).join(" · "), unknown(point))));
  }

  refused(lines) {
    byId("refusals").hidden = lines.length === 0;
    byId("refused").replaceChildren(...lines.map((line) => el("li", {}, `${wallTime(line.wall, this.world.state.site?.timezone)} ${line.dest} · ${line.why}`, el("br"), el("code", { textContent: line.line }))));
  }
}

open(() => new Devices());
