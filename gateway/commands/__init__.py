"""The command line: one table of commands, one file each. Only the chosen command's file is imported, so `run` stays small."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from gateway.commands._usage import Parser

# name -> what it does, as the help shows it
COMMANDS: dict[str, str] = {
    "demo": "a whole school on this machine: simulated campus, alarms, messages, page 演示",
    "run": "the daemon: sensors to alarms to people 运行",
    "dashboard": "the officers' page 值班页面",
    "ingest": "MQTT to InfluxDB, with receipts 入库",
    "check": "check a site file: every mistake with its line and cure 检查配置",
    "init": "questions, then a commented site file that passes check 问答生成配置",
    "scan": "find serial ports and devices, with a ready devices block 找串口、找设备",
    "address": "a new device alone on its line is given the next free address 改地址",
    "doctor": "is everything in order? ports, clock, disk, every device; faults in words 体检",
    "trace": "raw frames of one device, explained 报文逐字段解释",
    "watch": "live table of points 实时数据",
    "outputs": "outputs: how they stand, try one 输出",
    "read": "read one device once 读一个设备",
    "alarm": "list alarms; received, result, silence, reset 报警处理",
    "who": "who would be called, now or at another time 现在会叫谁",
    "drill": "evacuation and communication drills, their plan and proof 演练",
    "walk": "walk test: each point set off once, ticked off, only the tester is told 步行测试",
    "notify": "try one channel 测试通知通道",
    "clock": "is the clock known to be right? where no time server is, a person says so 时钟",
    "stream": "the way of the readings to the database, what it refused, sending that again 上行数据",
    "journal": "verify or export the journal 日志核验与导出",
    "user": "people who may log in to the page 登录用户",
    "plans": "put up the floor plans of a folder 平面图",
    "backup": "everything a box knows in one file, while it runs 备份",
    "restore": "a backup onto this box, or onto another that takes its place 恢复",
    "cert": "certificates of boxes and servers, and the broker's access list 证书",
    "version": "print the version 版本",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 ok, 1 findings or a failed check, 2 usage, 78 errors in the configuration."""
    args = list(sys.argv[1:] if argv is None else argv)
    parser = Parser(
        prog="campus-gateway",
        description="校园安全监测网关 · campus safety gateway. Supplements a certified fire-alarm system, never replaces it.",
    )
    sub = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        if args and args[0] == name:
            importlib.import_module(f"gateway.commands.{name}").add_parser(sub)
        else:
            sub.add_parser(name, help=text, add_help=False)
    parsed = parser.parse_args(args)
    command = importlib.import_module(f"gateway.commands.{parsed.command}")
    try:
        return int(command.run(parsed))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
