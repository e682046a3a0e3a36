"""A form to take away: the same columns and entries as .xlsx (one row an entry) and as .docx (A4, one heading a line). Knows no form.

The libraries are loaded when a file is asked for: most pages never do, and the screens' server stays small.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FONT = "宋体"
HEADING_CM, ENTRY_CM = 4.2, 12.8
A4_CM, MARGIN_CM = (21.0, 29.7), 2.0


@dataclass(frozen=True, slots=True)
class Form:
    """`rows` have one text for each of `columns`; a text may have several lines, and "" is left to be written by hand."""

    title: str
    under: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]


def written(form: Form, kind: str) -> bytes:
    """The file; `kind` is one of TYPES."""
    return _docx(form) if kind == "docx" else _xlsx(form)


def _xlsx(form: Form) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        wrap = {"text_wrap": True, "valign": "top", "border": 1}
        head, cell = book.add_format(wrap | {"bold": True}), book.add_format(wrap)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(form.columns) - 1, 24)
        sheet.set_header(f"&C{_plain(form.title)}  {_plain(form.under)}")
        for n, row in enumerate((form.columns, *form.rows)):
            for column, text in enumerate(row):
                sheet.write_string(n, column, text, cell if n else head)
    return out.getvalue()


def _plain(text: str) -> str:
    """In a header & begins a command."""
    return text.replace("&", "&&")


def _docx(form: Form) -> bytes:
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    made = Document()
    page = made.sections[0]
    page.page_width, page.page_height = (Cm(side) for side in A4_CM)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(MARGIN_CM)
    normal = made.styles["Normal"]
    normal.font.size = Pt(11)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    title = made.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run(form.title)
    run.bold, run.font.size = True, Pt(18)
    made.add_paragraph(form.under).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for row in form.rows:
        table = made.add_table(rows=0, cols=2, style="Table Grid")
        table.autofit = False
        for heading, text in zip(form.columns, row, strict=True):
            left, right = table.add_row().cells
            left.width, right.width = Cm(HEADING_CM), Cm(ENTRY_CM)
            left.paragraphs[0].add_run(heading).bold = True
            right.text = _printable(text)
        made.add_paragraph()
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _printable(text: str) -> str:
    """Without what XML cannot hold: somebody may have pasted it."""
    return "".join(c for c in text if c == "\n" or c >= " ")
