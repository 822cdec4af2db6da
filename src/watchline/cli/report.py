"""`watchline report`: sheets and reports from a ledger alone, as PDF or HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.domain.errors import BadInput
from watchline.ops.clock import seconds_of
from watchline.ops.documents import Kind, document_of
from watchline.reports.html import html
from watchline.reports.pdf import pdf
from watchline.reports.words import Language


def report(
    kind: Kind,
    ledger: Path,
    /,
    *,
    out: Path,
    lang: Language = "en",
    from_: Annotated[str | None, Parameter(name="--from", help="RFC 3339 time; shift and unseen")] = None,
    to: str | None = None,
    stretch: Annotated[str | None, Parameter(help="A:B in kilometres; unseen only")] = None,
    number: Annotated[str, Parameter(help="of a handover, such as H-3; without it the latest")] = "",
    desk: Annotated[str, Parameter(help="whose latest handover")] = "",
    json: bool = False,
) -> int:
    """Write a report of a ledger.  The ending of --out says how: .pdf or .html.

    Parameters
    ----------
    kind
        handover: the sheet of a change of shift, signed or to be signed; shift: what happened in a time; unseen: how
        many may have crossed without being noticed; claims: what is said of the line, and what the ledger
        supports; calibration: were the probabilities right.
    ledger
        The directory of the ledger.
    """
    _refuse_what_does_not_belong(kind, (from_, to), number, desk)
    from_s, to_s = _time("--from", from_), _time("--to", to)
    if stretch is not None and kind != "unseen":
        raise BadInput("--stretch", "belongs to a report of the unseen")
    document = document_of(
        kind, ledger, lang, number=number, desk=desk, from_s=from_s, to_s=to_s, stretch_km=_stretch(stretch)
    )
    if out.suffix not in (".pdf", ".html"):
        raise BadInput(f"--out: {out}", "ends neither in .pdf nor in .html", "choose one")
    out.write_bytes(pdf(document) if out.suffix == ".pdf" else html(document))
    if json:
        said = {"out": str(out), "title": document.title, "blocks": len(document.blocks)}
        print(msgspec.json.encode(said).decode())
    else:
        print(f"{document.title}: {out}")
    return 0


def _refuse_what_does_not_belong(kind: Kind, between: tuple[str | None, str | None], number: str, desk: str) -> None:
    if kind in ("handover", "claims", "calibration") and between != (None, None):
        raise BadInput("--from", "belongs to a report of a time")
    if kind != "handover" and (number or desk):
        raise BadInput("--number", "belongs to a handover")


def _time(name: str, text: str | None) -> float | None:
    try:
        return None if text is None else seconds_of(text)
    except ValueError:
        raise BadInput(name, f"must be a time with zone, got {text!r}", "for example 2018-01-23T00:00:00Z") from None


def _stretch(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        raise BadInput("--stretch", f"must be A:B in kilometres, got {text!r}", "for example 40:60") from None
    return low, high
