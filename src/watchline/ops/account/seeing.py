"""What counts at a moment, from what is heard: who is dark, how much contrast there is, who is on watch.

Rules: what is silent counts for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from watchline.coverage.crossing import STRETCH_M, stretches
from watchline.coverage.response_time import RESPONDERS, nearest_s
from watchline.coverage.watchers import FLYING
from watchline.domain.batches import ScanBatch
from watchline.domain.site import Barrier, own_units
from watchline.ops.account.flown import Flights
from watchline.ops.account.whereabouts import UNIT_FRESH_S, Stood
from watchline.ops.as_found import dark_of, quality_of
from watchline.ops.field_reports import inspected
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite
from watchline.sensing.air.sun import HORIZON_DEG, elevation_deg

QUALITY_STEP = 0.1  # a change of measured contrast below this is noise, and no reason to reckon anew
CLEAR_M = 20_000.0  # visibility by eye when nobody has told the weather
RESPONSE_STEP_S = 120.0


@dataclass(frozen=True)
class Seeing:
    """What counts at a moment: quality (N,) of each sensor's contrast, -1 where not measured; dark sensors; people
    and drones that are heard, by id; whether it is day, and the visibility by eye.

    barriers: wire and trench as they were last found, () for as the site says.  response_s (S,): from an alert to the
    first of ours at each kilometre, as they stand; () counts as nobody.  stood: where patrols really were in the last
    half hour; None: those who are present are on their beats as their law has it.  flown: what was looked at
    from the air in it.
    """

    quality: tuple[float, ...]
    dark: frozenset[int]
    present: frozenset[str]
    day: bool
    visibility_m: float
    barriers: tuple[Barrier, ...] = ()
    response_s: tuple[float, ...] = ()
    stood: tuple[Stood, ...] | None = None
    flown: tuple[Stood, ...] = ()


class Eyesight:
    """What counts at the moment, from what is heard.  Mutable: it remembers the contrast that sensors measured."""

    def __init__(self, loaded: LoadedSite) -> None:
        self._site = loaded.site
        self._ids = {sensor.id: k for k, sensor in enumerate(loaded.site.sensors)}
        ours = own_units(loaded.site)
        self._responders = [u for u in ours if u.kind in RESPONDERS and u.speed_m_s > 0.0]
        self._line = loaded.line
        self._posts = frozenset(post.id for post in loaded.site.posts)
        self._flights = Flights(loaded.line, tuple(u.id for u in ours if u.kind in FLYING))
        lon, lat = (float(v) for v in loaded.line.lonlat_deg[len(loaded.line.lonlat_deg) // 2])
        self._middle = lat, lon
        self._sum, self._looks = np.zeros(len(self._ids)), np.zeros(len(self._ids))
        self._quality = np.full(len(self._ids), np.nan)

    def hear(self, scans: ScanBatch) -> None:
        """Take the contrast that sensors measured in their looks."""
        known = np.isfinite(scans.quality)
        np.add.at(self._sum, scans.sensor[known], scans.quality[known])
        np.add.at(self._looks, scans.sensor[known], 1.0)

    def follow(self, picture: Picture) -> None:
        """Take where drones look."""
        self._flights.follow(picture)

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
            self._response_s(picture),
            picture.whereabouts.stood(self._line, picture.now_s),
            self._flights.over(picture.now_s),
        )

    def _response_s(self, picture: Picture) -> tuple[float, ...]:
        """Return the response to each kilometre, in whole RESPONSE_STEP_S: not every step of a patrol counts."""
        heard = [
            (unit, picture.units[unit.id])
            for unit in self._responders
            if unit.id in picture.units and picture.now_s - picture.units[unit.id].t_s <= UNIT_FRESH_S
        ]
        at = [told.position for _, told in heard]
        xy = self._line.frame.xy_m_from_lonlat([p.lon_deg for p in at], [p.lat_deg for p in at])
        middle_m = STRETCH_M * (np.arange(stretches(self._line.length_m), dtype=float) + 0.5)
        speed = np.array([unit.speed_m_s for unit, _ in heard], float)
        s = nearest_s(self._line, middle_m, np.array(xy).reshape(-1, 2), speed)
        return tuple((np.ceil(s / RESPONSE_STEP_S) * RESPONSE_STEP_S).tolist())
