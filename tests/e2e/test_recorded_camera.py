"""A recorded film as one tower's camera, beside simulated ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from small_site import write_small_site
from watchline.ledger.reader import LedgerReader
from watchline.ops.replay import as_table, replay
from watchline.sources.clips import VideoOut

pytestmark = pytest.mark.slow

SECONDS = 12


def _film(path: Path, seconds: int = SECONDS) -> None:
    """Write a film of a warm shape that walks through a grainy still scene."""
    rng = np.random.default_rng(4)
    ground = rng.normal(110.0, 12.0, (256, 320))
    film = VideoOut(path, fps=6.0, size=(320, 256))
    for n in range(seconds * 6):
        picture = ground + rng.normal(0.0, 2.0, ground.shape)
        x = 60 + 2 * n
        picture[180:189, x : x + 4] += 70.0
        film.write(np.clip(picture, 0, 255).astype(np.uint8))
    film.close()


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "watchline", "run", "--headless", "--seed", "2", *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_recorded_film_is_watched_and_the_camera_is_dark_after_its_end(tmp_path: Path) -> None:
    site = write_small_site(tmp_path / "site", input="night.mkv", width_px=320, height_px=256, rate_hz=6.0)
    _film(tmp_path / "site" / "night.mkv")
    ran = _run(str(site), "--fidelity", "detections", "--for", "40", "--json", "--ledger", str(tmp_path / "ledger"))
    assert ran.returncode == 0, ran.stderr
    counts = json.loads(ran.stdout)
    assert counts["frames"] == SECONDS * 6
    assert counts["scans"] > 30  # the simulated sensors beside it
    camera = next(line.split('"')[1] for line in site.read_text().split("[[sensors]]")[1:] if "night.mkv" in line)
    with LedgerReader(tmp_path / "ledger") as reader:
        with_box = [batch.take(batch.frame >= 0) for batch in reader.columns("detections")]
    assert sum(len(batch) for batch in with_box) > 3
    assert camera in as_table(replay(tmp_path / "ledger"))["dark"]


def test_film_of_another_size_is_one_line(tmp_path: Path) -> None:
    site = write_small_site(tmp_path / "site", input="night.mkv", width_px=640, height_px=512)
    _film(tmp_path / "site" / "night.mkv", seconds=2)
    ran = _run(str(site), "--fidelity", "detections", "--for", "5", "--ledger", str(tmp_path / "ledger"))
    assert ran.returncode == 2
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "320 x 256" in ran.stderr


def test_missing_film_is_one_line(tmp_path: Path) -> None:
    site = write_small_site(tmp_path / "site", input="nowhere.mkv")
    ran = _run(str(site), "--for", "5", "--ledger", str(tmp_path / "ledger"))
    assert ran.returncode == 2
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "nowhere.mkv" in ran.stderr


def test_a_recording_that_goes_white_is_told_in_the_ledger_and_the_camera_goes_dark(tmp_path: Path) -> None:
    site = write_small_site(tmp_path / "site", input="night.raw", width_px=320, height_px=256, rate_hz=6.0)
    rng = np.random.default_rng(4)
    ground = rng.normal(3000.0, 60.0, (256, 320))
    white = np.full(ground.shape, 16383, "<u2")
    shown = [white if n > 60 else (ground + rng.normal(0, 4, ground.shape)).astype("<u2") for n in range(180)]
    (tmp_path / "site" / "night.raw").write_bytes(b"".join(p.tobytes() for p in shown))
    layout = "width = 320\nheight = 256\nbits = 14\nrate_hz = 6.0\n"
    (tmp_path / "site" / "night.raw.toml").write_text(layout)
    ran = _run(str(site), "--fidelity", "detections", "--for", "30", "--json", "--ledger", str(tmp_path / "ledger"))
    assert ran.returncode == 0, ran.stderr
    camera = next(line.split('"')[1] for line in site.read_text().split("[[sensors]]")[1:] if "night.raw" in line)
    with LedgerReader(tmp_path / "ledger") as reader:
        told = [e.value for e in reader.events(["sensor_health"]) if e.value.sensor == camera]
    assert [h.state for h in told] == ["degraded", "dark"]
    assert all("saturated" in h.cause for h in told)
