"""Where units really were: a fold over their reports, asked for the places of the last half hour.

Theory: whoever crosses in a minute was on the way for about half an hour, and met patrols and drones where they were
in that time, not where their beat has them on the mean.  A unit counts at a place with the share of the half hour
that it was there; where it is not known where it was, it was nowhere.

Limits: between two reports a unit goes straight; places are told apart on a grid of GRID_M.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import NamedTuple

import numpy as np

from watchline.domain.records import UnitReport
from watchline.geo.line import LineFrame
from watchline.ops.units import UNHEARD_S

WINDOW_S = 1800.0  # how long a walker is within the reach of towers and patrols before the line
UNIT_FRESH_S = UNHEARD_S
GRID_M = 250.0  # as far apart as the places of a beat (`coverage/watchers.py`)
SAMPLE_S = 30.0  # at 8 m/s a unit goes from one place to the next
THIN_S = 20.0  # reports that come faster add nothing


class Stood(NamedTuple):
    """A place on the site grid at which a unit was for a share (0..1) of the last half hour."""

    who: str
    x_m: float
    y_m: float
    share: float


class Whereabouts:
    """See the module.  Mutable: it is folded many times a second.  keep_s: how far back it can be asked."""

    def __init__(self, keep_s: float = WINDOW_S) -> None:
        self._keep_s = keep_s
        self._reports: dict[str, list[tuple[float, float, float]]] = defaultdict(list)

    def apply(self, report: UnitReport) -> None:
        """Fold a report in; one that comes late, or says that the unit is silent, tells no place."""
        kept = self._reports[report.unit]
        if report.state == "silent" or (kept and report.t_s < kept[-1][0] + THIN_S):
            return
        kept.append((report.t_s, report.position.lon_deg, report.position.lat_deg))
        oldest_s = report.t_s - self._keep_s - UNIT_FRESH_S
        if kept[0][0] < oldest_s - WINDOW_S:  # in pieces: it costs a copy of the rest
            del kept[: bisect_left(kept, (oldest_s,))]

    def stood(self, line: LineFrame, to_s: float) -> tuple[Stood, ...]:
        """Return where every unit was in the half hour up to to_s, in order of units and places."""
        when = to_s - SAMPLE_S * (np.arange(round(WINDOW_S / SAMPLE_S)) + 0.5)
        out: list[Stood] = []
        for who in sorted(self._reports):
            kept = self._reports[who]
            first = bisect_left(kept, (to_s - WINDOW_S - UNIT_FRESH_S,))
            told = kept[first : bisect_right(kept, (to_s, math.inf))]
            if not told:
                continue
            t_s, lon, lat = np.array(told).T
            after = np.searchsorted(t_s, when, "right")
            before_s = np.where(after > 0, t_s[after - 1], -math.inf)
            next_s = np.where(after < len(t_s), t_s[np.minimum(after, len(t_s) - 1)], to_s)
            known = np.flatnonzero(next_s - before_s <= UNIT_FRESH_S)
            if not len(known):
                continue
            xy_m = np.asarray(line.frame.xy_m_from_lonlat(lon, lat)).reshape(-1, 2)
            at = np.stack([np.interp(when[known], t_s, axis) for axis in xy_m.T], axis=1)
            places, count = np.unique(np.rint(at / GRID_M), axis=0, return_counts=True)
            out += [
                Stood(who, GRID_M * x, GRID_M * y, n / len(when))
                for (x, y), n in zip(places.tolist(), count.tolist(), strict=True)
            ]
        return tuple(out)
