"""A named operation as its commander writes it: the file OPERATION.toml, field by field."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.domain.operations import Kind, Objective
from watchline.domain.search import Subject
from watchline.domain.site import Part, Unit
from watchline.ops.operation.entitled import NoForce, rights_of
from watchline.ops.search.last_seen import time_s
from watchline.ops.site_file import LoadedSite
from watchline.sources.geojson import read_polygons

F8 = NDArray[np.float64]


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


class Phase(Part, frozen=True):
    """A part of the operation's time."""

    name: str
    begins: str
    ends: str
    text: str = ""


class Force(Part, frozen=True):
    """A force in it: an organisation's units under a commander of the site's people.

    zone: GeoJSON of the polygon in which it searches, "" for the whole area: boundaries between forces are the edges
    of their zones.
    """

    organisation: str
    commander: str
    units: tuple[str, ...]
    zone: str = ""


class Sweep(Part, frozen=True):
    """How the area is swept.

    subject: whom for; shifts: (from, to) hours of the site's clock; all_units: in every shift, else they take turns;
    ahead_days: how far sectors are laid out; visibility_m by eye; place_pod: of a look at a place.
    """

    subject: Subject = "walker"
    shifts: tuple[tuple[float, float], ...] = ((6.0, 14.0),)
    all_units: bool = True
    ahead_days: float = 3.0
    visibility_m: float = 20_000.0
    place_pod: float = 0.9


class OperationFile(Part, frozen=True):
    """The whole file.  hazards: in words, beside the mines and floods of the site; coordination: radio, timings."""

    schema: Literal[1]
    operation: Named
    objectives: tuple[Objective, ...] = ()
    phases: tuple[Phase, ...] = ()
    forces: tuple[Force, ...] = ()
    hazards: tuple[str, ...] = ()
    coordination: tuple[str, ...] = ()
    sweep: Sweep = Sweep()


@dataclass(frozen=True)
class Operation:
    """An operation with its shapes read.  rings: of the area (degrees); zones: of each force, () for the whole area.

    rights: by which right each unit is sent, as the site entitles its force's commander.
    """

    told: OperationFile
    begins_s: float
    ends_s: float
    rings: tuple[F8, ...]
    zones: tuple[tuple[F8, ...], ...]
    units: dict[str, Unit]
    rights: dict[str, str]


def read_operation(path: Path, site: LoadedSite) -> Operation:
    """Return the operation; BadInput with one line that names file, field and rule."""
    try:
        told = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), OperationFile)
    except FileNotFoundError:
        raise BadInput(str(path), "no such file", "see docs/operations.md") from None
    except UnicodeDecodeError:
        raise BadInput(str(path), "is not text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(str(path), f"is not TOML ({error})") from None
    except msgspec.ValidationError as error:
        rule, _, field = str(error).partition(" - at `$.")
        raise BadInput(f"{path}: {field.rstrip('`') or 'the file'}", rule, "see docs/operations.md") from None
    begins, ends = (time_s(path, f"operation.{k}", getattr(told.operation, k)) for k in ("begins", "ends"))
    _judge(path, told, begins, ends)
    rings = tuple(read_polygons(path.parent / told.operation.area))
    zones = tuple(tuple(read_polygons(path.parent / f.zone)) if f.zone else () for f in told.forces)
    units, rights = _forces(path, told, site)
    return Operation(told, begins, ends, rings, zones, units, rights)


def _judge(path: Path, told: OperationFile, begins_s: float, ends_s: float) -> None:
    if not 3600.0 <= ends_s - begins_s <= 92 * 86_400.0:
        raise BadInput(f"{path}: operation.ends", "must be an hour to 92 days after it begins", "correct it")
    for k, phase in enumerate(told.phases):
        a, b = (time_s(path, f"phases[{k}].{name}", getattr(phase, name)) for name in ("begins", "ends"))
        if not begins_s <= a < b <= ends_s:
            raise BadInput(
                f"{path}: phases[{k}]", "must lie within the operation and end after it begins", "correct it"
            )
    bounds = [("sweep.ahead_days", told.sweep.ahead_days, 0.25, 31.0),
              ("sweep.visibility_m", told.sweep.visibility_m, 50.0, 100_000.0),
              ("sweep.place_pod", told.sweep.place_pod, 0.0, 1.0)]  # fmt: skip
    bounds += [(f"objectives[{k}].aim", one.aim, 0.0, 1.0) for k, one in enumerate(told.objectives)]
    bounds += [(f"sweep.shifts[{k}]", hour, 0.0, 24.0) for k, pair in enumerate(told.sweep.shifts) for hour in pair]
    for field, value, low, high in bounds:
        if not low <= value <= high:
            raise BadInput(f"{path}: {field}", f"must be in {low:g} to {high:g}, got {value:g}", "correct it")
    if not told.forces or not told.sweep.shifts:
        raise BadInput(f"{path}: forces", "names nobody, or sweep.shifts no time", "see docs/operations.md")


def _forces(path: Path, told: OperationFile, site: LoadedSite) -> tuple[dict[str, Unit], dict[str, str]]:
    forces = [(force.organisation, force.commander, force.units) for force in told.forces]
    try:
        rights = rights_of(site.site, told.operation.commander, forces)
    except NoForce as no:
        raise BadInput(f"{path}: {no.field}", no.rule, "see [[people]] and [[tasking]] of the site") from None
    return {unit.id: unit for unit in site.site.units if unit.id in rights}, rights


def midnight_s(operation: Operation, site: LoadedSite) -> float:
    """Return the midnight of the site's clock before the operation begins."""
    zone = ZoneInfo(site.site.clock.timezone)
    local = datetime.fromtimestamp(operation.begins_s, zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
