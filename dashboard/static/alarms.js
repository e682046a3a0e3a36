// The alarms: the first one pinned as a large card, the others as a list. Rebuilt only where an alarm changed.

import { call119, press, verbWord } from "./ask.js";
import { calmly } from "./calm.js";
import { checklist, outside } from "./help.js";
import { byId, el, flag, place, put, reachable } from "./dom.js";
import { duration, number, timeOfDay } from "./format.js";
import { settled } from "./settled.js";
import { buttons, covered, extras, firstAlarm, headOf, life, waiting } from "./state.js";
import { causeWord, deviceOf, faultText, said, t, whereOf, words } from "./words.js";

export class Alarms {
  constructor() {
    this.cards = new Map(); // alarm id -> {node, key, ticks: [function of now]}
  }

  /** Brings the page to this state. */
  show({ state, alarms: all, now }) {
    const alarms = all.filter((alarm) => !covered(alarm, state));
    const below = {}; // alarm id -> how many others it stands for
    for (const alarm of all) {
      const { id } = headOf(alarm, state);
      if (id !== alarm.id) below[id] = (below[id] ?? 0) + 1;
    }
    const first = firstAlarm(alarms);
    const present = new Set(alarms.map((alarm) => alarm.id));
    for (const id of this.cards.keys()) if (!present.has(id)) this.cards.delete(id);
    const nodes = alarms.map((alarm) => this.card(alarm, alarm === first, below[alarm.id] ?? 0, state));
    const rest = first ? nodes.slice(1) : nodes;
    calmly(byId("first"), () => place(byId("first"), first ? [nodes[0]] : []));
    calmly(byId("open"), () => place(byId("open"), rest));
    put(byId("open-count"), alarms.length ? String(alarms.length) : "");
    byId("none").hidden = alarms.length > 0;
    flag(document.body, "alarmed", first !== null);
    this.tick(now);
  }

  tick(now) {
    if (now === null) return;
    for (const { ticks } of this.cards.values()) for (const tick of ticks) tick(now);
  }

  card(alarm, isFirst, below, state) {
    const key = JSON.stringify([alarm, isFirst, below]);
    const old = this.cards.get(alarm.id);
    if (old?.key === key) return old.node;
    const made = build(alarm, isFirst, below, state);
    this.cards.set(alarm.id, { ...made, key });
    return made.node;
  }
}

/** In one line each: the first alarm, unless the page shows it itself (`ownAlarm`), and the worst that nobody has answered beside it. */
export function headline({ state, alarms, now }, ownAlarm) {
  const lines = [ownAlarm ? null : firstAlarm(alarms), waiting(alarms)].filter(Boolean);
  const node = byId("headline");
  const key = lines.length ? JSON.stringify(lines.map((alarm) => [alarm.id, alarm.state, alarm.acked, alarm.result])) : "";
  if ((node.dataset.key ?? "") === key) return;
  node.dataset.key = key;
  calmly(node, () => node.replaceChildren(...lines.map((alarm) => el("div", { className: "line", data: { lamp: alarm.lamp, alarm: alarm.id } },
    el("a", { href: reachable("/alarms") ? `/alarms?id=${encodeURIComponent(alarm.id)}` : "/" },
      el("strong", { textContent: title(alarm) }), ` ${whereOf(alarm)} · ${timeOfDay(alarm.first, state.site?.timezone, now)}`),
    el("div", { className: "buttons" }, ...alarmButtons(alarm).slice(0, alarm.acked ? 0 : 1))))));
}

export const alarmButtons = (alarm) => buttons(alarm, words.verbs).map(([label, verb, enabled]) => el("button", {
  className: `big ${label}`, textContent: verbWord(label, alarm), disabled: !enabled,
  title: enabled ? "" : t("reset.wait"), data: { verb: label }, onclick: () => settled(alarm, () => press(label, verb, alarm)) }));

export const extraButtons = (alarm) => extras(alarm, words.verbs, words.me).map(([label, verb]) => el("button", {
  textContent: verbWord(label, alarm), data: { verb: label }, onclick: () => settled(alarm, () => press(label, verb, alarm)) }));

