// The live data: server-sent events, or polling where something swallows them. Says when the data are old; shows nothing itself.

import { Tabs } from "./tabs.js";
import { ended } from "./words.js";

const OLD_MS = 3500; // no news of `run` for so long means lost; the promise to people is 5 s
const POLL_AFTER_MS = 2500;
const POLL_EVERY_MS = 1500;
const REOPEN_AFTER_MS = 8000;
const TICK_MS = 250;

/** An event's id as [epoch, number]. */
const split = (id) => [id.slice(0, id.lastIndexOf("-")), Number(id.slice(id.lastIndexOf("-") + 1))];

export class Stream {
  /** `hear` has snapshot(state), delta(delta), lost(reason) and live(); reasons are "run" and "page". */
  constructor(hear) {
    this.hear = hear;
    this.fresh = null; // performance.now() of the last time the box's own clock moved on
    this.now = null; // the box's clock, wall ms
    this.isLost = null; // false while live, else the reason; null until the first word
    this.eventAt = performance.now();
    this.openedAt = this.eventAt;
    this.polled = 0;
    this.polling = false;
    this.seen = ""; // id of the last event that is in what is shown
    this.later = []; // deltas that came before the snapshot they belong on
    this.tabs = new Tabs((message) => this.relayed(message), () => this.yields());
    this.open();
    this.tabs.ask();
    setInterval(() => this.tick(), TICK_MS);
    document.addEventListener("visibilitychange", () => this.tick());
  }

  /** How old what is shown is, ms; null before anything was heard. */
  age() {
    return this.fresh === null ? null : performance.now() - this.fresh;
  }

  /** The box's clock now, as far as known. */
  boxNow() {
    return this.now === null ? null : this.now + this.age();
  }

  /** An older tab leads: what it tells is enough, put on what is known so far. */
  yields() {
    this.source.close();
    if (!this.seen) this.poll();
  }

  /** From the tab that leads: as if it had come from the server, once there is a snapshot to put it on. */
  relayed({ event, id, data }) {
    this.eventAt = performance.now();
    if (event === "down") return this.onDown();
    const [epoch, n] = split(id);
    if (event === "snapshot") {
      this.seen = id;
      this.later = [];
      return this.onSnapshot(JSON.parse(data), true);
    }
    if (split(this.seen)[0] !== epoch) {
      this.later.push({ event, id, data });
      if (!this.polling) this.poll();
    } else if (n > split(this.seen)[1]) {
      this.seen = id;
      this.onDelta(JSON.parse(data));
    }
  }

  open() {
    this.source?.close();
    this.tabs.leads = true;
    this.openedAt = performance.now();
    this.source = new EventSource("/api/v1/stream");
    const on = (name, take) => this.source.addEventListener(name, (event) => {
      this.seen = event.lastEventId || this.seen;
      take(JSON.parse(event.data));
      this.tabs.tell(event);
    });
    on("snapshot", (state) => this.onSnapshot(state, true));
    on("delta", (delta) => this.onDelta(delta));
    on("down", () => this.onDown());
    this.source.addEventListener("bye", ended);
  }

  onSnapshot(state, streamed) {
    if (streamed) this.eventAt = performance.now();
    this.mark(state.now);
    this.hear.snapshot(state);
    if (this.age() < OLD_MS) this.live();
  }

  onDelta(delta) {
    this.eventAt = performance.now();
    this.mark(delta.now);
    this.hear.delta(delta);
    this.live();
  }

  onDown() {
    this.eventAt = performance.now();
    this.lose("run");
  }

  mark(now) {
    if (now === undefined || now === this.now) return;
    this.now = now;
    this.fresh = performance.now();
  }

  live() {
    if (this.isLost === false) return;
    this.isLost = false;
    this.hear.live();
  }

  lose(reason) {
    if (this.isLost === reason) return;
    this.isLost = reason;
    this.hear.lost(reason);
  }

  tick() {
    const at = performance.now();
    if (at - (this.fresh ?? this.bornAt()) > OLD_MS && !this.isLost) this.lose("page");
    if (at - this.eventAt < POLL_AFTER_MS) return;
    if (!this.polling && at - this.polled > POLL_EVERY_MS) this.poll();
    if (at - this.openedAt > REOPEN_AFTER_MS) this.open();
  }

  bornAt() {
    this.born ??= performance.now();
    return this.born;
  }

  async poll() {
    this.polling = true;
    this.polled = performance.now();
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), POLL_EVERY_MS * 2);
    try {
      const answer = await fetch("/api/v1/state", { signal: stop.signal });
      if (answer.status === 401) ended();
      if (answer.ok) {
        const { down, snapshot, id } = await answer.json();
        if (down) this.lose("run");
        else if (snapshot && snapshot.now !== this.now) {
          this.onSnapshot(snapshot, false);
          this.seen = id;
          for (const message of this.later.splice(0)) if (split(message.id)[0] === split(id)[0]) this.relayed(message);
        }
      }
    } catch (error) {
      // Nobody answered: that is what tick() is counting, and what the person is told.
      if (!(error instanceof TypeError || error.name === "AbortError")) throw error;
    } finally {
      clearTimeout(timer);
      this.polling = false;
    }
  }
}
