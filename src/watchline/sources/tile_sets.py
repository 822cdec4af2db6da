"""One-degree tiles by where they are: a folder of Copernicus or SRTM files, or a web address of Copernicus ones."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from watchline.domain.errors import BadInput
from watchline.sources.copernicus import is_copernicus, read_copernicus
from watchline.sources.srtm import is_srtm, read_srtm
from watchline.sources.tiles import Bounds, Mosaic


def tiles_at(where: Path | str) -> str | None:
    """Return the folder or address if that is what it is, None for a file.

    >>> tiles_at(Path("https://tiles.example/glo30"))  # a Path folds the two slashes
    'https://tiles.example/glo30'
    """
    address = re.sub(r"^(https?):/+", r"\1://", str(where))
    return address if is_address(address) or Path(where).is_dir() else None


def is_address(where: str) -> bool:
    """Return whether it is a web address."""
    return where.startswith(("http://", "https://"))


def read_tiles(where: str, bounds_deg: Bounds) -> Mosaic:
    """Return tiles over (west, south, east, north), with notes on what was missing."""
    if is_address(where) or is_copernicus(Path(where)):
        found = read_copernicus(where, bounds_deg)
        if not is_address(where) and is_srtm(Path(where)):
            note = f"{where}: SRTM tiles are there too, above another datum; Copernicus alone is read"
            return replace(found, notes=(*found.notes, note))
        return found
    if is_srtm(Path(where)):
        return read_srtm(Path(where), bounds_deg)
    rule = "holds no elevation tiles"
    raise BadInput(where, rule, "Copernicus_DSM_COG_10_N34_00_E041_00_DEM.tif or N34E041.hgt are such names")