/** Lines of what is known of an alarm; `moving(write)` makes a text that follows the clock. */
export function facts(alarm, state, moving, name) {
  const zone = state.site?.timezone;
  const fact = (text, className = "") => el("p", { className, textContent: text });
  const measured = alarm.value !== null && alarm.unit;
  const digits = state.points[alarm.point]?.digits ?? 1;
  return [
    measured ? el("p", { className: "value" }, el("b", { textContent: number(alarm.value, digits, alarm.unit) }),
      alarm.limit === null ? "" : ` ${t("limit", { v: number(alarm.limit, digits, alarm.unit) })}`) : null,
    alarm.fault ? fact(faultText(alarm.fault)) : null,
    el("p", {}, moving((now) => t("since", { t: timeOfDay(alarm.first, zone, now), d: duration(now - alarm.first) })),
      alarm.occurrence > 1 ? ` · ${t("again", { n: alarm.occurrence })}` : ""),
    alarm.breaks_drill ? fact(t("breaks-drill"), "confirmed") : null,
    alarm.mode ? fact(t(`mode.${alarm.mode}`), "mode") : null,
    alarm.points > 1 ? fact(t("points.lost", { n: alarm.points })) : null,
    alarm.confirmed ? fact(t("confirmed"), "confirmed") : null,
    alarm.state === "pending" ? null
      : fact(alarm.told.length ? t("told", { names: alarm.told.map(name).join(t("comma")) }) : t("told.none"), "told"),
    alarm.next_due && alarm.state !== "pending" && !alarm.result
      ? el("p", {}, moving((now) => (alarm.next_due > now ? t("next", { d: duration(alarm.next_due - now) }) : ""))) : null,
    alarm.acked_by ? fact(t("acked", { name: name(alarm.acked_by) })) : null,
    alarm.result ? fact(t("found", { name: name(alarm.result_by), result: [t(`result.${alarm.result}`), causeWord(alarm.cause)].filter(Boolean).join(" · ") })) : null,
    alarm.assignee ? fact(t("assigned", { name: name(alarm.assignee) })) : null,
    alarm.repair ? fact(t("repair")) : null,
    alarm.silenced ? fact(t("silenced")) : null,
    alarm.parent ? fact(t("suppressed")) : null,
  ];
}

export const namer = (state) => {
  const names = Object.fromEntries(state.people.map((person) => [person.id, person.name]));
  return (id) => names[id] ?? id;
};

function build(alarm, isFirst, below, state) {
  const ticks = [];
  const moving = (write) => {
    const node = el("span");
    ticks.push((now) => put(node, write(now)));
    return node;
  };
  const building = state.buildings.find((b) => b.id === alarm.building)?.name;
  const node = el(isFirst ? "article" : "li", { className: `alarm ${alarm.state}${isFirst ? " first" : ""}`, data: { lamp: alarm.lamp, alarm: alarm.id } },
    el("div", { className: "head" },
      alarm.first_up ? el("span", { className: "badge", textContent: t("first") }) : null,
      el("strong", { className: "what", textContent: title(alarm) }),
      el("span", { className: "life" }, moving((now) => lifeText(alarm, now)))),
    el("div", { className: "where" },
      el("span", { className: "place", textContent: whereOf(alarm) }),
      el("span", { className: "device", textContent: [building, deviceOf(alarm, state), alarm.number ? t("number", { n: String(alarm.number).padStart(2, "0") }) : ""].filter(Boolean).join(" · ") })),
    el("div", { className: "facts" }, ...facts(alarm, state, moving, namer(state)).filter(Boolean),
      below ? el("p", { className: "below", textContent: t("stands", { n: below }) }) : null),
    el("div", { className: "buttons" }, ...alarmButtons(alarm),
      isFirst && (alarm.lamp === "fire" || alarm.lamp === "gas") ? call119() : null),
    el("div", { className: "buttons more" }, ...extraButtons(alarm),
      alarm.building && reachable("/plans") ? el("a", { href: `/plans?alarm=${encodeURIComponent(alarm.id)}`, textContent: t("nav.plans") }) : null,
      reachable("/alarms") ? el("a", { href: `/alarms?id=${encodeURIComponent(alarm.id)}`, textContent: t("story") }) : null),
    isFirst ? checklist(alarm, state) : null,
    isFirst ? outside(state) : null);
  return { node, ticks };
}

/** What happened, led by the word of its lamp: colour alone never says which it is. */
export function title(alarm) {
  const [lamp, what] = [t(`lamp.${alarm.lamp}`), said(alarm.what)];
  return what.includes(lamp) ? what : `${lamp} · ${what}`;
}

export function lifeText(alarm, now) {
  const { key, due } = life(alarm, now);
  return due === null ? t(key) : `${t(key)} ${duration(due - now)}`;
}
