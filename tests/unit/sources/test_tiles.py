from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from tile_server import Manners, serving

from builders import straight_line
from watchline.domain.errors import BadInput
from watchline.sources import web
from watchline.sources.copernicus import read_copernicus, tile_name
from watchline.sources.elevation import read_terrain
from watchline.sources.ranged import RangedFile
from watchline.sources.srtm import read_srtm
from watchline.sources.tile_sets import read_tiles

NEAR_42E = (41.95, 33.55, 42.05, 33.65)


def slope(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Return a plane over degrees, so that any misplacement shows as a wrong height."""
    return (1000.0 * (lat[:, None] - 33.0) + 500.0 * (lon[None, :] - 41.0)).astype(np.float32)


def copernicus(folder: Path, lat: int, lon: int, per_degree: int = 120, spacing: int = 10, columns: int = 0) -> Path:
    """Write a tile with the half-pixel bounds of the real ones, in a folder of its name."""
    across = columns or per_degree
    height = slope(lat + 1 - np.arange(per_degree) / per_degree, lon + np.arange(across) / across)
    name = tile_name(lat, lon, spacing)
    (folder / name).mkdir()
    grid = from_origin(lon - 0.5 / across, lat + 1 + 0.5 / per_degree, 1 / across, 1 / per_degree)
    path = folder / name / f"{name}.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=per_degree, width=across, count=1, dtype="float32", crs="EPSG:4326",
        transform=grid, tiled=True, blockxsize=64, blockysize=64,
    ) as file:  # fmt: skip
        file.write(height, 1)
    return path


def srtm(path: Path, lat: int, lon: int, hole: bool = False) -> Path:
    axis = np.arange(1201) / 1200
    height = slope(lat + 1 - axis, lon + axis).round().astype(">i2")
    if hole:
        height[600, 600] = -32768
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("anything.hgt", height.tobytes())
    else:
        path.write_bytes(height.tobytes())
    return path


def misplaced_m(found: object, bounds: tuple[float, float, float, float]) -> float:
    height, grid = found.height_m, found.transform  # type: ignore[attr-defined]
    lon = grid.c + grid.a * (np.arange(height.shape[1]) + 0.5)
    lat = grid.f + grid.e * (np.arange(height.shape[0]) + 0.5)
    assert lon.min() <= bounds[0] + 1e-9
    assert lon.max() >= bounds[2] - 1e-9
    assert lat.min() <= bounds[1] + 1e-9
    assert lat.max() >= bounds[3] - 1e-9
    return float(np.abs(height - slope(lat, lon)).max())


def test_the_name_is_the_real_one() -> None:
    assert tile_name(34, 41) == "Copernicus_DSM_COG_10_N34_00_E041_00_DEM"
    assert tile_name(-3, -71, 30) == "Copernicus_DSM_COG_30_S03_00_W071_00_DEM"


def test_four_tiles_meet_without_a_seam(tmp_path: Path) -> None:
    for lat in (33, 34):
        for lon in (41, 42):
            copernicus(tmp_path, lat, lon)
    bounds = (41.8, 33.7, 42.3, 34.4)
    found = read_copernicus(str(tmp_path), bounds)
    assert misplaced_m(found, bounds) < 0.01
    assert found.notes == ()


def test_glo_90_stands_in_and_this_is_said(tmp_path: Path) -> None:
    copernicus(tmp_path, 33, 41, 120)
    copernicus(tmp_path, 33, 42, 40, spacing=30)
    found = read_copernicus(str(tmp_path), NEAR_42E)
    assert misplaced_m(found, NEAR_42E) < 0.01
    assert "GLO-90 is used" in found.notes[0]


def test_original_tiles_that_repeat_their_neighbours_edge_fit(tmp_path: Path) -> None:
    height = slope(34 - np.arange(121) / 120, 41 + np.arange(121) / 120)
    grid = from_origin(41 - 0.5 / 120, 34 + 0.5 / 120, 1 / 120, 1 / 120)
    name = tile_name(33, 41).replace("_COG_", "_")
    with rasterio.open(
        tmp_path / f"{name}.tif", "w", driver="GTiff", height=121, width=121, count=1, dtype="float32",
        crs="EPSG:4326", transform=grid,
    ) as file:  # fmt: skip
        file.write(height, 1)
    copernicus(tmp_path, 33, 42)
    assert misplaced_m(read_tiles(str(tmp_path), NEAR_42E), NEAR_42E) < 0.01


def test_tiles_with_fewer_columns_fit(tmp_path: Path) -> None:
    copernicus(tmp_path, 33, 41)
    copernicus(tmp_path, 33, 42, columns=80)
    assert misplaced_m(read_copernicus(str(tmp_path), NEAR_42E), NEAR_42E) < 0.01


def test_no_tile_is_sea_and_this_is_said(tmp_path: Path) -> None:
    copernicus(tmp_path, 33, 41)
    found = read_copernicus(str(tmp_path), NEAR_42E)
    assert found.height_m[:, -3:].max() == 0.0
    assert found.height_m[:, 0].min() > 500.0
    assert found.notes[-1].endswith("N33E042: no tile, taken as sea at 0 m")


def test_no_tile_at_all_is_refused(tmp_path: Path) -> None:
    copernicus(tmp_path, 10, 10)
    with pytest.raises(BadInput, match="has none of the 2 tiles needed here"):
        read_copernicus(str(tmp_path), NEAR_42E)


def test_a_misnamed_tile_is_refused(tmp_path: Path) -> None:
    path = copernicus(tmp_path, 33, 41)
    name = tile_name(33, 42)
    path.rename(tmp_path / f"{name}.tif")
    with pytest.raises(BadInput, match="as its name says"):
        read_copernicus(str(tmp_path), (42.2, 33.2, 42.4, 33.4))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Manners]]:
    """Serve the folder on this machine, byte ranges and all."""
    monkeypatch.setenv("WATCHLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(web, "PAUSE_S", 0.01)
    with serving(tmp_path) as served:
        yield served


def test_tiles_come_from_a_web_address(tmp_path: Path, server: tuple[str, Manners]) -> None:
    copernicus(tmp_path, 33, 41)
    found = read_tiles(server[0], NEAR_42E)
    assert found.notes[-1].endswith("N33E042: no tile, taken as sea at 0 m")
    assert misplaced_m(read_tiles(server[0], (41.2, 33.2, 41.7, 33.6)), (41.2, 33.2, 41.7, 33.6)) < 0.01


def test_a_withheld_tile_is_told_from_the_sea(tmp_path: Path, server: tuple[str, Manners]) -> None:
    copernicus(tmp_path, 33, 41, 40, spacing=30)
    notes = " ".join(read_tiles(server[0], NEAR_42E).notes)
    assert "N33_00_E041_00_DEM: no GLO-30 here (withheld), GLO-90 is used" in notes
    assert "N33E042: no tile, taken as sea" in notes


def test_above_50_degrees_with_fewer_columns_and_a_void(tmp_path: Path, server: tuple[str, Manners]) -> None:
    path = copernicus(tmp_path, 52, 41, columns=80)
    with rasterio.open(path, "r+") as file:
        file.nodata = -9999.0
        file.write(file.read(1) / 10, 1)  # as it is, it would be above any mountain
        file.write(np.array([[-9999.0]], np.float32), 1, window=rasterio.windows.Window(40, 60, 1, 1))
    bounds = (41.3, 52.3, 41.7, 52.7)
    found = read_tiles(server[0], bounds)
    height = found.height_m
    assert int(np.isnan(height).sum()) == 1
    lon = found.transform.c + found.transform.a * (np.arange(height.shape[1]) + 0.5)
    lat = found.transform.f + found.transform.e * (np.arange(height.shape[0]) + 0.5)
    assert np.nanmax(np.abs(height - slope(lat, lon) / 10)) < 0.01


def cog(folder: Path, lat: int, lon: int) -> Path:
    """Write a tile as the public ones are: float32, deflated blocks with predictor, overviews, here 1200 x 1200."""
    path = copernicus(folder, lat, lon, 1200)
    rough = np.random.default_rng(1).normal(0, 2, (1200, 1200)).astype(np.float32)
    with rasterio.open(path) as file:
        profile, height = file.profile, file.read(1) + rough
    kind = {"driver": "COG", "blocksize": 256, "compress": "deflate", "predictor": 3, "overviews": "auto"}
    keep = {key: profile[key] for key in ("width", "height", "count", "dtype", "crs", "transform")}
    with rasterio.open(path, "w", **keep, **kind) as file:
        file.write(height, 1)
    return path


def test_a_small_window_costs_a_part_of_a_tile_and_nothing_the_second_time(
    tmp_path: Path, server: tuple[str, Manners]
) -> None:
    size = cog(tmp_path, 33, 41).stat().st_size
    bounds = (41.4, 33.4, 41.5, 33.5)
    address, manners = server
    here = read_tiles(str(tmp_path), bounds)
    there = read_tiles(address, bounds)
    assert np.array_equal(there.height_m, here.height_m)
    sent = manners.sent
    assert 0 < sent < size / 2
    assert np.array_equal(read_tiles(address, bounds).height_m, here.height_m)
    assert manners.sent == sent


def test_a_tile_that_has_changed_since_is_read_anew(tmp_path: Path, server: tuple[str, Manners]) -> None:
    path = cog(tmp_path, 33, 41)
    read_tiles(server[0], (41.1, 33.1, 41.2, 33.2))
    with rasterio.open(path) as file:
        profile, height = file.profile, file.read(1)
    profile.pop("interleave")
    with rasterio.open(path, "w", **profile) as file:
        file.write(height + 7.0, 1)
    bounds = (41.7, 33.7, 41.9, 33.9)
    assert np.array_equal(read_tiles(server[0], bounds).height_m, read_tiles(str(tmp_path), bounds).height_m)


@pytest.mark.parametrize("wrong", [{"ranges": False}, {"breaks": 3, "break_after": 300_000}, {"fails": 2}])
def test_a_difficult_server_gives_the_same_heights(
    tmp_path: Path, server: tuple[str, Manners], wrong: dict[str, int]
) -> None:
    cog(tmp_path, 33, 41)
    address, manners = server
    for name, value in wrong.items():
        setattr(manners, name, value)
    bounds = (41.1, 33.1, 41.9, 33.9)
    assert np.array_equal(read_tiles(address, bounds).height_m, read_tiles(str(tmp_path), bounds).height_m)


def test_a_tile_that_is_truncated_on_the_server_is_one_line(tmp_path: Path, server: tuple[str, Manners]) -> None:
    path = cog(tmp_path, 33, 41)
    path.write_bytes(path.read_bytes()[:900_000])
    with pytest.raises(BadInput, match="cannot be read as a raster") as error:
        read_tiles(server[0], (41.05, 33.05, 41.9, 33.9))
    assert "\n" not in str(error.value)


def test_a_server_that_begins_to_refuse_while_a_tile_is_read_is_named(
    tmp_path: Path, server: tuple[str, Manners], monkeypatch: pytest.MonkeyPatch
) -> None:
    cog(tmp_path, 33, 41)
    address, manners = server
    real = RangedFile.fetch

    def refused_later(self: RangedFile, start: int, stop: int) -> None:
        manners.answer = 403 if start > 0 else None
        real(self, start, stop)

    monkeypatch.setattr(RangedFile, "fetch", refused_later)
    with pytest.raises(BadInput, match=r"refuses it \(403\)"):
        read_tiles(address, (41.05, 33.05, 41.9, 33.9))


def test_a_server_that_does_not_answer_is_not_a_sea(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHLINE_CACHE", str(tmp_path))
    monkeypatch.setattr(web, "PAUSE_S", 0.0)
    with pytest.raises(BadInput, match="cannot be reached"):
        read_copernicus("http://127.0.0.1:9", NEAR_42E)


@pytest.mark.parametrize("name", ["N33E042.hgt", "N33E042.SRTMGL3.hgt.zip"])
def test_srtm_is_read_zipped_or_not(tmp_path: Path, name: str) -> None:
    srtm(tmp_path / name, 33, 42, hole=True)
    srtm(tmp_path / "n33e041.hgt", 33, 41)
    found = read_srtm(tmp_path, NEAR_42E)
    assert misplaced_m(found, NEAR_42E) <= 0.501
    whole = read_srtm(tmp_path, (42.49, 33.49, 42.51, 33.51))
    assert int(np.isnan(whole.height_m).sum()) == 1


def test_a_truncated_srtm_file_is_refused(tmp_path: Path) -> None:
    path = srtm(tmp_path / "N33E041.hgt", 33, 41)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadInput, match="truncated"):
        read_srtm(tmp_path, (41.2, 33.2, 41.4, 33.4))


def test_a_zip_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "N33E041.hgt.zip").write_bytes(b"PK not really")
    with pytest.raises(BadInput, match=r"N33E041\.hgt\.zip"):
        read_srtm(tmp_path, (41.2, 33.2, 41.4, 33.4))


def test_terrain_is_read_from_a_folder_across_42_e(tmp_path: Path) -> None:
    srtm(tmp_path / "N33E041.hgt", 33, 41)
    srtm(tmp_path / "N33E042.hgt", 33, 42)
    frame = straight_line().frame
    terrain = read_terrain(tmp_path, frame, (-3000.0, -1500.0, 3000.0, 1500.0))
    xy = np.array([[-2500.0, 900.0], [0.0, 0.0], [40.0, -1200.0], [2800.0, 1300.0]])
    lon, lat = frame.lonlat_from_xy_m(xy).T
    assert np.isfinite(terrain.height_m).all()
    assert terrain.cell_m == pytest.approx(92.7, abs=0.1)
    assert np.abs(terrain.height_at(xy) - (1000 * (lat - 33) + 500 * (lon - 41))).max() < 0.6


def test_a_folder_without_tiles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no elevation tiles"):
        read_terrain(tmp_path, straight_line().frame, (-3000.0, -1500.0, 3000.0, 1500.0))
