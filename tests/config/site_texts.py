"""Site files for the tests of the configuration: one that is right, and one with ten mistakes. Text only."""

GOOD = """\
campus: 1
site: {id: s1, district: d1, name: 登封市某中学, short: 某中, timezone: Asia/Shanghai}
buses:
  - {id: a, type: modbus-rtu, port: /dev/ttyS9, baud: 9600, framing: "8N1"}
  - {id: t, type: modbus-tcp, host: 127.0.0.1, port: 5020}
buildings:
  - {id: dorm, name: 宿舍楼, use: dormitory, evacuation: true}
  - {id: canteen, name: 食堂, use: canteen}
zones:
  - {id: room, name: 宿舍101室, building: dorm, kind: dormitory}
  - {id: cooking, name: 后厨, building: canteen, kind: kitchen}
  - {id: vault, name: 危化品库, building: canteen, kind: chemical-store}
devices:
  - {id: smoke-1, profile: calectro-ug3, bus: a, unit: 21, zone: room, name: 烟感, period: 1s}
  - {id: relay, profile: waveshare-relay8, bus: a, unit: 17, zone: room}
  - {id: gas, profile: sga-gas, bus: t, unit: 2, zone: cooking, period: 2s}
  - {id: leak, profile: acrel-aim-r100, bus: t, unit: 3, zone: room, period: 5s}
  - id: io
    profile: waveshare-io8
    bus: t
    unit: 1
    zone: vault
    period: 1s
    channels:
      di-1: {quantity: door, name: 库门, invert: true}
      di-2: {quantity: lock}
      di-3: {quantity: lock}
      di-4: {quantity: fan-run, zone: cooking}
      di-5: off
  - {id: air, profile: jxct-th, bus: t, unit: 4, zone: vault, period: 10s}
people:
  - {id: wang, name: 王建国, role: duty, phone: "+8613800000001", trained: "2026-09-01", channels: [phone, console]}
  - {id: chen, name: 陈志远, role: leader, phone: "+8613800000002", trained: "2026-09-01", channels: [phone], zones: [room]}
duty:
  - {post: duty, person: wang, from: "07:00", to: "24:00", days: [1, 7]}
outputs:
  - {id: relay/relay-1, role: guard-sounder}
  - {id: relay/relay-2, role: fan, zone: cooking, feedback: io/di-4}
  - {id: relay/relay-3, role: evacuation, building: dorm}
stores:
  - {id: chem, zone: vault, door: io/di-1, lock_a: io/di-2, lock_b: io/di-3, fan: io/di-4, holders: [wang, chen]}
channels:
  - {id: phone, type: webhook, url: "http://127.0.0.1:1/", secret_file: /etc/secret}
  - {id: console, type: console}
uplink: {host: 127.0.0.1, port: 1883, confirm: receipt}
rules:
  residual-current-alarm: {high: 400}
calendar: {terms: [{name: 秋, from: "2026-09-01", to: "2027-01-22"}]}
"""

TEN = """\
campus: 1
site: {id: s1, district: d1, name: 登封市某中学, short: 某中}
buses:
  - {id: a, type: modbus-rtu, port: /dev/ttyS9, baud: 9601}
  - {id: b, type: modbus-rtu, port: /dev/ttyS8, framing: 8E1}
buildings:
  - {id: dorm, name: 宿舍楼, use: dormitory, evacuaton: true}
zones:
  - {id: room, name: 第三教学楼三楼东侧化学实验准备室, building: dorm, kind: dormitory}
devices:
  - {id: smoke-1, profile: calectro-ug4, bus: a, unit: 21, zone: room, period: 1s}
  - {id: smoke-2, profile: calectro-ug3, bus: a, unit: 22, zone: room, period: 5s}
  - {id: relay, profile: waveshare-relay8, bus: a, unit: 22, zone: room}
people:
  - {id: wang, name: 王建国, role: duty, phone: "+8613800000001", channels: [phone]}
  - {id: chen, name: 陈志远, role: leader, phone: "+8613800000002", channels: [phone]}
duty:
  - {post: duty, person: wang, from: "07:00", to: "25:00"}
outputs:
  - {id: relay/relay-9, role: guard-sounder}
channels:
  - {id: phone, type: webhook, url: "http://127.0.0.1:1/", secret_file: /etc/secret}
rules:
  residual-current-alarm: {high: 1200}
calendar: {terms: [{name: 秋, from: "2026-09-01", to: "2027-01-22"}]}
"""

# (line, column, code, hint) of each of the ten
TEN_FOUND = [
    (4, 55, "CFG-013", "9600"),
    (5, 58, "CFG-019", '"8E1"'),
    (7, 43, "CFG-010", "evacuation"),
    (9, 22, "CFG-016", ""),
    (11, 28, "CFG-020", "calectro-ug3"),
    (12, 80, "CFG-034", ""),
    (13, 58, "CFG-022", ""),
    (18, 51, "CFG-018", ""),
    (20, 10, "CFG-025", "relay-8"),
    (24, 34, "CFG-030", ""),
]
