from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import rasterio
from rasterio.transform import from_origin

from builders import camera, level, site, straight_line, write_site
from watchline.domain.site import Area, LandCoverSpec, Road
from watchline.ops.mobility import going
from watchline.ops.site_file import read_site
from watchline.sources.geojson import write_geojson

LINE = straight_line()


def lonlat(*xy_m: tuple[float, float]) -> np.ndarray:
    return LINE.frame.lonlat_from_xy_m(np.array(xy_m))


def with_ground(folder: Path) -> Path:
    """Write a site with a lake in the east, a paved road across it and a minefield in the west."""
    what = msgspec.structs.replace(
        site(camera()),
        land_cover=LandCoverSpec(file="cover.tif"),
        roads=(Road(file="road.geojson", surface="paved"), Road(file="track.geojson", surface="track")),
        areas=(
            Area(id="M1", kind="mines", file="mines.geojson"),
            Area(id="P1", kind="privacy", file="privacy.geojson"),
        ),
    )
    path = write_site(folder, what, ground=level(13_000.0, cell_m=100.0))
    write_geojson(folder / "road.geojson", "LineString", [lonlat((-6000, 2000), (6000, 2000))])
    write_geojson(folder / "track.geojson", "LineString", [lonlat((-6000, 3000), (-1000, 3000))])
    square = [(-4000, -1000), (-3000, -1000), (-3000, 0), (-4000, 0)]
    write_geojson(folder / "mines.geojson", "Polygon", [lonlat(*square, square[0])])
    write_geojson(folder / "privacy.geojson", "Polygon", [lonlat((0, 0), (500, 0), (500, 500), (0, 0))])
    step = 1 / 1200
    lon = 41.7 + step * (np.arange(800) + 0.5)
    cover = np.tile(np.where(lon < 42.0, 60, 80).astype(np.uint8), (600, 1))
    with rasterio.open(
        folder / "cover.tif", "w", driver="GTiff", height=600, width=800, count=1, dtype="uint8", crs="EPSG:4326",
        transform=from_origin(41.7, 33.85, step, step),
    ) as file:  # fmt: skip
        file.write(cover, 1)
    return path


def test_a_sites_ground_slows_carries_and_stops(tmp_path: Path) -> None:
    loaded = read_site(with_ground(tmp_path))
    terrain = loaded.terrain()
    found = going(loaded, terrain)

    def at(field: np.ndarray, x_m: float, y_m: float) -> float:
        row, col = round((terrain.y0_m - y_m) / terrain.cell_m), round((x_m - terrain.x0_m) / terrain.cell_m)
        return float(field[row, col])

    theirs, ours = found.speed_factor("foot", ours=False), found.speed_factor("foot", ours=True)
    assert at(theirs, -2000, 500) == np.float32(1.1**-0.5)  # bare ground
    assert at(theirs, 2000, 500) == 0.0  # the lake
    assert at(theirs, 2000, 2000) == 1.0  # the road over it
    assert at(theirs, -3500, -500) > 0.0  # they may not know of the mines
    assert at(ours, -3500, -500) == 0.0
    assert at(ours, 200, 100) == at(theirs, 200, 100)  # a privacy mask stops nobody
    wheels = found.speed_factor("wheels", ours=True)
    assert at(wheels, -2000, 2000) > at(wheels, -2000, 3000) > at(wheels, -2000, 500) > 0.0


def test_a_site_without_land_cover_has_its_roads_still(tmp_path: Path) -> None:
    path = with_ground(tmp_path)
    path.write_text(path.read_text().replace('[land_cover]\nfile = "cover.tif"', ""))
    loaded = read_site(path)
    found = going(loaded, loaded.terrain())
    assert found.cover is None
    assert set(np.unique(found.roads)) == {0, 1, 3}
