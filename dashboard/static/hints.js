// What is wrong with a row, said at the field while it is typed; `check` judges again. From the tables of the draft alone.

import { t } from "./words.js";

const MOST = 14; // characters of a place: what a guard hears in one breath
const WORD = /[\u3400-\u9fff]|[a-z]{3}/i;
const flat = (name) => (name ?? "").normalize("NFKC").replaceAll(" ", "").toLowerCase();

const OF = {
  zones(row, before, tables) {
    const name = row.name ?? "";
    const other = (tables.zones ?? []).find((one) => one.id !== before?.id && one.id !== row.id && flat(one.name) === flat(name));
    return [
      name.length > MOST && t("hint.place.long", { n: name.length, most: MOST }),
      name && !WORD.test(flat(name)) && t("hint.place.words"),
      name && other && t("hint.place.twice", { id: other.id }),
    ];
  },
  devices(row, before, tables, profiles) {
    const kitchen = (tables.zones ?? []).some((zone) => zone.id === row.zone && zone.kind === "kitchen");
    return [kitchen && profiles.some((one) => one.id === row.profile && one.kind === "smoke") && t("hint.kitchen")];
  },
};

/** `row` as typed, `before` as it was. */
export const hints = (section, row, before, tables, profiles) => (OF[section]?.(row, before, tables, profiles) ?? []).filter(Boolean);
