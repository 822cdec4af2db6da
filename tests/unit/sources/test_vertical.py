from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from builders import straight_line
from watchline.sources import vertical
from watchline.sources.elevation import read_elevation
from watchline.sources.vertical import datum_named, geoid_m, how_to_convert, raised_m

BOUNDS_M = (-3000.0, -1500.0, 3000.0, 1500.0)


def geoid(lat: np.ndarray, lon: np.ndarray, at_42_33: float) -> np.ndarray:
    """Return a made-up geoid: so high at 42 E, 33 N, sloping as steeply as real ones do."""
    return at_42_33 + 2.0 * (lat - 33.0) - 1.5 * (lon - 42.0)


def write_gtx(path: Path, at_42_33: float) -> None:
    """Write a geoid over 40..44 E, 31..36 N as PROJ's .gtx: header and floats, big-endian, from the south."""
    step, rows, cols = 0.25, 21, 17
    lat, lon = 31.0 + step * np.arange(rows), 40.0 + step * np.arange(cols)
    heights = geoid(lat[:, None], lon[None, :], at_42_33).astype(">f4")
    path.write_bytes(struct.pack(">4d2i", 31.0, 40.0, step, step, rows, cols) + heights.tobytes())


@pytest.fixture
def grids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put two made-up geoid models where PROJ's data would be."""
    folder = tmp_path / "proj"
    folder.mkdir()
    write_gtx(folder / "egm08_25.gtx", -12.0)
    write_gtx(folder / "egm96_15.gtx", -12.4)
    monkeypatch.setattr(vertical.datadir, "get_data_dir", lambda: f"/nowhere:{folder}")
    return folder


@pytest.fixture
def no_grids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vertical.datadir, "get_data_dir", lambda: str(tmp_path))
    monkeypatch.setattr(vertical.datadir, "get_user_data_dir", lambda: str(tmp_path))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("EGM2008", "EGM2008"), ("egm 2008 height", "EGM2008"), ("EGM2008 geoid", "EGM2008"), ("EGM96", "EGM96"),
        ("EGM96 height", "EGM96"), ("HAE", "ellipsoid"), ("ellipsoid", "ellipsoid"), ("NAVD88", "NAVD88"),
    ],
)  # fmt: skip
def test_names_are_understood(said: str, meant: str) -> None:
    assert datum_named(said) == meant


def test_the_geoid_is_read_from_its_grid(grids: Path) -> None:
    lon, lat = np.array([42.0, 41.3, 43.1]), np.array([33.0, 34.2, 32.6])
    np.testing.assert_allclose(geoid_m("EGM2008", lon, lat), geoid(lat, lon, -12.0), atol=1e-4)


def test_off_the_grid_is_unknown_and_not_zero(grids: Path) -> None:
    off = geoid_m("EGM2008", np.array([10.0]), np.array([50.0]))
    assert off is not None
    assert np.isnan(off).all()


def test_heights_go_from_one_datum_to_another_and_back(grids: Path) -> None:
    up = raised_m("EGM96", "EGM2008", 42.0, 33.0)
    down = raised_m("EGM2008", "EGM96", 42.0, 33.0)
    to_ellipsoid = raised_m("EGM2008", "ellipsoid", 42.0, 33.0)
    assert float(up) == pytest.approx(-0.4, abs=1e-4)  # type: ignore[arg-type]
    assert float(down) == pytest.approx(0.4, abs=1e-4)  # type: ignore[arg-type]
    assert float(to_ellipsoid) == pytest.approx(-12.0, abs=1e-4)  # type: ignore[arg-type]


def test_without_the_grid_nothing_is_converted_and_this_is_known(no_grids: None) -> None:
    assert raised_m("EGM2008", "ellipsoid", 42.0, 33.0) is None
    assert raised_m("NAVD88", "EGM2008", 42.0, 33.0) is None
    assert float(raised_m("EGM2008", "EGM2008", 42.0, 33.0)) == 0.0  # type: ignore[arg-type]
    assert "us_nga_egm08_25" in how_to_convert("EGM2008", "ellipsoid")
    assert "convert NAVD88" in how_to_convert("NAVD88", "EGM2008")


def dem(path: Path, crs: str) -> str:
    height = np.full((400, 500), 100.0, np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", height=400, width=500, count=1, dtype="float32", crs=crs,
        transform=from_origin(214_000.0, 3_728_000.0, 30.0, 30.0),
    ) as file:  # fmt: skip
        file.write(height, 1)
    return str(path)


def test_elevation_that_names_another_datum_is_converted(grids: Path, tmp_path: Path) -> None:
    frame = straight_line().frame
    found = read_elevation(dem(tmp_path / "d.tif", "EPSG:32638+5773"), frame, BOUNDS_M, datum="ellipsoid")
    cols = found.terrain.height_m.shape[1]
    at = found.terrain.x0_m + found.terrain.cell_m * np.array([3, cols - 4]), found.terrain.y0_m - 30.0 * 7
    lonlat = frame.lonlat_from_xy_m(np.column_stack([at[0], np.full(2, at[1])]))
    np.testing.assert_allclose(
        found.terrain.height_m[7, [3, cols - 4]], 100.0 + geoid(lonlat[:, 1], lonlat[:, 0], -12.4), atol=0.01
    )
    assert found.datum == "ellipsoid"
    assert "converted from EGM96 to ellipsoid" in found.notes[-1]


def test_without_the_grid_elevation_stays_on_its_own_datum_and_says_so(no_grids: None, tmp_path: Path) -> None:
    path = dem(tmp_path / "d.tif", "EPSG:32638+5773")
    found = read_elevation(path, straight_line().frame, BOUNDS_M, datum="ellipsoid")
    assert found.datum == "EGM96"
    assert float(found.terrain.height_m.max()) == 100.0
    assert "above EGM96 and stay there, not above ellipsoid" in found.notes[-1]


def test_elevation_that_names_no_datum_is_on_the_sites(tmp_path: Path) -> None:
    found = read_elevation(dem(tmp_path / "d.tif", "EPSG:32638"), straight_line().frame, BOUNDS_M, datum="EGM96")
    assert (found.datum, found.notes) == ("EGM96", ())
