// Questions to the server. Gives null when there is no answer: the person has been told why.

import { reply } from "./ask.js";
import { ended, t } from "./words.js";

export async function fetchJson(what, parameters = {}) {
  let answer;
  try {
    answer = await fetch(`/api/v1/${what}?${new URLSearchParams(Object.entries(parameters).map(([key, value]) => [key, String(value)]))}`);
  } catch {
    reply(t("ask.unanswered"), false);
    return null;
  }
  if (answer.status === 401) {
    ended();
    return null;
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok) return body;
  reply(body?.text ?? t("ask.unanswered"), false);
  return null;
}
