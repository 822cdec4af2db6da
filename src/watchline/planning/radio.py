"""Does a microwave path between two masts clear the ground?  Fresnel clearance on the terrain.

Theory: at d1 and d2 from its ends a path of wavelength w needs the radius F1 = sqrt(w d1 d2 / (d1 + d2)) of its first
Fresnel zone free; 0.6 of it is the usual rule for no loss by diffraction (ITU-R P.530).  The Earth falls away with
4/3 of its radius, the standard atmosphere's ray.

Limits: terrain only, no trees or buildings; no fading, rain or interference: a path that clears is worth a survey.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.geo.sight import MEAN_EARTH_RADIUS_M, REFRACTION_RADIO
from watchline.geo.terrain import Terrain

F8 = NDArray[np.float64]

CLEAR = 0.6  # of the first Fresnel zone
LIGHT_M_S = 299_792_458.0
STEP_CELLS = 0.25
ENDS_M = 100.0  # the ground right under a mast is not in its way


def clearance(terrain: Terrain, from_m: F8, to_m: F8, frequency_hz: float) -> float:
    """Return the least clearance of the path between two antennas, in radii of the first Fresnel zone; below 0 cut.

    from_m, to_m (3,): east, north, height of each antenna on the terrain's datum.  NaN where the path leaves the
    terrain or runs over a void: nobody knows.

    >>> flat = Terrain(np.zeros((3, 400), np.float32), 0.0, 60.0, 30.0)
    >>> round(clearance(flat, np.array([0, 30.0, 20]), np.array([10_000, 30.0, 20]), 7.5e9), 2)
    1.85
    """
    whole = float(np.hypot(*(to_m - from_m)[:2]))
    if whole <= 2.0 * ENDS_M:
        return np.inf
    along = np.arange(ENDS_M, whole - ENDS_M, STEP_CELLS * terrain.cell_m)
    share = (along / whole)[:, None]
    path = from_m + share * (to_m - from_m)
    drop = (1.0 - REFRACTION_RADIO) * along * (whole - along) / (2.0 * MEAN_EARTH_RADIUS_M)
    over = path[:, 2] - terrain.height_at(path[:, :2]) - drop
    fresnel = np.sqrt(LIGHT_M_S / frequency_hz * along * (whole - along) / whole)
    return float(np.min(over / fresnel))
