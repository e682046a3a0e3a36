// The figures of R34 and the groups of a flood. Shows what `run` has counted; counts nothing.

import { el } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { t } from "./words.js";

export class Figures {
  constructor(details, node) {
    this.node = node;
    details.addEventListener("toggle", () => details.open && this.load());
  }

  async load() {
    const k = await fetchJson("kpi", { days: 30 });
    if (!k) return;
    const row = (name, value, bad) => el("div", { className: bad ? "bad" : "" }, el("dt", { textContent: t(`kpi.${name}`) }),
      el("dd", { textContent: bad ? `! ${value}` : String(value) }));
    this.node.replaceChildren(el("dl", { className: "tiles" },
      row("raised", k.raised),
      row("rate", `${k.rate.toFixed(2)} / ${k.target}`, k.rate > k.target),
      row("worst", k.worst, k.worst > 10),
      row("floods", k.floods, k.floods > 0),
      row("standing", k.standing),
      row("stale", k.stale, k.stale > 0),
      row("real", k.real),
      row("false", k.false_rate === null ? k.false : `${k.false} · ${Math.round(k.false_rate * 100)} %`, k.school_flag)),
    ...[["chattering", k.chattering], ["flagged", k.flagged]].filter(([, list]) => list.length).map(([name, list]) =>
      el("p", {}, el("strong", { textContent: `! ${t(`kpi.${name}`)} ` }), list.join(t("comma")))));
  }
}

/** In a flood: the groups by zone and parent. Fire, gas level 2 and breaches stand alone in the list, as always. */
export function floods(node, { state }, pick) {
  const groups = state.watch?.groups ?? [];
  const key = JSON.stringify(groups);
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  const zones = Object.fromEntries(state.zones.map((zone) => [zone.id, zone.name]));
  node.replaceChildren(...(groups.length ? [el("h3", { textContent: t("flood.groups") }),
    el("ul", { className: "groups" }, ...groups.map((group) => el("li", {},
      el("button", { textContent: `${zones[group.zone] ?? t("school")} · ${t("zone.alarms", { n: group.alarms.length })}`, onclick: () => pick(group.alarms[0]) }))))] : []));
}
