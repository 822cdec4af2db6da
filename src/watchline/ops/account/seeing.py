"""What counts at a moment, from what is heard: who is dark, how much contrast there is, who is on watch.

Rules: what is silent counts for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from watchline.domain.batches import ScanBatch
from watchline.domain.site import Barrier
from watchline.ops.as_found import dark_of, quality_of
from watchline.ops.field_reports import inspected
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite
from watchline.sensing.air.sun import HORIZON_DEG, elevation_deg

QUALITY_STEP = 0.1  # a change of measured contrast below this is noise, and no reason to reckon anew
CLEAR_M = 20_000.0  # visibility by eye when nobody has told the weather
UNIT_FRESH_S = 300.0  # a patrol that was not heard for so long is nowhere


@dataclass(frozen=True)
class Seeing:
    """What counts at a moment: quality (N,) of each sensor's contrast, -1 where not measured; dark sensors; people
    and drones that are heard, by id; whether it is day, and the visibility by eye.

    barriers: wire and trench as they were last found, () for as the site says.
    """

    quality: tuple[float, ...]
    dark: frozenset[int]
    present: frozenset[str]
    day: bool
    visibility_m: float
    barriers: tuple[Barrier, ...] = ()


class Eyesight:
    """What counts at the moment, from what is heard.  Mutable: it remembers the contrast that sensors measured."""

    def __init__(self, loaded: LoadedSite) -> None:
        self._site = loaded.site
        self._ids = {sensor.id: k for k, sensor in enumerate(loaded.site.sensors)}
        self._posts = frozenset(post.id for post in loaded.site.posts)
        lon, lat = (float(v) for v in loaded.line.lonlat_deg[len(loaded.line.lonlat_deg) // 2])
        self._middle = lat, lon
        self._sum, self._looks = np.zeros(len(self._ids)), np.zeros(len(self._ids))
        self._quality = np.full(len(self._ids), np.nan)

    def hear(self, scans: ScanBatch) -> None:
        """Take the contrast that sensors measured in their looks."""
        known = np.isfinite(scans.quality)
        np.add.at(self._sum, scans.sensor[known], scans.quality[known])
        np.add.at(self._looks, scans.sensor[known], 1.0)

    def now(self, picture: Picture) -> Seeing:
        """Return what counts, as the picture stands, and begin to average contrast anew."""
        looked = self._looks > 0.0
        mean = np.where(looked, self._sum / np.maximum(self._looks, 1.0), np.nan)
        moved = looked & ~(np.abs(mean - self._quality) < QUALITY_STEP)
        self._quality[moved] = np.round(mean[moved], 2)
        self._sum[:], self._looks[:] = 0.0, 0.0
        # What an inspection says of a sensor holds until its own pictures say something.
        quality = np.where(np.isnan(self._quality), quality_of(self._site.sensors, picture), self._quality)
        found = inspected(self._site, picture.outside.inspections).barriers
        never = set(np.flatnonzero(np.isnan(picture.heard_s)).tolist())
        fresh = {u for u, told in picture.units.items() if picture.now_s - told.t_s <= UNIT_FRESH_S}
        seen_m = min((w.visibility_m for w in picture.weather.values()), default=CLEAR_M)
        return Seeing(
            tuple(np.where(np.isnan(quality), -1.0, quality).tolist()),
            frozenset(dark_of(self._site.sensors, picture) | never),
            frozenset(fresh | self._posts),
            bool(elevation_deg(*self._middle, picture.now_s) > HORIZON_DEG),
            float(round(seen_m, -3)) or 500.0,
            found if found != self._site.barriers else (),
        )
