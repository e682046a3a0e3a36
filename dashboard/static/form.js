// A question to the person in the page's dialog: a heading, some fields, one button that sends. Knows no verb.

import { byId, el } from "./dom.js";
import { forget } from "./kept.js";
import { t } from "./words.js";

/**
 * Fields: {id, label, kind: select|text|area|tick|time|number|pin|secret|file, options: [[value, text]], required, value}. `send` gets {id: value} of all
 * fields (a File of a file field) and is called only when those required are filled; it gives (a promise of) false or 0 where nothing was done.
 * `keep`: the name under which what is typed waits for this question to be asked again, until it was done. `extra`: elements above the fields.
 */
export function question({ title, text = "", fields = [], extra = [], button, style = "", keep = "", send }) {
  const dialog = byId("ask");
  const inputs = fields.map((field) => [field, input(field)]);
  const form = el("form", { method: "dialog", data: keep ? { keep } : {} },
    el("h2", { textContent: title }),
    text ? el("p", { textContent: text }) : null,
    ...extra,
    ...inputs.map(([field, node]) => (field.kind === "tick"
      ? el("label", { className: "tick" }, node, field.label)
      : el("label", {}, field.label, node))),
    el("div", { className: "buttons" },
      el("button", { className: `big ${style}`, textContent: button }),
      el("button", { type: "button", className: "big back", textContent: t("ask.back"), onclick: () => dialog.close() })));
  form.addEventListener("submit", async () => {
    const done = await send(Object.fromEntries(inputs.map(([field, node]) => [field.id, value(field, node)])));
    if (keep && done !== false && done !== 0) forget(keep);
  });
  dialog.replaceChildren(form);
  dialog.showModal();
}

function input(field) {
  const common = { id: `ask-${field.id}`, name: field.id, required: Boolean(field.required) };
  if (field.kind === "select") {
    const node = el("select", common, ...field.options.map(([id, text]) => el("option", { value: id, textContent: text })));
    if (field.value !== undefined) node.value = field.value;
    return node;
  }
  if (field.kind === "area") return el("textarea", { ...common, rows: 3, maxLength: 200, value: field.value ?? "" });
  if (field.kind === "tick") return el("input", { ...common, type: "checkbox", checked: Boolean(field.value) });
  if (field.kind === "pin") {
    return el("input", { ...common, type: "password", inputMode: "numeric", pattern: "[0-9]{4,6}", maxLength: 6, autocomplete: "off" });
  }
  if (field.kind === "secret") return el("input", { ...common, type: "password", maxLength: 200, autocomplete: "current-password" });
  if (field.kind === "file") return el("input", { ...common, type: "file", accept: field.accept });
  const type = { time: "datetime-local", number: "number" }[field.kind] ?? "text";
  return el("input", { ...common, type, maxLength: 200, ...(field.kind === "number" ? { min: "0", step: "1" } : {}), value: field.value ?? "" });
}

function value(field, node) {
  if (field.kind === "tick") return node.checked;
  if (field.kind === "file") return node.files[0];
  if (field.kind === "number") return node.value === "" ? null : Number(node.value);
  return node.value.trim();
}
