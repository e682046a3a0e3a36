// The places that do not fit under the thumb of a phone: a button brings them up and puts them away. On a wide screen it is not there.

import { byId } from "./dom.js";

export function more() {
  const button = byId("more");
  const rest = byId("rest");
  const show = (open) => {
    button.setAttribute("aria-expanded", String(open));
    rest.classList.toggle("open", open);
  };
  const open = () => button.getAttribute("aria-expanded") === "true";
  button.addEventListener("click", () => show(!open()));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !open()) return;
    show(false);
    button.focus();
  });
  // whatever is pressed or reached beside them puts them away: they lie over the page
  for (const kind of ["pointerdown", "focusin"]) {
    document.addEventListener(kind, (event) => {
      if (open() && !event.target.closest("#rest, #more")) show(false);
    });
  }
}
