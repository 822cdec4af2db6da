"""What heights are above: geoid models and the ellipsoid, converted where PROJ has the grid, and said where not.

Theory: a height above the WGS 84 ellipsoid is a height above the geoid plus the geoid's own height there, which runs
from -107 m to +86 m.  EGM96 and EGM2008 differ by up to some metres in mountains, by decimetres elsewhere.
The geoid's height is read from PROJ's grid files, which do not come with pyproj: see `how_to_convert`.

Rules: without the grid nothing is converted and the caller is told (None); PROJ's own silent "ballpark" operation,
which leaves the height as it was, is never used.  Datums that no grid here knows stay on themselves.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray
from pyproj import datadir

F8 = NDArray[np.float64]

ELLIPSOID = "ellipsoid"
# Finest first; the .gtx names are those of older PROJ packages.
GRIDS = {
    "EGM2008": ("us_nga_egm08_25.tif", "egm08_25.gtx"),
    "EGM96": ("us_nga_egm96_15.tif", "egm96_15.gtx"),
    "EGM84": ("us_nga_egm84_30.tif",),
}
KNOWN = (*GRIDS, ELLIPSOID)


def datum_named(name: str) -> str:
    """Return one of KNOWN for the ways people and files write it, else the name as it is.

    >>> datum_named("EGM2008 height"), datum_named("WGS84 HAE"), datum_named("NAVD88 height")
    ('EGM2008', 'ellipsoid', 'NAVD88 height')
    """
    plain = "".join(letter for letter in name.lower() if letter.isalnum())
    for model, also in (("EGM2008", "egm08"), ("EGM96", "egm1996"), ("EGM84", "egm1984")):
        if plain.startswith((model.lower(), also)):
            return model
    if plain in ("ellipsoid", "ellipsoidal", "hae", "wgs84hae", "wgs84", "wgs84ellipsoid", "wgs84ellipsoidheight"):
        return ELLIPSOID
    return name


def geoid_m(datum: str, lon_deg: ArrayLike, lat_deg: ArrayLike) -> F8 | None:
    """Return (...,) how far the zero of `datum` lies above the ellipsoid, NaN off its grid.

    None when the datum is not one of KNOWN or its grid is not on this machine.
    """
    lon, lat = np.asarray(lon_deg, float), np.asarray(lat_deg, float)
    if datum == ELLIPSOID:
        return np.zeros(np.broadcast_shapes(lon.shape, lat.shape))
    grid = grid_file(datum)
    if grid is None:
        return None
    lon, lat, level = np.broadcast_arrays(lon, lat, 0.0)
    _, _, up = _shift(str(grid)).transform(lon, lat, level)
    up = np.asarray(up, float)
    return np.where(np.isfinite(up), up, np.nan)


def raised_m(from_datum: str, to_datum: str, lon_deg: ArrayLike, lat_deg: ArrayLike) -> F8 | None:
    """Return (...,) metres to add to heights above `from_datum` to have them above `to_datum`.

    None when that is not known on this machine: heights of the two may then not be compared.
    """
    lon, lat = np.asarray(lon_deg, float), np.asarray(lat_deg, float)
    if from_datum == to_datum:
        return np.zeros(np.broadcast_shapes(lon.shape, lat.shape))
    from_m, to_m = geoid_m(from_datum, lon, lat), geoid_m(to_datum, lon, lat)
    return None if from_m is None or to_m is None else np.asarray(from_m - to_m)


def how_to_convert(*datums: str) -> str:
    """Return what to do so that heights above these can be converted.

    >>> how_to_convert("EGM96", "ellipsoid")
    'get its grid with: pyproj sync --file us_nga_egm96_15'
    """
    lacking = [
        GRIDS[datum][0].removesuffix(".tif") for datum in datums if datum in GRIDS and grid_file(datum) is None
    ]
    unknown = [datum for datum in datums if datum not in KNOWN]
    if unknown:
        return f"convert {unknown[0]} heights to one of {', '.join(KNOWN)} first"
    return "get its grid with: " + " and ".join(f"pyproj sync --file {name}" for name in lacking)


def grid_file(datum: str) -> Path | None:
    """Return the grid of a geoid model among PROJ's data folders, None when it is not there."""
    users = datadir.get_user_data_dir()  # type: ignore[attr-defined]  # documented, though not in its __all__
    folders = [*datadir.get_data_dir().split(os.pathsep), users]
    for name in GRIDS.get(datum, ()):
        for folder in folders:
            if (Path(folder) / name).is_file():
                return Path(folder) / name
    return None


@functools.lru_cache(maxsize=8)
def _shift(grid: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f'+step +proj=vgridshift +grids="{grid}" +multiplier=1 '
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
