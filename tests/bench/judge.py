"""The far side of the alarm benchmark: smoke detectors and a relay board behind one Modbus TCP socket, and what they saw when."""

from __future__ import annotations

import socketserver
import threading
import time

RELAY = 100  # unit of the relay board; every other unit is a detector
ON = 0xFF00


class Field(socketserver.ThreadingTCPServer):
    """Function 2 and 1 read bits, function 5 writes a coil. Times are seconds of `time.time`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Master)
        self.changed = threading.Condition()  # guards what follows
        self.smoke: set[tuple[int, int]] = set()  # (unit, address) of detectors that see smoke
        self.told: dict[tuple[int, int], float] = {}  # detector -> when its unit first answered that it sees smoke
        self.coils: set[int] = set()
        self.switched: dict[int, float] = {}  # coil -> when it was last switched on

    def set(self, detector: tuple[int, int], smoke: bool) -> float:
        """Gives the time of the change."""
        with self.changed:
            self.told.pop(detector, None)
            (self.smoke.add if smoke else self.smoke.discard)(detector)
            return time.time()

    def answer(self, unit: int, pdu: bytes) -> bytes:
        function, address, count = pdu[0], int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        with self.changed:
            if function == 5:
                if count == ON and address not in self.coils:
                    self.switched[address] = time.time()
                (self.coils.add if count == ON else self.coils.discard)(address)
                self.changed.notify_all()
                return pdu
            bits = self.coils if unit == RELAY else {where for of, where in self.smoke if of == unit}
            for where in bits if unit != RELAY else ():
                self.told.setdefault((unit, where), time.time())
                self.changed.notify_all()
        word = sum(1 << n for n in range(count) if address + n in bits)
        data = word.to_bytes((count + 7) // 8, "little")
        return bytes([function, len(data)]) + data


class _Master(socketserver.StreamRequestHandler):
    server: Field
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while len(head := self.rfile.read(7)) == 7:
            answer = self.server.answer(head[6], self.rfile.read(int.from_bytes(head[4:6], "big") - 1))
            self.wfile.write(head[:4] + (len(answer) + 1).to_bytes(2, "big") + head[6:7] + answer)
