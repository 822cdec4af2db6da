"""Where somebody may be from now on: ways that a track may take, each with its weight.

Theory: a product of quantiles, so that the same track always has the same futures: speeds from the track's own error
and how people vary, courses spread by the track's error and by how people wander.  Whoever comes over goes across:
the heading of a moment, round a rock or along a wadi, falls back to square to the line within `TURNS_BACK_S`.  Wire
and trench hold everybody up where the way crosses the line.
ASSUMED, after walkers of the simulator (`design/022-respond.md`), not after people: how soon they turn back, courses
that vary by 12 degrees, a tenth of the speed lost to halts; speeds vary by a fifth beyond the track's own error; one
who stands goes on square to the line at a walk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from watchline.geo.line import LineFrame

F8 = NDArray[np.float64]

SPEEDS, HEADINGS = 5, 7
SPEED_CV = 0.2
WANDER_RAD = math.radians(12.0)
TURNS_BACK_S = 300.0
GOES_ON = 0.9  # of the speed of a moment, on the mean of a way with its halts
STANDING_M_S = 0.3
FOOT_M = 50.0  # nearer to the line than this its own normal says where across is
WALK_M_S = 1.2
STEP_S = 20.0
HORIZON_S = 5400.0


@dataclass(frozen=True)
class Futures:
    """ways_m (J, T, 2) grid positions at t_s (T,) from now, NaN once it no longer matters; weight (J,), sum 1."""

    t_s: F8
    ways_m: F8
    weight: F8


def futures(
    xy_m: F8, v_m_s: F8, sd_speed_m_s: float, line: LineFrame, *, delay_s: float = 0.0, gone_d_m: float = math.inf,
    horizon_s: float = HORIZON_S, step_s: float = STEP_S, ago_s: float = 0.0,
) -> Futures:  # fmt: skip
    """Return the ways of a track at xy_m (2,) going v_m_s (2,); delay_s: at the line, for who crosses it.

    gone_d_m: offset on the home side behind which nobody is met any more; ago_s: how long ago it was seen there
    (whole steps count): it has gone on since.
    """
    speed, spread = float(np.hypot(*v_m_s)), 0.0
    s_m, d_m = line.sd_from_xy_m(xy_m)
    across = _across(line, xy_m, s_m, d_m)
    if speed < STANDING_M_S:
        toward, speed = across, WALK_M_S
    else:
        toward, spread = v_m_s / speed, 0.5 * min(sd_speed_m_s / speed, 0.5)
    if toward @ across < 0.0:
        across = -across  # they go back, and go on doing so
    z_speed, z_course = (ndtri((np.arange(n) + 0.5) / n) for n in (SPEEDS, HEADINGS))
    speeds = GOES_ON * speed * np.exp(math.hypot(SPEED_CV, 2.0 * spread) * z_speed)
    turns = math.hypot(WANDER_RAD, spread) * z_course
    past = round(ago_s / step_s)
    t = step_s * np.arange(past + math.ceil(horizon_s / step_s) + 1)
    # Metres on this course at 1 m/s: across all the time, but for what the heading of the moment still has its way.
    still = TURNS_BACK_S * (1.0 - np.exp(-t / TURNS_BACK_S))
    course = t[:, None] * across + still[:, None] * (toward - across)
    turned = np.array([[np.cos(turns), np.sin(turns)], [-np.sin(turns), np.cos(turns)]])
    ways = (speeds[:, None, None, None] * np.einsum("xyj,ty->jtx", turned, course)[None]).reshape(
        -1, len(t), 2
    ) + xy_m
    d = line.sd_from_xy_m(ways)[..., 1]
    if delay_s > 0.0:
        ways, d = _held_up(ways, d, delay_s, step_s)
    gone = np.maximum.accumulate(d > gone_d_m, axis=1)
    ways = np.where(gone[..., None], np.nan, ways)
    return Futures(t[past:] - t[past], ways[:, past:], np.full(len(ways), 1.0 / len(ways)))


def _across(line: LineFrame, xy_m: F8, s_m: float, d_m: float) -> F8:
    """Return (2,) the direction towards the home side at a place: through the nearest point of the line.

    At a bend many places have the same nearest point, so the leg's normal is not the way to it; on the line itself
    there is no way to it, and the leg's normal is all there is.
    """
    foot = line.xy_m_from_sd([s_m, 0.0])
    away = math.copysign(1.0, d_m) * (xy_m - foot)
    if np.hypot(*away) < FOOT_M:
        away = line.xy_m_from_sd([s_m, 1.0]) - foot
    return np.asarray(away / np.hypot(*away))


def _held_up(ways: F8, d: F8, delay_s: float, step_s: float) -> tuple[F8, F8]:
    """Return the ways with everybody standing for a time where they first cross the line."""
    wait = round(delay_s / step_s)
    crossed = (d >= 0.0) & (d[:, :1] < 0.0)
    first = np.where(crossed.any(axis=1), crossed.argmax(axis=1), d.shape[1])
    k = np.arange(d.shape[1])[None, :]
    at = np.where(k < first[:, None], k, np.maximum(k - wait, np.minimum(k, first[:, None])))
    row = np.arange(len(d))[:, None]
    return ways[row, at], d[row, at]
