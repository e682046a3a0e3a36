// The wall: everything at once, nothing to scroll. Keeps the screen awake where the browser can, moves a little against burn-in, counts what does not fit.

import { byId, el, put } from "./dom.js";
import { t } from "./words.js";

const SHIFT_MS = 60000;
const SHIFTS = ["0 0", "2px 1px", "1px 2px", "3px 0"];

export class Wall {
  constructor() {
    this.more = el("p", { className: "more-alarms", hidden: true });
    byId("alarms").append(this.more);
    this.at = 0;
    setInterval(() => (document.body.dataset.shift = String((this.at = (this.at + 1) % SHIFTS.length))), SHIFT_MS);
    this.awake();
    document.addEventListener("visibilitychange", () => this.awake());
  }

  /** A secure page only: elsewhere the kiosk's own settings keep the screen on (docs/page.md). */
  async awake() {
    if (document.hidden || !navigator.wakeLock) return;
    try {
      this.lock = await navigator.wakeLock.request("screen");
    } catch (error) {
      if (error.name !== "NotAllowedError") throw error; // a low battery may refuse it: nothing to be done, nothing lost
    }
  }

  /** How many open alarms lie below the edge: the worst are above it. */
  show() {
    const foot = byId("alarms").getBoundingClientRect().bottom - 40;
    const hidden = [...byId("open").children].filter((card) => card.getBoundingClientRect().bottom > foot).length;
    this.more.hidden = hidden === 0;
    put(this.more, hidden ? t("wall.more", { n: hidden }) : "");
  }
}
