"""From a walk whose way is known to evidence about the sensors that looked."""

from __future__ import annotations

import numpy as np
import pytest

from builders import T0_S, camera, level, radar, site, straight_line, with_wall
from watchline.domain.batches import KIND_CAMERA, DetectionBatch, ScanBatch
from watchline.sensing.detection import WALKER
from watchline.sensing.placing import placed
from watchline.sensing.trial import Looks, Walk, looks_at

LINE = straight_line()
SITE = site(camera(), radar())
AWAY_M = 1000.0


def scan(t_s: float, sensor: int = 0, az_deg: tuple[float, float] = (-20.0, 20.0), n: int = 1) -> ScanBatch:
    count = np.arange(n, dtype=np.int32)
    az0, az1 = (np.full(n, np.radians(a)) for a in az_deg)
    return ScanBatch(
        count, np.full(n, sensor, np.int32), t_s + count.astype(float), az0, az1, np.full(n, 4000.0), np.full(n, 0.5),
        np.zeros(n, np.int32),
    )  # fmt: skip


def detection(scan_id: int, bearing_rad: float, range_m: float) -> DetectionBatch:
    one = {name: np.full((1, *extra), np.nan, dtype) if dtype is np.float64 else np.zeros((1, *extra), dtype)
           for name, (dtype, extra) in DetectionBatch.COLUMNS.items()}  # fmt: skip
    one |= {
        "scan_id": np.array([scan_id], np.int32), "kind": np.array([KIND_CAMERA], np.uint8),
        "bearing_rad": np.array([bearing_rad]), "range_m": np.array([range_m]), "sd_bearing_rad": np.array([1e-3]),
        "sd_range_m": np.array([20.0]),
    }  # fmt: skip
    return DetectionBatch(**one)


def walk(east_m_s: float = 0.0, north_m_s: float = -1.2) -> Walk:
    """Return a minute's walk that begins AWAY_M north of the tower."""
    tower = placed(SITE, LINE, level()).eye_m[0]
    t = np.arange(0.0, 61.0, 2.0)
    xy = tower[:2] + np.array([0.0, AWAY_M]) + t[:, None] * np.array([east_m_s, north_m_s])
    return Walk(7, T0_S + t, xy, WALKER)


def looked(scans: ScanBatch, detections: DetectionBatch, **more: object) -> Looks:
    ground = more.pop("ground", level())
    return looks_at(more.pop("walk", walk()), scans, detections, placed(SITE, LINE, ground), ground)  # type: ignore[arg-type]


def test_a_scan_that_reports_the_walker_is_a_look_that_saw() -> None:
    got = looked(scan(T0_S + 10, n=3), detection(1, 0.0, AWAY_M - 1.2 * 11))
    assert got.evidence.seen.tolist() == [0.0, 1.0, 0.0]
    assert got.evidence.looks.tolist() == [1.0, 1.0, 1.0]
    assert set(got.evidence.passage.tolist()) == {7}
    assert got.range_m == pytest.approx(AWAY_M - 1.2 * np.array([10, 11, 12]), abs=0.5)
    assert got.evidence.sight.min() > 0.95


def test_a_detection_elsewhere_is_not_the_walker() -> None:
    for wrong in (detection(1, 0.1, AWAY_M - 13.2), detection(1, 0.0, AWAY_M + 200.0), detection(99, 0.0, AWAY_M)):
        assert looked(scan(T0_S + 10, n=3), wrong).evidence.seen.sum() == 0.0


def test_a_look_elsewhere_or_at_another_time_is_no_look() -> None:
    nobody = DetectionBatch.empty()
    assert len(looked(scan(T0_S + 10, az_deg=(30.0, 60.0)), nobody).scan) == 0
    assert len(looked(scan(T0_S - 10), nobody).scan) == 0
    assert len(looked(scan(T0_S + 61), nobody).scan) == 0
    assert len(looked(scan(T0_S + 10, az_deg=(350.0, 370.0)), nobody).scan) == 1  # north, told as 360 degrees


def test_behind_a_wall_sight_is_doubted() -> None:
    hidden = with_wall(level(), 600.0 + placed(SITE, LINE, level()).eye_m[0, 1], 60.0)
    assert looked(scan(T0_S + 10), DetectionBatch.empty(), ground=hidden).evidence.sight[0] < 0.01


def test_a_radar_that_cannot_see_slow_movers_is_not_blamed_for_them() -> None:
    round_m = scan(T0_S + 10, sensor=1, az_deg=(0.0, 360.0), n=2)
    assert len(looked(round_m, DetectionBatch.empty()).scan) == 2
    sideways = walk(east_m_s=1.2, north_m_s=0.0)
    assert len(looked(round_m, DetectionBatch.empty(), walk=sideways).scan) == 0


def test_who_stands_still_is_no_evidence() -> None:
    assert len(looked(scan(T0_S + 10), DetectionBatch.empty(), walk=walk(north_m_s=0.0)).scan) == 0
