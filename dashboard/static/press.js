// Buttons whose work takes a while: they rest meanwhile, and what goes wrong is said.

import { reply } from "./ask.js";
import { el } from "./dom.js";

export function press(name, text, act, disabled = false) {
  const node = el("button", { className: name, textContent: text, disabled });
  node.addEventListener("click", async () => {
    node.disabled = true;
    try {
      await act();
    } catch (error) {
      reply(error.message, false);
    }
    node.disabled = false;
  });
  return node;
}
