// What helps while an alarm is open: the checklist with who ticked what, and the school's outside numbers.

import { send } from "./ask.js";
import { el } from "./dom.js";
import { timeOfDay } from "./format.js";
import { said, t, words } from "./words.js";

export function checklist(alarm, state) {
  if (!alarm.checklist?.length) return null;
  const names = Object.fromEntries(state.people.map((person) => [person.id, person.name]));
  const may = words.verbs.includes("tick") && alarm.state !== "pending";
  const done = alarm.checklist.filter((item) => item.at).length;
  return el("details", { className: "checklist", open: true },
    el("summary", { textContent: t("checklist", { n: done, of: alarm.checklist.length }) }),
    el("ol", {}, ...alarm.checklist.map((item) => el("li", { className: item.at ? "done" : "" },
      el("label", { className: "tick" },
        el("input", { type: "checkbox", checked: Boolean(item.at), disabled: Boolean(item.at) || !may,
          onchange: (event) => tick(event.target, alarm, item) }),
        el("span", { textContent: said(item.text) })),
      item.at ? el("small", { textContent: `${names[item.who] ?? item.who} ${timeOfDay(item.at, state.site?.timezone, item.at)}` }) : null))));
}

/** The tick stands only when the engine has it. */
async function tick(box, alarm, item) {
  box.checked = await send("tick", alarm.id, { item: item.id });
}

/** 119, 120 and 110 always; then what the school has put down. */
export function outside(state) {
  const own = state.outside ?? [];
  return el("details", { className: "outside" },
    el("summary", { textContent: t("outside") }),
    el("ul", {}, ...["119", "120", "110"].map((number) => el("li", {}, t(`outside.${number}`), call(number))),
      ...own.map((row) => el("li", {}, row.name, row.phone ? call(row.phone) : null,
        row.where || row.until ? el("small", { textContent: [row.where, row.until && t("outside.until", { d: row.until })].filter(Boolean).join(" · ") }) : null))));
}

const call = (number) => el("a", { href: `tel:${number.replace(/[^0-9+*#]/g, "")}`, textContent: number });
