from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from builders import level, position, report, rough, straight_line
from core_builders import SENSORS, Step, make_core, ticks, walker_seen_by_radar
from desk_builders import two_desks
from watchline.domain.desk import Evidence
from watchline.domain.records import ColumnsDeleted, PayloadDeleted
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.sources.map_cutout import OWN_BGR, SIDE_PX, TRAIL_BGR, map_cutout

DAY_S = 86_400.0


def _walker_and_patrol(now_s: float) -> Step:
    step = walker_seen_by_radar(now_s)
    return Step([report("patrol-1", position(straight_line(), 4000.0, 200.0), now_s)], step.scans, step.detections)


def test_a_map_shows_the_line_the_trail_and_who_was_near() -> None:
    line = np.array([[-5000.0, 0.0], [5000.0, 0.0]])
    trail = np.array([[0.0, 900.0], [0.0, 300.0]])
    data = map_cutout(level(), line, np.array([0.0, 500.0]), 4000.0, trail, np.array([[1000.0, -500.0]]))
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    half = SIDE_PX // 2
    assert picture.shape == (SIDE_PX, SIDE_PX, 3)
    assert picture[half + 45, half].min() > 200  # 500 m below the middle: the line
    assert np.abs(picture[half - 25, half].astype(int) - TRAIL_BGR).max() < 60
    box = picture[half + 90 - 6 : half + 90 + 7, half + 90 - 8 : half + 90 + 9].reshape(-1, 3).astype(int)
    assert np.abs(box - OWN_BGR).max(axis=1).min() < 40


def test_ground_has_relief_and_what_is_not_known_stays_dark() -> None:
    ground = rough()
    nothing = np.zeros((0, 2))
    inside = cv2.imdecode(
        np.frombuffer(map_cutout(ground, np.zeros((1, 2)), np.zeros(2), 2000.0, nothing, nothing), np.uint8), 0
    )
    outside = cv2.imdecode(
        np.frombuffer(map_cutout(ground, np.zeros((1, 2)), np.full(2, 9e4), 2000.0, nothing, nothing), np.uint8), 0
    )
    assert inside.std() > 5.0
    assert np.median(outside) < 40


def test_evidence_is_kept_soon_and_deleted_by_rule_and_the_chain_stays_whole(tmp_path: Path) -> None:
    core = ticks(make_core(tmp_path, _walker_and_patrol, two_desks(*SENSORS, evidence_days=1.0)), 60)
    (item,) = core.picture.alerts.values()
    kept = item.evidence
    assert isinstance(kept, Evidence)
    assert kept.t_s - item.alert.first_s < 120.0
    core.make_durable()
    with LedgerReader(tmp_path / "ledger") as reader:
        sheet = reader.payload(kept.sheet_payload)
    assert sheet is not None
    said = json.loads(sheet.data)
    assert [unit["unit"] for unit in said["near"]] == ["patrol-1"]
    assert len(said["trail"]) > 3

    core._keep_evidence(core.clock.now_s + DAY_S + 1.0)
    assert {kept.map_payload, kept.sheet_payload} <= core.picture.desk.deleted
    core.close()
    with LedgerReader(tmp_path / "ledger") as reader:
        assert reader.payload(kept.map_payload) is None
        gone = [e.value.payload_id for e in reader.events(["payload_deleted"]) if isinstance(e.value, PayloadDeleted)]
    assert set(gone) == {kept.map_payload, kept.sheet_payload}
    verdict = verify(tmp_path / "ledger")
    assert (verdict.whole, verdict.deleted) == (True, 2)


def test_tracks_go_after_their_days_and_what_a_hold_needs_stays(tmp_path: Path) -> None:
    core = ticks(make_core(tmp_path, _walker_and_patrol, two_desks(*SENSORS, tracks_days=2.0)), 60)
    (item,) = core.picture.alerts.values()
    core.make_durable()
    later_s = core.clock.now_s + 2.0 * DAY_S + 3600.0

    def rows(name: str) -> int:
        core.make_durable()
        with LedgerReader(tmp_path / "ledger") as reader:
            return sum(len(batch) for batch in reader.columns(name))

    scans, tracks = rows("scans"), rows("tracks")
    assert tracks > 0
    held = core._evidence.swept(core.picture.desk, later_s, {item.alert.alert})
    assert not any(isinstance(gone, ColumnsDeleted) for gone in held)
    assert rows("tracks") == tracks
    gone = core._evidence.swept(core.picture.desk, later_s + 700.0, set())
    assert sum(one.rows for one in gone if isinstance(one, ColumnsDeleted) and one.columns == "tracks") == tracks
    assert (rows("tracks"), rows("detections"), rows("scans")) == (0, 0, scans)
    core.close()
    assert verify(tmp_path / "ledger").whole
