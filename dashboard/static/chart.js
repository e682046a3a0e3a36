// The curve of one point on the overview: asks the history, curve.js draws it. Draws nothing where nothing is known.

import { clear, draw } from "./curve.js";
import { byId, el, put } from "./dom.js";
import { pointText } from "./format.js";
import { unknown } from "./state.js";
import { calledPoint, faultText, t, words } from "./words.js";

const HOUR = 3600 * 1000;
const RANGES = [["10m", HOUR / 6], ["1h", HOUR], ["24h", 24 * HOUR], ["7d", 7 * 24 * HOUR], ["30d", 30 * 24 * HOUR]];
const REFRESH_MS = 10000;

export class Chart {
  /** `world` gives {state, now} when asked. */
  constructor(world) {
    this.world = world;
    this.point = null;
    this.range = HOUR;
    this.asked = 0;
    byId("ranges").replaceChildren(...RANGES.map(([name, ms]) => el("button", {
      textContent: t(`range.${name}`), data: { range: name }, onclick: () => this.setRange(ms) })));
    setInterval(() => this.point && this.range <= HOUR && !document.hidden && this.load(), REFRESH_MS);
  }

  open(point) {
    this.point = point;
    byId("curve").hidden = false;
    this.drop();
    this.show();
    byId("curve").scrollIntoView({ block: "nearest" });
    return this.load();
  }

  setRange(ms) {
    this.range = ms;
    return this.load();
  }

  /** The heading: the point's place, name and present value. */
  show() {
    const { state } = this.world();
    const point = state?.points[this.point];
    if (!point) return;
    const zone = state.zones.find((z) => z.id === point.zone)?.name ?? "";
    const kind = words.quantities[point.quantity] ?? point.quantity;
    put(byId("curve-name"), [...new Set([zone, calledPoint(point), kind])].filter(Boolean).join(" · "));
    put(byId("curve-value"), [pointText(point), unknown(point) && point.fault ? faultText(point.fault) : ""].filter(Boolean).join(" · "));
  }

  async load() {
    const { state, now } = this.world();
    const point = state?.points[this.point];
    if (!point || now === null) return;
    const turn = ++this.asked;
    for (const button of byId("ranges").children) {
      button.setAttribute("aria-pressed", String(RANGES.find(([name]) => name === button.dataset.range)[1] === this.range));
    }
    const from = Math.floor(now - this.range);
    const query = new URLSearchParams({ point: this.point, from: String(from), to: String(Math.ceil(now)) });
    let answer;
    try {
      answer = await fetch(`/api/v1/history?${query}`);
    } catch {
      return this.note(t("curve.failed"));
    }
    if (turn !== this.asked) return; // a newer question is on its way
    if (!answer.ok) return this.note(t("curve.failed"));
    const history = await answer.json();
    const drawn = draw(byId("plot"), [{ id: this.point, point, history }], { from, to: now, state });
    put(byId("curve-note"), drawn ? "" : t("curve.none"));
  }

  note(text) {
    this.drop();
    put(byId("curve-note"), text);
  }

  drop() {
    clear(byId("plot"));
  }
}
