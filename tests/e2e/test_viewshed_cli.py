from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.transform import Affine, from_origin

from watchline.cli import main
from watchline.geo.viewshed import least_visible_field_m

WEST_M, NORTH_M, CELL_M = 600_000.0, 3_800_000.0, 30.0
UTM = "EPSG:32637"
ROW, COL = 60, 70


def hills(rows: int = 121, cols: int = 141) -> np.ndarray:
    y, x = np.indices((rows, cols))
    rough = np.random.default_rng(3).normal(0, 1.5, (rows, cols))
    return (300 + 20 * np.sin(x / 9) * np.cos(y / 11) + rough).astype(np.float32)


def write(path: Path, height: np.ndarray, crs: str | None = UTM, transform: Affine | None = None) -> Path:
    grid = transform or from_origin(WEST_M, NORTH_M, CELL_M, CELL_M)
    with rasterio.open(
        path, "w", driver="GTiff", height=height.shape[0], width=height.shape[1], count=1, dtype=height.dtype,
        crs=crs, transform=grid, nodata=-9999,
    ) as file:  # fmt: skip
        file.write(np.where(np.isnan(height), -9999, height).astype(height.dtype), 1)
    return path


def place(row: float, col: float) -> str:
    lon, lat = pyproj.Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(
        WEST_M + (col + 0.5) * CELL_M, NORTH_M - (row + 0.5) * CELL_M
    )
    return f"{lon:.8f},{lat:.8f}"


def arguments(dem: Path, *options: str, at: str = "", out: str = "seen.tif", reach: str = "1500") -> list[str]:
    return [
        "viewshed", str(dem), "--at", at or place(ROW, COL), "--mast", "12", "--target", "1.7", "--range", reach,
        "--out", str(dem.parent / out), *options,
    ]  # fmt: skip


