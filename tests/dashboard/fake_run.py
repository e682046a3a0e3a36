"""A scriptable `run` for the page's tests: the real LocalServer over a canned snapshot, ruled by JSON lines on stdin.

First line: the snapshot. Then {"push": delta, "urgent": bool} or {"reply": answer to commands}. Each command that
arrives is printed as {"did": command}, who logs in as {"entered": command}. {"scene": snapshot} ends this `run` and
starts another one over that snapshot; {"scene": true} is printed when the page follows it.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from gateway.local import LocalServer, RequestError, merge

ANSWERS = json.loads((Path(__file__).parent / "canned.json").read_text("utf-8"))["answers"]


class Fake:
    def __init__(self, snapshot):
        self.state, self.began = snapshot, (snapshot["now"], time.monotonic())
        self.beat, self.moves = 0, 1
        self.answers = {**ANSWERS, "fleet-site": {}, **snapshot.pop("answers", {})}  # question -> what is answered to it
        self.reply = {"ok": True, "code": "acked", "text": {"zh": "已记录：你已收到", "en": "Recorded"}, "seq": 9}

    def now_ms(self):
        now, mono = self.began
        return now + int((time.monotonic() - mono) * 1000)

    def snapshot(self):
        return {**self.state, "now": self.now_ms()}

    async def ask(self, what, request):
        if what == "health":
            self.beat += self.moves
            tasks = {"engine": {"beat": self.beat}, "channel:modem": {"waiting": 2}}
            journal, uplink = {"ok": True, "pending": 1, "seq": 9}, {"connected": False, "backlog": 70, "refused": 0}
            buses = {"a": {"up": True, "load": 0.5, "errors": 3, "polls": 100}}
            return {"tasks": tasks, "journal": journal, "uplink": uplink, "buses": buses, "mains": None}
        if what in self.answers:
            return self.answers[what]
        if what != "history":
            raise RequestError("bad-request", "不认识", "unknown")
        start, end = request["from"], request["to"]
        t = [start + (end - start) * i // 60 for i in range(61)]
        mean = [None if 20 < i < 25 else 20 + i % 7 for i in range(61)]
        low = [m and m - 1 for m in mean]
        high = [m and m + 1 for m in mean]
        quality = [1 if 30 < i < 34 else 0 for i in range(61)]
        series = {"t": t, "min": low, "mean": mean, "max": high, "quality": quality}
        if "points" in request:
            return {"points": dict.fromkeys(request["points"], series)}
        return {"point": request["point"], **series}

    async def do(self, command, uid):
        entered = command["verb"] == "access" and command["args"]["what"] == "logged-in"  # nobody presses that
        print(json.dumps({"entered" if entered else "did": command}), flush=True)
        return self.reply


async def main():
    reader = asyncio.StreamReader(limit=10**8)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    scene, said = json.loads(await reader.readline()), "ready"
    while scene:
        fake = Fake(scene)
        async with LocalServer(sys.argv[1], fake) as server:
            while said == "scene" and not server.followed:
                await asyncio.sleep(0.02)
            print(json.dumps({said: True}), flush=True)
            scene, said = await obey(reader, fake, server), "scene"


async def obey(reader, fake, server):
    """The next scene, None when nobody orders any more."""
    while line := await reader.readline():
        order = json.loads(line)
        if "scene" in order:
            return order["scene"]
        fake.moves = order.get("moves", fake.moves)
        fake.answers |= order.get("answers", {})
        if "reply" in order:
            fake.reply = order["reply"]
        if "push" in order:
            merge(fake.state, order["push"])
            server.push(order["push"], order["urgent"])
    return None


asyncio.run(main())
