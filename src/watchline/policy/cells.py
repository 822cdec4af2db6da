"""What a recipient of coarse terms is told: how many moved in a square, once the time has long passed.

Theory: sightings are counted by square of a fixed grid and by window of a fixed length, both of the site and neither
of the subject.  A subject counts once in a square and window.  A window is told when it has been over for the delay,
in the order of the grid, as a band of numbers: neither the moment of the report, nor its order, nor its name says
anything about a subject that its square, window and band do not.

Rules: bounded by `CELLS_MAX` squares a window; further ones are not told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from watchline.domain.policy import CellReport
from watchline.domain.records import GeoPoint

CELLS_MAX = 20_000
BANDS: tuple[tuple[int, int | None], ...] = ((1, 5), (6, 20), (21, None))


class Sighting(NamedTuple):
    """Somebody at a place of the site's grid.  subject: by which they are counted once; people: how many."""

    t_s: float
    x_m: float
    y_m: float
    subject: int
    people: float


Key = tuple[int, int, int]  # window, column, row


@dataclass(frozen=True)
class State:
    """What is counted and not yet told: by square and window, how many each subject was at most."""

    cell_m: float
    delay_s: float
    seen: dict[Key, dict[int, float]] = field(default_factory=dict)


def init(cell_m: float, delay_s: float) -> State:
    """Return nothing counted yet.  ValueError when a square or a delay has no size."""
    if not (cell_m > 0.0 and delay_s > 0.0):
        raise ValueError(f"cell_m and delay_s must be above 0, got {cell_m}, {delay_s}")
    return State(cell_m, delay_s)


def first_untold(delay_s: float, now_s: float) -> int:
    """Return the first window that may still be to be told: the one that became due last."""
    return math.floor((now_s - delay_s) / delay_s) - 1


def step(
    state: State,
    sightings: Iterable[Sighting],
    now_s: float,
    lonlat_of: Callable[[float, float], tuple[float, float]],
    stamp: Callable[[str], dict[str, object]],
) -> tuple[State, tuple[CellReport, ...]]:
    """Count what was seen, and return what is due to be told.

    lonlat_of: from the site's grid to degrees; stamp: id, t_s and source of a report from what makes it the one.
    """
    seen = dict(state.seen)
    told = math.floor((now_s - state.delay_s) / state.delay_s)  # windows before this one are over for long enough
    for one in sightings:
        window = math.floor(one.t_s / state.delay_s)
        key = (window, math.floor(one.x_m / state.cell_m), math.floor(one.y_m / state.cell_m))
        if window < told - 1 or (key not in seen and len(seen) >= CELLS_MAX):
            continue  # it comes too late to be told with its window, or there are more squares than are kept
        counted = seen.get(key, {})
        seen[key] = counted | {one.subject: max(one.people, counted.get(one.subject, 0.0))}
    due = sorted(key for key in seen if key[0] < told)
    reports = tuple(_report(state, key, seen[key], lonlat_of, stamp) for key in due)
    return State(state.cell_m, state.delay_s, {key: value for key, value in seen.items() if key[0] >= told}), reports


def _report(
    state: State,
    key: Key,
    counted: dict[int, float],
    lonlat_of: Callable[[float, float], tuple[float, float]],
    stamp: Callable[[str], dict[str, object]],
) -> CellReport:
    window, column, row = key
    lon, lat = lonlat_of((column + 0.5) * state.cell_m, (row + 0.5) * state.cell_m)
    least, most = band_of(sum(max(1, round(count)) for count in counted.values()))
    return CellReport(
        **stamp(f"{window}-{column}-{row}"),  # type: ignore[arg-type]
        place=GeoPoint(lon_deg=round(lon, 4), lat_deg=round(lat, 4), ce_m=round(0.71 * state.cell_m)),
        cell_m=state.cell_m,
        from_s=window * state.delay_s,
        to_s=(window + 1) * state.delay_s,
        least=least,
        most=most,
    )


def band_of(count: int) -> tuple[int, int | None]:
    """Return the band that a number of at least 1 lies in."""
    return next(band for band in reversed(BANDS) if count >= band[0])
