"""The demonstration line's towers, cameras, radars, wire and trench.

Towers stand on high ground near the line.  Each place is tried by looking round from it: of the twelve highest
candidates the one that sees most of the ground in front is taken, so none is blind.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Barrier, Pan, Post, Sensor
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sim.sight import fan_hidden_m

F8 = NDArray[np.float64]

FULL_M = 200_000.0
TOWER_EVERY_M = 5000.0
SEEN_M = 1.5  # a standing person is seen when less than this is hidden
WIRE = ((0.09, 0.15), (0.26, 0.33), (0.44, 0.51), (0.655, 0.715), (0.83, 0.87))  # shares of the line: 60 of 200 km
TRENCH = (0.33, 0.48)  # 30 of 200 km
FENCE_PIECE_KM = 4.0
RENDERED = (0.07, 0.24, 0.42, 0.58, 0.74, 0.92)  # where along the line the six cameras with pictures stand


@dataclass(frozen=True)
class Plan:
    """What all parts of the demonstration site are placed on."""

    line: LineFrame
    terrain: Terrain
    rng: np.random.Generator

    @property
    def length_km(self) -> float:
        """Return the length of the line in whole metres, as kilometres."""
        return round(self.line.length_m) / 1000

    @property
    def share(self) -> float:
        """Return the length as a share of the full demonstration line."""
        return self.line.length_m / FULL_M

    def km(self, share: float) -> float:
        """Return a share of the line in kilometres, to the metre."""
        return round(share * self.length_km, 3)

    def lonlat(self, s_m: float, d_m: float) -> tuple[float, float]:
        """Return degrees at line coordinates, to 0.1 m."""
        lon, lat = self.line.frame.lonlat_from_xy_m(self.line.xy_m_from_sd(np.array([s_m, d_m])))
        return round(float(lon), 6), round(float(lat), 6)


@dataclass(frozen=True)
class Tower:
    """A tower, its mast, the true bearing it looks along, and the angle up to its far ground."""

    post: Post
    mast_m: float
    azimuth_deg: float
    horizon_deg: float
    s_m: float


def watchtowers(plan: Plan, mines_sd: F8) -> list[Tower]:
    """Return the towers, west to east, none inside the mined ground."""
    count = max(2, round(plan.line.length_m / TOWER_EVERY_M))
    spots = (np.arange(count) + 0.5) / count * plan.line.length_m
    return [_tower(plan, k, float(s), mines_sd) for k, s in enumerate(spots)]


def _tower(plan: Plan, number: int, s_m: float, mines_sd: F8) -> Tower:
    s, d = (g.ravel() for g in np.meshgrid(s_m + np.arange(-900, 901, 60.0), np.arange(60, 781, 60.0)))
    free = ~_in_box(s, d, mines_sd)
    sd = np.column_stack([s[free], d[free]])
    xy = plan.line.xy_m_from_sd(sd)
    height = plan.terrain.height_at(xy)
    # High ground, and no two candidates next to each other.
    order = [k for k in np.argsort(-height) if np.isfinite(height[k])]
    chosen: list[int] = []
    for k in order:
        if all(np.linalg.norm(xy[k] - xy[other]) > 170 for other in chosen):
            chosen.append(int(k))
        if len(chosen) == 12:
            break
    mast_m = float(plan.rng.integers(20, 31))
    looks = [_best_look(plan, xy[k], float(height[k]) + mast_m, s_m) for k in chosen]
    best = int(np.argmax([look[0] for look in looks]))
    _, bearing, horizon = looks[best]
    lon, lat = (round(float(v), 6) for v in plan.line.frame.lonlat_from_xy_m(xy[chosen[best]]))
    owner = "border_guard_west" if s_m < plan.line.length_m / 2 else "border_guard_east"
    post = Post(id=f"T{number + 1:02d}", kind="watchtower", lon_deg=lon, lat_deg=lat, organisation=owner)
    azimuth = np.degrees(bearing - plan.line.frame.convergence_rad(xy[chosen[best]])) % 360
    return Tower(post, mast_m, round(float(azimuth), 1), round(np.degrees(horizon), 2), float(sd[chosen[best], 0]))


def _in_box(s: F8, d: F8, ring_sd: F8) -> NDArray[np.bool_]:
    low, high = ring_sd.min(axis=0) - 50, ring_sd.max(axis=0) + 50
    return np.asarray((s > low[0]) & (s < high[0]) & (d > low[1]) & (d < high[1]))


def _best_look(plan: Plan, xy_m: F8, eye_z: float, s_m: float) -> tuple[float, float, float]:
    """Return the share of ground seen in the best direction, that grid bearing, and its horizon's elevation."""
    outside = float(plan.line.heading_rad(s_m)) - plan.line.home_sign * -np.pi / 2
    turn = np.radians(np.arange(-36, 37, 4.0))
    ranges = np.arange(300.0, 3501.0, 160.0)
    eye = np.array([xy_m[0], xy_m[1], eye_z])
    hidden = fan_hidden_m(plan.terrain, eye, outside + turn, ranges)
    seen = (hidden < SEEN_M) * ranges  # a look's area grows with range
    share = np.convolve(seen.sum(axis=1), np.ones(5) / 5, mode="valid") / ranges.sum()
    k = int(np.argmax(share)) + 2
    ground = plan.terrain.height_at(
        xy_m + np.column_stack([np.sin(outside + turn[k]) * ranges, np.cos(outside + turn[k]) * ranges])
    )
    up = np.where(hidden[k] < SEEN_M, np.arctan2(ground - eye_z, ranges), -0.2)
    return float(share[k - 2]), float(outside + turn[k]), float(up.max())


