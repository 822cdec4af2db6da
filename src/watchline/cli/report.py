"""`watchline report`: sheets and reports from a ledger alone, as PDF or HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json
from watchline.domain.errors import BadInput
from watchline.ops.clock import seconds_of
from watchline.ops.documents import Asked, Kind, document_of
from watchline.reports.html import html
from watchline.reports.pdf import pdf
from watchline.reports.words import Language


def report(
    kind: Kind,
    ledger: Path,
    /,
    *,
    out: Annotated[Path, Parameter(help="file to write, .pdf or .html")],
    lang: Annotated[Language, Parameter(help="of the report")] = "en",
    from_: Annotated[str | None, Parameter(name="--from", help="RFC 3339 time; shift, unseen, transparency")] = None,
    to: Annotated[str | None, Parameter(help="and until then")] = None,
    stretch: Annotated[str | None, Parameter(help="A:B in kilometres; unseen only")] = None,
    number: Annotated[str, Parameter(help="of a handover (H-3) or an alert (A-12); without it the latest")] = "",
    track: Annotated[int | None, Parameter(help="all alerts about this track; incident only")] = None,
    desk: Annotated[str, Parameter(help="whose latest handover")] = "",
    json: Json = False,
) -> int:
    """Write a report of a ledger.  The ending of --out says how: .pdf or .html.

    Parameters
    ----------
    kind
        handover: the sheet of a change of shift, signed or to be signed; shift: what happened in a time; unseen: how
        many may have crossed without being noticed; claims: what is said of the line, and what the ledger
        supports; calibration: were the probabilities right; incident: all that the desk knew and did about an alert;
        transparency: a month for the public; dpia: the data-protection impact assessment, from the configuration;
        audit: what second looks at decisions and sign reports found.
    ledger
        The directory of the ledger.
    """
    asked = Asked(number, desk, track, _time("--from", from_), _time("--to", to), _stretch(stretch))
    _refuse_what_does_not_belong(kind, asked)
    document = document_of(kind, ledger, lang, asked)
    if out.suffix not in (".pdf", ".html"):
        raise BadInput(f"--out: {out}", "ends neither in .pdf nor in .html", "choose one")
    out.write_bytes(pdf(document) if out.suffix == ".pdf" else html(document))
    if json:
        said = {"out": str(out), "title": document.title, "blocks": len(document.blocks)}
        print(msgspec.json.encode(said).decode())
    else:
        print(f"{document.title}: {out}")
    return 0


def _refuse_what_does_not_belong(kind: Kind, asked: Asked) -> None:
    if kind not in ("shift", "unseen", "transparency") and (asked.from_s, asked.to_s) != (None, None):
        raise BadInput("--from", "belongs to a report of a time")
    if kind not in ("handover", "incident") and asked.number:
        raise BadInput("--number", "belongs to a handover or an incident")
    if kind != "handover" and asked.desk:
        raise BadInput("--desk", "belongs to a handover")
    if asked.track is not None and (kind != "incident" or asked.number):
        raise BadInput("--track", "belongs to an incident without --number")
    if asked.stretch_km is not None and kind != "unseen":
        raise BadInput("--stretch", "belongs to a report of the unseen")


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
