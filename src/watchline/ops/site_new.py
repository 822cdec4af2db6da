"""A new site from nothing but a line: something that passes its check and can be filled in."""

from __future__ import annotations

import shutil
from pathlib import Path

from watchline.domain.errors import BadInput
from watchline.domain.site import LineSpec, Organisation, Sector, Site, TerrainSpec
from watchline.geo.line import LineFrame
from watchline.ops.site_file import read_site, site_text
from watchline.sources.geojson import read_lines, write_geojson
from watchline.sources.tile_sets import is_address, tiles_at


def new_site(directory: Path, line_file: Path, dem: Path | None, home_side: str) -> Path:
    """Write `site.toml`, `line.geojson` and the elevation file into `directory`; return the site file.

    dem: a file, a folder of one-degree tiles or a web address of them.
    Without a DEM the site names `terrain.tif`, and its check says that it is missing.
    """
    lines = read_lines(line_file)
    if len(lines) != 1:
        raise BadInput(str(line_file), f"must hold exactly one LineString, has {len(lines)}", "join its parts")
    tiles = None if dem is None else tiles_at(dem)
    if dem is not None and tiles is None and not dem.is_file():
        raise BadInput(str(dem), "no such file")
    line = LineFrame.of(lines[0], home_side)
    if line.length_m < 1.0:
        raise BadInput(str(line_file), "the line has no length")
    site = Site(
        schema=1,
        name=line_file.stem,
        line=LineSpec(file="line.geojson", home_side="left" if home_side == "left" else "right"),
        terrain=TerrainSpec(file=_named(tiles)),
        organisations=(Organisation(id="own", name="Own force"),),
        sectors=(Sector(id="S1", from_km=0.0, to_km=round(line.length_m / 1000, 3), organisation="own"),),
    )
    directory.mkdir(parents=True, exist_ok=True)
    write_geojson(directory / "line.geojson", "LineString", lines)
    if dem is not None and tiles is None:
        shutil.copyfile(dem, directory / "terrain.tif")
    path = directory / "site.toml"
    path.write_text(HEAD + site_text(site), encoding="utf-8")
    return path


def copied_site(directory: Path, like: Path) -> Path:
    """Copy a site file and what it names into `directory`; return the copy.  Elevation goes along if it is there.

    BadInput when the site cannot be read, or names files that are not beside it.
    """
    loaded = read_site(like)
    site, beside = loaded.site, loaded.path.parent
    named = [site.line.file, *(road.file for road in site.roads), *(area.file for area in site.areas)]
    optional = [site.terrain.file, *([site.land_cover.file] if site.land_cover is not None else [])]
    optional += [layer.file for layer in site.map_layers]
    named += [name for name in optional if not is_address(name) and (beside / name).is_file()]
    for name in named:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise BadInput(str(loaded.path), f"names {name}, which is not beside it", "copy the site by hand")
    for name in (loaded.path.name, *named):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(beside / name, directory / name)
    return directory / loaded.path.name


def elevation_missing(path: Path) -> bool:
    """Return whether a site names an elevation file that is not there."""
    loaded = read_site(path)
    return not is_address(loaded.site.terrain.file) and not Path(loaded.elevation_at()).exists()


def _named(tiles: str | None) -> str:
    """Return how the site file names its elevation: tiles stay where they are, a file is copied beside it."""
    if tiles is None:
        return "terrain.tif"
    return tiles if is_address(tiles) else str(Path(tiles).resolve())


HEAD = """# A Watchline site.  Fields: docs/site-file.md.  Find every fault: watchline check site.toml

"""
