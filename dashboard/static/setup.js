// The set-up page: sections of the site file as tables and forms, the draft's strip, the trial's strip. Wiring only.

import { addressing } from "./address.js";
import { reply } from "./ask.js";
import { byId, el } from "./dom.js";
import { Draft, call } from "./draft.js";
import { Foresee, asItIs, compare } from "./foresee.js";
import { wallTime } from "./format.js";
import { forget, open as keepOpen, opened as keptOpen } from "./kept.js";
import { press } from "./press.js";
import { differing, form, table } from "./rows.js";
import { hints } from "./hints.js";
import { leakage } from "./leakage.js";
import { scanner } from "./scan.js";
import { open as openPage } from "./shell.js";
import { Voice } from "./voice.js";
import { t, words } from "./words.js";

let about = { file: "", forms: {}, lists: { profiles: [], steps: [] }, history: [], trial: null, now: 0 };
let section = new URLSearchParams(location.search).get("section") ?? "buses";
let living = { people: [] }; // the site as it is
const AGAIN_MS = 2000;
const CALLED = ["people", "duty", "escalation"]; // sections that decide who is called
let opened = null; // {section, place: n or null, row}: the form that is open
let checkedFor = null; // {text, ok, findings, diff}
const voice = new Voice();
const draft = new Draft(() => {
  checkedFor = null;
  foresee.stale(t("people.changed"));
  show();
});
const foresee = new Foresee(underDraft, () => ({ buildings: [], zones: [], ...draft.tables, timezone: living.site?.timezone,
  people: [...living.people, ...(draft.tables.people ?? [])] }));

function showSections() {
  const names = [...Object.keys(about.forms), "file", "history"];
  byId("sections").replaceChildren(...names.map((name) => {
    const rows = draft.tables[name];
    const node = el("button", {}, t(`section.${name}`), rows ? el("span", { className: "count", textContent: String(rows.length) }) : null);
    node.setAttribute("aria-current", String(name === section));
    node.addEventListener("click", () => {
      close();
      section = name;
      window.history.replaceState(null, "", `?section=${name}`);
      show();
    });
    return node;
  }));
}

function showDraft() {
  const band = byId("draft");
  band.hidden = !draft.dirty;
  if (!draft.dirty) return;
  const busy = about.trial !== null;
  band.replaceChildren(
    el("div", { className: "row" },
      el("strong", { textContent: t("setup.draft") }),
      press("", t("setup.check"), check),
      press("primary", t("setup.propose"), propose, busy || checkedFor?.ok !== true),
      press("danger", t("setup.drop"), drop)),
    draft.behind ? el("p", { className: "behind", role: "alert", textContent: t("setup.draft.behind") }) : "",
    el("p", { textContent: t(busy ? "setup.draft.busy" : checkedFor ? (checkedFor.ok ? "setup.draft.good" : "setup.draft.bad") : "setup.draft.first") }),
    checkedFor ? findings(checkedFor.findings) : "",
    checkedFor ? difference(checkedFor.diff) : "");
}

/** Who would be called if the draft were in force, with what differs from now; or what hinders the draft. */
async function underDraft(question) {
  if (!draft.dirty) return asItIs(question);
  const found = await call("/api/v1/setup/who", { text: draft.text, ...question });
  if (!found.ok) return { hindered: [el("p", { className: "bad", textContent: t("setup.draft.bad") }), findings(found.findings)] };
  try {
    return compare(found, await asItIs(question));
  } catch {
    return found; // the place is new: there is nothing to compare with
  }
}

function showCalled() {
  foresee.build(about.now);
  return el("section", { id: "called" }, el("h3", { textContent: t("people.draft") }),
    el("p", { className: "note-line", textContent: t("people.draft.about") }),
    el("p", {}, el("a", { href: "/people", textContent: t("people.living") })), foresee.node);
}

/** What hinders first; warnings after it. */
const findings = (list) => el("ul", { className: "findings" }, ...[...list].sort((a, b) => (a.level > b.level ? 1 : a.level < b.level ? -1 : a.line - b.line)).map((one) => el("li", { className: one.level },
  el("code", { textContent: one.code }), ` ${t("setup.at", { line: one.line })} ${one.path}: ${words.lang === "en" ? one.en : one.zh} `,
  one.hint ? t("setup.hint", { word: one.hint }) : "",
  el("br"), words.lang === "en" ? one.cure_en : one.cure_zh)));

const difference = (lines) => (lines.length ? el("div", { className: "diff", tabIndex: 0 }, ...lines.map((line) =>
  el("span", { className: line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : "same", textContent: line || " " }))) : "");

async function check() {
  const text = draft.text;
  const told = await call("/api/v1/setup/check", { text });
  if (draft.text === text) checkedFor = told; // else it was changed meanwhile: what was found is of another text
  show();
}

