"""When and where a track reaches the line, if it goes on as it does now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import TrackBatch
from watchline.domain.records import Cover, Eta
from watchline.geo.line import LineFrame

F8 = NDArray[np.float64]

LOOK_AHEAD_S = 10.0
Z90 = 1.645  # 5 and 95 % points of a normal distribution
LEAST_CLOSING_M_S = 0.15  # slower than this is standing still
LONGEST_S = 3 * 3600.0


@dataclass(frozen=True)
class Arrivals:
    """One row per track, NaN where the track does not come nearer.

    eta_s, early_s, late_s (N,) seconds from now: 50, 5 and 95 % points; s_cross_m (N,) chainage of arrival;
    closing_m_s (N,) speed towards the line, negative when leaving.
    """

    eta_s: F8
    early_s: F8
    late_s: F8
    s_cross_m: F8
    closing_m_s: F8


def arrivals(tracks: TrackBatch, line: LineFrame) -> Arrivals:
    """Return when each track reaches the line, from its position and velocity and their errors.

    Straight-line motion; the interval is the spread of closing speed and distance, first order.
    """
    ahead = line.sd_from_xy_m(tracks.xy_m + LOOK_AHEAD_S * tracks.v_m_s) if len(tracks) else np.zeros((0, 2))
    distance = np.abs(tracks.d_m)
    closing = -np.sign(tracks.d_m) * (ahead[:, 1] - tracks.d_m) / LOOK_AHEAD_S
    along = (ahead[:, 0] - tracks.s_m) / LOOK_AHEAD_S
    sd_speed = np.sqrt(np.maximum(tracks.cov[:, 3], 1e-6))
    sd_distance = np.sqrt(np.maximum(tracks.cov[:, 0], tracks.cov[:, 2]))
    with np.errstate(divide="ignore", invalid="ignore"):
        eta = np.where(closing > LEAST_CLOSING_M_S, distance / closing, np.nan)
        early = np.maximum(distance - Z90 * sd_distance, 0.0) / (closing + Z90 * sd_speed)
        late = (distance + Z90 * sd_distance) / np.maximum(closing - Z90 * sd_speed, 0.3 * closing)
    eta = np.where(eta < LONGEST_S, eta, np.nan)
    known = np.isfinite(eta)
    nan = np.full(len(tracks), np.nan)
    return Arrivals(
        eta,
        np.where(known, early, nan),
        np.where(known, late, nan),
        np.where(known, tracks.s_m + along * eta, nan),
        closing,
    )


def eta_of(coming: Arrivals, row: int, now_s: float) -> Eta | None:
    """Return one row's arrival as an alert says it."""
    if not np.isfinite(coming.eta_s[row]):
        return None
    return Eta(
        t5_s=round(now_s + float(coming.early_s[row]), 1),
        t50_s=round(now_s + float(coming.eta_s[row]), 1),
        t95_s=round(now_s + float(coming.late_s[row]), 1),
    )


def nearest_cover(places: tuple[str, ...], places_xy_m: F8, xy_m: F8, v_m_s: F8, now_s: float) -> Cover | None:
    """Return the nearest of the site's places where somebody is out of sight, and when they can be there.

    Straight at their present speed, whichever way they go now: the soonest, not the likeliest.
    """
    if not places:
        return None
    gap = np.hypot(*(places_xy_m - xy_m).T)
    k = int(np.argmin(gap))
    speed = float(np.hypot(*v_m_s))
    at_s = round(now_s + float(gap[k]) / speed, 1) if speed > LEAST_CLOSING_M_S else None
    return Cover(place=places[k], distance_m=round(float(gap[k])), at_s=at_s)
