// Times that people type, in the school's own zone, whatever the screen's is. Pure.

/** Ms that clocks of the zone are ahead of UTC at this time. */
export function offset(ms, timezone) {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: timezone || "Asia/Shanghai", hourCycle: "h23",
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(ms);
  const at = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) - Math.floor(ms / 1000) * 1000;
}

/** Wall ms of "2026-11-23T18:00" at the school, or null for what is no time. */
export function typed(text, timezone) {
  const utc = Date.parse(`${text}Z`);
  return Number.isNaN(utc) ? null : utc - offset(utc, timezone);
}

/** The same the other way, for a field's first value. */
export const field = (ms, timezone) => new Date(ms + offset(ms, timezone)).toISOString().slice(0, 16);
