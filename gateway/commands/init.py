"""`init [FILE]`: questions to an installer, then a commented site file that passes `check`. Never overwrites; takes answers from a pipe."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.commands._client import Failed, complain

if TYPE_CHECKING:
    from gateway.found import Place
    from gateway.newsite import Answers, LineAnswer, PersonAnswer

T = TypeVar("T")
FRAMINGS = ("8N1", "8N2", "8E1", "8O1")  # of Modbus devices; mark and space belong to fire panels


def add_parser(sub: Any) -> None:
    p = sub.add_parser("init", help="questions, then a commented site file 问答生成配置")
    p.add_argument("file", nargs="?", type=Path, default=Path("site.yaml"), help="the site file to write (default site.yaml)")


def run(args: argparse.Namespace) -> int:
    """0: written, and `check` has nothing to say against it. 1: not written, or `check` has."""
    from gateway.commands._lines import modbus_profiles
    from gateway.newsite import site_text
    from gateway.ports import serial_ports

    try:
        _room_for(args.file)
        answers = _ask(modbus_profiles(), [p.path for p in serial_ports()])
        return _write(args.file, site_text(answers))
    except Failed as error:
        return complain(error)
    except EOFError:
        return complain(Failed("\n回答没完就断了，什么也没写 · the answers ended early, nothing was written"))
    except KeyboardInterrupt:
        complain(Failed("\n已取消，什么也没写 · cancelled, nothing was written"))
        return 130
    except OSError as error:
        return complain(Failed(f"{args.file}: 写不了：换个文件夹 · cannot be written, give another folder: {error.strerror}"))


def _room_for(file: Path) -> None:
    """Said before twenty questions are answered. Raises Failed when the file is there, OSError when it could not be made."""
    if file.exists():
        raise Failed(f"{file} 已存在，不覆盖；换个名字 · exists and is not overwritten: give another name")
    with TemporaryFile(dir=file.absolute().parent):
        pass


def _write(file: Path, text: str) -> int:
    """The whole file or none, and never over another."""
    from gateway.config.compile import compile_site
    from gateway.config.findings import render

    out = file.open("x", encoding="utf-8")
    try:
        with out:
            out.write(text)
    except BaseException:
        file.unlink()
        raise
    made = compile_site(file, data="/var/lib/campus-gateway", substitutions={}, speed=1)
    for finding in made.findings:
        print(render(finding), file=sys.stderr)
    again = f"campus-gateway check {file} -o site.compiled.json"
    if made.site is None:
        print(f"已写入 {file}，上面标“错误”的还要改，改好再运行 · written; mend the errors above, then: {again}")
        return 1
    print(f"已写入 {file} · written. 下一步 · next: {again}; campus-gateway doctor")
    return 0


def _ask(profiles: dict[str, Any], ports: Sequence[str]) -> Answers:
    from gateway.newsite import KINDS, KINDS_ZH, ROLES, ROLES_ZH, USES, USES_ZH, Answers

    a = Answers()
    a.name = _one("学校全称 · school", _text(40))
    a.short = _one("短信里的校名，最多 8 个字 · short name", _text(8))
    a.id = _one("学校代号，小写字母、数字、- · id", _id, "school")
    a.district = _one("乡镇、街道代号 · district id", _id, "district")
    for n, port in enumerate(ports, 1):
        print(f"  {n}  {port}")
    found: list[tuple[int, Place]] = []  # number of its line, what answered there
    a.lines = _several(
        "线路：上面的编号、串口路径或 HOST[:PORT] · line",
        lambda text: _line(text, ports),
        lambda n, line: _offer(n, line, found),
        same=lambda line: line.where,
    )
    a.buildings = _several(
        "楼栋：名称 用途 · building: name use\n" + _numbered(USES, USES_ZH),
        lambda t: _pair(t, USES),
        same=lambda building: building[0],
    )
    a.zones = _several(
        "区域：名称 类别 楼栋号 · zone: name kind building\n" + _numbered(KINDS, KINDS_ZH),
        lambda t: _zone(t, KINDS, len(a.buildings)),
        same=lambda zone: zone[0],
    )
    a.devices = _several(
        "设备：型号 线路号 地址 区域号（? 列出型号）· device: profile line unit zone",
        lambda t: _device(t, profiles, len(a.lines), len(a.zones)),
        same=lambda device: device[1:3],
        given=[device for n, place in found for device in _placed(n, place, len(a.zones))],
    )
    a.people = _several(
        "人员：姓名 角色 电话 · person: name role phone\n" + _numbered(ROLES, ROLES_ZH),
        _person,
        lacks=lambda people: (
            "" if any(p.role == "duty" for p in people) else "还缺一个值班人（duty）· one duty person is needed"
        ),
    )
    return a


def _numbered(words: Sequence[str], zh: Sequence[str]) -> str:
    return "  " + " · ".join(f"{word} {name}" for word, name in zip(words, zh, strict=True))


def _read(question: str) -> str:
    print(question, end=" ", flush=True)
    try:
        text = sys.stdin.readline() if sys.stdin else ""
        text.encode()
    except UnicodeError:
        raise Failed("\n回答不是 UTF-8 文字，什么也没写 · the answers are no UTF-8 text, nothing was written") from None
    if not text:
        raise EOFError
    if not sys.stdin.isatty():
        print()
    return text.strip()


def _one(question: str, read: Callable[[str], T], default: str = "") -> T:
    """Ask until the answer is one; an empty one is the default."""
    while True:
        text = _read(f"{question}{f' [{default}]' if default else ''}:") or default
        try:
            return read(text)
        except ValueError as error:
            print(f"  ✗ {error}")


def _several(
    question: str,
    read: Callable[[str], T],
    after: Callable[[int, T], None] = lambda n, item: None,
    *,
    same: Callable[[T], object] = lambda item: item,
    lacks: Callable[[Sequence[T]], str] = lambda items: "" if items else "至少一个 · at least one",
    given: Sequence[T] = (),
) -> list[T]:
    """Ask until an empty answer ends it, which it may when nothing `lacks`; `after` is told each with its number.

    No two have the `same`; those `given` are there already.
    """
    print(f"{question}\n  （一行一个，空行结束 · one a line, an empty line ends）")
    found = list(given)
    while True:
        text = _read(f"  {len(found) + 1}:")
        if not text:
            if not (missing := lacks(found)):
                return found
            print(f"  ✗ {missing}")
            continue
        try:
            found.append(_new(read(text), found, same))
        except ValueError as error:
            print(f"  ✗ {error}")
        else:
            after(len(found), found[-1])


def _new(item: T, found: Sequence[T], same: Callable[[T], object]) -> T:
    for n, other in enumerate(found, 1):
        if same(other) == same(item):
            raise ValueError(f"和第 {n} 个重复，换一个 · the same as number {n}: give another")
    return item


def _text(most: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not 1 <= len(text) <= most:
            raise ValueError(f"1 到 {most} 个字 · 1 to {most} characters")
        return text

    return read


def _id(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", text):
        raise ValueError("小写字母、数字、-，最长 32 · a-z 0-9 -")
    return text


def _choice(text: str, words: Sequence[str]) -> str:
    if text not in words:
        raise ValueError(f"{text!r}: 只能是 {' '.join(words)}")
    return text


def _number(text: str, most: int, what: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise ValueError(f"{what} {text!r}: 1 到 {most}")
    return int(text)


def _words(text: str, count: int) -> list[str]:
    found = text.split()
    if len(found) != count:
        raise ValueError(f"要 {count} 项，用空格分开 · {count} words")
    return found


def _line(text: str, ports: Sequence[str]) -> LineAnswer:
    from drivers.profile import BAUDS
    from gateway.newsite import LineAnswer

    path = ports[int(text) - 1] if text.isdecimal() and 1 <= int(text) <= len(ports) else text
    if path.startswith("/"):
        baud = int(_one("  波特率 baud", lambda t: _choice(t, [str(b) for b in BAUDS]), "9600"))
        return LineAnswer(path, baud, _one("  数据格式 framing", lambda t: _choice(t.upper(), FRAMINGS), "8N1"))
    host, colon, port = path.partition(":")
    if re.match(r"tty|com\d", host, re.IGNORECASE):
        raise ValueError("串口写全路径，如 /dev/ttyUSB0 · the whole path of a serial port, e.g. /dev/ttyUSB0")
    number = re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 0x10000
    if not re.fullmatch(r"[A-Za-z0-9.-]+", host) or not _address(host) or (colon and not number):
        raise ValueError("编号、/dev/… 或 HOST[:PORT]，端口 1-65535 · a number, /dev/…, or HOST[:PORT], a port is 1-65535")
    return LineAnswer(path)


def _address(host: str) -> bool:
    """What is made of figures and dots alone must be a whole IP address."""
    try:
        return not re.fullmatch(r"[0-9.]+", host) or bool(IPv4Address(host))
    except ValueError:
        return False


def _offer(n: int, line: LineAnswer, found: list[tuple[int, Place]]) -> None:
    """Scan the line now, if the installer wants to; what cannot be scanned is said, and nothing is lost by it."""
    from gateway.commands._client import DEFAULT_DATA
    from gateway.commands.scan import search

    units = _one("  现在扫描？写地址，如 1-32；回车跳过 · scan now? units, or Enter to skip", _scanned)
    if not units:
        return
    serial = {"verb": "rtu", "port": line.where, "baud": [line.baud], "framing": line.framing}
    way = serial if line.baud else {"verb": "tcp", "host": line.where, "rtu": False}
    args = argparse.Namespace(**way, units=units, patient=False, profiles=None, json=False, data=Path(DEFAULT_DATA))
    places: list[Place] = []
    try:
        asyncio.run(search(args, places))
    except Failed as error:
        print(f"  ✗ {error}")
    except KeyboardInterrupt:
        print("  已取消扫描，找到的保留 · scan cancelled, what was found is kept")
    print(f"  找到 {len(places)} 个 · found {len(places)}")
    found += [(n, place) for place in places]


def _scanned(text: str) -> list[int]:
    from gateway.commands.scan import units_of

    try:
        return units_of(text) if text else []
    except argparse.ArgumentTypeError as error:
        raise ValueError(str(error)) from None


def _placed(n: int, place: Place, zones: int) -> list[tuple[str, int, int, int]]:
    """A found device with the model and the zone that the installer gives it; none when its model is unknown or it is left out."""
    from gateway.found import verdict

    unit, models = place[1].unit, place[1].guess.profiles
    print(f"  线路 line {n} 地址 unit {unit}：{verdict(place[1])}")
    if not models:
        return []
    zone = _one("    区域号，- 不要 · zone, - to leave it out", lambda t: 0 if t == "-" else _number(t, zones, "区域号"))
    if not zone:
        return []
    model = (
        models[0] if len(models) == 1 else _one("    型号，照铭牌写 · profile, as its label says", lambda t: _choice(t, models))
    )
    return [(model, n, unit, zone)]


def _pair(text: str, uses: Sequence[str]) -> tuple[str, str]:
    name, use = _words(text, 2)
    return _text(14)(name), _choice(use, uses)


def _zone(text: str, kinds: Sequence[str], buildings: int) -> tuple[str, str, int]:
    name, kind, building = _words(text, 3)
    return _text(14)(name), _choice(kind, kinds), _number(building, buildings, "楼栋号")


def _device(text: str, profiles: dict[str, Any], lines: int, zones: int) -> tuple[str, int, int, int]:
    if text == "?":
        raise ValueError("型号 · profiles:\n" + "\n".join(f"    {id}  {p.name_zh}" for id, p in sorted(profiles.items())))
    profile, line, unit, zone = _words(text, 4)
    if profile not in profiles:
        from difflib import get_close_matches

        near = get_close_matches(profile, profiles)
        raise ValueError(f"没有型号 {profile}{f'，是不是 {near[0]}' if near else '，? 列出型号'}")
    return profile, _number(line, lines, "线路号"), _number(unit, 247, "地址"), _number(zone, zones, "区域号")


def _person(text: str) -> PersonAnswer:
    from gateway.newsite import ROLES, PersonAnswer

    name, role, phone = _words(text, 3)
    if not re.fullmatch(r"\+?[0-9]{5,15}", phone):
        raise ValueError("电话：5 到 15 位数字，可以 + 开头 · phone: 5 to 15 digits")
    number = phone if phone.startswith("+") else f"+86{phone}"
    return PersonAnswer(_text(4)(name), number, _choice(role, ROLES))
