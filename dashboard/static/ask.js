// What a person presses: sends commands, asks what a verb needs (cause, presence, words, a PIN at a desk), shows the reply's words.

import { byId, el, put } from "./dom.js";
import { question } from "./form.js";
import { posted } from "./prove.js";
import { seen } from "./seen.js";
import { causeWord, colon, ended, firstOf, t, whereOf, words } from "./words.js";

const REPLY_MS = 8000;
const SETTLE_MS = 400;
// Whoever sits at a registered desk answers with one touch; for everything else the person on duty shows who it is.
const ONE_TOUCH = new Set(["ack", "silence", "note", "tick", "next"]);
let hide = 0;
let world = { state: null, lost: true };
let judged = []; // the alarms whose result is being asked for, as they stood then

/** The page as it stands, told after every change. */
export function standing(now) {
  world = now;
  const news = byId("ask-news");
  if (news && byId("ask").open) put(news, judged.map(overtaken).find(Boolean) ?? "");
}

/** What has become of an alarm while this person is still being asked for its result: said in the question, before it is sent. */
function overtaken(was) {
  const alarm = world.state?.alarms[was.id];
  const name = (id) => world.state.people.find((person) => person.id === id)?.name ?? id;
  const given = alarm && alarm.result && [alarm.result, alarm.cause, alarm.result_by].some((one, at) => one !== [was.result, was.cause, was.result_by][at]);
  const text = !alarm ? t("ask.news.over") : alarm.occurrence > was.occurrence ? t("ask.news.again")
    : given ? t("ask.news", { name: name(alarm.result_by), result: [t(`result.${alarm.result}`), causeWord(alarm.cause)].filter(Boolean).join(" · ") }) : "";
  return text && judged.length > 1 ? colon(whereOf(was), text) : text;
}

/** Says it; gives `good`. */
export function reply(text, good) {
  const line = byId("reply");
  put(line, text);
  line.className = good ? "good" : "bad";
  line.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => (line.hidden = true), REPLY_MS);
  return good;
}

/** Posts JSON; gives the answer's body with `status`, or null when nobody answered (the person has been told). */
export async function post(path, body) {
  let answer;
  try {
    answer = await posted(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": words.csrf },
      body: JSON.stringify(body),
    });
  } catch {
    reply(t("reply.unknown"), false);
    return null;
  }
  if (answer.status === 401) {
    ended();
    return null;
  }
  return { ...(await answer.json().catch(() => ({}))), status: answer.status };
}

/** Gives whether the engine did it. `alarm` is an id, or "" where the verb needs none. */
export async function send(verb, alarm, args = {}, pin = "", person = "") {
  const body = await post("/api/v1/command", { verb, alarm, args, seen: seen(world, alarm), ...(pin ? { pin } : {}), ...(person ? { person } : {}) });
  if (body === null) return false;
  reply(body.text || t("reply.failed", { code: body.code ?? body.status }), body.ok === true);
  return body.ok === true;
}

/** The same for several alarms, one after the other: each is a command of its own, and the last word says how many were done. */
export async function sendAll(verb, alarms, args = {}, pin = "") {
  let done = 0;
  for (const alarm of alarms) if (await send(verb, alarm.id, args, pin)) done += 1;
  if (alarms.length > 1) setTimeout(() => reply(t("reply.several", { n: done, of: alarms.length }), done === alarms.length), SETTLE_MS);
  return done;
}

/** The word on a button: 真火警 for a fire, 真泄漏 for gas, else 属实. */
export const verbWord = (name, alarm) => firstOf(`verb.${name}.${alarm.lamp}`, `verb.${name}`);

/** The PIN's field, where this screen is a desk and the verb asks for one. */
export const pinField = (verb) => (words.me.desk && !ONE_TOUCH.has(verb)
  ? [{ id: "pin", kind: "pin", label: t("ask.pin", { name: words.me.name }), required: true }] : []);

/** Presses a button of one alarm or of several of one kind: what needs an answer asks first, the others go at once. */
export function press(name, verb, ...alarms) {
  const [alarm] = alarms;
  const where = alarms.length > 1 ? t("several", { n: alarms.length }) : alarm.place;
  const spec = { title: `${verbWord(name, alarm)} · ${where}`, button: t("ask.send", { verb: verbWord(name, alarm) }), style: name };
  const go = (args) => ({ pin, ...given }) => sendAll(verb, alarms, { ...args, ...given }, pin);
  if (verb === "result") {
    judged = alarms;
    return question({ ...spec, ...result(name, alarm), send: go({ result: name }) });
  }
  const asked = ASKS[name]?.(alarm) ?? [];
  const fields = [...asked, ...pinField(verb)];
  if (!fields.length) return sendAll(verb, alarms);
  question({ ...spec, fields, keep: `${name} ${alarms.map((one) => one.id).join()}`, send: go({}) });
}

const ASKS = {
  note: () => [{ id: "text", kind: "area", label: t("ask.text"), required: true }],
  repair: () => [{ id: "text", kind: "area", label: t("ask.repair") }],
  assign: (alarm) => [{ id: "to", kind: "select", label: t("ask.to"), required: true, value: alarm.assignee || words.me.id,
    options: (world.state?.people ?? []).map((person) => [person.id, person.name]) }],
};

export const call119 = () => el("a", { href: "tel:119", className: "call", textContent: t("call119") });

function result(name, alarm) {
  const isFalse = name === "false";
  const fire = alarm.lamp === "fire" || alarm.lamp === "gas";
  const causes = (words.causes[alarm.lamp] ?? words.causes[""])[name];
  return {
    text: t(isFalse ? "ask.false" : fire ? "ask.real.fire" : "ask.real"),
    extra: [!isFalse && fire ? call119() : null, el("p", { id: "ask-news", className: "news", role: "alert" })],
    fields: [
      { id: "cause", kind: "select", label: t("ask.cause"), required: isFalse,
        options: [["", t(isFalse ? "ask.choose" : "ask.unknown")], ...causes] },
      { id: "on_site", kind: "tick", label: t("ask.on-site"), required: isFalse },
      ...pinField("result"),
    ],
  };
}
