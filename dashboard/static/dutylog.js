// The duty log (F10): what people have written, who has handed and taken over; entries, the signature, and the shifts before.

import { pinField, send } from "./ask.js";
import { byId, el } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { question } from "./form.js";
import { wallTime } from "./format.js";
import { aside, causeWord, colon, t, words } from "./words.js";

const SLOT = 2 * 3600 * 1000; // as the box counts them
const PARTS = ["state", "systems", "visitors", "handed", "other"];

export class DutyLog {
  /** `world` as the page has it; `name`: person id to name. Shows the shift that is on, or the one chosen. */
  async load(world, name) {
    Object.assign(this, { world, name, zone: world.state.site?.timezone });
    const asked = (this.asked = {}); // of two loads under way the later one is meant, whichever answer comes last
    const which = byId("which");
    const begun = Number(which.value || 0);
    const [found, past] = await Promise.all([fetchJson("handover", begun ? { begun } : {}), fetchJson("shifts")]);
    if (!found || this.asked !== asked) return;
    const when = (ms) => wallTime(ms, this.zone).slice(5, 16);
    which.replaceChildren(el("option", { value: "", textContent: t("dlog.now") }),
      ...(past ?? []).filter((one) => one.until).map((one) => el("option", { value: one.at, textContent: `${when(one.at)} – ${when(one.until)} ${name(one.person)}` })));
    which.value = begun ? String(begun) : "";
    which.onchange = () => this.load(this.world, this.name);
    for (const link of document.querySelectorAll("#log [data-form]")) link.href = `/api/v1/duty-log?form=${link.dataset.form}${begun ? `&begun=${begun}` : ""}`;
    byId("entries").replaceChildren(
      ...(begun ? found.happened.map((one) => el("p", { data: { happened: one.alarm }, textContent: `${when(one.at)} ${words.kinds[one.kind]?.name ?? one.kind} ${one.place} ${one.device_name}${one.result ? ` · ${t(`result.${one.result}`)} ${causeWord(one.cause)}` : ""}` })) : []),
      ...found.checks.map((one) => el("p", { textContent: `${when(one.at)} ${t("dlog.check")} ${name(one.who)} ${t(`dlog.${one.what}`)}` })),
      ...found.log.map((one) => el("p", { data: { part: one.part }, textContent: `${when(one.at)} ${colon(t(`dpart.${one.part}`), one.text)}${aside(name(one.who))}` })));
    this.states(found, !begun);
    const takes = found.taken.map((one) => t("dlog.took", { name: name(one.person), t: when(one.at), how: t(`dhow.${one.how || "local"}`) }));
    byId("signed").textContent = [found.handed_over ? t("dlog.handed", { name: name(found.handed_over.who), t: when(found.handed_over.at) }) : "", ...takes,
      found.countersigned ? t("dlog.countersigned", { name: name(found.countersigned.who), t: when(found.countersigned.at) }) : ""].filter(Boolean).join(" · ");
    const mine = begun && words.verbs.includes("countersign") && !words.me.desk && !found.countersigned && !found.on.includes(words.me.id);
    byId("write").replaceChildren(...(mine ? [el("button", { className: "ack", textContent: t("dlog.countersign"), onclick: () => this.countersign(begun) })] : []), ...(begun || !this.may() ? [] : [
      el("button", { textContent: t("dlog.write"), onclick: () => this.write() }),
      ...(found.on.includes(words.me.id) ? [el("button", { className: "ack", textContent: t("dlog.sign"), onclick: () => this.sign() })] : [])]));
  }

  /** At a desk it is whoever has taken over, and shows a PIN. */
  may() {
    return words.verbs.includes("log") && Boolean(words.me.id);
  }

  /** Every two hours: what the journal says of them, and what a person has said. Only a person says 正常. */
  states(found, current) {
    const rows = (found.states ?? []).map((slot) => {
      const span = `${wallTime(slot.from, this.zone).slice(11, 16)}–${wallTime(slot.to, this.zone).slice(11, 16)}`;
      const seen = slot.seen.map((one) => t(one === "false" ? "result.false" : one === "restart" ? "dlog.restart" : `lamp.${one}`)).join(t("comma"));
      const full = slot.to - slot.from >= SLOT;
      const said = found.log.find((one) => one.part === "state" && one.at >= slot.from && one.text.startsWith(span.slice(0, 6)));
      return el("tr", { data: { slot: slot.from } },
        el("th", { scope: "row", textContent: span }),
        el("td", { textContent: seen || t("dlog.nothing") }),
        el("td", {}, said ? said.text.replace(/^\S+\s/, "") + aside(this.name(said.who))
          : el("span", { className: full ? "bad" : "", textContent: t(full ? "dlog.unsaid" : "dlog.running") }),
        said || !current || !full || !this.may() ? "" : el("button", { className: "small", textContent: t("dlog.say"), onclick: () => this.say(span, seen) })));
    });
    byId("states").replaceChildren(...rows);
  }

  say(span, proposed) {
    question({ title: `${t("dpart.state")} ${span}`, text: t("dlog.say.hint"), button: t("dlog.save"), style: "ack", keep: `state ${span}`,
      fields: [{ id: "text", kind: "area", label: t("ask.text"), required: true, value: proposed }, ...pinField("log")],
      send: ({ text, pin }) => this.did("log", { part: "state", text: `${span} ${text}` }, pin) });
  }

  write() {
    question({ title: t("dlog.write"), button: t("dlog.save"), style: "ack", keep: "log",
      fields: [{ id: "part", kind: "select", label: t("dlog.part"), required: true, options: PARTS.map((part) => [part, t(`dpart.${part}`)]) },
        { id: "text", kind: "area", label: t("ask.text"), required: true }, ...pinField("log")],
      send: ({ pin, ...given }) => this.did("log", given, pin) });
  }

  sign() {
    question({ title: t("dlog.sign"), text: t("dlog.sign.hint"), button: t("dlog.sign"), style: "ack", keep: "hand-over",
      fields: [{ id: "text", kind: "area", label: t("dpart.handed") }, ...pinField("hand-over")],
      send: ({ pin, ...given }) => this.did("hand-over", given, pin) });
  }

  countersign(shift) {
    question({ title: t("dlog.countersign"), text: t("dlog.countersign.hint"), button: t("dlog.countersign"), style: "ack", keep: `countersign ${shift}`,
      fields: [{ id: "text", kind: "area", label: t("dpart.other") }], send: (given) => this.did("countersign", { ...given, shift }) });
  }

  async did(verb, args, pin = "") {
    const done = await send(verb, "", args, pin);
    if (done) await this.load(this.world, this.name);
    return done;
  }
}
