"""Measure viewsheds against GDAL, GRASS and the referee in one run and print one table.

    python benchmarks/viewshed.py [--no-referee] [--observers N] [--range M]

Mast 30 m, subject 1.7 m, 30 m cells, curvature and refraction k = 1/7, one thread.  Times are CPU seconds of the
computation alone, best of three (GRASS: one run, its own start and file reading left out by an empty run).  GDAL is
the one inside rasterio's wheel, from memory to memory.  Wrong cells are counted against the referee kept beside the
repository, or against the exact product where it is missing; cells within 1 mm of the threshold, the outermost two
cells and cells without an answer are left out.  Peers that are not installed are said to be skipped.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import from_origin

from watchline.geo.sight import DROP_LIGHT
from watchline.geo.viewshed_exact import need_exact
from watchline.geo.viewshed_fast import need_fast

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
MAST_M, SUBJECT_M, CELL_M, GDAL_CURVATURE = 30.0, 1.7, 30.0, 6 / 7
EAST_M, NORTH_M = 500_000.0, 3_900_000.0


def steppe(seed: int, side: int = 1401) -> Any:
    """Return level ground with dry valleys: power-law hills of 12 m, wadis 6 m deep, 0.2 m of roughness."""
    rng = np.random.default_rng(seed)
    wave = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    wave[0, 0] = np.inf

    def field(power: float) -> Any:
        out = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((side, side))) * wave**-power, s=(side, side))
        return out / out.std()

    ground = 300 + 12 * field(1.8) - 6 * np.exp(-((field(1.3) / 0.08) ** 2)) + rng.normal(0, 0.2, (side, side))
    return ground.astype(np.float32)


def badlands(seed: int, side: int = 1401) -> Any:
    """Return terraces with cliffs of 15 m between them and steep hills."""
    rng = np.random.default_rng(seed)
    wave = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    wave[0, 0] = np.inf
    hills = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((side, side))) * wave**-1.9, s=(side, side))
    hills *= 120 / hills.std()
    return (600 + 15 * np.floor(hills / 15) + 0.2 * hills).astype(np.float32)


def terrains() -> dict[str, Any]:
    out = {"steppe": steppe(5), "badlands": badlands(6)}
    real = SHARED / "data" / "terrain" / "bigtujunga.tif"
    if real.exists():
        with rasterio.open(real) as file:
            out["mountains"] = file.read(1).astype(np.float32)
    return out


def best(call: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """Return the least CPU seconds of a few runs, and what the last one gave."""
    spent, out = [], None
    for _ in range(times):
        started = time.process_time()
        out = call()
        spent.append(time.process_time() - started)
    return min(spent), out


def ours(kernel: Any, height: Any, row: int, col: int, reach: float) -> tuple[float, Any]:
    need = np.empty(height.shape, np.float32)
    eye = float(height[row, col]) + MAST_M
    if kernel is need_exact:
        height = height.astype(np.float64)
    kernel(height[:9, :9].copy(), 4, 4, eye, CELL_M, CELL_M, 90.0, DROP_LIGHT, need[:9, :9].copy())  # compile
    spent, _ = best(lambda: kernel(height, row, col, eye, CELL_M, CELL_M, reach, DROP_LIGHT, need))
    return spent, need


def gdal_library() -> Any:
    folder = Path(rasterio.__file__).parents[1] / "rasterio.libs"
    for path in sorted(folder.glob("libgdal*")):
        library = ctypes.CDLL(str(path))
        if hasattr(library, "GDALViewshedGenerate"):
            return library
    return None


def gdal(library: Any, height: Any, row: int, col: int, reach: float) -> tuple[float, Any]:
    """Return seconds and the 1/0 picture of GDAL from a raster in memory to a raster in memory."""
    pointer, real = ctypes.c_void_p, ctypes.c_double
    rows, cols = height.shape
    library.GDALAllRegister()
    library.GDALOpenEx.restype = library.GDALGetRasterBand.restype = library.GDALViewshedGenerate.restype = pointer
    name = (
        f"MEM:::DATAPOINTER={height.ctypes.data},PIXELS={cols},LINES={rows},BANDS=1,DATATYPE=Float32,"
        f"GEOTRANSFORM=0/{CELL_M}/0/0/0/-{CELL_M}"
    )
    os.environ["GDAL_MEM_ENABLE_OPEN"] = "YES"
    source = library.GDALOpenEx(name.encode(), 0, None, None, None)
    if not source:
        raise RuntimeError("GDAL did not open the raster in memory")
    # Without a coordinate system GDAL leaves curvature out.
    library.GDALSetProjection(pointer(source), rasterio.crs.CRS.from_epsg(32637).to_wkt().encode())
    band = library.GDALGetRasterBand(pointer(source), 1)
    seen = np.empty(height.shape, np.uint8)
    spent = []
    for _ in range(3):
        started = time.process_time()
        target = library.GDALViewshedGenerate(
            pointer(band), b"MEM", b"", None, real((col + 0.5) * CELL_M), real(-(row + 0.5) * CELL_M), real(MAST_M),
            real(SUBJECT_M), real(1), real(0), real(0), real(-1), real(GDAL_CURVATURE), 2, real(reach),
            None, None, 1, None,
        )  # fmt: skip
        spent.append(time.process_time() - started)
        size = (library.GDALGetRasterXSize(pointer(target)), library.GDALGetRasterYSize(pointer(target)))
        got = np.empty((size[1], size[0]), np.uint8)
        out_band = library.GDALGetRasterBand(pointer(target), 1)
        library.GDALRasterIO(
            pointer(out_band), 0, 0, 0, *size, pointer(got.ctypes.data), *size, 1, 0, 0
        )  # fmt: skip
        grid = (real * 6)()
        library.GDALGetGeoTransform(pointer(target), grid)
        left, top = round(grid[0] / CELL_M), round(-grid[3] / CELL_M)
        seen[:] = 0
        seen[top : top + size[1], left : left + size[0]] = got
        library.GDALClose(pointer(target))
    library.GDALClose(pointer(source))
    return min(spent), seen == 1


def grass(height: Any, row: int, col: int, reach: float) -> tuple[float, Any]:
    """Return CPU seconds of r.viewshed and its 1/0 picture; start-up taken off by an empty session."""
    with tempfile.TemporaryDirectory() as folder:
        dem, out, place = (str(Path(folder) / n) for n in ("dem.tif", "out.tif", "place"))
        rows, cols = height.shape
        with rasterio.open(
            dem, "w", driver="GTiff", height=rows, width=cols, count=1, dtype="float32", crs="EPSG:32637",
            transform=from_origin(EAST_M, NORTH_M, CELL_M, CELL_M),
        ) as file:  # fmt: skip
            file.write(height, 1)
        session = ["grass", f"{place}/PERMANENT", "--exec"]
        quiet: dict[str, Any] = {"check": True, "capture_output": True}
        subprocess.run(["grass", "-e", "-c", "EPSG:32637", place], **quiet)
        subprocess.run([*session, "r.in.gdal", f"input={dem}", "output=dem"], **quiet)
        subprocess.run([*session, "g.region", "raster=dem"], **quiet)
        at = f"{EAST_M + (col + 0.5) * CELL_M},{NORTH_M - (row + 0.5) * CELL_M}"
        empty = _child_s(lambda: subprocess.run([*session, "g.version"], **quiet))
        spent = _child_s(
            lambda: subprocess.run(
                [
                    *session, "r.viewshed", "-c", "-r", "-b", "input=dem", "output=v", f"coordinates={at}",
                    f"observer_elevation={MAST_M}", f"target_elevation={SUBJECT_M}", f"max_distance={reach}",
                    f"refraction_coeff={1 / 7}", "memory=4000",
                ],
                **quiet,
            )
        )  # fmt: skip
        subprocess.run([*session, "r.out.gdal", "input=v", f"output={out}", "type=Byte", "-f", "-m"], **quiet)
        with rasterio.open(out) as file:
            return max(spent - empty, 0.0), file.read(1) == 1


def _child_s(call: Callable[[], Any]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def referee() -> Any:
    path = SHARED / "bench" / "terrain" / "referee_viewshed.py"
    if not path.exists():
        return None
    spec = importlib.util.spec_from_file_location("referee_viewshed", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its compiled loops are looked up there
    spec.loader.exec_module(module)
    return module.referee


def counted(truth: Any, row: int, col: int, reach: float) -> Any:
    rows, cols = np.indices(truth.shape)
    inside = np.hypot(rows - row, cols - col) < reach / CELL_M - 2
    return inside & np.isfinite(truth) & (np.abs(truth - SUBJECT_M) > 1e-3)


def line(name: str, seconds: float, exact_s: float, wrong: Any, count: int, false_seen: Any) -> str:
    share = 100 * wrong / count
    return f"  {name:<26}{seconds:9.3f} s {seconds / exact_s:8.2f} x {wrong:9d} {share:8.4f} % {false_seen:9d}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-referee", action="store_true", help="count against the exact product instead")
    parser.add_argument("--observers", type=int, default=1, help="observers on each terrain")
    parser.add_argument("--range", type=float, default=20_000.0)
    options = parser.parse_args()
    judge = None if options.no_referee else referee()
    library = gdal_library()
    grass_there = shutil.which("grass") is not None
    load = os.getloadavg()[0]
    print(f"load {load:.1f} on {os.cpu_count()} cores; seconds of CPU, times exact, wrong cells, share, false 'seen'")
    rng = np.random.default_rng(1)
    for name, height in terrains().items():
        for _ in range(options.observers):
            row, col = (int(rng.integers(n // 2 - n // 8, n // 2 + n // 8)) for n in height.shape)
            exact_s, exact = ours(need_exact, height, row, col, options.range)
            fast_s, fast = ours(need_fast, height, row, col, options.range)
            truth = exact if judge is None else judge(height, row, col, MAST_M, CELL_M, options.range)
            valid = counted(truth, row, col, options.range)
            seen = truth <= SUBJECT_M
            count = int(valid.sum())
            print(f"{name}, observer at row {row} column {col}, {count} cells against "
                  f"{'the exact product (no referee)' if judge is None else 'the referee'}")  # fmt: skip
            results = [("exact", exact_s, exact <= SUBJECT_M), ("fast", fast_s, fast <= SUBJECT_M)]
            if library is not None:
                results.append((f"GDAL {rasterio.__gdal_version__}", *gdal(library, height, row, col, options.range)))
            if grass_there:
                results.append(("GRASS r.viewshed", *grass(height, row, col, options.range)))
            for label, seconds, got in results:
                wrong, false_seen = int((valid & (got != seen)).sum()), int((valid & got & ~seen).sum())
                print(line(label, seconds, exact_s, wrong, count, false_seen), flush=True)
    if library is None:
        print("GDAL: skipped, this rasterio does not export GDALViewshedGenerate")
    if not grass_there:
        print("GRASS: skipped, not installed")


if __name__ == "__main__":
    sys.exit(main())
