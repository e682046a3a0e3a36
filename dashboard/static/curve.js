// Drawing curves with uPlot (vendored): limits, the ribbon of quality, marks of alarms and people. Asks nothing; gives the plot.

import { number } from "./format.js";
import { t, words } from "./words.js";

export const COLOURS = ["#0B6FD1", "#C2410C", "#0F8A5F", "#9333A8", "#B45309", "#0E7490"];
const LIMIT_COLOURS = { fire: "#C8102E", gas: "#A3156F", warning: "#B35C00" };
const OTHER_LIMIT = "#A05A00";
const QUALITY = { 1: "#E0A100", 2: "#8A8F98", 3: "#C8102E" }; // uncertain, stale, fault; good stays plain
const RIBBON = 8; // px

const shown = new Map(); // element -> draws its curves again: a window that changes its size, a phone that is turned
addEventListener("resize", () => {
  for (const [node, again] of [...shown]) if (node.isConnected) again(); else clear(node);
});

/** Takes the curves out of `node`. */
export function clear(node) {
  node._plot?.destroy();
  node._plot = null;
  shown.delete(node);
}

/**
 * Draws `curves` [{id, point, history}] into `node` and returns the plot, or null when there is nothing known. One curve shows its
 * band of least and most and its limits; several share one scale when they share a unit, else each has its own. `height()` in px.
 */
export function draw(node, curves, { from, to, state, marks = [], height }) {
  clear(node);
  const known = curves.filter(({ history }) => history.mean.some((value) => value !== null));
  if (!known.length) return null;
  const single = known.length === 1;
  const style = getComputedStyle(document.body);
  const ink = style.getPropertyValue("--ink").trim() || "#16181d";
  const line = style.getPropertyValue("--hair").trim() || "#ddd";
  const [x, columns] = single ? [known[0].history.t, [known[0].history.min, known[0].history.max, known[0].history.mean]] : joined(known);
  const data = [x.map((ms) => ms / 1000), ...columns];
  const units = [...new Set(known.map(({ point }) => point.unit))];
  const limits = single ? limitsOf(known[0], state) : [];
  const scales = { x: { time: true, range: () => [from / 1000, to / 1000] } };
  for (const unit of units) scales[`u${units.indexOf(unit)}`] = { range: () => range(known.filter(({ point }) => point.unit === unit), limits) };
  const scale = (point) => `u${units.indexOf(point.unit)}`;
  const write = (point) => (_, value) => (value === null || value === undefined ? "–" : number(value, point.digits, point.unit));
  const series = [{ value: "{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}", label: t("curve.time") }];
  if (single) {
    const { point } = known[0];
    const edge = { scale: scale(point), stroke: "rgba(11,111,209,0.35)", width: 1, points: { show: false }, value: write(point) };
    series.push({ ...edge, label: t("curve.least") }, { ...edge, label: t("curve.most") },
      { ...edge, stroke: COLOURS[0], width: 2, label: t("curve.mean") });
  } else {
    for (const [at, { point, name }] of known.entries()) {
      series.push({ scale: scale(point), stroke: COLOURS[at % COLOURS.length], width: 2, points: { show: false }, label: name, value: write(point),
        dash: at % 2 ? [8, 4] : undefined });
    }
  }
  const plot = new window.uPlot({
    width: Math.max(200, node.clientWidth), height: height?.() ?? (node.clientWidth < 500 ? 200 : 280),
    scales,
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), state.site?.timezone || "Asia/Shanghai"),
    cursor: { drag: { x: false, y: false } },
    bands: single ? [{ series: [2, 1], fill: "rgba(11,111,209,0.15)" }] : [],
    series,
    axes: [{ stroke: ink, grid: { stroke: line }, ticks: { stroke: line }, space: 90, values: TIMES },
      ...units.map((unit, at) => ({ scale: `u${at}`, side: at % 2 ? 1 : 3, stroke: ink, size: 64, grid: { show: at === 0, stroke: line }, ticks: { stroke: line } }))],
    hooks: { draw: [(drawn) => {
      for (const limit of limits) drawLimit(drawn, limit, known[0].point);
      if (single) drawRibbon(drawn, known[0].history);
      for (const mark of marks) drawMark(drawn, mark, from, to);
    }] },
  }, data, node);
  node._plot = plot;
  shown.set(node, () => draw(node, curves, { from, to, state, marks, height }));
  return plot;
}

const TIMES = [[86400, "{MM}-{DD}", null, null, null, null, null, null, 1], [3600, "{HH}:{mm}", null, null, null, null, null, null, 1],
  [60, "{HH}:{mm}", null, null, null, null, null, null, 1], [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1]];

/** Several curves on one line of time: each its mean, undefined where it has no sample there (uPlot then joins its neighbours). */
function joined(curves) {
  const [x, ...columns] = window.uPlot.join(curves.map(({ history }) => [history.t, history.mean]));
  return [x, columns];
}

function range(curves, limits) {
  let [low, high] = [Infinity, -Infinity];
  for (const { history } of curves) {
    for (const value of history.min) if (value !== null && value < low) low = value;
    for (const value of history.max) if (value !== null && value > high) high = value;
  }
  for (const { value } of limits) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const pad = (high - low || 1) * 0.08;
  return [low - pad, high + pad];
}

function limitsOf({ id }, state) {
  return (state.limits?.[id] ?? []).flatMap((limit) => ["high", "low"]
    .filter((side) => limit[side] !== null && limit[side] !== undefined)
    .map((side) => ({ side, value: limit[side], colour: LIMIT_COLOURS[words.kinds[limit.alarm]?.lamp] ?? OTHER_LIMIT })));
}

function drawLimit(plot, { side, value, colour }, point) {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(value, "u0", true);
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px sans-serif`;
  ctx.textAlign = "left"; // the axes leave it at their own
  ctx.textBaseline = "bottom";
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.setLineDash([8 * devicePixelRatio, 5 * devicePixelRatio]);
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.fillText(`${t(`curve.${side}`)} ${number(value, point.digits, point.unit)}`, bbox.left + 6 * devicePixelRatio, y - 2 * devicePixelRatio);
  ctx.restore();
}

/** Along the foot of the plot: hatched colours where a value was not good. Neighbours of one quality are one rectangle. */
function drawRibbon(plot, { t: times, quality }) {
  const { ctx, bbox } = plot;
  const top = bbox.top + bbox.height - RIBBON * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (let at = 0; at < times.length;) {
    let end = at;
    while (end < times.length && quality[end] === quality[at]) end += 1;
    const colour = quality[at] === null ? QUALITY[2] : QUALITY[quality[at]];
    if (colour) {
      const left = plot.valToPos(times[at] / 1000, "x", true);
      const right = plot.valToPos((times[end] ?? times[times.length - 1]) / 1000, "x", true);
      ctx.fillStyle = colour;
      ctx.fillRect(left, top, Math.max(2 * devicePixelRatio, right - left), RIBBON * devicePixelRatio);
    }
    at = end;
  }
  ctx.restore();
}

function drawMark(plot, { at, text, colour = OTHER_LIMIT }, from, to) {
  if (at < from || at > to) return;
  const { ctx, bbox } = plot;
  const x = plot.valToPos(at / 1000, "x", true);
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = `${11 * devicePixelRatio}px sans-serif`;
  ctx.textBaseline = "top";
  ctx.translate(x + 3 * devicePixelRatio, bbox.top + 2 * devicePixelRatio);
  ctx.fillText(text, 0, 0);
  ctx.restore();
}
