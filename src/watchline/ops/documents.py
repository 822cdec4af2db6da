"""From a ledger to a document, for the command line and for a screen alike.

Rule: every document says what may have crossed unseen in its time and place, since each counts only what was seen.
`shift` and `unseen` say it in their own text, all others at their end.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from watchline.ops.audit import audit_facts
from watchline.ops.calibrated import calibration_facts
from watchline.ops.claims import claims_facts
from watchline.ops.papers.impact import impact_facts
from watchline.ops.papers.incident import beside_of, incident_facts
from watchline.ops.papers.transparency import transparency_facts
from watchline.ops.sheets import SHIFT_S, handover_facts, shift_facts
from watchline.ops.unseen import unseen_facts
from watchline.reports.audit import audit_report
from watchline.reports.calibration import calibration_report
from watchline.reports.claims import claims_report
from watchline.reports.document import Document, Writer
from watchline.reports.handover import handover_sheet
from watchline.reports.impact import impact_report
from watchline.reports.incident import incident_report
from watchline.reports.shift import shift_report
from watchline.reports.transparency import transparency_report
from watchline.reports.unseen import beside, unseen_report
from watchline.reports.words import Language

Kind = Literal["handover", "shift", "unseen", "claims", "calibration", "incident", "transparency", "dpia", "audit"]


@dataclass(frozen=True)
class Asked:
    """What a document is asked about; what its kind has no use for is left out.

    number: of a handover or an alert; track: of an incident; desk: whose latest handover; stretch_km: of the unseen.
    """

    number: str = ""
    desk: str = ""
    track: int | None = None
    from_s: float | None = None
    to_s: float | None = None
    stretch_km: tuple[float, float] | None = None


def document_of(kind: Kind, ledger: Path, language: Language, asked: Asked = Asked()) -> Document:
    """Return a handover (by number, else the latest of the desk), a shift (of a time, else the last twelve hours),
    what may have crossed unseen (of a time and stretch, else of all there is), all public claims, whether
    probabilities were right, the dossier of an alert or a track (else of the latest alert), the month for the public,
    the data-protection impact assessment, or honest counting.

    Raises BadInput when the ledger holds nothing of the kind.
    """
    if kind == "unseen":
        found = unseen_facts(ledger, asked.from_s, asked.to_s, asked.stretch_km)
        return unseen_report(found, Writer(language, found.timezone))
    if kind == "shift":
        facts = shift_facts(ledger, asked.from_s, asked.to_s)
        return shift_report(facts, Writer(language, facts.timezone))
    document, from_s, to_s, stretch_km = _counting(kind, ledger, language, asked)
    unseen = unseen_facts(ledger, from_s, to_s, stretch_km)
    return beside(document, unseen, Writer(language, unseen.timezone))


Counting = tuple[Document, float | None, float | None, tuple[float, float] | None]


def _counting(kind: Kind, ledger: Path, language: Language, asked: Asked) -> Counting:
    """Return a document that counts what was seen, and the time and stretch it is about (None: all there is)."""
    match kind:
        case "handover":
            sheet = handover_facts(ledger, asked.number, asked.desk)
            made = handover_sheet(sheet, Writer(language, sheet.timezone))
            return made, sheet.handover.t_s - SHIFT_S, sheet.handover.t_s, None
        case "incident":
            incident = incident_facts(ledger, asked.number, asked.track)
            return incident_report(incident, Writer(language, incident.timezone)), *beside_of(incident)
        case "transparency":
            month = transparency_facts(ledger, asked.from_s, asked.to_s)
            made = transparency_report(month, Writer(language, month.timezone))
            return made, month.from_s, month.to_s, None
        case "dpia":
            impact = impact_facts(ledger)
            return impact_report(impact, Writer(language, impact.timezone)), None, None, None
        case "calibration":
            checked = calibration_facts(ledger)
            return calibration_report(checked, Writer(language, checked.timezone)), None, None, None
        case "audit":
            audit = audit_facts(ledger)
            return audit_report(audit, Writer(language, audit.timezone)), None, None, None
        case _:
            claims = claims_facts(ledger)
            return claims_report(claims, Writer(language, claims.timezone)), None, None, None
