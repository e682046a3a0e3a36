// What the page showed of an alarm when somebody pressed: goes with the press into the journal. People by id, never by name.

import { valueText } from "./format.js";
import { life } from "./state.js";
import { t } from "./words.js";

const MOST = 200;

/** Page, state, value, who had answered, what had been found, whether the page was cut off, and how many alarms stood open. */
export function seen({ state, now, lost }, id) {
  const alarm = state?.alarms?.[id];
  const open = Object.keys(state?.alarms ?? {}).length;
  const of = alarm ? [
    t(life(alarm, now ?? 0).key),
    alarm.value === null || alarm.value === undefined ? "" : valueText(alarm.value, state.points[alarm.point] ?? { unit: alarm.unit }),
    alarm.acked_by,
    alarm.result && t(`result.${alarm.result}`),
  ] : [];
  return [location.pathname, ...of, lost ? t("lamp.offline") : "", t("seen.open", { n: open })].filter(Boolean).join(" · ").slice(0, MOST);
}
