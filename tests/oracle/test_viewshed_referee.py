"""The exact viewshed against the referee that is kept beside the repository: brute force, every line walked whole.

Left out, by the referee's definition: cells within 1 mm of the threshold and lines that touch a void.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from watchline.geo.viewshed import least_visible_field_m

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
REFEREE = SHARED / "bench" / "terrain" / "referee_viewshed.py"
MILLIMETRE = 1e-3
SUBJECTS_M = (0.5, 1.7, 2.5)


@pytest.fixture(scope="module")
def referee() -> Any:
    if not REFEREE.exists():
        pytest.skip("skipped: no shared data")
    spec = importlib.util.spec_from_file_location("referee_viewshed", REFEREE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its compiled loops are looked up there
    spec.loader.exec_module(module)
    return module.referee


def ground(kind: str, seed: int, side: int) -> np.ndarray:
    """Return steppe, cliffs, mountains or dunes; the same seed gives the same ground."""
    rng = np.random.default_rng(seed)
    wave = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    wave[0, 0] = np.inf

    def hills(power: float) -> np.ndarray:
        out = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((side, side))) * wave**-power, s=(side, side))
        return np.asarray(out / out.std())

    if kind == "cliffs":
        return (500 + 20 * np.floor(4 * hills(1.8))).astype(np.float32)
    if kind == "mountains":
        return (1200 + 300 * hills(1.9)).astype(np.float32)
    if kind == "dunes":
        rows, cols = np.indices((side, side))
        return (200 + 8 * np.abs(np.sin(cols / 6 + hills(2.0))) + 0.01 * rows).astype(np.float32)
    return (300 + 12 * hills(1.8) + rng.normal(0, 0.25, (side, side))).astype(np.float32)


def wrong_cells(
    referee: Any, height: np.ndarray, row: int, col: int, mast_m: float, range_m: float
) -> tuple[int, int]:
    need = least_visible_field_m(height, row, col, mast_m=mast_m, range_m=range_m, cell_m=(30.0, 30.0))
    truth = referee(height, row, col, mast_m, 30.0, range_m)
    wrong = checked = 0
    for subject_m in SUBJECTS_M:
        clear = np.isfinite(need) & (np.abs(truth - subject_m) > MILLIMETRE)
        checked += int(clear.sum())
        wrong += int((clear & ((need <= subject_m) != (truth <= subject_m))).sum())
    assert (np.isnan(truth) <= np.isnan(need)).all()
    if np.isfinite(height).all():
        assert np.array_equal(np.isnan(truth), np.isnan(need))
    return wrong, checked


@pytest.mark.parametrize("kind", ["steppe", "cliffs", "mountains", "dunes"])
@pytest.mark.parametrize("spot", ["middle", "corner", "edge"])
def test_no_cell_is_wrong_at_three_kilometres(referee: Any, kind: str, spot: str) -> None:
    height = ground(kind, 100 + len(kind), 241)
    row, col = {"middle": (121, 118), "corner": (0, 240), "edge": (240, 77)}[spot]
    wrong, checked = wrong_cells(referee, height, row, col, 12.0, 3300.0)
    assert wrong == 0
    assert checked > 20_000


@pytest.mark.parametrize("share", [0.0005, 0.01])
def test_voids_change_no_other_cell(referee: Any, share: float) -> None:
    height = ground("steppe", 9, 241)
    height[np.random.default_rng(9).random(height.shape) < share] = np.nan
    height[120, 120] = 310.0
    wrong, checked = wrong_cells(referee, height, 120, 120, 12.0, 3300.0)
    assert wrong == 0
    assert checked > 1_000


# The referee needs half a minute for each: these stand in the long form, and all kinds at three kilometres above.
LARGE = ["cliffs", "steppe", "mountains", "dunes"]


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("WATCHLINE_LONG") != "1", reason="skipped: the long form, see make soak")
@pytest.mark.parametrize("kind", LARGE)
def test_no_cell_is_wrong_at_twenty_kilometres(referee: Any, kind: str) -> None:
    height = ground(kind, 31, 1201)
    if kind == "cliffs":
        height[400:420, 700:760] = np.nan
    wrong, checked = wrong_cells(referee, height, 560, 610, 30.0, 20_000.0)
    assert wrong == 0
    assert checked > 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize(("row", "col"), [(320, 600), (5, 5), (640, 1100)])
def test_no_cell_is_wrong_on_real_mountains(referee: Any, row: int, col: int) -> None:
    import rasterio

    with rasterio.open(SHARED / "data" / "terrain" / "bigtujunga.tif") as file:
        height = file.read(1).astype(np.float32)
    wrong, _ = wrong_cells(referee, height, row, col, 30.0, 12_000.0)
    assert wrong == 0
