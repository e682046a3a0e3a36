"""The table of symptoms of a line or device: what each is and what to look at, 中文 and English. Data only."""

from __future__ import annotations

from collections.abc import Mapping

# symptom -> (中文, English): what it is and what to look at
WORDS: Mapping[str, tuple[str, str]] = {
    "down": ("口打不开或连接断了", "the port or the connection is gone"),
    "busy": ("线路忙，没有空档可问", "the line has no gap for questions"),
    "silent": ("完全无应答：查设备电源、A/B 线、地址、波特率", "no answer at all: power, A/B wires, address, baud"),
    "late": (
        "应答来得晚：在型号文件 limits.latency 写大，或查中间的转换器",
        "answers late: raise limits.latency, or look at the converter between",
    ),
    "duplicated": ("同一应答来两遍：线上有中继器或转换器在重发", "answers twice: a repeater or converter sends again"),
    "echoed": (
        "只收到自己发的问题：适配器回显，设备没有应答",
        "only our own question comes back: the adapter echoes, the device is silent",
    ),
    "echo": (
        "适配器回显自己发的字节：能用，可换自动换向的适配器",
        "echo: the adapter returns what it sends; works, a better adapter does not",
    ),
    "truncated": (
        "应答被截断：设备供电不足，或转换器的缓冲、超时太小",
        "answers cut short: weak supply, or a converter's buffer or time-out is too small",
    ),
    "flipped": (
        "校验错（CRC 错误）：A/B 接反、没有终端电阻、屏蔽没接地",
        "CRC errors: A/B swapped or no terminator, shield not earthed",
    ),
    "clash": (
        "乱码且长度不对：可能两个设备用同一地址，断开一个再试",
        "two devices with one address (garbled): disconnect one and try again",
    ),
    "wrong-unit": (
        "另一个地址在应答：查拨码，查转换器的地址映射",
        "another address answers: check the address switches and the converter's mapping",
    ),
    "wrong-function": (
        "应答的功能码不对：设备或转换器的程序有毛病",
        "answers with another function code: a faulty device or converter",
    ),
    "gaps": (
        "应答的字节之间有停顿：USB 或网口转换器分包，调小它的打包间隔",
        "pauses inside answers: a converter splits them; reduce its packing interval",
    ),
    "noise": (
        "线上有杂讯：没有终端、偏置电阻，或靠近变频器、动力线",
        "noise: no termination or bias, or power cables and drives nearby",
    ),
    "drops": (
        "时好时坏，有时不应答：查接线端子、设备供电，或地址重复",
        "answers only at times: loose terminals, its supply, or an address used twice",
    ),
    "tight": (
        "最慢的应答已接近 limits.latency：把它写大，或查中间的转换器",
        "its slowest answer nearly took limits.latency: raise that, or look at the converter between",
    ),
    "misanswers": (
        "常有答非所问的应答：转换器重发、地址映射错，或应答太晚",
        "answers to other questions come: a converter repeats, maps addresses wrongly, or is late",
    ),
    "refuses": (
        "常拒绝提问：用 trace 看异常码，型号或固件可能不对",
        "often refuses: `trace` shows the exception; perhaps another model or firmware",
    ),
    "reopened": (
        "口断开过：USB 插头、集线器、供电，或网线、转换器重启",
        "the port was lost: USB plug, hub, supply; or network cable, converter restarts",
    ),
    "mixed": ("应答收不完整，毛病不止一种：先查接线", "garbled in several ways: check the wiring first"),
    "exception-1": ("设备不支持这个功能码：型号选错了", "exception 1: function not supported, wrong profile"),
    "exception-2": (
        "设备没有这个寄存器（异常码 2）：型号选错了，或固件不同",
        "exception 2: no such register, wrong profile or another firmware",
    ),
    "exception-3": (
        "设备不接受这个数量（异常码 3）：型号文件里 limits 要改小",
        "exception 3: too many registers at once, reduce limits",
    ),
    "exception-4": ("设备自报内部故障（异常码 4）：换设备", "exception 4: the device reports an internal failure"),
    "exception-6": ("设备忙（异常码 6）：问得太勤，period 写大", "exception 6: device busy, ask it less often"),
    "exception-10": ("网关没有通往设备的路（异常码 10）：查网关配置", "exception 10: the gateway has no path to the device"),
    "exception-11": (
        "网关后面的设备无应答（异常码 11）：查它的电源和 485 线",
        "exception 11: the device behind the gateway is silent: its power, its RS-485",
    ),
}