async function propose() {
  const told = await call("/api/v1/setup/propose", { text: draft.text });
  reply(told.text, told.ok);
  if (told.findings?.length && !told.ok) checkedFor = { ...checkedFor, ok: false, findings: told.findings };
  if (told.ok) draft.taken();
  show();
}

async function drop() {
  forget("file");
  draft.drop();
  foresee.stale(t("people.changed"));
  await load();
}

function showTrial(now = about.now) {
  about.now = now;
  const band = byId("trial");
  const back = ["time", "starts"].includes(about.returned?.why) ? about.returned : null; // by itself: nobody may have seen it
  band.hidden = !about.trial && !back;
  if (!about.trial) {
    delete band.dataset.key;
    if (back) band.replaceChildren(el("strong", { textContent: t("setup.returned", { name: back.name }) }), el("p", { textContent: t(`setup.returned.${back.why}`) }));
    return;
  }
  const { until, good, need, missing, name } = about.trial;
  const left = Math.max(0, Math.round((until - about.now) / 1000));
  const key = JSON.stringify([good, need, missing, name]);
  if (band.dataset.key !== key) {
    band.dataset.key = key;
    band.replaceChildren(el("div", { className: "row" },
      el("strong", { textContent: t("setup.trial", { name }) }), el("span", { id: "left" }),
      el("span", { textContent: t("setup.trial.points", { good, need }) }),
      press("primary", t("setup.confirm"), () => answer("confirm"), good < need),
      press("danger", t("setup.return"), () => answer("return"))),
    missing.length ? el("p", { textContent: t("setup.trial.missing", { points: missing.join(" ") }) }) : "");
  }
  byId("left").textContent = t("setup.trial.left", { min: Math.floor(left / 60), s: String(left % 60).padStart(2, "0") });
}

async function answer(what) {
  const told = await call(`/api/v1/setup/${what}`, {});
  reply(told.text, told.ok);
}

function showPanel() {
  const panel = byId("panel");
  if (section === "file") return panel.replaceChildren(...file());
  if (section === "history") return panel.replaceChildren(...history());
  const [fields, rows] = [about.forms[section] ?? [], draft.tables[section] ?? []];
  const asked = (draft.tables.buses ?? []).filter((row) => String(row.type).startsWith("modbus")).map((row) => row.id);
  panel.replaceChildren(
    el("h2", { textContent: t(`section.${section}`) }),
    el("p", { className: "note-line", textContent: t(`setup.about.${section}`) }),
    rows.length ? table(fields, rows, { ...draft.tables, steps: about.lists.steps.map(({ id, zh }) => ({ id, name: zh })) }, acts) : el("p", { className: "empty", textContent: t("setup.none") }),
    opened ? editor(fields) : press("primary", t("setup.add"), () => open(null, { id: fresh(rows) })),
    section === "devices" ? addressing(asked, about.lists.profiles.filter((one) => one.takes), draft.tables, addressed) : "",
    section === "devices" ? leakage() : "",
    CALLED.includes(section) ? showCalled() : "",
    section === "buses" && rows.length ? scanner(rows.map((row) => row.id), adopt) : "",
    el("div", { id: "told" }));
}

const acts = (row, place) => [
  section === "devices" ? press("", t("setup.test"), () => test(row)) : "",
  press("", t("setup.edit"), () => open(place, row)),
  press("", t("setup.remove"), () => draft.edit({ do: "remove", section, place })),
];

/** A name nobody has yet; the installer may write a better one. */
function fresh(rows) {
  const one = { buses: "line", buildings: "building", zones: "zone", devices: "device", people: "person" }[section];
  if (!one) return undefined;
  let n = rows.length + 1;
  while (rows.some((row) => row.id === `${one}-${n}`)) n += 1;
  return `${one}-${n}`;
}

/** A page that comes anew opens it again; what was typed in another one is given up. */
function open(place, row) {
  opened = { section, place, row };
  keepOpen("editor", opened);
  show();
  byId("editor").scrollIntoView({ block: "nearest" });
  byId("editor").querySelector("input, select")?.focus();
}

function close() {
  opened = null;
  forget("editor");
}

/** The form that was open when this page was left, if its row is still the one it was opened for. */
function reopen() {
  const left = keptOpen("editor");
  const row = left?.place === null ? left.row : draft.tables[left?.section]?.[left?.place];
  if (left?.section === section && JSON.stringify(row) === JSON.stringify(left.row)) opened = left;
  else close();
}

