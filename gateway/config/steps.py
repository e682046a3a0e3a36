"""What a school changes of the shipped escalation: a step earlier, or with more people. Never later, never with fewer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from alerts.model import Policy, Step
from gateway.config.findings import Finding, close
from gateway.config.model import StepFile
from gateway.config.source import Path_, Source


def hurried(
    source: Source, changes: Sequence[StepFile], policies: Mapping[str, Policy]
) -> tuple[dict[str, Policy], list[Finding]]:
    """Every policy as this school has it, and what is wrong with the changes. A change that is wrong is left out."""
    out, findings = dict(policies), []
    lines: dict[str, int] = {}
    for n, change in enumerate(changes):
        at: Path_ = ("escalation", n)
        name, _, id = change.step.partition("/")
        step = next((s for s in out[name].steps if s.id == id), None) if name in out else None
        if step is None:
            allowed = [f"{name}/{s.id}" for s in out[name].steps] if name in out else [f"{known}/…" for known in sorted(out)]
            every = [f"{p.id}/{s.id}" for p in out.values() for s in p.steps]
            found = source.finding(
                "CFG-020", (*at, "step"), hint=close(change.step, every),
                what_zh="步骤", what="step", value=change.step, allowed=" ".join(allowed) or "-",
            )  # fmt: skip
            findings.append(found)
        elif change.step in lines:
            findings.append(source.finding("CFG-021", (*at, "step"), value=change.step, line=lines[change.step]))
        elif change.after is not None and change.after > step.after:
            given, shipped = change.after / 1000, step.after / 1000
            findings.append(
                source.finding("CFG-059", (*at, "after"), step=change.step, given=f"{given:g}", shipped=f"{shipped:g}")
            )
        else:
            out[name] = _with(out[name], step, change)
        lines.setdefault(change.step, source.place((*at, "step"))[0])
    return out, findings


def _with(policy: Policy, step: Step, change: StepFile) -> Policy:
    to = tuple(dict.fromkeys((*step.to, *change.also)))
    new = dataclasses.replace(step, after=step.after if change.after is None else change.after, to=to)
    return dataclasses.replace(policy, steps=tuple(new if s is step else s for s in policy.steps))
