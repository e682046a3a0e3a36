// The rota of the weeks ahead: who stands where, holes as faults, swaps proposed, agreed, taken back. `run` says what may be swapped.

import { send } from "./ask.js";
import { byId, el } from "./dom.js";
import { fetchJson } from "./fetch.js";
import { question } from "./form.js";
import { wallTime } from "./format.js";
import { colon, t, words } from "./words.js";
import { offset } from "./when.js";

const DAY = 86400000;
const POSTS = ["duty", "second", "leader"];
const TAKERS = new Set(["duty", "keeper", "leader", "officer", "head", "admin"]);
const FOR_OTHERS = new Set(["leader", "officer", "head", "admin"]);

export class Rota {
  /** `world` as the page has it; `name`: person id to name. */
  async load(world, name) {
    const found = await fetchJson("rota", { days: 28 });
    if (!found) return;
    Object.assign(this, { found, world, name, zone: world.state.site?.timezone });
    const posts = POSTS.filter((post) => found.turns.some((turn) => turn.post === post));
    byId("swaps").replaceChildren(...found.swaps.map((swap) => this.swap(swap)));
    byId("rota").replaceChildren(posts.length ? this.table(posts) : el("p", { className: "empty", textContent: t("rota.none") }));
  }

  clock = (ms) => wallTime(ms, this.zone).slice(11, 16);
  day = (ms) => wallTime(ms, this.zone).slice(5, 10);
  midnight = (ms) => Math.floor((ms + offset(ms, this.zone)) / DAY);

  table(posts) {
    const { found } = this;
    const rows = [];
    for (let at = found.from; at < found.to; at += DAY) {
      const day = this.midnight(at);
      const on = (one, from) => this.midnight(Math.max(from, found.from)) === day;
      rows.push(el("tr", { className: at <= found.now && found.now < at + DAY ? "today" : "" },
        el("th", { scope: "row", textContent: `${this.day(at)} ${t(`weekday.${(day + 4) % 7}`)}` }),
        ...posts.map((post) => el("td", {},
          ...found.turns.filter((turn) => turn.post === post && on(turn, turn.start)).map((turn) => this.turn(turn)),
          ...found.holes.filter((hole) => hole.post === post && on(hole, hole.from)).map((hole) => el("p", { className: "bad hole",
            textContent: `! ${t("rota.hole")} ${this.clock(hole.from)}–${this.midnight(hole.to) === day ? "" : `${this.day(hole.to)} `}${this.clock(hole.to)}` }))))));
    }
    return el("div", { className: "scroll" }, el("table", { className: "rows rota" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col", textContent: t("rota.day") }), ...posts.map((post) => el("th", { scope: "col", textContent: t(`post.${post}`) })))),
      el("tbody", {}, ...rows)));
  }

  turn(turn) {
    const { me } = words;
    const text = `${this.clock(turn.start)}–${this.clock(turn.end)} ${this.name(turn.person)}`;
    const may = words.verbs.includes("swap") && !me.desk && turn.start > this.found.now && !turn.by && (turn.person === me.id || FOR_OTHERS.has(me.role));
    const now = turn.start <= this.found.now && this.found.now < turn.end;
    return el("p", { className: now ? "on" : "", data: { turn: turn.start, post: turn.post, person: turn.person } },
      now ? el("b", { textContent: text }) : text,
      turn.by ? el("small", { textContent: ` ${t("rota.instead", { name: this.name(turn.by) })}` }) : "",
      may ? el("button", { className: "small", textContent: t("rota.swap"), onclick: () => this.ask(turn) }) : "");
  }

  ask(turn) {
    const others = this.world.state.people.filter((person) => TAKERS.has(person.role) && person.id !== turn.person);
    const back = this.found.turns.filter((one) => one.post === turn.post && one.person !== turn.person && one.start > this.found.now && !one.by);
    question({
      title: `${t("rota.swap")} · ${this.day(turn.start)} ${this.clock(turn.start)}–${this.clock(turn.end)} ${this.name(turn.person)}`,
      text: t(FOR_OTHERS.has(words.me.role) ? "rota.at-once" : "rota.asked"), button: t("rota.propose"), style: "ack", keep: `swap ${turn.post} ${turn.start}`,
      fields: [
        { id: "to", kind: "select", label: t("rota.to"), required: true, options: [["", t("ask.choose-person")], ...others.map((person) => [person.id, person.name])] },
        { id: "back", kind: "select", label: t("rota.back"), options: [["", t("rota.no-back")], ...back.map((one) => [`${one.start} ${one.person}`, `${this.name(one.person)} ${this.day(one.start)} ${this.clock(one.start)}–${this.clock(one.end)}`])] }],
      send: ({ to, back: given }) => {
        const [start] = given.split(" ");
        const args = { post: turn.post, start: turn.start, from: turn.person, to };
        return this.did("swap", "", given ? { ...args, back: Number(start) } : args);
      },
    });
  }

  swap(swap) {
    const { me } = words;
    const when = (ms) => `${this.day(ms)} ${this.clock(ms)}`;
    const text = t(swap.back ? "rota.both" : "rota.one", { from: this.name(swap.from), to: this.name(swap.to), t: when(swap.start), back: swap.back ? when(swap.back) : "" });
    const one = [swap.from, swap.to].includes(me.id);
    const may = words.verbs.includes("swap") && !me.desk;
    return el("p", { className: "swap", data: { swap: swap.id } }, colon(t(swap.agreed ? "rota.agreed" : "rota.waits"), `${text} `),
      may && !swap.agreed && (FOR_OTHERS.has(me.role) || (one && swap.by !== me.id)) ? el("button", { className: "ack", textContent: t("rota.agree"), onclick: () => this.did("swap-answer", swap.id, { agree: true }) }) : "",
      may && (one || FOR_OTHERS.has(me.role)) ? el("button", { textContent: t("rota.take-back"), onclick: () => this.did("swap-answer", swap.id, {}) }) : "");
  }

  async did(verb, id, args) {
    const done = await send(verb, id, args);
    if (done) await this.load(this.world, this.name);
    return done;
  }
}
