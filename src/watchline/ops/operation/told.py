"""An area search as records: what was reached, and who sweeps what next."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from watchline.domain.operations import OperationPlan, OperationProgress, PlannedSector, PlannedVisit, Ring
from watchline.geo.frame import SiteFrame
from watchline.ops.operation.area_search import AreaSearch, Visit
from watchline.search.area import Sector, spacing_m

F8 = NDArray[np.float64]
SHOWN = 1200  # squares of a map that a screen is sent at most


def progress_of(
    found: AreaSearch, frame: SiteFrame, version: int, seq: int, now_s: float
) -> OperationProgress:  # fmt: skip
    """Return what an operation has reached by a batch of the ledger."""
    cell_m, cells = _squares(found, frame)
    name = found.operation.stated.operation
    return OperationProgress(
        id=f"{name}-v{version}-b{seq}", t_s=now_s, source="operations", operation=name,
        version=version, seq=seq, pod=round(found.pod_of_area, 6), left=round(float(found.left.sum()), 6),
        looked_at=round(found.places_looked_at, 6), places=len(found.known),
        area_km2=round(float(found.inside.sum()) * found.land.grid.cell_m**2 / 1e6, 3),
        swept_km2={unit: round(km2, 3) for unit, km2 in sorted(found.searched.items())}, cell_m=cell_m, cells=cells,
        digest=hashlib.sha256(np.ascontiguousarray(found.pod).tobytes()).hexdigest()[:16],
    )  # fmt: skip


def _squares(found: AreaSearch, frame: SiteFrame) -> tuple[float, tuple[tuple[float, float, float], ...]]:
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


def plan_of(found: AreaSearch, frame: SiteFrame, progress: OperationProgress, number: int) -> OperationPlan:
    """Return the sectors and visits of the next shifts, beside what was reached by then."""
    name = f"{progress.operation}-p{number}"
    sectors = tuple(_sector(one, frame) for one in found.plan.sectors)
    return OperationPlan(
        id=name, t_s=progress.t_s, source="operations", operation=progress.operation, plan=name,
        version=progress.version, seq=progress.seq, from_s=found.from_s,
        to_s=max((s.to_s for s in sectors), default=found.from_s), p_found=round(found.plan.p_found, 5),
        bound=round(found.plan.bound, 5), sectors=sectors, visits=tuple(_visit(one) for one in found.visits),
    )  # fmt: skip


def _sector(one: Sector, frame: SiteFrame) -> PlannedSector:
    return PlannedSector(
        unit=one.unit, from_s=one.from_s, to_s=one.to_s, seconds=round(one.seconds, 1),
        corners=_ring(one.low_m, one.high_m, frame), spacing_m=round(float(spacing_m(one)), 1),
        width_m=round(one.width_m, 1), pod=round(-math.expm1(-one.coverage), 4),
    )  # fmt: skip


def _ring(low_m: F8, high_m: F8, frame: SiteFrame) -> Ring:
    (x0, y0), (x1, y1) = low_m, high_m
    lonlat = np.asarray(frame.lonlat_from_xy_m(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])), float)
    return tuple((round(float(lon), 6), round(float(lat), 6)) for lon, lat in lonlat)


def _visit(one: Visit) -> PlannedVisit:
    place = one.place
    return PlannedVisit(
        unit=one.unit, from_s=one.from_s, place=place.id, what=place.what, name=place.name, lon_deg=place.lon_deg,
        lat_deg=place.lat_deg, p_used=round(one.p_used, 4),
    )  # fmt: skip
