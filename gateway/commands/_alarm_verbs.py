"""The verbs of `campus-gateway alarm` that take options: verb -> the engine's verb, its help, its target, its options. Data."""

from __future__ import annotations

PLACE = ("points", "device", "zone", "building")
OPTIONS = {
    "points": "点位 point ids, with commas between",
    "device": "设备 device id",
    "zone": "区域 zone id",
    "building": "楼栋 building id",
    "why": "原因 喷漆, 喷雾消毒, 动火, 施工, 更换设备, 放假断电, 其他",
    "until": "到什么时候 18:00, 2026-07-01T18:00, 2h, 45d",
    "from": "从什么时候起 (absent: now)",
    "measure": "临时措施 interim measure",
    "permit": "动火证编号 permit of hot work",
    "keeper": "看护人 who watches hot work",
    "consent": "同意的领导 person id of the leader who consents",
    "text": "说明 words",
    "technician": "维保人员 person id or name",
    "rooms": "维保所在的房间 zone ids, with commas between",
    "firm": "维保单位 firm",
    "sheet": "验收单编号 number of the acceptance sheet",
    "signed": "签字人 who signed it",
    "to": "交给谁 person id",
    "item": "检查单的项 id of the item",
}
TIMES = ("until", "from")
NUMBER = "编号 or id"

# name on the command line -> (verb of the engine, help, target or "", options)
VERBS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "out-of-service": (
        "out-of-service",
        "停用: no calls from these points until then; back only by a test alarm",
        "",
        (*PLACE, "why", "until", "from", "measure", "permit", "keeper", "consent", "text"),
    ),
    "back": ("back", "恢复: the test alarms are given now", NUMBER, ()),
    "extend": ("extend", "延长2小时: 停用, 维保 or a test goes on", NUMBER, ()),
    "maintenance": ("maintenance", "维保: a building's alarms go to technician and officer only", "",
                    ("building", "technician", "rooms", "until", "firm")),
    "rooms": ("rooms", "维保换房间: where the technician works now", NUMBER, ("rooms",)),
    "trial": ("trial", "试运行: the bureau is not rung until acceptance", "", ("building",)),
    "sign": ("sign", "签字: you sign the acceptance sheet (its checksum: walk sheet)", NUMBER, ("sheet",)),
    "accept": ("accept", "验收: the acceptance sheet is signed", NUMBER, ("sheet", "signed")),
    "test": ("rehearse", "模拟报警: a marked, simulated alarm through the whole chain, never to the bureau", "点位 point id", ()),
    "test-mode": ("test", "测试: alarms of these points are marked and go to you", "", (*PLACE, "until")),
    "end": ("end", "结束维保或测试: over before its time", NUMBER, ()),
    "note": ("note", "备注: a remark", "编号 or alarm id", ("text",)),
    "assign": ("assign", "交办: who deals with it", "编号 or alarm id", ("to",)),
    "tick": ("tick", "检查单打勾: an item of the response checklist is done", "编号 or alarm id", ("item",)),
    "repair": ("repair", "报修: ask for a repair", "编号 or alarm id", ("text",)),
}  # fmt: skip
