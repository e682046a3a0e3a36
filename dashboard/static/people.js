// The page that says who would be called: the question and the answer for the living site.

import { byId } from "./dom.js";
import { Foresee, asItIs } from "./foresee.js";
import { open } from "./shell.js";

class People {
  build(world) {
    this.world = world;
    if (this.foresee) return;
    this.foresee = new Foresee(asItIs, () => ({ ...this.world.state, timezone: this.world.state.site?.timezone }));
    byId("question").replaceChildren(this.foresee.node);
    this.foresee.build(world.now);
    this.foresee.ask();
  }

  show(world) {
    this.world = world;
  }
}

open(() => new People());
