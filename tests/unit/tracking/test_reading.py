"""Scans and detections as the tracker reads them, and the undetected field as looks leave it."""

from __future__ import annotations

import numpy as np
import pytest

from builders import T0_S, camera, level, radar, scan, sighting, site, straight_line
from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.tracking import tracker
from watchline.tracking.groups import parties, who_is_who
from watchline.tracking.reading import no_scans, read
from watchline.tracking.track.measurement import BEARING
from watchline.tracking.track.motion import survival
from watchline.tracking.undetected.field import SPREAD_M2_S, per_m2, spread, tell

LINE = straight_line()
TURN = np.array([0.01, -0.02])


def _looks() -> tuple[ScanBatch, DetectionBatch]:
    """Return 30 looks of two sensors, some at one time, with 0 to 2 detections each."""
    rng, looks, found = np.random.default_rng(3), [], []
    for k in range(30):
        sensor, spec = k % 2, (radar(), camera())[k % 2]
        t_s = T0_S + (k // 4)
        looks.append(scan(100 + k, sensor, t_s))
        places = rng.uniform(500.0, 3000.0, (k % 3, 2))
        found.append(sighting(100 + k, sensor, spec, t_s, places))
    return ScanBatch.join(looks), DetectionBatch.join(found)


def _same(one: object, two: object) -> None:
    for name in ("sensor", "scan", "first", "det", "key"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_in_which_things_came_makes_no_difference(seed: int) -> None:
    scans, found = _looks()
    rng = np.random.default_rng(seed)
    other = scans.take(rng.permutation(len(scans))), found.take(rng.permutation(len(found)))
    _same(read(LINE, TURN, *other), read(LINE, TURN, scans, found))


def test_parts_read_one_by_one_merge_to_the_whole() -> None:
    scans, found = _looks()
    whole, merged = read(LINE, TURN, scans, found), no_scans()
    for rows in np.array_split(np.random.default_rng(4).permutation(len(scans)), 5):
        part = scans.take(rows)
        merged = merged.merged(read(LINE, TURN, part, found.take(np.isin(found.scan_id, part.scan_id))))
    _same(merged, whole)
    again = whole.part(0, 7).merged(whole.part(7, len(whole.sensor)))
    _same(again, whole)


def test_a_detection_without_a_look_or_an_error_is_passed_over() -> None:
    scans, found = _looks()
    sd = found.sd_bearing_rad.copy()
    sd[0] = np.nan
    of = found.scan_id.copy()
    of[1] = 7
    columns = found.columns() | {"sd_bearing_rad": sd, "scan_id": of}
    read_all, read_some = read(LINE, TURN, scans, found), read(LINE, TURN, scans, DetectionBatch(**columns))
    assert len(read_some.key) == len(read_all.key) - 2
    assert set(read_some.det[:, BEARING]) < set(read_all.det[:, BEARING])


def test_the_field_reads_the_same_before_and_after_it_is_told_of_the_looks() -> None:
    eyes = (radar(),)
    state = tracker.init(tracker.set_up(site(*eyes), LINE, level()))
    for k in range(3):
        look = scan(k, 0, T0_S + k, az_rad=(0.3 * k, 0.3 * k + 1.0))
        state, _ = tracker.step(state, look, sighting(k, 0, eyes[0], T0_S, []), T0_S + k)
    known, ground = state.known, state.setup.ground
    places = state.setup.place[0, :2] + np.random.default_rng(5).uniform(-4000.0, 4000.0, (200, 2))
    before = [per_m2(ground, known.amount, known.unseen, x, y) for x, y in places]
    amount, unseen, tally = known.amount.copy(), known.unseen.copy(), known.tally.copy()
    left = tell(ground, amount, unseen, tally, 1.0, amount)
    after = [per_m2(ground, amount, unseen, x, y) for x, y in places]
    np.testing.assert_allclose(after, before, rtol=1e-12)
    assert (unseen == 1.0).all()
    assert tally[1] - known.tally[1] == pytest.approx(known.amount.sum() - amount.sum(), rel=1e-9)
    assert 0.0 < amount.sum() < known.amount.sum()
    assert left == pytest.approx(amount.sum(), rel=1e-9)


def test_who_is_who_is_doubted_only_as_far_as_looks_left_it_open() -> None:
    mean = np.array([[0.0, 0.0, 1.0, 0.0], [12.0, 0.0, 1.0, 0.0], [0.0, 20.0, 1.0, 0.0]])
    name = parties(mean, np.ones(3, bool))
    assert not who_is_who(mean, name, np.zeros(3)).any()
    some, all_of_it = (np.trace(who_is_who(mean, name, np.full(3, p)), axis1=1, axis2=2) for p in (0.2, 1.0))
    assert (some > 0.0).all()
    assert (some < all_of_it).all()
    # One whose looks were never ambiguous is who it was, whatever the others may be.
    assert not who_is_who(mean, name, np.array([0.0, 1.0, 1.0]))[0].any()


def test_the_undetected_spread_to_their_neighbours_and_none_is_lost() -> None:
    ground = tracker.set_up(site(radar(mast_m=30.0)), straight_line(), level()).ground
    rng, (rows, cols) = np.random.default_rng(3), ground.birth.shape
    old, amount, tally = rng.uniform(0.0, 1.0, (rows, cols)), np.empty(rows * cols), np.zeros(6)
    spread(ground, old.ravel(), old.sum(), amount, tally, np.zeros(0), 10.0, 1.5, 1.2)
    share = min(SPREAD_M2_S * 10.0 / ground.grid[2] ** 2, 0.2)
    edged = np.pad(1.2 * old, 1, mode="edge")
    around = edged[:-2, 1:-1] + edged[2:, 1:-1] + edged[1:-1, :-2] + edged[1:-1, 2:]
    there = (1.2 * old + share * (around - 4.8 * old)) * survival(10.0) + ground.birth * 15.0
    np.testing.assert_allclose(amount.reshape(rows, cols), there, rtol=1e-12)
    born, left = tally[0], tally[3]
    assert old.sum() + born - left == pytest.approx(amount.sum(), rel=1e-12)