function editor(fields) {
  const { node, read } = form(fields, opened.row, draft.tables, about.lists);
  const save = async () => {
    const before = opened;
    const bad = node.querySelector(":invalid");
    if (bad) return bad.reportValidity();
    const row = before.place === null ? read() : differing(before.row, read());
    opened = null;
    try {
      if (Object.keys(row).length) await draft.edit({ do: before.place === null ? "add" : "change", section, place: before.place ?? 0, row });
      else show();
      forget("editor");
    } catch (error) {
      opened = before;
      show();
      throw error;
    }
  };
  const told = el("ul", { className: "hints", role: "status" });
  const tell = () => {
    const found = hints(section, read(), opened?.row, draft.tables, about.lists.profiles);
    told.replaceChildren(...found.map((text) => el("li", { textContent: text })));
  };
  node.addEventListener("input", tell);
  tell();
  const hear = async () => {
    await voice.listen();
    await voice.say({ text: read().name ?? "" });
  };
  return el("form", { id: "editor", data: { keep: "editor" }, onsubmit: (event) => event.preventDefault() }, node, told,
    el("div", { className: "bar-row" }, press("primary", t("setup.save"), save),
      section === "zones" ? press("", t("setup.hear"), hear) : "",
      press("", t("setup.cancel"), () => {
        close();
        show();
      })));
}

function adopt(found, bus) {
  section = "devices";
  const profile = found.profiles.length === 1 ? found.profiles[0] : ""; // of several none is likelier: the label says which
  open(null, { id: fresh(draft.tables.devices ?? []), profile, bus, unit: found.unit });
}

/** A sensor that has just been given its address. */
const addressed = (row) => draft.edit({ do: "add", section: "devices", row: { id: fresh(draft.tables.devices ?? []), ...row } });

async function test(row) {
  const told = byId("told");
  told.replaceChildren(el("p", { textContent: t("setup.testing", { id: row.id }) }));
  try {
    const read = await call(`/api/v1/setup/read?device=${encodeURIComponent(row.id)}`);
    told.replaceChildren(el("h3", { textContent: row.id }),
      el("ul", {}, ...read.readings.map((r) => el("li", { textContent: `${r.point}: ${r.value ?? "–"} ${r.unit ?? ""} ${r.fault ?? ""}` }))),
      ...read.frames.map((f) => el("p", { className: "raw", textContent: `→ ${f.tx}  ← ${f.rx}` })),
      ...read.mbpoll.map((line) => el("p", { className: "raw", textContent: line })));
  } catch (error) {
    told.replaceChildren(el("p", { role: "alert", textContent: `${row.id}: ${error.message}` }));
  }
}

function file() {
  const box = el("textarea", { id: "file", spellcheck: false, "aria-label": t("section.file") });
  box.value = draft.text;
  const save = async () => {
    const wanted = box.value;
    await draft.write(wanted);
    forget("file");
  };
  return [el("h2", { textContent: about.file }), el("p", { className: "note-line", textContent: t("setup.about.file") }), el("div", { data: { keep: "file" } }, box),
    press("primary", t("setup.save"), save)];
}

function history() {
  if (!about.history.length) return [el("h2", { textContent: t("section.history") }), el("p", { className: "empty", textContent: t("setup.history.none") })];
  return [el("h2", { textContent: t("section.history") }), el("ol", {}, ...about.history.map((entry) => el("li", { className: "bar-row" },
    el("span", { textContent: `${entry.n} · ${entry.at ? wallTime(entry.at) : t("setup.history.first")} · ${entry.name}` }),
    press("", t("setup.history.show"), async () => byId("told").replaceChildren(difference((await call(`/api/v1/setup/version?n=${entry.n}`)).diff))),
    press("", t("setup.history.take"), async () => {
      const { text } = await call(`/api/v1/setup/version?n=${entry.n}`);
      forget("file");
      await draft.write(text);
    })))),
  el("div", { id: "told" })];
}

function show() {
  showSections();
  showDraft();
  showTrial();
  showPanel();
}

async function load(world) {
  about = { ...about, ...(await call("/api/v1/setup")) };
  about.now = world?.now ?? about.now;
  living = world?.state ?? living;
  if (!(section in about.forms) && !["file", "history"].includes(section)) section = "buses";
  await draft.begin(about.text, about.tables);
  if (!opened) reopen();
  show();
}

class Setup {
  build(world) {
    this.again = 0;
    load(world).catch((error) => {
      byId("panel").replaceChildren(el("p", { role: "alert", textContent: error.message }));
      this.again = Date.now() + AGAIN_MS; // a box that starts again answers in a moment
    });
  }

  /** The trial is `run`'s; when one begins or ends, the file has changed. */
  show(world) {
    const [before, now] = [about.trial, world.state.config ?? null];
    about.trial = now;
    if (about.file && Boolean(before) !== Boolean(now)) this.build(world);
    else if (about.file) showTrial(world.now);
  }

  tick(world) {
    if (this.again && Date.now() > this.again && !world.lost) this.build(world);
    if (about.trial) showTrial(world.now);
  }
}

openPage(() => new Setup());
