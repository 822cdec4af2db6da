"""A named operation as its commander writes it: the file OPERATION.toml, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.domain.operations import Force, Kind, Objective, OperationStated, Phase, Ring, Sweep
from watchline.domain.site import Part, Site, Unit
from watchline.ops.operation.entitled import NoForce, rights_of
from watchline.ops.operation.rules import faults_of
from watchline.ops.search.last_seen import time_s
from watchline.ops.site_file import LoadedSite
from watchline.sources.geojson import read_polygons
from watchline.sources.toml_file import read_as

F8 = NDArray[np.float64]
FIELDS = {"ends_s": "operation.ends", "area, zone": "operation.area, forces.zone"}


class Named(Part, frozen=True):
    """What the operation is.  begins, ends: RFC 3339 with a zone; area: GeoJSON of one polygon or several.

    commander: a name of the site's people; end_state: how one knows that it is over.
    """

    name: str
    kind: Kind
    begins: str
    ends: str
    area: str
    commander: str
    end_state: str


class PhaseTold(Part, frozen=True):
    """A part of the operation's time."""

    name: str
    begins: str
    ends: str
    text: str = ""


class ForceTold(Part, frozen=True):
    """A force in it: an organisation's units under a commander of the site's people.

    zone: GeoJSON of the polygon in which it searches, "" for the whole area: boundaries between forces are the edges
    of their zones.
    """

    organisation: str
    commander: str
    units: tuple[str, ...]
    zone: str = ""


class OperationFile(Part, frozen=True):
    """The whole file.  hazards: in words, beside the mines and floods of the site; coordination: radio, timings."""

    schema: Literal[1]
    operation: Named
    objectives: tuple[Objective, ...] = ()
    phases: tuple[PhaseTold, ...] = ()
    forces: tuple[ForceTold, ...] = ()
    hazards: tuple[str, ...] = ()
    coordination: tuple[str, ...] = ()
    sweep: Sweep = Sweep()


@dataclass(frozen=True)
class Operation:
    """An operation with its shapes.  rings: of the area (degrees); zones: of each force, () for the whole area.

    units: those of its forces, by id.
    """

    stated: OperationStated
    rings: tuple[F8, ...]
    zones: tuple[tuple[F8, ...], ...]
    units: dict[str, Unit]

    @property
    def begins_s(self) -> float:
        """Return when it begins."""
        return self.stated.begins_s

    @property
    def ends_s(self) -> float:
        """Return when it ends."""
        return self.stated.ends_s


def operation_of(stated: OperationStated, site: Site) -> Operation:
    """Return what was stated with its shapes and units."""
    named = {id_ for force in stated.forces for id_ in force.units}
    return Operation(
        stated, tuple(np.array(ring, float) for ring in stated.area),
        tuple(tuple(np.array(ring, float) for ring in force.zone) for force in stated.forces),
        {unit.id: unit for unit in site.units if unit.id in named},
    )  # fmt: skip


def read_operation(path: Path, site: LoadedSite) -> Operation:
    """Return the operation; BadInput with one line that names file, field and rule."""
    told = read_as(path, OperationFile, "docs/operations.md")
    begins, ends = (time_s(path, f"operation.{k}", getattr(told.operation, k)) for k in ("begins", "ends"))
    rights = _rights(path, told, site)
    one = told.operation
    stated = OperationStated(
        id=one.name, t_s=begins, source=str(path.name), operation=one.name, person=one.commander, name=one.name,
        what=one.kind, begins_s=begins, ends_s=ends, commander=one.commander, end_state=one.end_state,
        area=_rings(path.parent / one.area), objectives=told.objectives,
        phases=tuple(
            Phase(name=p.name, begins_s=time_s(path, "phases", p.begins), ends_s=time_s(path, "phases", p.ends),
                  text=p.text)
            for p in told.phases
        ),
        forces=tuple(
            Force(organisation=f.organisation, commander=f.commander, units=f.units,
                  zone=_rings(path.parent / f.zone) if f.zone else ())
            for f in told.forces
        ),
        hazards=told.hazards, coordination=told.coordination,
        rights=tuple(f"{unit}: {right}" for unit, right in rights.items()), sweep=told.sweep,
    )  # fmt: skip
    for field, rule in faults_of(stated):
        raise BadInput(f"{path}: {FIELDS.get(field, field)}", rule, "see docs/operations.md")
    return operation_of(stated, site.site)


def _rings(path: Path) -> tuple[Ring, ...]:
    return tuple(tuple((round(float(a), 6), round(float(b), 6)) for a, b in ring) for ring in read_polygons(path))


def _rights(path: Path, told: OperationFile, site: LoadedSite) -> dict[str, str]:
    forces = [(force.organisation, force.commander, force.units) for force in told.forces]
    try:
        return rights_of(site.site, told.operation.commander, forces)
    except NoForce as no:
        raise BadInput(f"{path}: {no.field}", no.rule, "see [[people]] and [[tasking]] of the site") from None


def midnight_s(operation: Operation, site: LoadedSite) -> float:
    """Return the midnight of the site's clock before the operation begins."""
    zone = ZoneInfo(site.site.clock.timezone)
    local = datetime.fromtimestamp(operation.begins_s, zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
