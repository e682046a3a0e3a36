// A press that was meant for one alarm must not meet another that has just taken its place: 收到 on a fire that nobody has read.

import { reply } from "./ask.js";
import { t } from "./words.js";

const SETTLE_MS = 800; // a hand that is on its way when the picture changes lands within this
let first = "";
let since = -SETTLE_MS;

/** The alarm that stands on top now, or null. */
export function onTop(alarm) {
  const id = alarm?.id ?? "";
  if (id === first) return;
  since = first && id ? performance.now() : -SETTLE_MS; // where nothing stood, nothing was meant
  first = id;
}

/** Does `act` unless the alarm has only just come to the top in another's place: then the person is told to look. */
export function settled(alarm, act) {
  if (alarm.id === first && performance.now() - since < SETTLE_MS) return reply(t("press.changed"), false);
  return act();
}
