// The overview and the wall: alarms, points, outputs and one curve. Wiring only.

import { Alarms } from "./alarms.js";
import { Chart } from "./chart.js";
import { FirstPlan } from "./first-plan.js";
import { Points } from "./points.js";
import { open } from "./shell.js";
import { Wall } from "./wall.js";

open(() => {
  let world = { state: null, now: null };
  const alarms = new Alarms();
  const chart = new Chart(() => world);
  const points = new Points((id) => chart.open(id));
  const plan = new FirstPlan();
  const wall = document.body.classList.contains("wall") ? new Wall() : null;
  return {
    build(now) {
      world = now;
      points.build(world.state);
    },
    show(now, ids) {
      world = now;
      alarms.show(world);
      plan.show(world);
      points.show(world.state, world.now, ids);
      points.mark(world.state, world.alarms);
      points.showOutputs(world.state);
      chart.show();
      wall?.show();
    },
    tick() {
      alarms.tick(world.now);
      points.tick(world.state, world.now);
    },
  };
}, { ownAlarm: true });
