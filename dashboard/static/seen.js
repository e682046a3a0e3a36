// What the page showed of an alarm when somebody pressed: goes with the press into the journal. People by id, never by name.

import { valueText } from "./format.js";
import { life } from "./state.js";
import { t } from "./words.js";

const MOST = 200;

/** Page, state, value, who had answered, what had been found, whether the page was cut off, and how many alarms stood open. */
export function seen({ state, now, lost }, id) {
  return shown(lost, of(state?.alarms?.[id], now, state?.points), Object.keys(state?.alarms ?? {}).length);
}

/** The same of a school that the bureau looks at: how it stood, and the alarm as the school tells of it. */
export function seenOfSchool({ now, lost }, group, alarms, id) {
  return shown(lost, [group, ...of(alarms.find((alarm) => alarm.id === id), now)], alarms.length);
}

function of(alarm, now, points = {}) {
  return alarm ? [
    t(life(alarm, now ?? 0).key),
    alarm.value === null || alarm.value === undefined ? "" : valueText(alarm.value, points[alarm.point] ?? { unit: alarm.unit }),
    alarm.acked_by,
    alarm.result && t(`result.${alarm.result}`),
  ] : [];
}

function shown(lost, words, open) {
  return [location.pathname, ...words, lost ? t("lamp.offline") : "", t("seen.open", { n: open })].filter(Boolean).join(" · ").slice(0, MOST);
}
