// What every page has: the live state, lamps, notes, sound, clock, the word for old data, the alarm that no page may hide, keys.

import { headline } from "./alarms.js";
import { press, standing } from "./ask.js";
import { byId, el, flag, put } from "./dom.js";
import { wallTime } from "./format.js";
import { keepTyped } from "./kept.js";
import { more } from "./more.js";
import { settled, standsNow } from "./settled.js";
import { Sound } from "./sound.js";
import { firstAlarm, lamps, loudest, merge, sorted, sounding, waiting } from "./state.js";
import { Stream } from "./stream.js";
import { loadWords, t, words } from "./words.js";

const TICK_MS = 200;
const RETRY_MS = 2000;
const HUSH_MS = 300000; // as long as a muted alarm that nobody answers (R14)
const GO_MS = 1500; // after g, the letter of a place
const KEYS_OFF = "keys-off"; // kept by this browser: somebody who dictates, or rests an arm on the keys, wants none

/**
 * Runs a page. Its methods, all optional: build(world) after each snapshot, show(world, ids) after each change (`ids` the points
 * that moved, undefined for all), tick(world) five times a second. `world` is {state, now, alarms, lost}.
 * `ownAlarm`: the page itself shows the first alarm, so the headline has no line for it.
 */
export function open(make, { ownAlarm = false } = {}) {
  more();
  boot(() => start(make(), ownAlarm));
}

function start(page, ownAlarm) {
  const world = { state: null, now: null, alarms: [], lost: true };
  const sound = new Sound();
  let made; // which files this page is made of
  let hushed = -HUSH_MS; // when somebody muted a page that nobody can be asked from

  const showSound = () => {
    byId("mute").hidden = sound.armed;
    byId("armed").hidden = !sound.armed;
    if (sound.armed) put(byId("armed"), t("sound.on"));
    const hush = world.lost && performance.now() - hushed < HUSH_MS;
    if (stream.isLost !== null) sound.play(hush ? "" : sounding(world.alarms, world.lost)); // null: nothing has been heard yet, good or bad
  };
  const showAll = (ids) => {
    world.now = stream.boxNow();
    world.alarms = sorted(world.state);
    standsNow(world.alarms, offered(world.alarms));
    page.show?.(world, ids);
    showLamps(world);
    showNotes(world.state);
    headline(world, ownAlarm);
    showSound();
    standing(world);
    // at a desk the buttons are those of whoever is on duty: a new person, a new page; and after an upgrade the page is a new one
    const other = words.me.desk && !document.querySelector("dialog[open]") && (world.state.post?.desk ?? "") !== words.me.id;
    if (other || (world.state.page !== made && !writing())) location.reload();
  };
  const setLost = (value, reason) => {
    world.lost = value;
    flag(document.body, "lost", value);
    put(byId("why"), reason ? t(`lost.${reason}`) : "");
    for (const button of document.querySelectorAll(".buttons button, #ask button")) button.inert = value;
    if (world.state) showLamps(world);
    showSound();
  };
  const tick = () => {
    const age = stream.age();
    world.now = stream.boxNow();
    if (world.lost) showSound();
    if (!world.state || age === null) return;
    put(byId("age"), t("age", { s: (age / 1000).toFixed(1) }));
    put(byId("clock"), wallTime(world.now, world.state.site?.timezone) + (world.state.clock_ok === false ? ` ${t("clock.bad")}` : ""));
    page.tick?.(world);
    if (byId("mute").hidden !== sound.armed) showSound();
  };
  const stream = new Stream({
    snapshot(whole) {
      world.state = whole;
      made ??= whole.page;
      world.now = stream.boxNow();
      document.body.classList.remove("waiting");
      put(byId("site"), whole.site?.name ?? "");
      page.build?.(world);
      showAll();
      tick();
    },
    delta(delta) {
      if (!world.state) return;
      merge(world.state, delta);
      if (Object.keys(delta).length > 1) showAll(Object.keys(delta.points ?? {}));
    },
    lost: (reason) => setLost(true, reason),
    live: () => {
      hushed = -HUSH_MS;
      setLost(false, "");
    },
  });
  const hush = () => {
    hushed = performance.now();
    showSound();
  };
  byId("hush").addEventListener("click", hush);
  byId("arm").addEventListener("click", async () => {
    await sound.arm();
    showSound();
  });
  byId("armed").addEventListener("click", () => sound.prove());
  sound.tryArm().then(showSound);
  keepTyped(words.me.id ?? "");
  stay();
  keys(world, hush);
  setInterval(tick, TICK_MS);
}

function showLamps(world) {
  const { counts, incomplete, normal } = lamps(world.state, world.lost);
  for (const lamp of document.querySelectorAll(".lamp")) {
    const id = lamp.dataset.lamp;
    const count = id === "normal" ? normal : (counts[id] ?? 0);
    const unsure = id === "normal" && incomplete > 0;
    flag(lamp, "lit", count > 0);
    flag(lamp, "incomplete", unsure);
    if (id === "normal") put(lamp.querySelector(".word"), t(unsure ? "lamp.incomplete" : "lamp.normal"));
    else put(lamp.querySelector(".count"), count ? String(count) : "");
  }
}

