// Lets people, wall screens and programs in and out. What is shown once is shown until the reader puts it away.

import { reply } from "./ask.js";
import { byId, el } from "./dom.js";
import { call } from "./draft.js";
import { question } from "./form.js";
import { wallTime } from "./format.js";
import { press } from "./press.js";
import { table } from "./rows.js";
import { open } from "./shell.js";
import { t, words } from "./words.js";

const PEOPLE = [{ key: "name", needed: true, kind: "text" }, { key: "id", needed: true, kind: "text" }, { key: "role", needed: true, kind: "choice" }, { key: "login", needed: true, kind: "flag" }];
const CODES = [{ key: "name", needed: true, kind: "text" }, { key: "kind", needed: true, kind: "choice" }, { key: "expires", needed: true, kind: "text" }];

/** A secret that will not be shown again. */
function once(title, secret) {
  const dialog = byId("ask");
  dialog.replaceChildren(el("h2", { textContent: title }), el("p", { textContent: t("access.once") }),
    el("p", {}, el("code", { id: "secret", textContent: secret })),
    el("div", { className: "buttons" }, el("button", { className: "big", textContent: t("access.noted"), onclick: () => dialog.close() })));
  dialog.showModal();
}

async function load(zone) {
  const { people, codes } = await call("/api/v1/access");
  byId("people").replaceChildren(table(PEOPLE, people, {}, (person) => [
    press("", t(person.login ? "access.renew" : "access.give"), async () => {
      const { password } = await call("/api/v1/access/login", { person: person.id });
      await load(zone);
      once(t("access.password", { name: person.name }), password);
    }),
    person.login && person.id !== words.me.id ? press("danger", t("access.take"), async () => {
      await call("/api/v1/access/lock-out", { person: person.id });
      await load(zone);
    }) : "",
  ]));
  const rows = codes.map((code) => ({ ...code, expires: wallTime(code.expires * 1000, zone).slice(0, 16) }));
  byId("codes").replaceChildren(rows.length ? table(CODES, rows, {}, (code) => [press("danger", t("access.end"), async () => {
    await call("/api/v1/access/end", { id: code.id });
    await load(zone);
  })]) : el("p", { className: "empty", textContent: t("access.codes.none") }));
}

function ask(kind, zone) {
  question({
    title: t(`access.${kind}`), button: t("access.make"), keep: kind,
    fields: [{ id: "name", label: t("access.name"), kind: "text", required: true },
      ...(kind === "inspector" ? [] : [{ id: "days", label: t("access.days"), kind: "number", value: 365, required: true }])],
    send: async ({ name, days = 1 }) => {
      try {
        const { code } = await call("/api/v1/access/code", { kind, name, days });
        await load(zone);
        once(t("access.code", { name }), code);
        return true;
      } catch (error) {
        return reply(error.message, false);
      }
    },
  });
}

open(() => ({
  build({ state }) {
    const zone = state.site?.timezone;
    load(zone).catch((error) => byId("people").replaceChildren(el("p", { role: "alert", textContent: error.message })));
    byId("new-screen").onclick = () => ask("screen", zone);
    byId("new-inspector").onclick = () => ask("inspector", zone);
    byId("new-program").onclick = () => ask("program", zone);
  },
}));
