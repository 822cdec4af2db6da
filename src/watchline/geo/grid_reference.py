"""A place as people read it from a map: the Military Grid Reference System."""

from __future__ import annotations

import mgrs

_MGRS = mgrs.MGRS()


def mgrs_of(lon_deg: float, lat_deg: float) -> str:
    """Return the MGRS reference to 10 m, in groups as people read it: 38S KF 4983 4968."""
    text = _MGRS.toMGRS(lat_deg, lon_deg, MGRSPrecision=4)
    return f"{text[:-10]} {text[-10:-8]} {text[-8:-4]} {text[-4:]}"


def zone_of(lon_deg: float, lat_deg: float) -> str:
    """Return the grid zone a place lies in: 38S."""
    return str(_MGRS.toMGRS(lat_deg, lon_deg, MGRSPrecision=0)[:-2])
