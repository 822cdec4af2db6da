"""What somebody whose way is known was exposed to: planted walks and exercises, evidence for the law of passages.

The same geometry and performance as the account's own routes, minute by minute with what counted in each; where they
stood, nothing of looks counts, as there.  Until a
walk raises an alert or is through, what sensors see of it counts up to the same place behind the line as there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.alerting import rules
from watchline.assurance.passage_law import ENOUGH
from watchline.coverage import exposure, passages
from watchline.coverage.eyes import Eye
from watchline.coverage.reference_routes import ReferenceRoutes
from watchline.domain.site import Site
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.ops.account.seeing import Seeing
from watchline.sensing.detection import P_MAX, Crosser

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

PIECE_S = 10.0
STANDS_M_S = 0.1  # slower than anybody crawls


@dataclass(frozen=True)
class Pieces:
    """A way in pieces of about PIECE_S: t_s (P,), xy_m (P, 2) of their middles, seconds and went_m (P,) of each."""

    t_s: F8
    xy_m: F8
    seconds: F8
    went_m: F8

    @property
    def goes(self) -> NDArray[np.bool_]:
        """Return (P,) in which pieces somebody goes and does not stand."""
        return np.asarray(self.went_m > STANDS_M_S * self.seconds)


@dataclass(frozen=True)
class Walk:
    """One known way: t_s (M,) rising, xy_m (M, 2) on the site grid, M >= 2."""

    t_s: F8
    xy_m: F8

    def pieces(self) -> Pieces:
        """Return the way in pieces of equal time."""
        count = max(1, int(np.ceil((self.t_s[-1] - self.t_s[0]) / PIECE_S)))
        t = np.linspace(self.t_s[0], self.t_s[-1], 2 * count + 1)
        xy = np.column_stack([np.interp(t, self.t_s, self.xy_m[:, k]) for k in (0, 1)])
        went_m = np.hypot(*np.diff(xy, axis=0).T).reshape(count, 2).sum(axis=1)
        seconds = np.full(count, float(self.t_s[-1] - self.t_s[0]) / count)
        return Pieces(t[1::2], xy[1::2], seconds, went_m)


@dataclass(frozen=True)
class Exposed:
    """looks: exposure to sensors' looks; alone: to what raises an alert by itself."""

    looks: float
    alone: float


class Walks:
    """The eyes of a site, at the median performance, on full cells."""

    def __init__(self, line: LineFrame, terrain: Terrain, site: Site, eyes: Sequence[Eye]) -> None:
        """Keep what walks are held against."""
        self._line, self._terrain, self._site, self._eyes = line, terrain, site, eyes

    def exposed(
        self, walk: Walk, crosser: Crosser, performance: F8, began_s: F8, seeing: Sequence[Seeing]
    ) -> Exposed:
        """Return what a walk of a class was exposed to.

        began_s (K,): when each of `seeing` began to hold, rising; what is before the first counts with the first.
        """
        pieces = walk.pieces()
        t, xy = pieces.t_s, pieces.xy_m
        sd = self._line.sd_from_xy_m(xy)
        then = np.maximum(np.searchsorted(began_s, t, side="right") - 1, 0)
        ground = self._terrain
        rc = np.column_stack([(ground.y0_m - xy[:, 1]) / ground.cell_m, (xy[:, 0] - ground.x0_m) / ground.cell_m])
        cell = np.rint(rc)
        here = (sd[:, 1] <= rules.CLEAR_M) & np.all((cell >= 0) & (cell < ground.height_m.shape), axis=1)
        here &= pieces.goes
        # One "route" for each state of the line that the walk met.
        states, state = np.unique(then[here], return_inverse=True)
        routes = ReferenceRoutes(state.astype(np.int64), rc[here], pieces.seconds[here], np.zeros(len(states)))
        looks = sum(
            self._seen_by(eye, routes, crosser, performance, [seeing[k] for k in states]) for eye in self._eyes
        )
        crossed = np.flatnonzero((sd[:-1, 1] < 0.0) & (sd[1:, 1] >= 0.0))
        alone = sum(self._felt(float(sd[k, 0]), crosser, performance, seeing[then[k]]) for k in crossed)
        return Exposed(float(looks), float(alone))

    def _seen_by(
        self, eye: Eye, pieces: ReferenceRoutes, crosser: Crosser, performance: F8, seeing: list[Seeing]
    ) -> float:
        found = passages.looks_of(eye, self._terrain, pieces, crosser, ENOUGH)
        quality = np.array([np.nan if eye.index in now.dark else now.quality[eye.index] for now in seeing])
        total = 0.0
        for each in np.unique(quality[found.route][~np.isnan(quality[found.route])]):
            rows = np.flatnonzero(quality[found.route] == each)
            same = passages.Looks(found.route[rows], found.looks[rows], found.step_m, found.in_place, found.enough)
            measured = float(each) if each >= 0.0 else np.nan
            total += float(passages.exposure_by_eye(same, performance[eye.index][None], measured).sum())
        return total

    def _felt(self, s_m: float, crosser: Crosser, performance: F8, now: Seeing) -> float:
        total = 0.0
        for k, sensor in enumerate(self._site.sensors):
            inside = 1000.0 * (sensor.from_km or 0.0) <= s_m <= 1000.0 * (sensor.to_km or 0.0)
            if sensor.kind in exposure.FELT and k not in now.dark and inside:
                p = exposure.p_touch_at(self._site, crosser, float(performance[k, P_MAX]), np.array(s_m))
                total += float(-np.log1p(-p))
        return total
