// One alarm: how it stands, what can be done, its readings, and everything that happened with who and when, from the journal.

import { alarmButtons, extraButtons, facts, lifeText, namer, title } from "./alarms.js";
import { call119 } from "./ask.js";
import { calmly } from "./calm.js";
import { draw } from "./curve.js";
import { byId, el, put } from "./dom.js";
import { wallTime } from "./format.js";
import { fetchJson } from "./fetch.js";
import { checklist, outside } from "./help.js";
import { causeWord, channelWord, deviceOf, said, t, whereOf, words } from "./words.js";

const BEFORE = 15 * 60 * 1000;
const REFRESH_MS = 3000;

export class Story {
  /** `close` is called by the button that leaves the story. */
  constructor(node, close) {
    this.node = node;
    this.close = close;
    this.key = "";
    this.id = "";
    this.ticks = [];
    this.read = 0;
  }

  show(alarm, id, world) {
    this.node.hidden = !id;
    if (!id) {
      this.key = this.id = "";
      this.ticks = [];
      return;
    }
    const key = JSON.stringify([id, alarm]);
    if (key === this.key) return;
    this.key = key;
    const fresh = this.id !== id;
    this.id = id;
    const build = () => this.key === key && this.build(alarm, world, fresh);
    fresh ? build() : calmly(this.node, build); // the row that was pressed to come here lies elsewhere
    this.load(alarm, world, fresh);
  }

  build(alarm, world, fresh) {
    const { state } = world;
    this.ticks = [];
    const moving = (write) => {
      const node = el("span");
      this.ticks.push((now) => put(node, write(now)));
      return node;
    };
    const back = el("button", { className: "close", textContent: t("story.close"), onclick: this.close });
    if (!alarm) {
      this.node.replaceChildren(back, el("h2", { textContent: t("story") }), el("p", { className: "empty", textContent: t("story.looking") }), this.timeline = el("ol", { className: "timeline" }));
      return;
    }
    const open = alarm.state !== "normal";
    if (fresh) {
      this.timeline = el("ol", { className: "timeline" });
      this.plot = el("div", { className: "plot" });
      this.note = el("p", { className: "empty" });
    }
    const building = state.buildings.find((b) => b.id === alarm.building)?.name;
    this.node.replaceChildren(back,
      el("div", { className: "alarm", data: { lamp: alarm.lamp, alarm: alarm.id } },
        el("div", { className: "head" }, el("strong", { className: "what", textContent: title(alarm) }),
          el("span", { className: "life" }, moving((now) => lifeText(alarm, now)))),
        el("p", { className: "where" }, el("span", { className: "place", textContent: whereOf(alarm) }),
          el("span", { className: "device", textContent: [building, deviceOf(alarm, state), alarm.number ? t("number", { n: String(alarm.number).padStart(2, "0") }) : ""].filter(Boolean).join(" · ") })),
        el("div", { className: "facts" }, ...facts(alarm, state, moving, namer(state)).filter(Boolean)),
        open ? el("div", { className: "buttons" }, ...alarmButtons(alarm), alarm.lamp === "fire" || alarm.lamp === "gas" ? call119() : null) : null,
        open ? el("div", { className: "buttons more" }, ...extraButtons(alarm),
          alarm.building ? el("a", { href: `/plans?alarm=${encodeURIComponent(alarm.id)}`, textContent: t("nav.plans") }) : null) : null,
        open ? checklist(alarm, state) : null,
        open ? outside(state) : null),
      el("h3", { textContent: t("story.readings") }), this.plot, this.note,
      el("h3", { textContent: t("story.timeline") }), this.timeline);
    this.tick(world.now);
  }

  async load(alarm, world, fresh) {
    const id = this.id;
    const story = await fetchJson("story", { alarm: id });
    if (!story || id !== this.id) return;
    const name = namer(world.state);
    const zone = world.state.site?.timezone;
    const lines = together(story).map((event) => el("li", { className: event.kind },
      el("time", { textContent: wallTime(event.wall, zone) }),
      el("span", { className: "said", textContent: sentence(event, name, world.state.channels) }),
      event.clock_ok === false ? el("small", { textContent: t("clock.bad") }) : null));
    this.timeline.replaceChildren(...(lines.length ? lines : [el("li", { className: "empty", textContent: t("story.none") })]));
    if (alarm && fresh) this.curve(alarm, story, world);
  }

  /** The readings from a quarter of an hour before until the end, with what happened as marks. */
  async curve(alarm, story, world) {
    const point = world.state.points[alarm.point];
    if (!point) return put(this.note, t("curve.none"));
    const last = story.length ? story[story.length - 1].wall : alarm.raised;
    const to = Math.ceil(alarm.state === "normal" ? last + BEFORE : world.now);
    const from = alarm.first - BEFORE;
    const history = await fetchJson("history", { point: alarm.point, from, to });
    if (!history || this.id !== alarm.id) return;
    const marks = story.filter((event) => MARKED.has(event.kind)).map((event) => ({ at: event.wall, lamp: alarm.lamp, text: t(`event.${event.kind}`) }));
    const drawn = draw(this.plot, [{ id: alarm.point, point, history }], { from, to, state: world.state, marks });
    put(this.note, drawn ? "" : t("curve.none"));
  }

  tick(now) {
    if (now !== null) for (const tick of this.ticks) tick(now);
    if (this.id && performance.now() - this.read > REFRESH_MS) this.read = performance.now();
  }
}

const MARKED = new Set(["raised", "again", "acked", "result", "gone", "reset", "closed"]);

/** One line for all who were told in one step. */
function together(story) {
  const lines = [];
  for (const event of story) {
    const last = lines[lines.length - 1];
    if (event.kind === "notified" && last?.kind === "notified" && last.args.message === event.args.message && event.wall - last.wall < 1000) {
      last.people.add(event.who);
      last.channels.add(event.args.channel);
    } else {
      lines.push({ ...event, people: new Set([event.who]), channels: new Set([event.args?.channel].filter(Boolean)) });
    }
  }
  return lines;
}

/** An event in words. A kind that this page does not know is shown as it is: nothing is left out. */
function sentence(event, name, channels) {
  const args = event.args ?? {};
  const who = [...event.people].filter(Boolean).map(name).join(t("comma"));
  // journals of before said what became of a message by the code of one kind, "delivered"
  const key = `event.${(event.kind === "delivered" && event.code) || event.kind}`;
  const text = key in words.text ? t(key) : event.kind;
  const more = [];
  if (event.kind === "notified") more.push([...event.channels].map((id) => channelWord(id, channels)).join(t("comma")));
  if (event.kind === "result") more.push(t(`result.${args.result}`), causeWord(args.cause));
  if (event.kind === "note" || event.kind === "repair") more.push(args.text);
  if (event.kind === "assigned") more.push(name(args.to));
  if (event.kind === "ticked") more.push(args.item);
  if (event.kind === "refused") more.push(event.code);
  if ((event.kind === "raised" || event.kind === "again") && args.value !== undefined && args.value !== null) more.push(String(args.value));
  const proof = args.proof && `proof.${args.proof}` in words.text ? t(`proof.${args.proof}`) : "";
  if (args.on_screen) more.push(t("story.saw", { what: args.on_screen }));
  return [[who, text].filter(Boolean).join(" "), ...more.filter(Boolean).map(said), proof].filter(Boolean).join(" · ");
}
