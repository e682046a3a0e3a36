"""The commands a test gives at run time, one JSON object a line on stdin: checked, carried out, logged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from drivers.simulator.faults import ALWAYS, make
from drivers.simulator.log import Log
from drivers.simulator.stage import Stage
from drivers.simulator.world import World


class Control:
    """`stop` is called for {"stop": true}. A command that cannot be carried out is logged as refused, with why."""

    def __init__(self, world: World, stage: Stage, log: Log, second: Callable[[], float], stop: Callable[[], None]) -> None:
        self._world, self._log = world, log
        self._verbs: dict[str, Callable[[Any], None]] = {
            "set": lambda a: world.set_register(a["line"], a["unit"], a["space"], a["address"], a["value"]),
            "free": lambda a: world.free_register(a["line"], a["unit"], a["space"], a["address"]),
            "unit": lambda a: world.set_unit(a["line"], a["unit"], a["mode"]),
            "fault": lambda a: world.spoil(
                a["line"], a.get("unit"), make(a["kind"], a.get("amount"), a.get("share", 1.0)), a.get("for", ALWAYS)
            ),
            "mend": lambda a: world.mend(a["line"], a.get("unit")),
            "power": lambda a: world.power(a["line"], a["unit"]),
            "line": lambda a: world.set_line(a["line"], a["mode"]),
            "story": lambda name: stage.start(name, second()),
            "stop": lambda _: stop(),
        }

    def take(self, text: str) -> None:
        """Carry out one line."""
        try:
            self.carry_out(json.loads(text))
        except ValueError as error:
            self._log("refused", command=text.strip(), why=f"ValueError: {error}")

    @property
    def verbs(self) -> set[str]:
        return set(self._verbs)

    def carry_out(self, command: dict[str, Any]) -> None:
        """One command as an object."""
        try:
            ((verb, argument),) = command.items()
            self._verbs[verb](argument)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._log("refused", command=command, why=f"{type(error).__name__}: {error}")
        else:
            self._log("control", command={verb: argument})
