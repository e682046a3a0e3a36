// The duty log (F10): what people have written, who has handed and taken over; entries, the signature, and the shifts before.

import { send } from "./ask.js";
import { byId, el } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { question } from "./form.js";
import { wallTime } from "./format.js";
import { t, words } from "./words.js";

const PARTS = ["state", "systems", "visitors", "handed", "other"];

export class DutyLog {
  /** `world` as the page has it; `name`: person id to name. Shows the shift that is on, or the one chosen. */
  async load(world, name) {
    Object.assign(this, { world, name, zone: world.state.site?.timezone });
    const which = byId("which");
    const begun = Number(which.value || 0);
    const [found, past] = await Promise.all([fetchJson("handover", begun ? { begun } : {}), fetchJson("shifts")]);
    if (!found) return;
    const when = (ms) => wallTime(ms, this.zone).slice(5, 16);
    which.replaceChildren(el("option", { value: "", textContent: t("dlog.now") }),
      ...(past ?? []).filter((one) => one.until).map((one) => el("option", { value: one.at, textContent: `${when(one.at)} – ${when(one.until)} ${name(one.person)}` })));
    which.value = begun ? String(begun) : "";
    which.onchange = () => this.load(this.world, this.name);
    byId("entries").replaceChildren(
      ...(begun ? found.happened.map((one) => el("p", { data: { happened: one.alarm }, textContent: `${when(one.at)} ${words.kinds[one.kind]?.name ?? one.kind} ${one.place} ${one.device_name}${one.result ? ` · ${t(`result.${one.result}`)} ${one.cause ?? ""}` : ""}` })) : []),
      ...found.checks.map((one) => el("p", { textContent: `${when(one.at)} ${t("dlog.check")} ${name(one.who)} ${t(`dlog.${one.what}`)}` })),
      ...found.log.map((one) => el("p", { data: { part: one.part }, textContent: `${when(one.at)} ${t(`dpart.${one.part}`)}：${one.text}（${name(one.who)}）` })));
    const takes = found.taken.map((one) => t("dlog.took", { name: name(one.person), t: when(one.at), how: t(`dhow.${one.how || "local"}`) }));
    byId("signed").textContent = [found.handed_over ? t("dlog.handed", { name: name(found.handed_over.who), t: when(found.handed_over.at) }) : "", ...takes].filter(Boolean).join(" · ");
    byId("write").replaceChildren(...(begun || !words.verbs.includes("log") || words.me.desk ? [] : [
      el("button", { textContent: t("dlog.write"), onclick: () => this.write() }),
      ...(found.on.includes(words.me.id) ? [el("button", { className: "ack", textContent: t("dlog.sign"), onclick: () => this.sign() })] : [])]));
  }

  write() {
    question({ title: t("dlog.write"), button: t("dlog.save"), style: "ack",
      fields: [{ id: "part", kind: "select", label: t("dlog.part"), required: true, options: PARTS.map((part) => [part, t(`dpart.${part}`)]) },
        { id: "text", kind: "area", label: t("ask.text"), required: true }],
      send: (given) => this.did("log", given) });
  }

  sign() {
    question({ title: t("dlog.sign"), text: t("dlog.sign.hint"), button: t("dlog.sign"), style: "ack",
      fields: [{ id: "text", kind: "area", label: t("dpart.handed") }], send: (given) => this.did("hand-over", given) });
  }

  async did(verb, args) {
    if (await send(verb, "", args)) await this.load(this.world, this.name);
  }
}
