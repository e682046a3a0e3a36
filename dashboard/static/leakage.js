// Residual current on the set-up page: each circuit's own leakage after a week, and the set value that goes with it.

import { el } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { t } from "./words.js";

const HEADS = ["place", "own", "set", "propose"];

/** A section of the page that fills itself; nothing where the school has no such circuit. */
export function leakage() {
  const node = el("section", { id: "leakage", hidden: true });
  fetchJson("leakage").then((rows) => {
    if (!rows?.length) return;
    node.hidden = false;
    node.replaceChildren(el("h3", { textContent: t("leakage") }), el("p", { className: "note-line", textContent: t("leakage.about") }),
      el("div", { className: "table" }, el("table", {},
        el("thead", {}, el("tr", {}, ...HEADS.map((name) => el("th", { scope: "col", textContent: t(`leakage.${name}`) })))),
        el("tbody", {}, ...rows.map((row) => el("tr", { data: { point: row.point } },
          ...[`${row.place} ${row.name}`, row.own === null ? t("leakage.young", { d: row.days }) : `${row.own} mA`, row.set === null ? "–" : `${row.set} mA`,
            row.repair ? t("leakage.repair") : row.propose === null ? "–" : `${row.propose} mA`].map((text, n) => {
            const cell = el("td", { textContent: text });
            cell.dataset.label = t(`leakage.${HEADS[n]}`);
            return cell;
          })))))));
  });
  return node;
}
