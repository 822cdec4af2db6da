"""SRTM elevation: folders of .hgt files, zipped or not.

A file is named by its south-west corner (N34E041.hgt, N34E041.SRTMGL1.hgt.zip) and holds 1201 x 1201 or 3601 x 3601
big-endian 16-bit heights above EGM96, edges shared with the neighbours; -32768 is a void and stays one.
Inside a zip the name does not matter: the one .hgt in it is taken.
"""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import numpy as np

from watchline.domain.errors import BadInput
from watchline.sources.tiles import Bounds, Mosaic, Tile, corner, mosaic

DATUM = "EGM96"
VOID = -32768
SIDES = (1201, 3601)


def read_srtm(folder: Path, bounds_deg: Bounds) -> Mosaic:
    """Return heights over bounds (west, south, east, north) from a folder of .hgt or .hgt.zip files."""

    def read(lat: int, lon: int) -> tuple[Tile | None, str]:
        named = sorted(p for p in folder.iterdir() if _is_hgt(p) and p.name.upper().startswith(corner(lat, lon)))
        return (_read(named[0], lat, lon), "") if named else (None, "")

    return mosaic(str(folder), bounds_deg, read, DATUM)


def is_srtm(folder: Path) -> bool:
    """Return whether a folder holds SRTM tiles."""
    return any(_is_hgt(p) for p in folder.iterdir())


def _is_hgt(path: Path) -> bool:
    return path.name.lower().endswith((".hgt", ".hgt.zip"))


def _read(path: Path, lat: int, lon: int) -> Tile:
    raw = _bytes(path)
    side = math.isqrt(len(raw) // 2)
    if side not in SIDES or side * side * 2 != len(raw):
        sizes = " or ".join(str(2 * s * s) for s in SIDES)
        raise BadInput(str(path), f"must hold {sizes} bytes of heights, holds {len(raw)}", "it may be truncated")
    whole = np.frombuffer(raw, ">i2").reshape(side, side)
    heights = np.where(whole == VOID, np.float32(np.nan), whole.astype(np.float32))
    return Tile(lat, lon, heights, (side - 1, side - 1))


def _bytes(path: Path) -> bytes:
    most = 2 * max(SIDES) ** 2
    try:
        if path.suffix.lower() != ".zip":
            with path.open("rb") as file:
                return file.read(most + 1)
        with zipfile.ZipFile(path) as archive:
            inside = [name for name in archive.namelist() if name.lower().endswith(".hgt")]
            if len(inside) != 1:
                raise BadInput(str(path), f"must hold one .hgt file, holds {len(inside)}")
            with archive.open(inside[0]) as file:
                return file.read(most + 1)
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        raise BadInput(str(path), f"cannot be read ({' '.join(str(error).split())})", "it may be truncated") from None
