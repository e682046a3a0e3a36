// A press that was meant for one alarm must not meet another that has just taken its place: 收到 on a fire that nobody has read.

import { reply } from "./ask.js";
import { t } from "./words.js";

const SETTLE_MS = 800; // a hand that is on its way when the picture changes lands within this
let places = new Map(); // alarm id -> {at, offered, since}: where it stands, is it the one that is offered, since when

/** The alarms in the order in which they now stand; `offered` is the one in the line that every page has, or null. */
export function standsNow(alarms, offered) {
  const now = performance.now();
  const stood = [...places.values()];
  const taken = stood.some((place) => place.offered); // where nothing stood, nothing was meant
  places = new Map(alarms.map((alarm, at) => {
    const old = places.get(alarm.id);
    const mine = alarm.id === offered?.id;
    const moved = old ? old.at !== at || (mine && !old.offered && taken) : stood.length > 0;
    return [alarm.id, { at, offered: mine, since: moved ? now : (old?.since ?? -SETTLE_MS) }];
  }));
}

/** Does `act` unless the alarm has only just come to where it stands: then the person is told to look. */
export function settled(alarm, act) {
  if (performance.now() - (places.get(alarm.id)?.since ?? -SETTLE_MS) < SETTLE_MS) return reply(t("press.changed"), false);
  return act();
}
