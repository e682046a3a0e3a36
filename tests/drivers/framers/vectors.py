"""Bytes of serial lines, copied from their sources or written by hand with their arithmetic; never made by the framers. Data.

A vector: (hex, address, signals, said). `said` None: not compared.
"""

from __future__ import annotations

Vector = tuple[str, str, dict[str, float | None], str | None]

GST5000: list[Vector] = [  # captures of the panel
    ("AA 15 36 50 89 03 D1 00 01 00 35 00 23 34 05 54 48 00 31 00 36 18 67 B6", "365089", {"fire": 1},
     "365089 火警 点型感烟 5#楼中16层"),
    ("AA 15 01 10 18 0B F3 00 01 00 31 18 67 55 63 32 40 45 88 34 71 29 27 83", "011018", {"fire": 1},
     "011018 火警 手动报警按钮 1层走廊网络交"),
    ("AA 21 10 02 40 28 45 00 02 00 35 00 23 34 05 46 87 00 20 00 20 00 20 4A", "100240", {"fault": 1},
     "100240 故障 类型40 5#楼西"),
    ("AA 22 91 90 44 1E 4F 00 01 21 56 47 34 42 50 46 87 00 20 00 20 00 20 50", "919044", {"feedback": 1},
     "919044 反馈 水流指示器 地下室西"),
    ("AA 08 12 21 12 21 18", "", {}, ""),  # heartbeat
    # by hand from the first capture: only the type byte and what it moves in the two sums, D1 - 15 + DE = 9A and so on
    ("AA DE 36 50 89 03 9A 00 01 00 35 00 23 34 05 54 48 00 31 00 36 18 67 48", "365089", {"isolated": 1}, None),
    ("AA DF 36 50 89 03 9B 00 01 00 35 00 23 34 05 54 48 00 31 00 36 18 67 4A", "365089", {"isolated": 0}, None),
    ("AA 20 36 50 89 03 DC 00 01 00 35 00 23 34 05 54 48 00 31 00 36 18 67 CC", "365089", {"fault": 0}, None),
    ("AA 61 00 00 00 00 0B", "", {}, "消音"),  # AA + 61 = 10B
]  # fmt: skip
GST5000_RESET = "AA 04 55 55 55 55 02"
GST5000_NOISE = [
    "AA 04 00 00",
    "AA 01 10 02 40 28 45",
    "AA 15 36 50 89 03 D2 00 01 00 35 00 23 34 05 54 48 00 31 00 36 18 67 B7",
    "AA 15 36 50 89 03 D1 00 01 00 35 00 23 34 05 54 48 00 31 00 36 18 67 B7",
]

LD128EN: list[Vector] = [  # bingoex.cn
    ("1B 36 30 38 2F 31 32 2F 30 32 20 20 31 37 3A 32 34 0A 20 20 30 30 34 2D 30 30 34 0A 1B 39 CA D7 B4 CE BB F0 BE AF 0A "
     "C8 B9 C2 A5 D2 BB B2 E3 C9 CF BF D5 0A B8 D0 D1 CC CC BD B2 E2 C6 F7 0A 0A", "004-004", {"fire": 1},
     "004-004 首次火警 裙楼一层上空 感烟探测器"),
    ("1B 36 30 38 2F 31 32 2F 30 32 20 20 31 37 3A 32 31 0A 20 20 30 30 36 2D 30 30 37 0A 1B 39 BB F0 BE AF BA F3 D0 F8 0A "
     "D6 D0 D1 CC C1 F9 B2 E3 BC C6 BB AE B2 BF 0A B8 D0 D1 CC CC BD B2 E2 C6 F7 0A 0A", "006-007", {"fire": 1},
     "006-007 火警后续 中烟六层计划部 感烟探测器"),
]  # fmt: skip
LD128EN_RESET = "1B 36 30 38 2F 31 32 2F 30 32 20 20 31 37 3A 32 35 0A 20 20 0A 1B 39 CF B5 CD B3 B8 B4 CE BB 0A 0A"
LD128EN_TIMES = ["2008-12-02 17:24", "2008-12-02 17:21", "2008-12-02 17:25"]

GST_CRT: list[Vector] = [  # the document's examples; what the panel answers to 0F
    ("0D DD 00 10 04 03 01 18 BB", "001004", {"fire": 1}, "001004 火警 点型感烟"),
    ("0D DD 00 00 01 76 02 79 BB", "000001", {"started": 1}, "000001 启动 声光警报"),
    ("0E EE 00 10 06 03 00 19 BB", "001006", {"fault": 1}, "001006 故障 点型感烟"),
    # by hand: type 30 is a water-flow indicator, whose 01 is a feedback: 00+10+04+30+01 = 45
    ("0D DD 00 10 04 30 01 45 BB", "001004", {"feedback": 1}, "001004 反馈 水流指示器"),
    ("0E EE 00 10 06 03 01 1A BB", "001006", {"isolated": 1}, "001006 屏蔽 点型感烟"),
    ("0E EE 00 10 06 03 10 29 BB", "001006", {"isolated": 0}, "001006 屏蔽解除 点型感烟"),
    ("FA AB BB", "", {}, "消音"),
]  # fmt: skip
GST_CRT_IDLE, GST_CRT_RESET = "F0 F0 BB", "0A AA BB"

