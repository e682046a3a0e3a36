// Guided addressing: one new sensor at a time gets the next free address, its label, its place. The box judges; this leads the hand.

import { el } from "./dom.js";
import { call } from "./draft.js";
import { press } from "./press.js";
import { t } from "./words.js";

const AGAIN_MS = 1500; // between two looks
const WAITING = new Set(["nobody", "two", "other", "line", "speed"]); // somebody is still at the wires
const RESTARTING = new Set(["power", "lost"]);
const own = { line: "", model: "", given: [], node: null, step: 0 }; // outlives a panel that is drawn again

/** `lines`: ids of Modbus lines in use; `models`: those that take an address; `add(row)` puts a device into the draft. */
export function addressing(lines, models, tables, add) {
  own.add = add;
  own.tables = tables;
  own.node ??= el("div", { className: "scan", id: "addressing", data: { keep: "addressing" } });
  if (!own.node.childElementCount) begin(lines, models);
  return own.node;
}

function begin(lines, models) {
  own.step += 1;
  const select = (label, options, key) => {
    const node = el("select", { name: key, "aria-label": label }, ...options.map(([id, text]) => el("option", { value: id, textContent: text })));
    if (options.some(([id]) => id === own[key])) node.value = own[key];
    return node;
  };
  const line = select(t("setup.line"), lines.map((id) => [id, id]), "line");
  const model = select(t("field.profile"), models.map((m) => [m.id, `${m.zh} (${m.id})`]), "model");
  own.again = () => begin(lines, models);
  show(t("address.about"), el("div", { className: "bar-row" }, line, model,
    press("primary", t("address.look"), () => {
      [own.line, own.model] = [line.value, model.value];
      return look();
    }, !lines.length || !models.length)));
}

const show = (text, ...nodes) => own.node.replaceChildren(
  el("h3", { textContent: t("address.title") }), el("p", { role: "status", textContent: text }), ...nodes);
const cancel = () => press("", t("setup.cancel"), () => own.again());
const failed = (text) => show(text, el("div", { className: "bar-row" }, press("primary", t("address.again"), look), cancel()));
const asked = (more = {}) => ({ bus: own.line, profile: own.model, taken: taken(), ...more });
const pause = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS));

/** Of the draft, and given just now. */
const taken = () => [...new Set([...own.given.filter((one) => one.line === own.line).map((one) => one.unit),
  ...(own.tables.devices ?? []).filter((row) => row.bus === own.line && Number.isInteger(row.unit)).map((row) => row.unit)])];

/** Asks again until it is there, or somebody has pressed cancel; a step that has been left says nothing more. */
async function until(path, more, goesOn, told) {
  const step = (own.step += 1);
  for (;;) {
    let heard;
    try {
      heard = await call(path, asked(more));
    } catch (error) {
      if (step === own.step) failed(error.message);
      return null;
    }
    if (step !== own.step) return null;
    if (!goesOn.has(heard.code)) return heard;
    told(heard);
    await pause();
    if (step !== own.step) return null;
    if (!own.node.isConnected) { // the person has left: nothing is asked for nobody
      own.again();
      return null;
    }
  }
}

function look() {
  show(t("address.connect"), el("div", { className: "bar-row" }, el("progress", { "aria-label": t("address.look") }), cancel()));
  until("/api/v1/setup/address-look", {}, WAITING, (heard) => {
    own.node.querySelector("[role=status]").textContent = `${t("address.connect")} ${heard.text}`;
  }).then((heard) => {
    if (!heard) return;
    if (heard.code === "moved") return label(heard.unit, heard.text);
    if (heard.code !== "new") return failed(heard.text);
    show(heard.text, el("div", { className: "bar-row" },
      press("primary", t("address.give", { unit: heard.unit }), () => give(heard.unit)), cancel()));
  });
}

async function give(unit) {
  const step = (own.step += 1);
  show(t("address.giving", { unit }), el("progress", { "aria-label": t("address.giving", { unit }) }));
  let told;
  try {
    told = await call("/api/v1/setup/address", asked({ new: unit }));
  } catch (error) {
    return failed(error.message);
  }
  if (step !== own.step) return undefined;
  if (told.ok) return label(unit, told.text);
  if (!RESTARTING.has(told.code.replace("address.", ""))) return failed(told.text);
  show(told.text, el("div", { className: "bar-row" }, el("progress", { "aria-label": t("address.waiting") }), cancel()));
  const heard = await until("/api/v1/setup/address-judge", { new: unit }, RESTARTING, () => {});
  if (!heard) return undefined;
  return heard.code === "done" ? label(unit, heard.text) : failed(heard.text);
}

/** The number for its label, and where it hangs. */
function label(unit, text) {
  own.given.push({ line: own.line, unit });
  const zone = el("select", { name: "zone", "aria-label": t("field.zone") }, el("option", { value: "", textContent: t("setup.choose") }),
    ...(own.tables.zones ?? []).map((row) => el("option", { value: row.id, textContent: row.name ?? row.id })));
  const take = press("primary", t("address.add"), async () => {
    own.again();
    await own.add({ profile: own.model, bus: own.line, unit, zone: zone.value });
  }, true);
  zone.addEventListener("change", () => (take.disabled = !zone.value));
  show(text, el("p", { className: "label", textContent: String(unit) }),
    el("div", { className: "bar-row" }, el("label", {}, t("field.zone"), " ", zone), take, press("", t("address.next"), look)));
}
