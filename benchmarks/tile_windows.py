"""What a window of a one-degree tile costs over HTTP: bytes, requests and CPU seconds against the whole tile.

A tile of the true size (3600 x 3600, float32, deflate with predictor, overviews) of fractal ground is made here and
served from this machine with byte ranges.  Run: python benchmarks/tile_windows.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

sys.path.append(str(Path(__file__).parents[1] / "tests" / "unit" / "sources"))

from tile_server import serving

from watchline.sources import ranged
from watchline.sources.copernicus import read_copernicus, tile_name

SIDE = 3600
NAME = tile_name(33, 41)


def fractal(side: int, relief_m: float) -> np.ndarray:
    """Return ground whose spectrum falls as f^-2, as real relief does, in steps of a centimetre."""
    rng = np.random.default_rng(1)
    f = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    f[0, 0] = 1.0
    wave = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(side, side))) * f**-2.0, s=(side, side))
    wave += rng.normal(0, 0.02 * wave.std() / 100, wave.shape)
    return (relief_m * wave / wave.std()).astype(np.float32)


def write(folder: Path, block: int, relief_m: float) -> int:
    path = folder / NAME / f"{NAME}.tif"
    path.parent.mkdir(exist_ok=True)
    grid = from_origin(41 - 0.5 / SIDE, 34 + 0.5 / SIDE, 1 / SIDE, 1 / SIDE)
    with rasterio.open(
        path, "w", driver="COG", height=SIDE, width=SIDE, count=1, dtype="float32", crs="EPSG:4326", transform=grid,
        blocksize=block, compress="deflate", predictor=3, overviews="auto",
    ) as file:  # fmt: skip
        file.write(fractal(SIDE, relief_m), 1)
    return path.stat().st_size


def main() -> None:
    print("block | tile MB | window | fetched MB | share | requests | CPU s first | CPU s again")
    for block in (512, 1024):
        with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (address, manners):
            size = write(Path(folder), block, 150.0)
            for reach_km in (5, 10, 20, 30, 50):
                with tempfile.TemporaryDirectory() as cache:
                    ranged.cache_folder = lambda cache=cache: Path(cache)  # type: ignore[assignment]
                    half_lat, half_lon = min(reach_km / 111.0, 0.495), min(reach_km / 92.8, 0.495)
                    bounds = (41.5 - half_lon, 33.5 - half_lat, 41.5 + half_lon, 33.5 + half_lat)
                    manners.sent, manners.requests = 0, []
                    seconds = []
                    for _ in range(2):
                        started = time.process_time()
                        read_copernicus(address, bounds)
                        seconds.append(time.process_time() - started)
                    print(
                        f"{block} | {size / 1e6:.1f} | {reach_km} km round | {manners.sent / 1e6:.1f} | "
                        f"{manners.sent / size:.2f} | {len(manners.requests)} | {seconds[0]:.2f} | {seconds[1]:.2f}"
                    )


if __name__ == "__main__":
    main()
