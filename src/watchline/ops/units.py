"""Where our own units are now, carried on from their latest reports."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from watchline.domain.records import UnitReport
from watchline.geo.frame import SiteFrame
from watchline.tracking.sensors.own_units import OwnUnits

F8 = NDArray[np.float64]

CARRY_ON_S = 60.0  # a report older than this is shown where it was made, not carried on
UNHEARD_S = 300.0  # a unit reports every quarter minute: one that is not heard for so long is nowhere


@dataclass(frozen=True)
class Units:
    """Latest position, velocity and time of every unit heard of; rows in order of first report."""

    frame: SiteFrame
    ids: tuple[str, ...] = ()
    t_s: F8 = field(default_factory=lambda: np.zeros(0))
    xy_m: F8 = field(default_factory=lambda: np.zeros((0, 2)))
    v_m_s: F8 = field(default_factory=lambda: np.zeros((0, 2)))

    def heard(self, reports: tuple[UnitReport, ...]) -> Units:
        """Return the units after these reports."""
        if not reports:
            return self
        new = tuple(dict.fromkeys(r.unit for r in reports if r.unit not in self.ids))
        ids = self.ids + new
        room = len(new)
        t = np.append(self.t_s, np.zeros(room))
        xy = np.concatenate([self.xy_m, np.zeros((room, 2))])
        v = np.concatenate([self.v_m_s, np.zeros((room, 2))])
        rows = [ids.index(r.unit) for r in reports]
        places = self.frame.xy_m_from_lonlat(
            [r.position.lon_deg for r in reports], [r.position.lat_deg for r in reports]
        )
        turns = self.frame.convergence_rad(places).tolist()
        for row, place, report, turn in zip(rows, places, reports, turns, strict=True):
            if report.t_s < t[row]:
                continue  # overtaken on its way by a newer one
            t[row], xy[row] = report.t_s, place
            grid_rad = report.heading_rad + turn
            v[row] = report.speed_m_s * math.sin(grid_rad), report.speed_m_s * math.cos(grid_rad)
        return replace(self, ids=ids, t_s=t, xy_m=xy, v_m_s=v)

    def xy_m_at(self, now_s: float) -> F8:
        """Return (U, 2) grid positions at `now_s`."""
        age = now_s - self.t_s
        carry = np.where((age >= 0) & (age < CARRY_ON_S), age, 0.0)
        return np.asarray(self.xy_m + carry[:, None] * self.v_m_s)

    def of(self, ids: frozenset[str]) -> OwnUnits:
        """Return where some of them said they were, as tracking takes it."""
        rows = np.array([k for k, name in enumerate(self.ids) if name in ids], np.int64)
        return OwnUnits(self.t_s[rows], self.xy_m[rows], self.v_m_s[rows])


def place_m(frame: SiteFrame, report: UnitReport, now_s: float) -> F8:
    """Return (2,) the grid position at `now_s` of a unit that was heard last with this report."""
    (here,) = Units(frame).heard((report,)).xy_m_at(now_s)
    return np.asarray(here)
