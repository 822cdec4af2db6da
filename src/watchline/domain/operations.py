"""The records of named operations: what a commander states, what was reached, who sweeps what by whose order.

Rules as in `records.py`.  What an operation has reached follows from the ledger: tracks of its units, looks at
places.  A plan moves nobody: an order names who gave it and by which right each unit goes.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from watchline.domain.places import PlaceKind
from watchline.domain.records import Record
from watchline.domain.search import Subject

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


class Sweep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the area is swept.

    subject: whom for; shifts: (from, to) hours of the site's clock; all_units: in every shift, else they take turns;
    ahead_days: how far sectors are laid out; visibility_m by eye; place_pod: of a look at a place; wind_m_s and
    temperature_c: as dogs will have them.
    """

    subject: Subject = "walker"
    shifts: tuple[tuple[float, float], ...] = ((6.0, 14.0),)
    all_units: bool = True
    ahead_days: float = 3.0
    visibility_m: float = 20_000.0
    place_pod: float = 0.9
    wind_m_s: float = 3.0
    temperature_c: float = 25.0


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
    sweep: Sweep = Sweep()


class PlannedSector(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit sweeps in a shift: corners (degrees), lanes spacing_m apart; pod of it by the plan's law."""

    unit: str
    from_s: float
    to_s: float
    seconds: float
    corners: Ring
    spacing_m: float
    width_m: float
    pod: float


class PlannedVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A place that a unit looks at in the shift that begins at from_s, with the chance that it is used then."""

    unit: str
    from_s: float
    place: str
    what: PlaceKind
    name: str
    lon_deg: float
    lat_deg: float
    p_used: float


class OperationProgress(Record, frozen=True, tag="operation_progress"):
    """What an operation has reached, from all that the ledger held up to batch `seq`, of the statement `version`.

    pod: mean over the area, of what tracks really covered; left: chance that whoever is searched for is still there;
    looked_at: share of `places` places; swept_km2 by unit; cells: (longitude, latitude, pod) of squares of cell_m for
    screens; digest: of the POD of every cell.  fault: why nothing could be reckoned.
    """

    operation: str
    version: int
    seq: int
    pod: float = 0.0
    left: float = 1.0
    looked_at: float = 0.0
    places: int = 0
    area_km2: float = 0.0
    swept_km2: dict[str, float] = msgspec.field(default_factory=dict)
    cell_m: float = 0.0
    cells: tuple[tuple[float, float, float], ...] = ()
    digest: str = ""
    fault: str = ""


class OperationPlan(Record, frozen=True, tag="operation_plan"):
    """Who sweeps what from from_s to to_s: a proposal, which a later one replaces.  bound: no plan finds more."""

    operation: str
    plan: str
    version: int
    seq: int
    from_s: float
    to_s: float
    p_found: float
    bound: float
    sectors: tuple[PlannedSector, ...]
    visits: tuple[PlannedVisit, ...] = ()


class OperationPlanAsked(Record, frozen=True, tag="operation_plan_asked"):
    """A person wants what remains planned anew."""

    operation: str
    person: str


class OperationOrder(Record, frozen=True, tag="operation_order"):
    """A commander's yes to a plan as they saw it (digest), for some of its units; rights: theirs for each."""

    operation: str
    plan: str
    digest: str
    person: str
    units: tuple[str, ...]
    rights: tuple[str, ...]


class OperationEnded(Record, frozen=True, tag="operation_ended"):
    """An operation is over: its end state was reached, or it is called off."""

    operation: str
    person: str
    reached: bool
    text: str = ""
