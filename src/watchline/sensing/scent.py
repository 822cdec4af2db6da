"""How wide a dog that searches by air scent sweeps: by wind, sun and heat.

Theory: scent goes downwind as a plume (Gaussian, ground to ground): its strength at x is 1 / (u sigma_y sigma_z),
with the spreads of Briggs (1973) for open country and the stability of the air after Pasquill and Turner, from wind,
sun and night.  A dog that goes across the wind meets the plume of whoever lies within the distance at which it is as
strong as where a dog just notices in neutral air: that distance is its sweep width.  So scent carries far on a calm
clear night and not at noon, when it goes up.

ASSUMED: REFERENCE_M in neutral air of REFERENCE_WIND_M_S (handlers speak of one to two hundred metres; no experiment
in dry land is published), WORKS of the time (twenty minutes in thirty), HOURS of a shift, and that heat takes work
away from WARM_C on to a fifth at HOT_C.
Limits: level open ground, steady wind; below CALM_M_S scent pools and the number is a guess; no rain, no old scent.
"""

from __future__ import annotations

import math

REFERENCE_M, REFERENCE_WIND_M_S = 150.0, 4.0
LEAST_M, MOST_M = 15.0, 400.0
CALM_M_S = 1.0
WORKS, HOURS = 2.0 / 3.0, 4.0
WARM_C, HOT_C, LEAST_WORK = 25.0, 40.0, 0.2
SPEED_M_S = 1.3  # of a handler and a dog that works

_SPREAD = {  # sigma_y and sigma_z over distance, near the source
    "A": (0.22, 0.20), "B": (0.16, 0.12), "C": (0.11, 0.08), "D": (0.08, 0.06), "E": (0.06, 0.03), "F": (0.04, 0.016)
}  # fmt: skip


def stability(wind_m_s: float, sun_deg: float) -> str:
    """Return the class of the air, A (stirred) to F (still), under a clear sky; sun_deg above the horizon."""
    if sun_deg <= 0.0:
        return "F" if wind_m_s < 3.0 else "E" if wind_m_s < 5.0 else "D"
    strong = 2 if sun_deg > 60.0 else 1 if sun_deg > 35.0 else 0
    by_wind = [(2.0, "BAA"), (3.0, "CBA"), (5.0, "CBB"), (6.0, "DCC")]
    return next((classes[strong] for below, classes in by_wind if wind_m_s < below), "DDC"[strong])


def sweep_width_m(wind_m_s: float, sun_deg: float) -> float:
    """Return how wide a working dog sweeps, 15 to 400 m.

    >>> [round(sweep_width_m(wind, sun)) for wind, sun in ((4.0, -10.0), (6.5, 30.0), (2.0, 65.0))]
    [245, 118, 70]
    """
    if not (wind_m_s >= 0.0 and -90.0 <= sun_deg <= 90.0):
        raise ValueError(f"wind_m_s must be >= 0 and sun_deg in -90..90, got {wind_m_s}, {sun_deg}")
    y, z = _SPREAD[stability(wind_m_s, sun_deg)]
    y0, z0 = _SPREAD["D"]
    wind = max(wind_m_s, CALM_M_S)
    return min(MOST_M, max(LEAST_M, REFERENCE_M * math.sqrt(y0 * z0 * REFERENCE_WIND_M_S / (y * z * wind))))


def work_share(temperature_c: float, shift_s: float) -> float:
    """Return the share of a shift that a dog works: rests, the hours it can, and heat.

    >>> [round(work_share(t, 8 * 3600.0), 3) for t in (15.0, 25.0, 40.0)]
    [0.333, 0.333, 0.067]
    """
    hot = min(1.0, max(0.0, (temperature_c - WARM_C) / (HOT_C - WARM_C)))
    return WORKS * min(1.0, 3600.0 * HOURS / max(shift_s, 1.0)) * (1.0 - (1.0 - LEAST_WORK) * hot)
