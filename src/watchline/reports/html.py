"""A document as one HTML file without anything from elsewhere: read, searched and printed by any browser."""

from __future__ import annotations

from base64 import b64encode
from html import escape

from watchline.reports.document import Document, Heading, Line, Picture, SignatureLine, Table

STYLE = """
body {
  font: 14px/1.5 "Noto Sans Arabic", "Segoe UI", Tahoma, sans-serif;
  color: #14181c; max-width: 48rem; margin: 2rem auto;
}
h1 { font-size: 1.3rem; }
h2 { font-size: 1rem; margin-block: 1.2rem 0.3rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: 0.2rem 0.5rem; border: 1px solid #b7bec5; }
th { background: #eef1f3; }
td { unicode-bidi: plaintext; }
.mark { border: 2px solid; padding: 0 0.5rem; font-weight: 700; }
.sign { display: flex; gap: 1rem; margin-block: 1.2rem; }
.sign b { flex: 1; }
.sign span { flex: 2; border-bottom: 1px solid; }
figure { margin: 1rem 0; }
img { max-width: 100%; }
footer { margin-top: 2rem; color: #56606a; font-size: 12px; }
"""


def html(document: Document) -> bytes:
    """Return the document as UTF-8."""
    direction = "rtl" if document.right_to_left else "ltr"
    body = [f"<h1>{escape(document.title)}</h1>"]
    body += [f'<p><span class="mark">{escape(mark)}</span></p>' for mark in document.marks]
    for block in document.blocks:
        match block:
            case Heading():
                body.append(f"<h2>{escape(block.text)}</h2>")
            case Line():
                body.append(f"<p>{escape(block.text)}</p>")
            case SignatureLine():
                body.append(f'<div class="sign"><b>{escape(block.who)}</b><span>{escape(block.text)}</span></div>')
            case Table():
                body.append(_table(block))
            case Picture():
                source = f"data:image/png;base64,{b64encode(block.png).decode()}"
                caption = escape(block.caption)
                body.append(
                    f'<figure><img src="{source}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'
                )
    page = (
        f'<!doctype html><html lang="{document.language}" dir="{direction}"><meta charset="utf-8">'
        f"<title>{escape(document.title)}</title><style>{STYLE}</style><body>{''.join(body)}"
        f"<footer>{escape(document.footer)}</footer></body></html>\n"
    )
    return page.encode()


def _table(table: Table) -> str:
    widths = "".join(f'<col style="width:{100 * share:.0f}%">' for share in table.shares)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f"<table><colgroup>{widths}</colgroup><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
