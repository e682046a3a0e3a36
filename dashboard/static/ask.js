// What a person presses: sends commands, asks for cause and presence where a result needs them, shows the reply's words.

import { byId, el, put } from "./dom.js";
import { firstOf, t, words } from "./words.js";

const REPLY_MS = 8000;
let hide = 0;

export function reply(text, good) {
  const line = byId("reply");
  put(line, text);
  line.className = good ? "good" : "bad";
  line.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => (line.hidden = true), REPLY_MS);
}

async function send(verb, alarm, args = {}) {
  let answer;
  try {
    answer = await fetch("/api/v1/command", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": words.csrf },
      body: JSON.stringify({ verb, alarm: alarm.id, args }),
    });
  } catch {
    return reply(t("reply.unknown"), false);
  }
  if (answer.status === 401) return location.assign("/login");
  const body = await answer.json().catch(() => ({}));
  reply(body.text || t("reply.failed", { code: body.code ?? answer.status }), body.ok === true);
}

/** The word on a button: 真火警 for a fire, 真泄漏 for gas, else 属实. */
export const verbWord = (name, alarm) => firstOf(`verb.${name}.${alarm.lamp}`, `verb.${name}`);

/** Presses a button of an alarm: results ask first, the others go at once. */
export function press(name, verb, alarm) {
  if (verb !== "result") return send(verb, alarm);
  open(name, alarm);
}

export const call119 = () => el("a", { href: "tel:119", className: "call", textContent: t("call119") });

function open(name, alarm) {
  const dialog = byId("ask");
  const causes = (words.causes[alarm.lamp] ?? words.causes[""])[name];
  const isFalse = name === "false";
  const fire = alarm.lamp === "fire" || alarm.lamp === "gas";
  const choose = el("select", { id: "cause", required: isFalse },
    el("option", { value: "", textContent: t(isFalse ? "ask.choose" : "ask.unknown") }),
    ...causes.map(([id, text]) => el("option", { value: id, textContent: text })));
  const there = el("input", { type: "checkbox", id: "on-site", required: isFalse });
  const form = el("form", { method: "dialog" },
    el("h2", { textContent: `${verbWord(name, alarm)} · ${alarm.place}` }),
    el("p", { textContent: t(isFalse ? "ask.false" : fire ? "ask.real.fire" : "ask.real") }),
    !isFalse && fire ? call119() : null,
    el("label", {}, t("ask.cause"), choose),
    el("label", { className: "tick" }, there, t("ask.on-site")),
    el("div", { className: "buttons" },
      el("button", { className: `big ${name}`, textContent: t("ask.send", { verb: verbWord(name, alarm) }) }),
      el("button", { type: "button", className: "big", textContent: t("ask.back"), onclick: () => dialog.close() })));
  form.addEventListener("submit", () => send("result", alarm, { result: name, cause: choose.value, on_site: there.checked }));
  dialog.replaceChildren(form);
  dialog.showModal();
}