def run(dem: Path, *options: str, **more: str) -> tuple[int, str, str]:
    """Run the verb in this process; returns exit code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as left:
        main(arguments(dem, *options, **more))
    return int(left.value.code or 0), out.getvalue(), err.getvalue()


def test_from_a_shell_one_line_and_exit_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "watchline", *arguments(tmp_path / "none.tif", at="-118.2,34.3")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"watchline: {tmp_path / 'none.tif'}: no such file\n"


def test_the_outputs_are_the_field_on_the_files_own_grid(tmp_path: Path) -> None:
    height = hills()
    height[30:33, 80] = np.nan
    dem = write(tmp_path / "dem.tif", height)
    code, out, err = run(dem, "--need", str(tmp_path / "need.tif"), "--png", str(tmp_path / "p.png"), "--json")
    assert (code, err) == (0, "")
    field = least_visible_field_m(height, ROW, COL, mast_m=12, range_m=1500, cell_m=(CELL_M, CELL_M))
    with rasterio.open(tmp_path / "seen.tif") as seen, rasterio.open(tmp_path / "need.tif") as need:
        assert (seen.crs, seen.transform, seen.shape) == (
            rasterio.crs.CRS.from_string(UTM),
            need.transform,
            (121, 141),
        )
        assert seen.transform == from_origin(WEST_M, NORTH_M, CELL_M, CELL_M)
        assert (seen.nodata, seen.dtypes[0], need.dtypes[0]) == (255, "uint8", "float32")
        assert seen.compression is not None
        assert np.array_equal(need.read(1), field, equal_nan=True)
        one = seen.read(1)
    assert np.array_equal(one == 255, np.isnan(field))
    assert np.array_equal(one == 1, field <= np.float32(1.7))
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    told = json.loads(out)
    assert told["seen"] == int((one == 1).sum())
    assert told["unknown"] > 3


def test_fast_is_close_to_exact(tmp_path: Path) -> None:
    dem = write(tmp_path / "dem.tif", hills())
    assert run(dem)[0] == 0
    assert run(dem, "--fast", out="fast.tif")[0] == 0
    with rasterio.open(tmp_path / "seen.tif") as a, rasterio.open(tmp_path / "fast.tif") as b:
        assert (a.read(1) != b.read(1)).mean() < 0.01


def test_degrees_are_reprojected_and_said_so(tmp_path: Path) -> None:
    lon, lat = (float(v) for v in place(ROW, COL).split(","))
    step = 1 / 3600
    dem = write(
        tmp_path / "d.tif", hills(), "EPSG:4326", from_origin(lon - 70.5 * step, lat + 60.5 * step, step, step)
    )
    code, _, err = run(dem)
    assert code == 0
    assert "in degrees; resampled" in err
    assert err.count("\n") == 1
    with rasterio.open(tmp_path / "seen.tif") as seen:
        assert seen.crs.is_projected
        row, col = seen.index(0.0, 0.0)
        assert seen.read(1)[row, col] == 1
        assert seen.res[0] == pytest.approx(28.2, abs=0.3)  # between 30.9 m north and 25.6 m east


def test_web_mercator_is_not_taken_for_metres(tmp_path: Path) -> None:
    x, y = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform(
        *(float(v) for v in place(ROW, COL).split(","))
    )
    dem = write(tmp_path / "d.tif", hills(), "EPSG:3857", from_origin(x - 2000, y + 2000, 30, 30))
    code, _, err = run(dem)
    assert code == 0
    assert "scale here" in err


def test_spikes_are_counted(tmp_path: Path) -> None:
    height = np.full((121, 141), 300, np.float32)
    height[20, 30] += 12
    height[80, 90] += 12
    code, _, err = run(write(tmp_path / "dem.tif", height))
    assert code == 0
    assert "dem.tif: 2 single cells" in err


def test_hills_are_not_spikes(tmp_path: Path) -> None:
    assert run(write(tmp_path / "dem.tif", hills()))[2] == ""


def refused(dem: Path, says: str, *options: str, **more: str) -> None:
    code, out, err = run(dem, *options, **more)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert says in err
    assert not (dem.parent / "seen.tif").exists()


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    refused(tmp_path / "none.tif", "none.tif: no such file")


def test_a_truncated_file_is_one_line(tmp_path: Path) -> None:
    dem = write(tmp_path / "dem.tif", hills())
    dem.write_bytes(dem.read_bytes()[:20_000])
    refused(dem, "truncated")


def test_a_file_that_is_no_raster_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "dem.tif").write_text("heights\n")
    refused(tmp_path / "dem.tif", "cannot be read as a raster")


def test_no_coordinate_system_is_one_line(tmp_path: Path) -> None:
    refused(write(tmp_path / "dem.tif", hills(), None), "names no coordinate system")


def test_turned_degrees_are_one_line(tmp_path: Path) -> None:
    grid = Affine.translation(41, 34) * Affine.rotation(20) * Affine.scale(1 / 3600, -1 / 3600)
    refused(write(tmp_path / "dem.tif", hills(), "EPSG:4326", grid), "turned grid", at="41.03,33.99")


def test_an_observer_outside_is_one_line(tmp_path: Path) -> None:
    refused(write(tmp_path / "dem.tif", hills()), "does not hold the observer", at="10.0,50.0")


def test_an_observer_on_a_void_is_one_line(tmp_path: Path) -> None:
    height = hills()
    height[ROW, COL] = np.nan
    refused(write(tmp_path / "dem.tif", height), "void")


def test_nothing_in_range_is_one_line(tmp_path: Path) -> None:
    refused(write(tmp_path / "dem.tif", hills()), "within 5 m", reach="5")


@pytest.mark.parametrize(
    ("options", "says"), [(("--refraction", "2"), "--refraction"), (("--need", "/no/such/folder/n.tif"), "n.tif")]
)
def test_options_that_cannot_be_are_one_line(tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    code, _, err = run(write(tmp_path / "dem.tif", hills()), *options)
    assert code == 2
    assert says in err


def test_a_place_that_is_none_is_one_line(tmp_path: Path) -> None:
    dem = write(tmp_path / "dem.tif", hills())
    refused(dem, "LON,LAT", at="34.5")
    refused(dem, "longitude comes first", at="34.5,141.2")
