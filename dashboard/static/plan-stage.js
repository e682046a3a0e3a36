// One plan drawn with its markers. A drawing lives in a shadow of its own, so that its ids and the page's never meet.

import { title } from "./alarms.js";
import { el, flag, place, put } from "./dom.js";
import { pointText } from "./format.js";
import { pointsOf, standing } from "./plan-state.js";
import { t, words } from "./words.js";

const SVG = "image/svg+xml";

/** A thing in words: what it is, and where. */
export function named(of, state) {
  const ids = pointsOf(of, state);
  if (!ids.length) return { name: of, place: "" };
  const point = state.points[ids[0]];
  const kinds = [...new Set(ids.map((id) => words.quantities[state.points[id].quantity] ?? state.points[id].quantity))];
  const place = state.zones.find((zone) => zone.id === point.zone)?.name ?? "";
  const several = () => t("plans.device", { d: kinds.slice(0, 2).join(t("comma")) + (kinds.length > 2 ? "…" : ""), n: ids.length });
  const names = new Set(ids.map((id) => state.points[id].name)); // one for all: it is the device's own
  return { name: point.name && names.size === 1 ? point.name : ids.length > 1 ? several() : kinds[0], place };
}

/** How a marker stands, in words. */
export function says(of, state, alarms) {
  const ids = pointsOf(of, state);
  const { kind, alarm } = standing(ids, state, alarms);
  if (alarm) return kind === "pending" ? `${t("life.pending")} · ${title(alarm)}` : title(alarm);
  if (kind === "unknown") return pointText(state.points[ids.find((id) => state.points[id].quality !== "good")]);
  if (kind === "normal" && ids.length === 1) return pointText(state.points[ids[0]]);
  return t(`plans.${kind}`);
}

export class Stage {
  /** `pick` is called with what a marker stands for. `moved(of, x, y)` makes the markers movable; x and y are 0..1. */
  constructor({ pick, moved = null }) {
    this.pick = pick;
    this.moved = moved;
    this.paper = el("div", { className: "paper" });
    this.shadow = this.paper.attachShadow({ mode: "open" });
    this.list = el("ul", { className: "markers" });
    this.node = el("div", { className: "stage" }, this.paper, this.list);
    this.made = new Map(); // of -> {item, button, shape, label, marker}
    this.sha = "";
  }

  /** Shows the picture of a plan; resolves once it is there, so that shapes can be measured. */
  async draw(plan) {
    this.plan = plan;
    this.node.style.setProperty("--ratio", String(plan.width / plan.height));
    if (this.sha === plan.sha256) return;
    this.sha = plan.sha256;
    const address = `/plan/${plan.sha256}`;
    let picture;
    if (plan.kind === SVG) {
      const answer = await fetch(address).catch(() => null);
      if (!answer?.ok) return this.failed();
      picture = document.importNode(new DOMParser().parseFromString(await answer.text(), SVG).documentElement, true);
      picture.setAttribute("aria-hidden", "true");
    } else {
      picture = el("img", { src: address, alt: "", draggable: false });
      await picture.decode().catch(() => this.failed());
    }
    if (this.sha !== plan.sha256) return;
    picture.setAttribute("width", "100%");
    this.shadow.replaceChildren(picture);
  }

  failed() {
    this.sha = "";
    this.shadow.replaceChildren(el("p", { textContent: t("plans.no-picture") }));
  }

  /** The shape of an SVG that carries this id. */
  shape(element) {
    return element ? this.shadow.querySelector(`[id="${CSS.escape(element)}"]`) : null;
  }

  /** 0..1 of a marker: the middle of its shape, else its own place. */
  spot({ x, y, element }) {
    const shape = this.shape(element);
    const all = this.paper.getBoundingClientRect();
    if (!shape || !all.width) return x === null ? null : [x, y];
    const box = shape.getBoundingClientRect();
    return [(box.x + box.width / 2 - all.x) / all.width, (box.y + box.height / 2 - all.y) / all.height];
  }

  /** 0..1 of a pointer. */
  at(event) {
    const all = this.paper.getBoundingClientRect();
    const share = (value) => Math.min(1, Math.max(0, value));
    return [share((event.clientX - all.x) / all.width), share((event.clientY - all.y) / all.height)];
  }

