"""From a ledger to a document, for the command line and for a screen alike."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from watchline.ops.calibrated import calibration_facts
from watchline.ops.claims import claims_facts
from watchline.ops.sheets import handover_facts, shift_facts
from watchline.ops.unseen import unseen_facts
from watchline.reports.calibration import calibration_report
from watchline.reports.claims import claims_report
from watchline.reports.document import Document, Writer
from watchline.reports.handover import handover_sheet
from watchline.reports.shift import shift_report
from watchline.reports.unseen import unseen_report
from watchline.reports.words import Language

Kind = Literal["handover", "shift", "unseen", "claims", "calibration"]


def document_of(
    kind: Kind,
    ledger: Path,
    language: Language,
    *,
    number: str = "",
    desk: str = "",
    from_s: float | None = None,
    to_s: float | None = None,
    stretch_km: tuple[float, float] | None = None,
) -> Document:
    """Return a handover (by number, else the latest of the desk), a shift (of a time, else the last twelve hours) or
    what may have crossed unseen (of a time and stretch, else of all there is), all public claims, or
    whether probabilities were right.

    Raises BadInput when the ledger holds nothing of the kind.
    """
    if kind == "handover":
        sheet = handover_facts(ledger, number, desk)
        return handover_sheet(sheet, Writer(language, sheet.timezone))
    if kind == "unseen":
        found = unseen_facts(ledger, from_s, to_s, stretch_km)
        return unseen_report(found, Writer(language, found.timezone))
    if kind == "claims":
        told = claims_facts(ledger)
        return claims_report(told, Writer(language, told.timezone))
    if kind == "calibration":
        checked = calibration_facts(ledger)
        return calibration_report(checked, Writer(language, checked.timezone))
    facts = shift_facts(ledger, from_s, to_s)
    return shift_report(facts, Writer(language, facts.timezone))