def sensors(plan: Plan, towers: list[Tower]) -> tuple[Sensor, ...]:
    """Return cameras, radars and fence sensors; a sensor's place in this tuple is its number."""
    return (*_cameras(plan, towers), *_radars(plan, towers), *_fence(plan))


def _cameras(plan: Plan, towers: list[Tower]) -> list[Sensor]:
    count = len(towers)
    pictures = {min(count - 1, int(share * count)) for share in RENDERED} if count >= 12 else {0}
    out = []
    for k, tower in enumerate(towers):
        panning = k % 3 == 1 and k not in pictures
        hfov = 18.0 if k in pictures else float(plan.rng.choice([18.0, 20.0, 24.0]))
        vfov = hfov * 256 / 320
        # The horizon stands a fifth of the picture below its top edge, so that near ground is in it.
        tilt = round(float(np.clip(tower.horizon_deg - 0.3 * vfov, -9.0, 0.0)), 2)
        azimuth = tower.azimuth_deg
        out.append(
            Sensor(
                id=f"{tower.post.id}-C",
                kind="thermal_camera",
                organisation=tower.post.organisation,
                post=tower.post.id,
                mast_m=tower.mast_m,
                max_range_m=3500.0,
                scan_period_s=2.0,
                azimuth_deg=azimuth,
                hfov_deg=hfov,
                tilt_deg=tilt,
                width_px=320,
                height_px=256,
                rate_hz=3.0,
                netd_k=0.05,
                pan=Pan(from_deg=round(azimuth - 60, 1), to_deg=round(azimuth + 60, 1), stops=7, dwell_s=4.0)
                if panning
                else None,
                sd_bearing_deg=0.035,
                pictures=k in pictures,
                power=f"power-{k // 5 + 1}",
                link=f"link-{k // 8 + 1}",
            )
        )
    return out


def _radars(plan: Plan, towers: list[Tower]) -> list[Sensor]:
    count = max(1, round(6 * plan.share))
    out = []
    for n in range(count):
        k = min(len(towers) - 1, int((n + 0.5) / count * len(towers)))
        tower = towers[k]
        sector = n % 2 == 1  # every other one looks outside only
        out.append(
            Sensor(
                id=f"R{n + 1}",
                kind="radar",
                organisation=tower.post.organisation,
                post=tower.post.id,
                mast_m=max(8.0, tower.mast_m - 6.0),
                max_range_m=8000.0,
                scan_period_s=2.5,
                azimuth_deg=tower.azimuth_deg if sector else 0.0,
                hfov_deg=180.0 if sector else 360.0,
                sd_bearing_deg=0.57,
                sd_range_m=5.0,
                min_speed_m_s=0.3,
                power=f"power-{k // 5 + 1}",
                link=f"link-{k // 8 + 1}",
            )
        )
    return out


def wire_km(plan: Plan) -> list[tuple[float, float]]:
    """Return the wired stretches."""
    return [(plan.km(a), plan.km(b)) for a, b in WIRE]


def _fence(plan: Plan) -> list[Sensor]:
    out: list[Sensor] = []
    for start, end in wire_km(plan):
        pieces = max(1, int(np.ceil((end - start) / FENCE_PIECE_KM - 1e-6)))
        edges = np.linspace(start, end, pieces + 1)
        for a, b in itertools.pairwise(edges):
            number = len(out) + 1
            middle = float(a + b) / 2
            out.append(
                Sensor(
                    id=f"F{number:02d}",
                    kind="fence_sensor",
                    organisation="border_guard_west" if middle < plan.length_km / 2 else "border_guard_east",
                    scan_period_s=10.0,
                    max_range_m=round(1000 * float(b - a)),
                    from_km=round(float(a), 3),
                    to_km=round(float(b), 3),
                    sd_s_m=15.0,
                    power=f"power-f{int(middle // 25) + 1}",
                    link=f"link-{int(middle / plan.length_km * max(1, round(5 * plan.share))) + 1}",
                )
            )
    return out


def barriers(plan: Plan) -> tuple[Barrier, ...]:
    """Return wire and trench with how long they hold people up."""
    rows = [
        Barrier(
            id=f"wire-{n + 1}",
            kind="wire",
            from_km=a,
            to_km=b,
            delay_walker_s=90.0,
            delay_vehicle_s=240.0,
            condition=round(float(plan.rng.uniform(0.6, 1.0)), 2),
        )
        for n, (a, b) in enumerate(wire_km(plan))
    ]
    a, b = TRENCH
    trench = Barrier(
        id="trench-1",
        kind="trench",
        from_km=plan.km(a),
        to_km=plan.km(b),
        delay_walker_s=60.0,
        delay_vehicle_s=1800.0,
        condition=0.8,
    )
    return (*rows, trench)