  arrange(markers) {
    const wanted = new Set(markers.map(({ of }) => of));
    for (const of of this.made.keys()) if (!wanted.has(of)) this.made.delete(of);
    for (const marker of markers) {
      const one = this.made.get(marker.of) ?? this.make(marker.of);
      one.marker = marker;
      const spot = this.spot(marker);
      one.item.hidden = spot === null;
      if (spot) this.put(one.item, spot);
    }
    place(this.list, markers.map(({ of }) => this.made.get(of).item));
  }

  /** Marks the one that is meant. Where the paper is wider than its place (a phone), that one, else the worst alarm, comes into sight when it is new. */
  here(of) {
    for (const [one, { item, button }] of this.made) {
      flag(button, "here", one === of);
      flag(item, "here", one === of);
    }
    const sought = of || this.worst;
    const view = this.node.parentElement;
    if (this.sought !== sought && this.made.has(sought) && view) view.scrollLeft = this.made.get(sought).item.offsetLeft - view.clientWidth / 2;
    this.sought = sought;
  }

  put(item, [x, y]) {
    item.style.left = `${x * 100}%`;
    item.style.top = `${y * 100}%`;
  }

  make(of) {
    const shape = el("span", { className: "shape", ariaHidden: "true" });
    const label = el("span", { className: "says" });
    const button = el("button", { className: "marker", data: { of } }, shape, label);
    const item = el("li", {}, button);
    if (this.moved) this.movable(of, item, button);
    else button.addEventListener("click", () => this.pick(of));
    const made = { item, button, shape, label };
    this.made.set(of, made);
    return made;
  }

  movable(of, item, button) {
    let held = null;
    button.addEventListener("focus", () => this.pick(of));
    button.addEventListener("pointerdown", (event) => {
      held = event.pointerId;
      button.setPointerCapture(held);
    });
    button.addEventListener("pointermove", (event) => {
      if (event.pointerId === held) this.put(item, this.at(event));
    });
    const drop = (event) => {
      if (event.pointerId !== held) return;
      held = null;
      if (event.type === "pointerup") this.moved(of, ...this.at(event));
      else this.arrange([...this.made.values()].map(({ marker }) => marker));
    };
    button.addEventListener("pointerup", drop);
    button.addEventListener("pointercancel", drop);
    button.addEventListener("click", (event) => event.stopPropagation());
    button.addEventListener("keydown", (event) => this.steer(of, event));
  }

  /** Arrow keys move a marker by one hundredth, with Shift by a thousandth. */
  steer(of, event) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    const spot = this.spot(this.made.get(of).marker);
    if ((!dx && !dy) || !spot) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.001 : 0.01;
    const share = (value) => Math.min(1, Math.max(0, value));
    this.moved(of, share(spot[0] + dx * step), share(spot[1] + dy * step));
  }

  show({ state, alarms }) {
    this.worst = "";
    let gravest = -1;
    for (const [of, { button, label, marker }] of this.made) {
      const { kind, lamp, alarm } = standing(pointsOf(of, state), state, alarms);
      const { name, place } = named(of, state);
      const text = says(of, state, alarms);
      const visible = kind === "normal" ? name : kind === "alarm" ? `${t(`lamp.${lamp}`)} ${named(alarm.point, state).name}` : `${text} ${name}`;
      const about = [...new Set([visible, place, text])].filter(Boolean).join(" · "); // begins with what is seen
      if (button.dataset.kind !== kind) button.dataset.kind = kind;
      if (button.dataset.lamp !== lamp) button.dataset.lamp = lamp;
      button.parentElement.style.zIndex = kind === "alarm" ? String(10 + alarm.severity) : ""; // the worst lies on top
      flag(button, "waiting", kind === "alarm" && !alarm.acked);
      if (kind === "alarm" && alarm.severity > gravest) [this.worst, gravest] = [of, alarm.severity];
      put(label, visible);
      if (button.title !== about) {
        button.title = about;
        button.setAttribute("aria-label", about);
      }
      this.tint(this.shape(marker?.element), kind, lamp);
    }
  }

  /** The room itself takes the colour of what is wrong in it; its marker says the word. */
  tint(shape, kind, lamp) {
    if (!shape || shape.tagName === "g" || shape.dataset.kind === kind + lamp) return;
    shape.dataset.kind = kind + lamp;
    const wrong = kind === "alarm" || kind === "unknown";
    shape.style.fill = wrong ? (kind === "alarm" ? `var(--${TONES[lamp] ?? lamp})` : "#fff3b8") : "";
    shape.style.fillOpacity = kind === "alarm" ? "0.35" : "";
  }
}

const TONES = { "out-of-service": "out" }; // where the name of a colour is not its lamp's
