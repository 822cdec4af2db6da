"""What an operation has reached and who should sweep what next, from what the ledger holds up to a batch.

The same ledger gives the same answer, bit by bit, whether it is read piece by piece while the core runs or at once
after a restart.  Mutable: it keeps what tracks of each operation have shown so far.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from watchline.domain.operations import (
    OperationPlan,
    OperationProgress,
    OperationStated,
    PlannedSector,
    PlannedVisit,
    Ring,
)
from watchline.domain.records import UnitReport
from watchline.geo.frame import SiteFrame
from watchline.ledger.reader import LedgerReader
from watchline.ops.operation.area_search import Area, AreaSearch, Going, Track, Visit
from watchline.ops.operation.operation_file import operation_of
from watchline.ops.site_file import LoadedSite
from watchline.search import places
from watchline.search.area import Sector, spacing_m

SHOWN = 1200  # squares of a map that a screen is sent at most


@dataclass(frozen=True)
class Ask:
    """What is asked of an operation: what it has reached by batch seq, and a plan from plan_s on, None for none.

    going: sectors that units are on by order; number: of the plan.
    """

    stated: OperationStated
    version: int
    seq: int
    now_s: float
    known: places.State
    plan_s: float | None = None
    going: tuple[PlannedSector, ...] = ()
    number: int = 1


@dataclass(frozen=True)
class Answer:
    """What it has reached, with the plan that was asked for."""

    progress: OperationProgress
    plan: OperationPlan | None = None


@dataclass
class _Followed:
    version: int
    area: Area
    read_seq: int = 0


@dataclass
class Reckoner:
    """Answers for the operations of a site whose ledger is in a folder."""

    site: LoadedSite
    ledger: Path
    _followed: dict[str, _Followed] = field(default_factory=dict)

    def answer(self, ask: Ask) -> Answer:
        """Return the answer."""
        one = self._followed.get(ask.stated.operation)
        if one is None or one.version != ask.version:
            one = _Followed(ask.version, Area(operation_of(ask.stated, self.site.site), self.site))
            self._followed[ask.stated.operation] = one
        self._read(one, ask.seq)
        going = [_going(sector, self.site) for sector in ask.going]
        found = one.area.stands(ask.known, ask.now_s if ask.plan_s is None else ask.plan_s, going,
                                plans=ask.plan_s is not None)  # fmt: skip
        return Answer(_progress(found, ask, self.site.line.frame), _plan(found, ask, self.site.line.frame))

    def _read(self, one: _Followed, seq: int) -> None:
        """Take what units told between what was read and a batch."""
        operation = one.area.operation
        fixes: dict[str, list[tuple[float, float, float]]] = {}
        with LedgerReader(self.ledger) as reader:
            for entry in reader.events(["unit_report"], after_seq=one.read_seq):
                if entry.seq > seq:
                    break
                told = entry.value
                if (
                    isinstance(told, UnitReport) and told.unit in operation.units and not told.exercise
                    and operation.begins_s <= told.t_s <= operation.ends_s
                ):  # fmt: skip
                    where = told.position
                    fixes.setdefault(told.unit, []).append((told.t_s, where.lon_deg, where.lat_deg))
        for unit, rows in sorted(fixes.items()):
            table = np.array(sorted(set(rows)), float)
            one.area.take(Track(unit, table[:, 1:], table[:, 0]))
        one.read_seq = max(one.read_seq, seq)


def _going(sector: PlannedSector, site: LoadedSite) -> Going:
    corners = np.array(sector.corners, float)
    xy = np.asarray(site.line.frame.xy_m_from_lonlat(corners[:, 0], corners[:, 1]), float)
    return Going(xy.min(axis=0), xy.max(axis=0), sector.to_s, sector.seconds, -math.log1p(-min(sector.pod, 0.999)))


def _progress(found: AreaSearch, ask: Ask, frame: SiteFrame) -> OperationProgress:
    cell_m, cells = squares(found, frame)
    name = ask.stated.operation
    return OperationProgress(
        id=f"{name}-v{ask.version}-b{ask.seq}", t_s=ask.now_s, source="operations", operation=name,
        version=ask.version, seq=ask.seq, pod=round(found.pod_of_area, 6), left=round(float(found.left.sum()), 6),
        looked_at=round(found.places_looked_at, 6), places=len(found.known),
        area_km2=round(float(found.inside.sum()) * found.land.grid.cell_m**2 / 1e6, 3),
        swept_km2={unit: round(km2, 3) for unit, km2 in sorted(found.searched.items())}, cell_m=cell_m, cells=cells,
        digest=hashlib.sha256(np.ascontiguousarray(found.pod).tobytes()).hexdigest()[:16],
    )  # fmt: skip


def squares(found: AreaSearch, frame: SiteFrame) -> tuple[float, tuple[tuple[float, float, float], ...]]:
    """Return the side in metres of squares that a screen can draw, and (longitude, latitude, POD) of each middle."""
    grid = found.land.grid
    times = max(1, math.ceil(math.sqrt(float(found.inside.sum()) / SHOWN)))
    rows, cols = (n // times * times for n in found.inside.shape)
    shape = (rows // times, times, cols // times, times)
    weight = found.inside[:rows, :cols].reshape(shape).sum(axis=(1, 3))
    pod = found.pod[:rows, :cols].reshape(shape).sum(axis=(1, 3))
    r, c = np.nonzero(weight)
    side = times * grid.cell_m
    middle = np.column_stack([
        grid.x0_m + c * side + 0.5 * (side - grid.cell_m), grid.y0_m - r * side - 0.5 * (side - grid.cell_m)
    ])  # fmt: skip
    lonlat = np.asarray(frame.lonlat_from_xy_m(middle), float)
    share = pod[r, c] / weight[r, c]
    return side, tuple(
        (round(float(lon), 5), round(float(lat), 5), round(float(p), 3))
        for (lon, lat), p in zip(lonlat, share, strict=True)
    )


def _plan(found: AreaSearch, ask: Ask, frame: SiteFrame) -> OperationPlan | None:
    if ask.plan_s is None:
        return None
    name = f"{ask.stated.operation}-p{ask.number}"
    sectors = tuple(planned_sector(one, frame) for one in found.plan.sectors)
    return OperationPlan(
        id=name, t_s=ask.now_s, source="operations", operation=ask.stated.operation, plan=name, version=ask.version,
        seq=ask.seq, from_s=ask.plan_s, to_s=max((s.to_s for s in sectors), default=ask.plan_s),
        p_found=round(found.plan.p_found, 5), bound=round(found.plan.bound, 5), sectors=sectors,
        visits=tuple(_visit(one) for one in found.visits),
    )  # fmt: skip


def planned_sector(one: Sector, frame: SiteFrame) -> PlannedSector:
    """Return a sector as it is kept."""
    return PlannedSector(
        unit=one.unit, from_s=one.from_s, to_s=one.to_s, seconds=round(one.seconds, 1),
        corners=_ring(one.low_m, one.high_m, frame), spacing_m=round(float(spacing_m(one)), 1),
        width_m=round(one.width_m, 1), pod=round(-math.expm1(-one.coverage), 4),
    )  # fmt: skip


def _ring(low_m: np.ndarray[tuple[int], np.dtype[np.float64]], high_m: np.ndarray[tuple[int], np.dtype[np.float64]],
          frame: SiteFrame) -> Ring:  # fmt: skip
    (x0, y0), (x1, y1) = low_m, high_m
    lonlat = np.asarray(frame.lonlat_from_xy_m(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])), float)
    return tuple((round(float(lon), 6), round(float(lat), 6)) for lon, lat in lonlat)


def _visit(one: Visit) -> PlannedVisit:
    place = one.place
    return PlannedVisit(
        unit=one.unit, from_s=one.from_s, place=place.id, what=place.what, name=place.name, lon_deg=place.lon_deg,
        lat_deg=place.lat_deg, p_used=round(one.p_used, 4),
    )  # fmt: skip
