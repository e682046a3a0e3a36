// The curve of one point with its limits, drawn by uPlot (vendored). Asks the history; draws nothing where nothing is known.

import { byId, el, put } from "./dom.js";
import { number, pointText } from "./format.js";
import { t, words } from "./words.js";

const HOUR = 3600 * 1000;
const RANGES = [["10m", HOUR / 6], ["1h", HOUR], ["24h", 24 * HOUR], ["7d", 7 * 24 * HOUR], ["30d", 30 * 24 * HOUR]];
const REFRESH_MS = 10000;
const LIMIT_COLOURS = { fire: "#B3001B", gas: "#8A0F5C", warning: "#B35C00" };

export class Chart {
  /** `world` gives {state, now} when asked. */
  constructor(world) {
    this.world = world;
    this.point = null;
    this.range = HOUR;
    this.asked = 0;
    this.plot = null;
    byId("ranges").replaceChildren(...RANGES.map(([name, ms]) => el("button", {
      textContent: t(`range.${name}`), data: { range: name }, onclick: () => this.setRange(ms) })));
    new ResizeObserver(() => this.resize()).observe(byId("plot"));
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
    put(byId("curve-name"), [...new Set([zone, point.name, kind])].filter(Boolean).join(" · "));
    put(byId("curve-value"), pointText(point));
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
    this.draw(await answer.json(), point, from, now);
  }

  note(text) {
    put(byId("curve-note"), text);
    if (text) this.drop();
  }

  drop() {
    this.plot?.destroy();
    this.plot = null;
  }

  draw(history, point, from, now) {
    const { state } = this.world();
    if (!history.mean.some((value) => value !== null)) return this.note(t("curve.none"));
    this.note("");
    const limits = (state.limits?.[this.point] ?? []).flatMap((limit) => ["high", "low"]
      .filter((side) => limit[side] !== null && limit[side] !== undefined)
      .map((side) => ({ side, value: limit[side], colour: LIMIT_COLOURS[words.kinds[limit.alarm]?.lamp] ?? "#7A3E00" })));
    const values = [...history.min, ...history.max].filter((value) => value !== null).concat(limits.map((limit) => limit.value));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const pad = (high - low || 1) * 0.08;
    const scales = { x: { time: true, range: () => [from / 1000, now / 1000] }, y: { range: () => [low - pad, high + pad] } };
    const data = [history.t.map((ms) => ms / 1000), history.min, history.max, history.mean];
    const write = (_, value) => (value === null || value === undefined ? "–" : number(value, point.digits, point.unit));
    this.drop();
    this.plot = new window.uPlot({
      ...this.size(),
      scales,
      tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), state.site?.timezone || "Asia/Shanghai"),
      cursor: { drag: { x: false, y: false } },
      bands: [{ series: [2, 1], fill: "rgba(11,92,173,0.15)" }],
      series: [{ value: "{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}", label: t("curve.time") },
        { stroke: "rgba(11,92,173,0.35)", width: 1, points: { show: false }, label: t("curve.least"), value: write },
        { stroke: "rgba(11,92,173,0.35)", width: 1, points: { show: false }, label: t("curve.most"), value: write },
        { stroke: "#0B5CAD", width: 2, points: { show: false }, label: t("curve.mean"), value: write }],
      axes: [{ space: 90, values: [[86400, "{MM}-{DD}", null, null, null, null, null, null, 1], [3600, "{HH}:{mm}", null, null, null, null, null, null, 1],
        [60, "{HH}:{mm}", null, null, null, null, null, null, 1], [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1]] },
      { size: 64 }],
      hooks: { draw: [(plot) => drawLimits(plot, limits, point)] },
    }, data, byId("plot"));
  }

  size() {
    const width = Math.max(200, byId("plot").clientWidth);
    return { width, height: width < 500 ? 180 : 240 };
  }

  resize() {
    this.plot?.setSize(this.size());
  }
}

function drawLimits(plot, limits, point) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.setLineDash([8 * devicePixelRatio, 5 * devicePixelRatio]);
  for (const { side, value, colour } of limits) {
    const y = plot.valToPos(value, "y", true);
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(`${t(`curve.${side}`)} ${number(value, point.digits, point.unit)}`, bbox.left + 6 * devicePixelRatio, y - 2 * devicePixelRatio);
  }
  ctx.restore();
}
