"""`outputs list|test`: the outputs and how they stand; one of them on for some seconds, after asking. Journaled by the living `run`."""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

from gateway.commands._client import Failed, add_data, ask, complain
from gateway.commands._usage import whole

if TYPE_CHECKING:
    from gateway.site import Site

LIFETIME = 30_000  # ms a local command lives
ROLES = {
    "guard-sounder": "值班室警号",
    "evacuation": "疏散信号（全楼会响）",
    "room-sounder": "现场警号",
    "fan": "排风机",
    "valve": "燃气阀（会关断）",
    "chirp": "提示音",
}


def add_parser(sub: Any) -> None:
    p = sub.add_parser("outputs", help="outputs: how they stand, try one 输出")
    verbs = p.add_subparsers(dest="verb", metavar="VERB", required=True)
    add_data(verbs.add_parser("list", help="what there is and how it stands 输出列表"))
    test = verbs.add_parser("test", help="one output on for some seconds, after asking 试一路输出")
    add_data(test)
    test.add_argument("output", help="e.g. guard-relay/relay-1 (outputs list)")
    test.add_argument("--seconds", type=whole(1, 30), default=3, metavar="N", help="1 to 30 (default 3)")
    test.add_argument("--as", dest="person", required=True, metavar="PERSON", help="person id of the site file")
    test.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    """0: it went on and off again, or nothing can show that. 1: refused, or it did not follow. 2: not confirmed."""
    try:
        outputs = ask(args.data, {"ask": "snapshot"})["data"]
        if args.verb == "list":
            return _list(outputs["outputs"])
        return _test(args, outputs)
    except Failed as error:
        return complain(error)


def _list(outputs: dict[str, Any]) -> int:
    for id, output in sorted(outputs.items()):
        stands = {True: "通 on", False: "断 off", None: "不明 unknown"}[output["is"]]
        odd = "" if output["is"] == output["want"] else f"（应 {'通 on' if output['want'] else '断 off'}）"
        print(
            f"{id:<28} {ROLES.get(output['role'], output['role']):<12} {output['zone'] or output['building']:<16} {stands}{odd}"
        )
    if not outputs:
        print("没有配置输出 · no outputs are configured")
    return 0


def _test(args: argparse.Namespace, snapshot: dict[str, Any]) -> int:
    from gateway.commands._lines import site_of

    output = snapshot["outputs"].get(args.output)
    if output is None:
        raise Failed(f"没有输出 {args.output}；有：{' '.join(sorted(snapshot['outputs']))} · no such output")
    what = f"{args.output} {ROLES.get(output['role'], output['role'])} {output['zone'] or output['building']}"
    if not args.yes and not _agreed(
        f"{what} 将接通 {args.seconds} 秒，现场人员知道吗？ will be on for {args.seconds} s [y/N] "
    ):
        print("没有动 · nothing was switched", file=sys.stderr)
        return 2
    site = site_of(args)
    by_hand = _by_hand(site, args.output)
    answer = ask(args.data, {"do": {
        "id": uuid.uuid4().hex, "verb": "output-test", "person": args.person, "proof": "local", "expires": snapshot["now"] + LIFETIME,
        "args": {"output": args.output, "seconds": args.seconds},
    }})  # fmt: skip
    print(f"{answer['text']['zh']} · {answer['text']['en']}")
    print("\n".join(by_hand), flush=True)
    return _followed(args, shown=bool(site.plant.outputs[args.output].feedback))


def _by_hand(site: Site, output_id: str) -> list[str]:
    """What switches the same without the gateway, and reads back how it stands: for when `run` is stopped, which has the line."""
    from drivers.plan import plan
    from gateway.mbpoll import mbpoll, mbpoll_switch

    id, _, name = output_id.partition("/")
    device = next(d for d in site.devices if d.id == id)
    bus = next(b for b in site.buses if b.id == device.bus)
    output = next(o for o in device.profile.outputs if o.id == name)
    back = [mbpoll(bus, device.unit, read) for read in plan(device.profile) if output.readback in read.channels]
    switched = [mbpoll_switch(bus, device.unit, output, on) for on in (True, False)]
    return ["停下 run 后手动 · by hand, with run stopped:", *(f"  {line}" for line in switched + back)]


def _followed(args: argparse.Namespace, *, shown: bool) -> int:
    """Look until it has been on and is off again. `shown`: does any point show how it stands?"""
    on = wanted = False
    for _ in range((args.seconds + 15) * 5):
        state = ask(args.data, {"ask": "snapshot"})["data"]["outputs"][args.output]
        wanted |= state["want"]
        if not shown and wanted and not state["want"]:
            print(
                "已写开和关，没有回读：问现场动作了、停了没有 · written on and off, nothing reads it back: did it act, has it stopped?"
            )
            return 0
        if state["is"] and not on:
            on = True
            print("已接通（回读确认）· on, read back", flush=True)
        if on and not state["want"] and state["is"] is False:
            print("已断开（回读确认）· off, read back")
            return 0
        time.sleep(0.2)
    print("没有读到它动作：查继电器板和接线 · no read-back of it: check the relay board", file=sys.stderr)
    return 1


def _agreed(question: str) -> bool:
    print(question, end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")
