"""What people see with their own eyes, standing or on patrol: range, sweep width, and rate of detection.

Theory: a searcher who walks past an object sweeps W = 1.1 R_d when the object does not want to be seen (1.6 and 1.8
R_d for medium and high visibility), R_d being the range at which it is first made out when one walks towards it
(Koester, Chiacchia, Twardy, Cooper, Frost & Robe 2014, ten experiments on land).  Over time this is Koopman's inverse
cube law, rate W^2 v / (8 pi R^3) for the speed v at which W holds (`lateral_range.py`).
Air weakens a small object's contrast by exp(-3.912 R / V) and its light by 1 / R^2, so the range in visibility V
solves R^2 exp(3.912 R / V) = R_d^2, which is a Lambert W function.

Limits: R_d by day and by night in open desert are guesses with a spread of a factor 1.6 (no experiment in dry land
is published; the authors say so): walk away from the observer until lost, and write the metres into the site.
No moon, no goggles, no dusk in between.
"""

from __future__ import annotations

import math

from scipy.special import lambertw

from watchline.sensing.air.atmosphere import KOSCHMIEDER

SWEEP_OF_RANGE = 1.1  # low visibility objects
DAY_RANGE_M = 600.0  # a walker in dun clothes on open ground, first made out from a standing or slow eye
NIGHT_RANGE_M = 60.0  # the same under stars, without goggles
WALK_M_S = 1.0  # the pace at which sweep widths on land were measured
REFERENCE_AREA_M2 = 0.85  # of a walker
MOST_PER_S = 1.0  # nobody looks more often than once a second


def seen_from_m(area_m2: float, *, day: bool, visibility_m: float) -> float:
    """Return R_d, the range at which a subject is first made out by eye; area_m2 and visibility_m > 0.

    >>> [round(seen_from_m(0.85, day=True, visibility_m=v)) for v in (20_000.0, 500.0)]
    [568, 237]
    """
    if not (area_m2 > 0.0 and visibility_m > 0.0):
        raise ValueError(f"area_m2 and visibility_m must be > 0, got {area_m2}, {visibility_m}")
    clear_m = (DAY_RANGE_M if day else NIGHT_RANGE_M) * math.sqrt(area_m2 / REFERENCE_AREA_M2)
    half = KOSCHMIEDER / (2.0 * visibility_m)
    return float(lambertw(half * clear_m).real) / half


def sweep_width_m(seen_from_m: float) -> float:
    """Return W = 1.1 R_d of somebody who does not want to be seen."""
    return SWEEP_OF_RANGE * seen_from_m


def eye_constant_m3_s(width_m: float) -> float:
    """Return c of the rate c / R^3 of one observer who sweeps `width_m` at walking pace."""
    return width_m**2 * WALK_M_S / (8.0 * math.pi)
