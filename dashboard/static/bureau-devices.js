// One school's devices at the bureau: who answers, since when not, why; the curve of a point out of the bureau's database.

import { clear, draw } from "./curve.js";
import { el, put } from "./dom.js";
import { ago, wallTime } from "./format.js";
import { faultText, t, words } from "./words.js";

const HOUR = 3600 * 1000;
const RANGES = [["1h", HOUR], ["24h", 24 * HOUR], ["7d", 7 * 24 * HOUR], ["30d", 30 * 24 * HOUR]];
const HEADS = ["place", "state", "good", "points"];

export class Devices {
  /** `world` gives {state, now} when asked. */
  constructor(world) {
    this.world = world;
    this.range = 24 * HOUR;
    this.turn = 0;
    this.list = el("div");
    this.name = el("h4");
    this.note = el("p", { className: "empty", role: "status" });
    this.plot = el("div", { className: "plot" });
    this.ranges = el("div", { className: "buttons" }, ...RANGES.map(([name, ms]) => el("button", { textContent: t(`range.${name}`), data: { range: name }, onclick: () => {
      this.range = ms;
      this.load();
    } })));
    this.curve = el("div", { id: "school-curve", hidden: true }, this.name, this.ranges, this.plot, this.note);
    this.node = el("div", { id: "school-devices" }, this.list, this.curve);
  }

  /** The element of this school; the curve that is open stays open. */
  show(school, found) {
    if (this.school?.id !== school.id) this.close();
    this.school = school;
    this.list.replaceChildren(el("h3", { textContent: t("bureau.devices") }), ...this.rows(school, found));
    return this.node;
  }

  close() {
    this.turn += 1;
    this.point = null;
    this.curve.hidden = true;
    clear(this.plot);
  }

  rows(school, found) {
    const empty = (text) => [el("p", { className: "empty", textContent: text })];
    if (!found) return empty(t("bureau.devices.none"));
    if (!found.devices.length && !found.missing) return empty(t("bureau.devices.empty"));
    const zone = this.world().state.site?.timezone;
    const known = school.state === "alive";
    return [
      known ? "" : el("p", { className: "bad", textContent: t("bureau.devices.old", { t: wallTime(found.at, zone).slice(5, 16) }) }),
      found.missing ? el("p", { className: "bad", textContent: t("bureau.devices.part") }) : "",
      el("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: t("bureau.devices") }, el("table", { className: "rows" },
        el("thead", {}, el("tr", {}, ...HEADS.map((name) => el("th", { scope: "col", textContent: t(`bureau.device.${name}`) })))),
        el("tbody", {}, ...[...found.devices].sort((a, b) => (b.bad > 0) - (a.bad > 0)).map((device) => this.row(device, known, zone))))),
    ];
  }

  /** Of a school that is not heard nothing is normal now, whatever it was. */
  row(device, known, zone) {
    const bad = device.bad > 0;
    const state = bad ? `! ${faultText(device.fault) || t("bureau.device.bad", { n: device.bad })}` : t(known ? "bureau.device.fine" : "bureau.device.unknown");
    const good = !bad ? (known ? t("bureau.device.now") : "–")
      : device.last_good === null ? t("device.never") : `${wallTime(device.last_good, zone).slice(5, 16)} · ${ago(this.world().now - device.last_good)}`;
    return el("tr", { data: { device: device.id } },
      el("td", {}, el("b", { textContent: device.place || device.id }), el("br"), el("small", { textContent: `${device.id} · ${device.profile}` })),
      el("td", {}, el("span", { className: bad || !known ? "bad" : "", textContent: state })),
      el("td", { textContent: good, data: { label: t("bureau.device.good") } }),
      el("td", { className: "buttons" }, ...device.points.map((point) => el("button", { data: { point: point.id }, onclick: () => this.open(point, device),
        textContent: `${point.quality === "good" ? "" : "! "}${this.called(point)}${point.quality === "good" ? "" : ` ${t(`quality.${point.quality}`)}`}` }))));
  }

  called(point) {
    return point.name || words.quantities[point.quantity] || point.quantity;
  }

  open(point, device) {
    this.point = point;
    put(this.name, [device.place || device.id, this.called(point)].join(" · "));
    this.curve.hidden = false;
    return this.load().then(() => this.curve.scrollIntoView({ block: "nearest" }));
  }

  async load() {
    const turn = ++this.turn;
    const { state, now } = this.world();
    const [from, to] = [Math.floor(now - this.range), Math.ceil(now)];
    for (const button of this.ranges.children) button.setAttribute("aria-pressed", String(RANGES.find(([name]) => name === button.dataset.range)[1] === this.range));
    put(this.note, t("bureau.curve.asking"));
    let answer, body;
    try {
      answer = await fetch(`/api/v1/fleet-history?${new URLSearchParams({ site: this.school.id, point: this.point.id, from, to })}`);
      body = await answer.json();
    } catch {
      answer = null;
    }
    if (turn !== this.turn) return;
    if (!answer?.ok) {
      clear(this.plot);
      return put(this.note, body?.text || t("curve.failed"));
    }
    const drawn = draw(this.plot, [{ id: this.point.id, point: this.point, history: body }], { from, to, state });
    put(this.note, drawn ? "" : t("bureau.curve.none"));
  }
}
