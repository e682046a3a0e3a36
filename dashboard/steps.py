"""The steps of escalation that a school may take earlier, in words for the set-up page. Words only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.kinds import KINDS
from alerts.model import Policy

SECOND, MINUTE = 1_000, 60_000


def steps(policies: Iterable[Policy], words: Mapping[str, str], lang: str) -> list[dict[str, str]]:
    """[{"id": policy/step, "zh": what and when and to whom}], alarms in the order of their severity. `words`: the page's texts."""
    order = {kind: n for n, kind in enumerate(KINDS)}
    ranked = sorted(policies, key=lambda p: (order.get(p.id, len(order)), p.id))
    return [{"id": f"{p.id}/{s.id}", "zh": _words(p, n, words, lang)} for p in ranked for n, s in enumerate(p.steps)]


def _words(policy: Policy, n: int, words: Mapping[str, str], lang: str) -> str:
    step, kind = policy.steps[n], KINDS.get(policy.id)
    name = policy.id if kind is None else kind.en if lang == "en" else kind.zh
    time = f"{step.after // MINUTE} min" if step.after and step.after % MINUTE == 0 else f"{step.after // SECOND} s"
    return " · ".join((name, words[f"step.{step.when}"], time, words["comma"].join(words[f"choice.{to}"] for to in step.to)))