MEGATEC: list[Vector] = [  # Network UPS Tools
    (b"(226.0 195.0 226.0 014 49.0 27.5 30.0 00001000\r".hex(" "), "",
     {"input": 226.0, "input-fault": 195.0, "output": 226.0, "load": 14, "frequency": 49.0, "battery": 27.5, "temperature": 30.0,
      "utility-fail": 0, "battery-low": 0, "bypass": 0, "ups-failed": 0, "standby": 1, "testing": 0, "shutdown": 0, "beeper": 0,
      "mains": 1}, None),
    (b"(215.0 195.0 230.0 014 49.0 22.7 30.0 00000000\r".hex(" "), "",
     {"input": 215.0, "input-fault": 195.0, "output": 230.0, "load": 14, "frequency": 49.0, "battery": 22.7, "temperature": 30.0,
      "utility-fail": 0, "battery-low": 0, "bypass": 0, "ups-failed": 0, "standby": 0, "testing": 0, "shutdown": 0, "beeper": 0,
      "mains": 1}, None),
    # by hand: mains lost, battery low, temperature not measured
    (b"(000.0 195.0 230.0 014 49.0 21.0 --.- 11001001\r".hex(" "), "",
     {"input": 0, "input-fault": 195.0, "output": 230.0, "load": 14, "frequency": 49.0, "battery": 21.0, "temperature": None,
      "utility-fail": 1, "battery-low": 1, "bypass": 0, "ups-failed": 0, "standby": 1, "testing": 0, "shutdown": 0, "beeper": 1,
      "mains": 0}, None),
]  # fmt: skip

WKLY_QUERY = "57 4B 4C 59 08 00 84 85"  # constructed from the rule in the reference; 57^4B^4C^59 = 09, ^08 = 01, ^84 = 85
WKLY_OPEN = "57 4B 4C 59 09 00 82 00 82"  # what opens lock 0: only to see that it cannot be written
WKLY: list[Vector] = [  # by hand: 09 ^ length ^ board ^ 84 ^ data
    # length 0D: 09^0D = 04, ^84 = 80, ^03 (n) = 83, ^00 ^01 ^FF = 7D
    ("57 4B 4C 59 0D 00 84 00 03 00 01 FF 7D", "0", {"lock-1": 1, "lock-2": 0, "lock-3": None}, ""),
    # board 5: 09^0B = 02, ^05 = 07, ^84 = 83, ^01 (n) = 82, ^01 = 83; status 00
    ("57 4B 4C 59 0B 05 84 00 01 01 83", "5", {"lock-1": 0}, ""),
]
WKLY_CHANGED = "57 4B 4C 59 0A 00 85 00 01 87"  # by hand: 09^0A = 03, ^85 = 86, ^01 = 87
WKLY_FAILED = "57 4B 4C 59 0A 00 84 FF 00 78"  # by hand: 09^0A = 03, ^84 = 87, ^FF = 78: the board could not tell

NMEA_FIR: list[Vector] = [  # by hand from the layout; the sums were worked out with a shell loop over the characters
    (b"$ZHFIR,E,101530.00,FS,AA,001,012,A,V,ROOM 12*32\r\n".hex(" "), "aa-001-012", {"fire": 1}, "aa-001-012 感烟火警 ROOM 12"),
    (b"$ZHFIR,E,101545.00,FS,AA,001,012,V,A,ROOM 12*30\r\n".hex(" "), "aa-001-012", {"fire": 0}, None),
    (b"$ZHFIR,F,101600.00,FH,AA,001,013,A,V,*17\r\n".hex(" "), "aa-001-013", {"fault": 1}, "aa-001-013 感温故障"),
    (b"$ZHFIR,D,101610.00,FM,AB,002,001,A,V,STAIR*4F\r\n".hex(" "), "ab-002-001", {"isolated": 1}, None),
    (b"$ZHFIR,E,101620.00,FD,AA,001,014,X,V,*04\r\n".hex(" "), "aa-001-014", {"fire": None}, None),
    (b"$ZHFIR,S,101630.00,FD,AA,003,000,A,V,*0D\r\n".hex(" "), "aa-003", {"fire": 1}, "aa-003 分区火警"),
]
