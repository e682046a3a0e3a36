// What somebody has typed and not sent outlives the page it stands in: another language or look, a way back, a form drawn anew.
// Kept by this tab, for one person. A password, a PIN, a file, and a tick in a question (a person's word) are never kept.

const STORE = "campus-typed";
const FIELDS = "input, select, textarea";
let kept = { who: "", forms: {} }; // "page form" → {field: value}

const page = (name) => `${location.pathname} ${name}`;
const nameOf = (field) => (field.type === "checkbox" ? `${field.name}=${field.value}` : field.name || field.id);
const valueOf = (field) => (field.type === "checkbox" ? field.checked : field.value);
const formOf = (field) => field.closest("[data-keep]")?.dataset.keep;

function keepable(field) {
  if (!(field.name || field.id) || ["password", "file", "hidden"].includes(field.type)) return false;
  return field.type !== "checkbox" || !field.closest("dialog");
}

function hear({ target }) {
  const form = target.matches?.(FIELDS) && keepable(target) && formOf(target);
  if (form) (kept.forms[page(form)] ??= {})[nameOf(target)] = valueOf(target);
}

/** Puts what was typed back into the forms in `root`, as if it were typed again; nothing where an answer is no longer offered. */
function fill(root) {
  const forms = [root.closest("[data-keep]"), ...root.querySelectorAll("[data-keep]")].filter(Boolean);
  for (const form of forms) {
    const typed = kept.forms[page(form.dataset.keep)];
    for (const field of typed ? form.querySelectorAll(FIELDS) : []) {
      const value = typed[nameOf(field)];
      if (value === undefined || value === valueOf(field) || !keepable(field)) continue;
      if (field.tagName === "SELECT" && ![...field.options].some((one) => one.value === value)) continue;
      field[field.type === "checkbox" ? "checked" : "value"] = value;
      for (const event of ["input", "change"]) field.dispatchEvent(new Event(event, { bubbles: true }));
    }
  }
}

/** Who logs out leaves nothing. What was sent the one who sends it forgets. */
function sent({ target }) {
  if (target.getAttribute("action") === "/logout") kept.forms = {};
}

function save() {
  try {
    sessionStorage.setItem(STORE, JSON.stringify(kept));
  } catch {
    // a browser that keeps nothing: it lives as long as this page
  }
}

function before() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE)) ?? kept;
  } catch {
    return kept;
  }
}

/** From now on; what another person has left in this tab is gone. */
export function keepTyped(who) {
  const old = before();
  kept = old.who === who ? old : { who, forms: {} };
  document.addEventListener("input", hear, true);
  document.addEventListener("change", hear, true);
  document.addEventListener("submit", sent);
  addEventListener("pagehide", save);
  document.addEventListener("visibilitychange", save); // a phone may end a page that it has put away
  new MutationObserver((changes) => {
    if (!Object.keys(kept.forms).length) return;
    for (const { addedNodes } of changes) for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE && node.isConnected) fill(node);
  }).observe(document.body, { childList: true, subtree: true });
  fill(document.body);
}

/** It was sent, or given up. */
export function forget(name) {
  delete kept.forms[page(name)];
}

/** Which form is open, for a page that opens it again; undefined where none was. */
export const opened = (name) => kept.forms[page(name)]?.[""];
export function open(name, what) {
  kept.forms[page(name)] = { "": what };
}
