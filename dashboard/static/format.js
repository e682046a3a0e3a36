// Numbers, times and ages as people read them. Pure but for the words.

import { said, t } from "./words.js";

let clock = null;
let zone = "";

/** 2026-11-23 21:42:05 in the school's own time zone, whatever the screen's is. */
export function wallTime(ms, timezone) {
  if (!clock || zone !== timezone) {
    zone = timezone;
    clock = new Intl.DateTimeFormat("sv-SE", { timeZone: timezone || "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });
  }
  return clock.format(ms);
}

const DAY = 86_400_000;

/** 21:42:05; what is a day old and more has its day: 11-22 21:42:05. */
export const timeOfDay = (ms, timezone, now) => wallTime(ms, timezone).slice(now - ms < DAY ? -8 : 5);

/** 2:41 or 1:02:41; from two days on in days and hours. */
export function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  if (ms >= 2 * DAY) return t("days", { d: Math.floor(h / 24), h: h % 24 });
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

export function ago(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return t("ago.s", { n: s });
  if (s < 3600) return t("ago.m", { n: Math.floor(s / 60) });
  if (s < 86400) return t("ago.h", { n: Math.floor(s / 3600) });
  return t("ago.d", { n: Math.floor(s / 86400) });
}

export const number = (value, digits, unit) => `${value.toFixed(digits)}${unit ? ` ${unit}` : ""}`;

/** What a point says: a word or a number with its unit; never a number where nothing is known. */
export function pointText(point) {
  if (point.quality === "fault") return t("quality.fault");
  if (point.quality === "stale" || point.value === null) return t("quality.stale");
  return valueText(point.value, point);
}

/** The same of a value that the point has had: the word it stands for, or the number. */
export function valueText(value, point) {
  const text = point?.texts?.[String(value)];
  return text === undefined ? number(value, point?.digits ?? 0, point?.unit) : said(text);
}
