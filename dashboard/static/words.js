// The reader's language: one answer of the server holds every text, name and right the modules use.

export const words = { text: {}, kinds: {}, quantities: {}, causes: {}, verbs: [], fleet: [], me: {}, csrf: "", lang: "zh", lamps: [] };

/** Whoever is no longer known here is told so where he logs in, and comes back to where he was. */
export const ended = () => location.assign(`/login?ended=${encodeURIComponent(location.pathname + location.search)}`);

export async function loadWords() {
  const answer = await fetch("/api/v1/words");
  if (answer.status === 401) ended();
  if (!answer.ok) throw new Error(`words: ${answer.status}`);
  Object.assign(words, await answer.json());
}

/** The text of a key with its {fields} filled in. A key that is missing shows itself: tests look for it. */
export function t(key, fields = {}) {
  const text = words.text[key];
  if (text === undefined) return `⟦${key}⟧`;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(fields[name] ?? ""));
}

/** What and how it is, and a word aside, with the marks that each language sets. */
export const colon = (what, text = "") => t("colon", { what, text });
export const aside = (text) => t("aside", { text });

/** The first key that the catalogue has. */
export const firstOf = (...keys) => t(keys.find((key) => key in words.text) ?? keys[0]);

/** Is it a point of the box itself or of one of its lines? The box names those in Chinese; what they measure says the same to everybody. */
const own = (point) => ["box", point.bus].includes(point.device);

/** What a point is called: a line's own by the line. */
export function calledPoint(point) {
  if (point.bus && point.device === point.bus) return point.bus;
  return own(point) && words.lang !== "zh" ? "" : point.name;
}

/** Where an alarm is, and what it is of: those of a line are called by the line. */
export const whereOf = (alarm) => alarm.place || alarm.point.replace(/\/.*$/, "");
export function deviceOf(alarm, state) {
  const point = state.points[alarm.point];
  return point && own(point) ? (words.quantities[point.quantity] ?? alarm.device_name) : alarm.device_name;
}

/** A cause in the reader's language; its id is the Chinese word. */
export const causeWord = (cause) =>
  Object.values(words.causes).flatMap((lists) => Object.values(lists).flat()).find(([id]) => id === cause)?.[1] ?? cause ?? "";

/** A channel of `channels` (id: type) as people call it, with its id where several are of one type. */
export function channelWord(id, channels) {
  const type = channels?.[id];
  if (!type || !(`channel.${type}` in words.text)) return id;
  const alone = Object.values(channels).filter((other) => other === type).length === 1;
  return alone ? t(`channel.${type}`) : t("channel.one-of", { name: t(`channel.${type}`), id });
}

/** Of {"zh", "en"} the reader's one; plain text as it is. */
export const said = (pair) => (pair && typeof pair === "object" ? (pair[words.lang] ?? pair.zh ?? "") : (pair ?? ""));

/** What is wrong with a sensor, to this reader. Its text is written in both languages, the Chinese first. */
export const faultText = (fault) =>
  (words.lang === "zh" ? said(fault).replace(/^(.*[\u3000-\u9fff]\S*) [A-Za-z][^\u3000-\u9fff]* [^\u3000-\u9fff]*$/, "$1")
    : said(fault).replace(/^.*[\u3000-\u9fff\uff00-\uffef]\S* (?=[A-Za-z])/, ""));
