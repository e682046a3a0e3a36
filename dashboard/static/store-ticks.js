// The tile 两器双锁 of a chemicals store: monitor, detector, locks, door and fan, each with its last proof or its reason. Judges nothing.

import { el } from "./dom.js";
import { wallTime } from "./format.js";
import { faultText, t } from "./words.js";

const MONTH_MS = 31 * 24 * 3600 * 1000;

/** 两器双锁: ✓ with its last proof, ✗ with its reason, ? where nothing can tell. `past`: the answer of `store`, undefined while it is not known. */
export function tile(store, past, state, now) {
  const zone = state.site?.timezone;
  const at = (ms) => wallTime(ms, zone).slice(0, 16);
  const opened = (lock) => past?.openings.find((o) => o.locks.includes(lock) && o.verdict === "two");
  const say = (name, part) => {
    if (!part) return [null, t("tick.none")];
    if (part.ok !== true) return [part.ok, part.fault ? faultText(part.fault) : t("quality.stale")];
    if (name === "camera") return [part.value === 1, part.value === 1 ? t("tick.online", { t: at(part.at) }) : t("tick.offline")];
    if (name === "detector") {
      if (!past) return [null, t("tick.unread")];
      const proved = past?.detector_alarm;
      const recent = proved && now - proved < MONTH_MS;
      return [Boolean(recent), proved ? t(recent ? "tick.tested" : "tick.stale", { t: at(proved) }) : t("tick.untested")];
    }
    const proof = opened(name === "lock_a" ? "A" : "B");
    return [part.value === 0, [part.value === 0 ? t("tick.closed") : t("tick.released"), proof ? t("tick.proof", { t: at(proof.opened) }) : t(past ? "tick.no-proof" : "tick.unread")].join(" · ")];
  };
  return el("ul", { className: "ticks" }, ...["camera", "detector", "lock_a", "lock_b", "door", "fan"].map((name) => {
    const part = store.parts[name];
    const [ok, text] = name === "door" || name === "fan" ? plain(name, part, Boolean(store.opening)) : say(name, part);
    return el("li", { className: ok === true ? "good" : ok === false ? "bad" : "unknown", data: { part: name } },
      el("span", { className: "sign", ariaHidden: "true", textContent: ok === true ? "✓" : ok === false ? "✗" : "?" }),
      el("b", { textContent: t(`part.${name}`) }), el("span", { textContent: text }));
  }));
}

/** A fan at rest is right while nobody is inside, and wrong at an open door. */
function plain(name, part, open) {
  if (!part) return [null, t("tick.none")];
  if (part.ok !== true) return [part.ok, part.fault ? faultText(part.fault) : t("quality.stale")];
  const text = t(`part.${name}.${part.value === 1 ? "on" : "off"}`);
  return [name === "door" ? part.value === 0 : part.value === 1 || !open, text];
}
