// The page: joins the live data to lamps, alarms, points, curve and sound. Wiring only.

import { Alarms } from "./alarms.js";
import { Chart } from "./chart.js";
import { byId, el, flag, put } from "./dom.js";
import { wallTime } from "./format.js";
import { Points } from "./points.js";
import { Sound } from "./sound.js";
import { lamps, merge, sounding } from "./state.js";
import { Stream } from "./stream.js";
import { loadWords, t } from "./words.js";

const TICK_MS = 200;
const RETRY_MS = 2000;
let state = null;
let lost = true;

function showLamps() {
  const { counts, incomplete, normal } = lamps(state, lost);
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

function showNotes() {
  const notes = [];
  if (state.speed > 1) notes.push(["demo", t("note.speed", { n: state.speed })]);
  if (state.journal?.ok === false || state.journal?.degraded) notes.push(["bad", t("note.degraded")]);
  if (state.stream?.enabled && state.stream.backlog > 1000) notes.push(["", t("note.backlog", { n: state.stream.backlog })]);
  const watch = state.watch ?? {};
  const off = (watch.out_of_service ?? 0) + (watch.unverified ?? 0);
  if (off) notes.push(["bad", t("note.out", { n: off, u: watch.unverified })]);
  if (watch.maintenance) notes.push(["bad", t("note.maintenance", { n: watch.maintenance })]);
  if (watch.trial) notes.push(["", t("note.trial", { n: watch.trial })]);
  if (watch.drill) notes.push(["demo", t("note.drill")]);
  if (watch.flood) notes.push(["bad", t("note.flood")]);
  const key = JSON.stringify(notes);
  if (byId("notes").dataset.key === key) return;
  byId("notes").dataset.key = key;
  byId("notes").replaceChildren(...notes.map(([name, text]) => el("p", { className: `note ${name}`, textContent: text })));
}

function start() {
  const sound = new Sound();
  const alarms = new Alarms();
  const chart = new Chart(() => ({ state, now: stream.boxNow() }));
  const points = new Points((id) => chart.open(id));

  const showSound = () => {
    byId("mute").hidden = sound.armed;
    if (state) sound.play(lost ? "fault" : sounding(alarms.alarms));
  };
  const showAll = (ids) => {
    const now = stream.boxNow();
    alarms.show(state, now);
    points.show(state, now, ids);
    points.mark(state, alarms.alarms);
    points.showOutputs(state);
    chart.show();
    showLamps();
    showNotes();
    showSound();
  };
  const setLost = (value, reason) => {
    lost = value;
    flag(document.body, "lost", lost);
    put(byId("why"), reason ? t(`lost.${reason}`) : "");
    for (const button of document.querySelectorAll("#alarms button, #ask button")) button.inert = lost;
    if (state) showLamps();
    showSound();
  };
  const tick = () => {
    const [age, now] = [stream.age(), stream.boxNow()];
    if (!state || age === null) return;
    put(byId("age"), t("age", { s: (age / 1000).toFixed(1) }));
    put(byId("clock"), wallTime(now, state.site?.timezone) + (state.clock_ok === false ? ` ${t("clock.bad")}` : ""));
    alarms.tick(now);
    points.tick(state, now);
    if (byId("mute").hidden !== sound.armed) showSound();
  };
  const stream = new Stream({
    snapshot(whole) {
      state = whole;
      document.body.classList.remove("waiting");
      put(byId("site"), state.site?.name ?? "");
      points.build(state);
      showAll();
      tick();
    },
    delta(delta) {
      if (!state) return;
      merge(state, delta);
      if (Object.keys(delta).length > 1) showAll(Object.keys(delta.points ?? {}));
    },
    lost: (reason) => setLost(true, reason),
    live: () => setLost(false, ""),
  });
  byId("arm").addEventListener("click", async () => {
    await sound.arm();
    showSound();
  });
  sound.tryArm().then(showSound);
  setInterval(tick, TICK_MS);
}

/** Without words nothing can be said, so the page waits for them, grey, with its lost strip up. */
async function boot() {
  try {
    await loadWords();
  } catch {
    document.body.classList.add("lost");
    setTimeout(boot, RETRY_MS);
    return;
  }
  document.body.classList.remove("lost");
  start();
}

boot();
