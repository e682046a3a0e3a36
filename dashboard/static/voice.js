// A place as the guard room says it. Browsers allow sound only after a person's touch: `listen` is called from one.

import { reply } from "./ask.js";
import { fetchJson } from "./fetch.js";
import { t } from "./words.js";

export class Voice {
  constructor() {
    this.context = null;
  }

  async listen() {
    this.context ??= new AudioContext();
    await this.context.resume();
  }

  /** `wanted`: {zone} or {text}. Says what nobody has recorded. Silent until somebody has touched `listen`. */
  async say(wanted) {
    if (!this.context) return;
    const found = await fetchJson("spoken", wanted);
    if (found?.missing) reply(t("walk.missing", { text: found.missing }), false);
    if (!found?.wav || this.context.state !== "running") return;
    const source = this.context.createBufferSource();
    source.buffer = await this.context.decodeAudioData(Uint8Array.from(atob(found.wav), (c) => c.charCodeAt(0)).buffer);
    source.connect(this.context.destination);
    source.start();
  }
}
