"""`watchline track`: arrays in, CSV out, bad files told in one line."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import answered

HEADER = ["t", "track_id", "x", "y", "pxx", "pxy", "pyy", "p_exist"]


def _arrays(seconds: float = 120.0, seed: int = 1) -> dict[str, Any]:
    """Return a camera and a walker who comes towards it, with false detections."""
    rng = np.random.default_rng(seed)
    t = np.arange(0.0, seconds, 2.0)
    n = len(t)
    x, y = 100.0 + 0.5 * t, 1800.0 - 1.2 * t
    bearing, reach = np.arctan2(y, x) + rng.normal(0, 5e-4, n), np.hypot(x, y) + rng.normal(0, 30, n)
    nan = np.full(n, np.nan)
    return {
        "det_t": t, "det_t_arrive": t + rng.uniform(0.1, 2.5, n), "det_scan": np.arange(n),
        "det_sensor": np.zeros(n, int), "det_kind": np.zeros(n, int), "det_z": np.column_stack([bearing, reach, nan]),
        "det_sd": np.column_stack([np.full(n, 5e-4), np.full(n, 30.0), nan]), "det_class": np.ones(n, int),
        "det_snr": np.full(n, 9.0), "scan_id": np.arange(n), "scan_sensor": np.zeros(n, int), "scan_t": t,
        "scan_t_arrive": t + 0.1, "scan_az0": np.full(n, math.pi / 4), "scan_az1": np.full(n, 3 * math.pi / 4),
        "sensors": np.array([[0, 0, 0, 40.0, 2.0, 0, 4, 0.1, 3000.0, 5e-4, 5e-4]]),
        "line": np.array([[-3000.0, 0, 0], [3000.0, 0, 6000.0]]), "blind": np.zeros((0, 3)),
        "duration": np.array(seconds),
    }  # fmt: skip


def _file(folder: Path, **changes: Any) -> Path:
    arrays = {**_arrays(), **changes}
    path = folder / "detections.npz"
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


@pytest.mark.parametrize("order", ["arrival", "time"])
def test_a_walker_is_one_track_near_the_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str], order: str) -> None:
    out = tmp_path / "tracks.csv"
    said = answered(capsys, "track", _file(tmp_path), "--out", out, "--order", order, "--every-s", 2, "--json")
    assert said.returncode == 0
    assert json.loads(said.stdout)["tracks"] == 1
    rows = list(csv.reader(out.read_text().splitlines()))
    assert rows[0] == HEADER
    last = [float(value) for value in rows[-1]]
    assert last[0] == 120.0
    assert math.hypot(last[2] - 160.0, last[3] - 1656.0) < 60.0


def test_the_same_file_gives_the_same_tracks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outs = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for out in outs:
        answered(capsys, "track", _file(tmp_path), "--out", out)
    assert outs[0].read_text() == outs[1].read_text()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"det_t": None}, "det_t"),
        ({"det_z": np.zeros((3, 3))}, "det_"),
        ({"det_sensor": np.full(60, 7)}, "det_sensor"),
        ({"det_scan": np.full(60, 999)}, "det_scan"),
        ({"det_t": np.full(60, np.nan)}, "det_t"),
        ({"scan_id": np.zeros(60, int)}, "scan_id"),
        ({"sensors": np.zeros((0, 11))}, "sensors"),
        ({"line": np.zeros((1, 3))}, "line"),
        ({"duration": np.array(["x"])}, "duration"),
        ({"det_kind": np.full(60, 9)}, "det_kind"),
    ],
)
def test_a_bad_array_is_named_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], field: str
) -> None:
    said = answered(capsys, "track", _file(tmp_path, **changes), "--out", tmp_path / "tracks.csv")
    assert said.returncode == 2
    assert said.stderr.count("\n") == 1
    assert field in said.stderr


def test_files_that_are_no_arrays_and_places_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    junk = tmp_path / "junk.npz"
    junk.write_bytes(b"not a zip")
    for words in (
        ["track", junk, "--out", tmp_path / "t.csv"],
        ["track", tmp_path / "nowhere.npz", "--out", tmp_path / "t.csv"],
        ["track", _file(tmp_path), "--out", tmp_path / "no" / "folder.csv"],
        ["track", _file(tmp_path), "--out", tmp_path / "t.csv", "--every-s", 0],
        ["track", _file(tmp_path), "--out", tmp_path / "t.csv", "--order", "backwards"],
    ):
        said = answered(capsys, *words)
        assert said.returncode == 2
        assert said.stderr.count("\n") == 1


def test_no_detections_give_no_tracks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    none = {k: v[:0] for k, v in _arrays().items() if k.startswith("det_")}
    out = tmp_path / "tracks.csv"
    assert answered(capsys, "track", _file(tmp_path, **none), "--out", out).returncode == 0
    assert out.read_text().strip() == ",".join(HEADER)
