// The draft of the site file: kept in this browser until it is proposed or dropped, edited and checked by the server.

import { posted } from "./prove.js";
import { ended, t, words } from "./words.js";

const KEY = "campus-draft";

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

function kept() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // a browser that keeps nothing still edits
  }
}

function keep(text) {
  try {
    if (text) localStorage.setItem(KEY, text);
    else localStorage.removeItem(KEY);
  } catch {
    // said at once: the draft lives as long as this page
  }
}

export class Draft {
  /** `changed` is called after every change of text or tables. */
  constructor(changed) {
    this.changed = changed;
    this.base = "";
    this.text = "";
    this.tables = {};
  }

  get dirty() {
    return this.text !== this.base;
  }

  async begin(base, tables) {
    this.base = base;
    this.text = base;
    this.tables = tables;
    const old = kept();
    if (!old || old === base) return keep("");
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
    keep(this.dirty ? text : "");
    this.changed();
  }

  drop() {
    keep("");
  }

  /** It is in force now: the page needs no look at a box that is just starting again. */
  taken() {
    this.base = this.text;
    keep("");
  }
}
