"""A document as PDF: Arabic and Sorani shaped and set right to left.

Parts: fpdf2 (LGPL) with HarfBuzz (extra `reports`), measured against others in `design/017-desk.md`.  The same
document is the same bytes: no date of making is written into it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from watchline.domain.errors import BadInput
from watchline.reports.document import Document, Heading, Line, Picture, SignatureLine, Table

FONTS = Path(__file__).parent / "fonts"
MARGIN_MM, LINE_MM, SIZE_PT = 16.0, 6.0, 10.0
LYING_MARGIN_MM = 10.0  # of map sheets, whose scale is that of a picture across the rest
RULE_GREY, HEAD_GREY = 150, 235
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # the footer says from which chain it was made, which is the better date


def pdf(document: Document) -> bytes:
    """Return the document; BadInput when the parts that set it are not installed."""
    page = _page(document)
    side = "R" if document.right_to_left else "L"
    for block in document.blocks:
        match block:
            case Heading():
                page.ln(2.0)
                page.set_font(style="B", size=SIZE_PT + 1)
                page.multi_cell(0, LINE_MM + 1, block.text, align=side, new_x="LMARGIN", new_y="NEXT")
                page.set_font(style="", size=SIZE_PT)
            case Line():
                page.multi_cell(0, LINE_MM, block.text, align=side, new_x="LMARGIN", new_y="NEXT")
            case SignatureLine():
                _signature(page, block, side)
            case Table():
                _table(page, block, document.right_to_left)
            case Picture():
                page.image(BytesIO(block.png), w=page.epw)
                if block.caption:
                    page.multi_cell(0, LINE_MM, block.caption, align=side, new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def _page(document: Document) -> Any:
    try:
        import uharfbuzz  # noqa: F401  # fpdf2 shapes without it only by not shaping
        from fpdf import FPDF
    except ImportError:
        raise BadInput(
            "--out", "a PDF needs the parts of the extra `reports`", "pip install 'watchline[reports]', or an .html"
        ) from None

    size, _, lying = document.paper.partition(" ")
    margin_mm = LYING_MARGIN_MM if lying else MARGIN_MM

    class Page(FPDF):
        """Puts the marks over and the source under every page."""

        def header(self) -> None:
            for mark in document.marks:
                self.set_font(style="B", size=SIZE_PT)
                self.cell(0, LINE_MM, mark, border=1, align="C", new_x="LMARGIN", new_y="NEXT")
                self.ln(2.0)

        def footer(self) -> None:
            self.set_y(-margin_mm)
            self.set_font(style="", size=SIZE_PT - 2)
            self.cell(0, LINE_MM, f"{document.footer} · {self.page_no()}", align="C")

    page = Page(orientation="landscape" if lying else "portrait", format=size)
    page.set_creation_date(NO_DATE)
    page.set_title(document.title)
    page.set_lang(document.language)
    for style, name in (("", "Regular"), ("B", "Bold")):
        page.add_font("sheet", style, FONTS / f"NotoSansArabic-{name}.ttf")
    page.set_margins(margin_mm, margin_mm, margin_mm)
    page.set_auto_page_break(True, margin_mm + LINE_MM)
    page.set_font("sheet", size=SIZE_PT)
    page.set_text_shaping(True, direction="rtl" if document.right_to_left else "ltr")
    page.set_draw_color(RULE_GREY)
    page.add_page()
    page.set_font(style="B", size=SIZE_PT + 5)
    align = "R" if document.right_to_left else "L"
    page.multi_cell(0, LINE_MM + 3, document.title, align=align, new_x="LMARGIN", new_y="NEXT")
    page.set_font(style="", size=SIZE_PT)
    return page


def _signature(page: Any, block: SignatureLine, side: str) -> None:
    page.ln(3.0)
    page.set_font(style="B", size=SIZE_PT)
    page.multi_cell(0, LINE_MM, block.who, align=side, new_x="LMARGIN", new_y="NEXT")
    page.set_font(style="", size=SIZE_PT)
    page.multi_cell(0, LINE_MM + 2, block.text, align=side, border="B", new_x="LMARGIN", new_y="NEXT")


def _table(page: Any, block: Table, right_to_left: bool) -> None:
    """Set a table; from the right, its first column is the rightmost."""
    from fpdf.fonts import FontFace

    def turned(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(reversed(row)) if right_to_left else row

    head = FontFace(emphasis="BOLD", fill_color=HEAD_GREY)
    with page.table(
        col_widths=turned(block.shares), text_align="RIGHT" if right_to_left else "LEFT", headings_style=head,
        line_height=LINE_MM, padding=0.6,
    ) as table:  # fmt: skip
        for row in (block.head, *block.rows):
            table.row(turned(row))
    page.ln(1.0)
