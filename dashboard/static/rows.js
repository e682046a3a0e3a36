// Tables and forms of one section of the site file, from the fields the server describes.

import { el } from "./dom.js";
import { t, words } from "./words.js";

const named = (key) => (words.text[key] === undefined ? null : t(key));
export const choice = (value) => named(`choice.${value}`) ?? String(value);
export const fieldName = (key) => named(`field.${key}`) ?? key;

/** What stands in a cell: names in place of ids, words in place of choices. */
function shown(field, value, tables) {
  if (value === undefined || value === null || value === "") return "";
  if (field.kind === "flag") return value ? "✓" : "";
  if (field.kind === "choice") return choice(value);
  if (field.kind === "ref") return nameOf(tables[field.refers], value);
  if (field.kind === "many") return value.map(choice).join(t("comma"));
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function nameOf(rows, id) {
  const row = (rows ?? []).find((one) => one.id === id);
  return row?.name ? `${row.name} (${id})` : String(id);
}

/** `acts`: (row, place) → buttons of that row. */
export function table(fields, rows, tables, acts) {
  const used = fields.filter((f) => f.needed || rows.some((row) => ![undefined, null, ""].includes(row[f.key])));
  return el("div", { className: "table" }, el("table", {},
    el("thead", {}, el("tr", {}, ...used.map((f) => el("th", { scope: "col", textContent: fieldName(f.key) })), el("td", {}))),
    el("tbody", {}, ...rows.map((row, place) => el("tr", {},
      ...used.map((f) => {
        const cell = el("td", { textContent: shown(f, row[f.key], tables) });
        cell.dataset.label = fieldName(f.key);
        return cell;
      }),
      el("td", {}, ...acts(row, place)))))));
}

function input(field, value, tables, lists) {
  const about = { name: field.key, required: field.needed };
  const options = field.kind === "choice" ? field.choices.map((one) => [one, choice(one)])
    : field.kind === "ref" ? referred(field, tables, lists) : null;
  if (field.kind === "flag") return el("input", { ...about, type: "checkbox", required: false, checked: value === true });
  if (options) {
    const known = options.some(([id]) => String(id) === String(value ?? ""));
    const box = el("select", about, el("option", { value: "", textContent: t("setup.choose") }),
      ...options.map(([id, text]) => el("option", { value: String(id), textContent: text })),
      !known && value ? el("option", { value: String(value), textContent: String(value) }) : null);
    box.value = value === undefined || value === null ? "" : String(value);
    return box;
  }
  if (field.kind === "many") {
    return el("span", { className: "many" }, ...field.choices.map((one) => el("label", { className: "tick" },
      el("input", { type: "checkbox", name: field.key, value: one, checked: (value ?? []).includes(one) }), choice(one))));
  }
  const box = el("input", { ...about, type: field.kind === "number" ? "number" : "text", autocomplete: "off" });
  box.value = Array.isArray(value) ? value.join(", ") : (value ?? "");
  return box;
}

function referred(field, tables, lists) {
  if (lists[field.refers]) return lists[field.refers].map((one) => [one.id, `${one.id} · ${one.zh}`]);
  return (tables[field.refers] ?? []).map((row) => [row.id, row.name ? `${row.name} (${row.id})` : row.id]);
}

/** The form of one row. `read()` gives its values as the site file writes them; null takes a key away. */
export function form(fields, row, tables, lists) {
  const inputs = new Map(fields.map((field) => [field, input(field, row[field.key], tables, lists)]));
  const node = el("div", { className: "fields" }, ...[...inputs].map(([field, box]) =>
    el(field.kind === "many" ? "fieldset" : "label", { data: { key: field.key } }, el(field.kind === "many" ? "legend" : "span", { className: field.needed ? "needed" : "", textContent: fieldName(field.key) }), box)));
  const read = () => Object.fromEntries([...inputs].map(([field, box]) => [field.key, value(field, box)]));
  return { node, read };
}

function value(field, box) {
  if (field.kind === "flag") return box.checked || null;
  if (field.kind === "many") {
    const chosen = [...box.querySelectorAll(":checked")].map((one) => one.value);
    return chosen.length ? chosen : null;
  }
  const text = box.value.trim();
  if (text === "") return null;
  if (field.kind === "number") return Number(text);
  if (field.kind === "choice") return field.choices.find((one) => String(one) === text) ?? text;
  if (field.kind === "list" || field.kind === "refs") {
    return text.split(/[,，、\s]+/).filter(Boolean).map((one) => (/^\d{1,2}$/.test(one) ? Number(one) : one));
  }
  return text;
}

/** Only what differs, so that nothing else of the row is touched. */
export function differing(before, after) {
  const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
  return Object.fromEntries(Object.entries(after).filter(([key, now]) => !same(before[key], now)));
}
