"""Set-points that a new site file has changed: written into the journal at the start, with who compiled the file. Pure but for `note`.

R27, GB 14287.5 5.3.6: a changed set-point is recorded with a person, the old and the new value. The rules of the last start
are kept in the journal itself, so that a change is neither missed nor told twice.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping

from alerts.model import Rule, Scalar

KEY = "setpoints"  # of the journal's notes
Settings = Mapping[str, Scalar]


def settings(rules: Iterable[Rule]) -> dict[str, Scalar]:
    """`rule.key` -> what it is set to; delays in ms."""
    return {
        f"{rule.id}.{key}": value
        for rule in rules
        for key, value in {**rule.params, "on_delay": rule.on_delay, "off_delay": rule.off_delay}.items()
    }


def changes(old: Settings, new: Settings, by: str) -> list[dict[str, Scalar]]:
    """What an event `setpoint` says of each that is not as it was. A rule that came or went with its sensors is none."""
    return [
        {"setpoint": name, "old": old[name], "new": new[name], "by": by}
        for name in sorted(old.keys() & new.keys())
        if old[name] != new[name]
    ]


async def note(
    rules: Iterable[Rule],
    by: str,
    kept: Mapping[str, str],
    keep: Callable[[str, str], None],
    write: Callable[[dict[str, Scalar]], Awaitable[None]],
) -> None:
    """Give each change to `write`. `kept`: the journal's notes at the start; `keep` rides on the next commit."""
    new = settings(rules)
    old = json.loads(kept.get(KEY, "{}"))
    found = changes(old, new, by)
    for args in found[:-1]:
        await write(args)
    if old != new:
        keep(KEY, json.dumps(new))  # with the last of them: a crash before it tells all again, and loses none
    for args in found[-1:]:
        await write(args)
