// Who has pressed nothing for half an hour shows who it is before anything that weighs; then what was asked goes out again.

import { byId } from "./dom.js";
import { question } from "./form.js";
import { t, words } from "./words.js";

/** As fetch. The server's "idle" asks for a PIN or the password first; whoever goes back gets the server's refusal. */
export async function posted(path, options) {
  const answer = await fetch(path, options);
  if (answer.status !== 403 || (await answer.clone().json().catch(() => ({}))).code !== "idle") return answer;
  return (await proven(t("prove.about"))) ? posted(path, options) : answer;
}

function proven(text) {
  return new Promise((resolve) => {
    let sent = false;
    byId("ask").addEventListener("close", () => sent || resolve(false), { once: true });
    question({ title: t("prove"), text, button: t("prove"), style: "ack", fields: [{ id: "secret", kind: "secret", label: t("prove.secret"), required: true }],
      send: async ({ secret }) => {
        sent = true;
        const body = { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": words.csrf }, body: JSON.stringify({ secret }) };
        const told = await fetch("/api/v1/prove", body).then((answer) => answer.json(), () => ({ text: t("reply.unknown") }));
        resolve(told.ok === true || proven(told.text));
      } });
  });
}
