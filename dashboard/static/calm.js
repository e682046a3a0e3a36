// Replaces what may lie under a finger or hold the focus: a press ends on the node it began on, whoever goes by keys stays there, and what
// somebody has folded open or shut stays so.

const PRESS_MS = 5000; // longer than a press lasts: what is new does not wait for a hand that rests on the glass
const AFTER_MS = 300; // the click of a touch comes a little after its end
let pressed = null;
let timer = 0;
const waiting = new Map(); // node -> the newest way to build it

/** Runs `build`, which replaces children of `node`: now, or when the press inside it is over. Only the newest one counts. */
export function calmly(node, build) {
  if (pressed && node.contains(pressed)) return waiting.set(node, build);
  waiting.delete(node);
  const held = node.contains(document.activeElement) ? path(document.activeElement, node) : "";
  const folds = [...node.querySelectorAll("details")].map((one) => [path(one, node), one.open]);
  build();
  for (const [where, open] of folds) {
    const one = node.querySelector(where);
    if (one) one.open = open;
  }
  if (held && !node.contains(document.activeElement)) node.querySelector(held)?.focus({ preventScroll: true });
}

function release() {
  pressed = null;
  for (const [node, build] of [...waiting]) calmly(node, build);
}

/** What finds the same thing in children that were built anew: ids and data of what it lies in, and its own, or else its classes. */
function path(element, node) {
  const steps = [];
  for (let one = element; one !== node; one = one.parentElement) {
    const data = one.getAttributeNames().filter((name) => name.startsWith("data-")).map((name) => `[${name}="${CSS.escape(one.getAttribute(name))}"]`).join("");
    const name = one.id ? `#${CSS.escape(one.id)}` : data;
    if (name || one === element) steps.unshift(name || [one.tagName.toLowerCase(), ...[...one.classList].map(CSS.escape)].join("."));
  }
  return steps.join(" ");
}

document.addEventListener("pointerdown", (event) => {
  pressed = event.target;
  clearTimeout(timer);
  timer = setTimeout(release, PRESS_MS);
}, true);
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => {
    clearTimeout(timer);
    timer = setTimeout(release, AFTER_MS);
  }, true);
}