function showNotes(state) {
  const notes = [];
  if (state.speed > 1) notes.push(["demo", t("note.speed", { n: state.speed })]);
  if (state.journal?.ok === false || state.journal?.degraded) notes.push(["bad", t("note.degraded")]);
  if (state.stream?.enabled && state.stream.backlog > 1000) notes.push(["", t("note.backlog", { n: state.stream.backlog })]);
  const watch = state.watch ?? {};
  const off = (watch.out_of_service ?? 0) + (watch.unverified ?? 0);
  if (off) notes.push(["bad", t("note.out", { n: off, u: watch.unverified })]);
  if (watch.maintenance) notes.push(["bad", t("note.maintenance", { n: watch.maintenance })]);
  if (watch.walk) notes.push(["bad", t("note.walk", { n: watch.walk })]);
  if (watch.trial) notes.push(["", t("note.trial", { n: watch.trial })]);
  if (watch.drill) notes.push(["demo", t("note.drill")]);
  if (watch.flood) notes.push(["bad", t("note.flood")]);
  const key = JSON.stringify(notes);
  if (byId("notes").dataset.key === key) return;
  byId("notes").dataset.key = key;
  byId("notes").replaceChildren(...notes.map(([name, text]) => el("p", { className: `note ${name}`, textContent: text })));
}

/** Is somebody in the middle of something that a new page would throw away? */
const writing = () => document.querySelector("dialog[open], #editor, #file, #back[hidden]") || document.activeElement?.matches("input, textarea, select");

/** Another language or look leaves everybody where he is. */
function stay() {
  for (const link of document.querySelectorAll("a[data-look]")) {
    link.addEventListener("click", () => {
      const query = new URLSearchParams(location.search);
      for (const [name, value] of new URLSearchParams(link.search)) query.set(name, value);
      link.search = query;
    });
  }
}

/** The alarm that waits for an answer on every page, or else the first. */
const offered = (alarms) => waiting(alarms) ?? firstAlarm(alarms);

/** a answers, m mutes what is heard, g and a letter goes to a place, / searches, ? says so. Never while somebody types. */
function keys(world, hush) {
  let going = -GO_MS; // when g was pressed; a young page's clock is near 0
  document.addEventListener("keydown", (event) => {
    const typing = localStorage.getItem(KEYS_OFF) ? event.key !== "?" : event.target.closest?.("input, textarea, select") || event.ctrlKey || event.altKey || event.metaKey;
    if (typing || document.querySelector("dialog[open]")) return; // a question is open, wherever the focus went
    const [first, loud] = [offered(world.alarms), loudest(world.alarms)];
    const there = performance.now() - going < GO_MS && document.querySelector(`.places a[data-key="${CSS.escape(event.key)}"]`);
    if (there) return there.click();
    going = event.key === "g" ? performance.now() : -GO_MS;
    if (event.key === "a" && first && !first.acked) settled(first, () => press("ack", "ack", first));
    else if (event.key === "m" && world.lost) hush();
    else if (event.key === "m" && loud) settled(loud, () => press("silence", "silence", loud));
    else if (event.key === "?") help();
    else if (event.key === "/") {
      event.preventDefault();
      document.querySelector("input[type=search]")?.focus();
    }
  });
}

function help() {
  const dialog = byId("ask");
  dialog.replaceChildren(el("h2", { textContent: t("keys") }),
    el("dl", { className: "keys" }, ...["a", "m", "slash", "g"].flatMap((key) => [
      el("dt", {}, el("kbd", { textContent: key === "slash" ? "/" : key })), el("dd", { textContent: t(`keys.${key}`) })])),
    el("p", { textContent: [...document.querySelectorAll(".places a")].map((a) => `g ${a.dataset.key} ${a.textContent}`).join(" · ") }),
    el("label", { className: "tick" }, el("input", { type: "checkbox", checked: Boolean(localStorage.getItem(KEYS_OFF)),
      onchange: (event) => (event.target.checked ? localStorage.setItem(KEYS_OFF, "1") : localStorage.removeItem(KEYS_OFF)) }), t("keys.off")),
    el("div", { className: "buttons" }, el("button", { className: "big", textContent: t("ask.back"), onclick: () => dialog.close() })));
  dialog.showModal();
}

/** Without words nothing can be said, so the page waits for them, grey, with its lost strip up. */
async function boot(begin) {
  try {
    await loadWords();
  } catch {
    document.body.classList.add("lost");
    setTimeout(() => boot(begin), RETRY_MS);
    return;
  }
  document.body.classList.remove("lost");
  begin();
}
