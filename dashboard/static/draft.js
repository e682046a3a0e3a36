// The draft of the site file: kept in this browser until it is proposed or dropped, edited and checked by the server.

import { posted } from "./prove.js";
import { ended, t, words } from "./words.js";

const [KEY, BASE] = ["campus-draft", "campus-draft-base"]; // the draft, and the file as it was when the draft was begun

export async function call(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": words.csrf },
    body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await posted(path, options);
  } catch {
    throw new Error(t("reply.down"));
  }
  if (answer.status === 401) ended();
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(wrong(told, answer.status));
  return told;
}

/** The server's words; of a refused shape only where it is wrong. */
function wrong(told, status) {
  if (typeof told.detail === "string") return told.detail;
  if (told.text) return told.text;
  const [field] = (told.detail?.[0]?.loc ?? []).slice(-1);
  return t("reply.failed", { code: field ?? status });
}

function kept(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // a browser that keeps nothing still edits
  }
}

function keep(text, base) {
  try {
    for (const [key, value] of [[KEY, text], [BASE, text && base]]) value ? localStorage.setItem(key, value) : localStorage.removeItem(key);
  } catch {
    // said at once: the draft lives as long as this page
  }
}

export class Draft {
  /** `changed` is called after every change of text or tables. */
  constructor(changed) {
    this.changed = changed;
    this.base = "";
    this.begun = ""; // the file when this draft was begun
    this.text = "";
    this.tables = {};
  }

  get dirty() {
    return this.text !== this.base;
  }

  /** Has somebody else changed the file since? To put this draft into force would undo that. */
  get behind() {
    return this.dirty && this.begun !== this.base;
  }

  async begin(base, tables) {
    this.base = this.begun = base;
    this.text = base;
    this.tables = tables;
    const old = kept(KEY);
    if (!old || old === base) return keep("");
    this.begun = kept(BASE) || base;
    try {
      this.tables = (await call("/api/v1/setup/tables", { text: old })).tables;
      this.text = old;
    } catch {
      this.text = old; // no YAML any more: the file's own tab shows it
    }
  }

  async edit(change) {
    const told = await call("/api/v1/setup/edit", { text: this.text, ...change });
    this.take(told.text, told.tables);
  }

  async write(text) {
    const told = await call("/api/v1/setup/tables", { text });
    this.take(text, told.tables);
  }

  take(text, tables) {
    this.text = text;
    this.tables = tables;
    if (!this.dirty) this.begun = this.base;
    keep(this.dirty ? text : "", this.begun);
    this.changed();
  }

  drop() {
    keep("");
  }

  /** It is in force now: the page needs no look at a box that is just starting again. */
  taken() {
    this.base = this.begun = this.text;
    keep("");
  }
}
