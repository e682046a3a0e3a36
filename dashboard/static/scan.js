// Asks a line who is there, shows progress and what answered, and hands a device over to the form.

import { el, put } from "./dom.js";
import { posted } from "./prove.js";
import { t, words } from "./words.js";

/** `adopt(found, bus)` is called when the person takes a device over. */
export function scanner(buses, adopt) {
  const line = el("select", { name: "line", "aria-label": t("setup.line") }, ...buses.map((bus) => el("option", { value: bus, textContent: bus })));
  const first = el("input", { name: "first", type: "number", min: 1, max: 247, value: 1, "aria-label": t("setup.from") });
  const last = el("input", { name: "last", type: "number", min: 1, max: 247, value: 32, "aria-label": t("setup.to") });
  const patient = el("input", { name: "patient", type: "checkbox" });
  const go = el("button", { className: "primary", textContent: t("setup.scan") });
  const stop = el("button", { textContent: t("setup.cancel"), hidden: true });
  const bar = el("progress", { max: 1, value: 0, hidden: true, "aria-label": t("setup.scan") });
  const says = el("span", { role: "status" });
  const list = el("div", {});
  let control = null;

  const show = (told) => {
    if (told.done) {
      bar.max = told.many;
      bar.value = told.done;
      put(says, t("setup.scanning", { unit: told.unit, done: told.done, many: told.many }));
    }
    if (told.found) list.append(card(told.found, line.value, adopt));
    if (told.lost) put(says, t("setup.lost", { why: told.lost }));
    return !told.lost;
  };
  go.addEventListener("click", async () => {
    control = new AbortController();
    list.replaceChildren();
    [go.disabled, stop.hidden, bar.hidden, bar.value] = [true, false, false, 0];
    try {
      const wanted = { bus: line.value, first: Number(first.value), last: Number(last.value), patient: patient.checked };
      const whole = await follow(wanted, control.signal, show);
      if (whole) put(says, t("setup.scanned", { n: list.childElementCount }));
    } catch (error) {
      put(says, error.name === "AbortError" ? t("setup.cancelled", { n: list.childElementCount }) : error.message);
    }
    [go.disabled, stop.hidden, bar.hidden] = [false, true, true];
  });
  stop.addEventListener("click", () => control?.abort());
  return el("div", { className: "scan", data: { keep: "scan" } },
    el("h3", { textContent: t("setup.scan.title") }),
    el("div", { className: "bar-row" }, line, el("label", {}, t("setup.from"), " ", first), el("label", {}, t("setup.to"), " ", last),
      el("label", {}, patient, " ", t("setup.patient")), go, stop, bar),
    says, list);
}

/** Reads JSON lines as they come; false when the line gave up. */
async function follow(wanted, signal, show) {
  const answer = await posted("/api/v1/setup/scan", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": words.csrf },
    body: JSON.stringify(wanted),
    signal,
  });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? t("reply.failed", { code: answer.status }));
  const [reader, decoder] = [answer.body.getReader(), new TextDecoder()];
  let rest = "";
  let whole = true;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return whole;
    rest += decoder.decode(value, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop();
    for (const text of lines) whole = show(JSON.parse(text)) && whole;
  }
}

function card(found, bus, adopt) {
  const what = t(`setup.${found.verdict}`, { code: found.code, models: found.profiles.join(" / ") });
  const values = Object.entries(found.values).map(([id, value]) => `${id} ${value ?? "–"}`).join(" · ");
  const take = el("button", { textContent: t("setup.adopt") });
  take.addEventListener("click", () => adopt(found, bus));
  return el("div", { className: "found" },
    el("div", { className: "bar-row" }, el("strong", { textContent: t("setup.unit", { unit: found.unit }) }), el("span", { textContent: what }),
      found.slow ? el("span", { textContent: t("setup.slow", { ms: found.took }) }) : null, take),
    values ? el("p", { textContent: values }) : null,
    el("p", { className: "raw", textContent: found.mbpoll }));
}
