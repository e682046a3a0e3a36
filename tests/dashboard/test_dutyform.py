"""F10 as files: the form's columns in order with its Chinese headings, rows as recorded, nothing filled in for a person."""

import io
import re
import zipfile
from xml.etree import ElementTree

import docx
import pytest

from dashboard.dutyform import duty_form
from dashboard.office import load_words
from dashboard.paper import Form, written

ZH = load_words()["zh"]
# people's page §6, F10: the left column as it stands there
HEADINGS = [
    "日期、班次", "带班领导、值班人员", "接班时间、方式", "控制器/系统运行情况", "报警、故障：时间、部位、原因、处理", "其他消防系统",
    "巡查情况", "查岗", "来访、来电、上级通知", "交班事项、物品", "交班人、接班人签名",
]  # fmt: skip
HOUR = 3_600_000


def of_docx(body):
    table = docx.Document(io.BytesIO(body)).tables[0]
    return [[cell.text for cell in row.cells] for row in table.rows]


def of_xlsx(body):
    """Rows of texts of the only sheet."""
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        texts = ["".join(si.itertext()) for si in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    return [[texts[int(c.find("x:v", space).text)] for c in row] for row in sheet.iterfind(".//x:row", space)]


@pytest.fixture
def shift(kit):
    """A night: an alarm with its result, one nobody answered, a duty check, what the guard wrote, both signatures."""
    since = kit.wall - 3 * HOUR
    fire = {
        "alarm": "no3-1",
        "number": 1,
        "kind": "fire",
        "lamp": "fire",
        "place": "三号宿舍楼二层东走廊",
        "device_name": "烟感",
    }
    return {
        "post": "duty", "on": ["wang"], "since": since, "now": kit.wall, "until": kit.wall, "leader": ["liu"], "next": None,
        "open": [], "faults": [], "out_of_service": [], "notes": [],
        "happened": [
            fire | {"at": since + HOUR, "acked_at": since + HOUR + 30_000, "acked_by": "wang", "result": "false", "cause": "蚊香",
                    "result_by": "zhou", "reset_at": since + 2 * HOUR, "reset_by": "wang"},
            fire | {"alarm": "no3-2", "at": since + 2 * HOUR, "kind": "fault", "lamp": "fault"},
        ],
        "checks": [{"number": 3, "who": "wang", "at": since + HOUR, "what": "answered"}],
        "taken": [{"person": "wang", "at": since, "how": "sms"}, {"person": "zhou", "at": kit.wall, "how": "key"}],
        "handed_over": {"who": "wang", "at": kit.wall - 60_000, "text": "钥匙一把"},
        "countersigned": {"who": "chen", "at": kit.wall, "text": ""},
        "states": [
            {"from": since, "to": since + 2 * HOUR, "seen": ["fire", "false"]},
            {"from": since + 2 * HOUR, "to": kit.wall, "seen": []},
        ],
        "log": [
            {"part": "state", "who": "wang", "at": kit.wall, "text": "21:00–22:00 正常"},
            {"part": "visitors", "who": "wang", "at": since + HOUR, "text": "=HYPERLINK(\"x\") 家长来访\x07"},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_f10_has_the_forms_columns_and_what_was_recorded(kit, shift, kind):
    body = written(duty_form([shift], kit.school(), ZH), kind)
    if kind == "docx":
        headings, row = zip(*of_docx(body), strict=True)
    else:
        headings, row = of_xlsx(body)
    assert list(headings) == HEADINGS
    cell = dict(zip(headings, row, strict=True))
    assert cell["日期、班次"] == "2026-11-23 19:00 – 11-23 22:00"
    assert cell["接班时间、方式"] == "王师傅 11-23 19:00 短信"
    alarms = cell["报警、故障：时间、部位、原因、处理"].splitlines()
    assert alarms[0].startswith("11-23 20:00 三号宿舍楼二层东走廊 烟感 火警；收到：王师傅 11-23 20:00；误报 蚊香")
    assert "复位：王师傅 11-23 21:00" in alarms[0] and alarms[1].endswith("没有人回收到")
    assert cell["控制器/系统运行情况"].splitlines() == [
        "19:00–21:00 系统：火警、误报", "21:00–22:00 系统：没有报警、故障记录", "11-23 22:00 21:00–22:00 正常（王师傅）",
    ]  # fmt: skip
    assert "已应岗" in cell["查岗"] and "=HYPERLINK" in cell["来访、来电、上级通知"]
    assert cell["交班人、接班人签名"].splitlines()[0] == "交班：王师傅 11-23 21:59 钥匙一把"
    assert "接班：" in cell["交班人、接班人签名"] and "会签：" in cell["交班人、接班人签名"]
    assert cell["巡查情况"] == cell["其他消防系统"] == "", "what nobody wrote is left for the pen"


def test_of_the_shift_that_is_on_what_stands_open_is_listed(kit, shift):
    state = kit.school()
    state["alarms"] = {"no3-1": kit.alarm("no3-1")}
    form = duty_form([{**shift, "until": None, "open": ["no3-1"], "handed_over": None}], state, ZH)
    cell = dict(zip(form.columns, form.rows[0], strict=True))
    assert (
        "未交班" in cell["日期、班次"] and "未结束：" in cell["交班事项、物品"] and "带班领导：" in cell["带班领导、值班人员"]
    )


def test_a_sheet_holds_no_formula_and_its_title_no_command():
    body = written(Form("a&Pb", "", ("甲",), [["=1+1"]]), "xlsx")
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and "a&amp;&amp;Pb" in sheet
    assert re.search(r'paperSize="9"', sheet), "A4"
