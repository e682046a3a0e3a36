// The filters above a list of alarms, kept in the address so that a view can be sent and comes back. Knows no row.

import { el } from "./dom.js";
import { t, words } from "./words.js";

const DAY = 24 * 3600 * 1000;
export const PERIODS = { "1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "365d": 365 * DAY };
const NAMES = ["text", "state", "lamp", "building", "period"];
const FIRST = { text: "", state: "open", lamp: "", building: "", period: "7d" };

export class Filters {
  /** `changed` is called whenever a person has changed one. */
  constructor(form, changed) {
    const query = new URLSearchParams(location.search);
    this.values = Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? FIRST[name]]));
    this.form = form;
    this.changed = changed;
  }

  /** Builds the fields; the buildings are the school's. */
  build(state) {
    if (this.form.children.length) return;
    const choose = (name, options) => el("label", {}, t(`filter.${name}`),
      el("select", { name, onchange: () => this.set(name) }, ...options.map(([value, text]) =>
        el("option", { value, textContent: text, selected: value === this.values[name] }))));
    this.form.replaceChildren(
      el("label", { className: "grow" }, t("filter.text"),
        el("input", { type: "search", name: "text", value: this.values.text, oninput: () => this.set("text") })),
      choose("state", ["open", "waiting", "closed", "all"].map((id) => [id, t(`filter.state.${id}`)])),
      choose("lamp", [["", t("filter.any")], ...words.lamps.filter((lamp) => lamp !== "normal" && lamp !== "offline").map((lamp) => [lamp, t(`lamp.${lamp}`)])]),
      choose("building", [["", t("filter.any")], ...state.buildings.map((b) => [b.id, b.name])]),
      choose("period", Object.keys(PERIODS).map((id) => [id, t(`period.${id}`)])));
    this.form.addEventListener("submit", (event) => event.preventDefault());
  }

  set(name) {
    this.values[name] = this.form.elements[name].value;
    const query = new URLSearchParams(location.search);
    for (const key of NAMES) this.values[key] === FIRST[key] ? query.delete(key) : query.set(key, this.values[key]);
    history.replaceState(null, "", `?${query}`);
    this.changed(name);
  }

  /** Does the list need alarms that are over? */
  get past() {
    return this.values.state === "closed" || this.values.state === "all";
  }

  fits(alarm, text) {
    const { state, lamp, building } = this.values;
    const open = alarm.state !== "normal";
    if (state === "open" && !open) return false;
    if (state === "closed" && open) return false;
    if (state === "waiting" && !(open && !alarm.result)) return false;
    if (lamp && alarm.lamp !== lamp) return false;
    if (building && alarm.building !== building) return false;
    return this.values.text.toLowerCase().split(/\s+/).every((word) => text.toLowerCase().includes(word));
  }
}
