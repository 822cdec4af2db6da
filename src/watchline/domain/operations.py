"""The records of named operations: what a commander states, and the end.

Rules as in `records.py`.  What an operation has reached follows from the ledger: tracks of its units, looks at
places.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from watchline.domain.records import Record

Kind = Literal["search", "protect", "rescue"]
Ring = tuple[tuple[float, float], ...]
"""Corners of a polygon: degrees longitude, latitude."""


class Objective(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be reached.  measure: pod (of the whole area), places (share looked at since it began) or none."""

    text: str
    measure: Literal["pod", "places", "none"] = "none"
    aim: float = 0.8


class Phase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the operation's time."""

    name: str
    begins_s: float
    ends_s: float
    text: str = ""


class Force(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation's units under a commander; zone: where they work, () for the whole area."""

    organisation: str
    commander: str
    units: tuple[str, ...]
    zone: tuple[Ring, ...] = ()


class OperationStated(Record, frozen=True, tag="operation_stated"):
    """A person states an operation; a later one of the same id replaces it.

    rights: by which right each force's commander may send each unit, as `UNIT: RIGHT`.
    """

    operation: str
    person: str
    name: str
    what: Kind
    begins_s: float
    ends_s: float
    commander: str
    end_state: str
    area: tuple[Ring, ...]
    objectives: tuple[Objective, ...] = ()
    phases: tuple[Phase, ...] = ()
    forces: tuple[Force, ...] = ()
    hazards: tuple[str, ...] = ()
    coordination: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()


class OperationEnded(Record, frozen=True, tag="operation_ended"):
    """An operation is over: its end state was reached, or it is called off."""

    operation: str
    person: str
    reached: bool
    text: str = ""
