"""Room for messages between paho's thread and the event loop: a message waits outside until one before it is dealt with.

MQTT 5's Receive Maximum is only a request: mosquitto 2.0.11 hands out all it has once the first acknowledgement came. What is
not read stays in the sockets and at the broker. No sockets and no counting of anybody's messages in here.
"""

from __future__ import annotations

import threading

PATIENCE = 20.0  # s a message waits for room; a broker cuts a connection that is silent for 30 s (1.5 × keepalive)


class NoRoom(Exception):
    """Nothing was dealt with for PATIENCE although the broker was told how much we take: better to connect anew."""


class Gate:
    """At most `room` messages between `enter` and `leave`; one for each connection."""

    def __init__(self, room: int) -> None:
        self._room = threading.BoundedSemaphore(room)

    def enter(self) -> None:
        """Called in paho's thread; blocks while there is no room. NoRoom after PATIENCE."""
        if not self._room.acquire(timeout=PATIENCE):
            raise NoRoom(f"the broker sends more than was agreed, and nothing could be stored for {PATIENCE:.0f} s")

    def leave(self) -> None:
        """One of the messages that entered is dealt with."""
        self._room.release()
