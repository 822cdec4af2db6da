from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from builders import T0_S, batch_of, camera, level, radar, scan, sighting, site, straight_line
from watchline.domain.batches import DetectionBatch, ScanBatch, TrackBatch
from watchline.tracking import tracker
from watchline.tracking.association import marginals

SENSORS = (radar(), camera(hfov_deg=90.0))
SETUP = tracker.set_up(site(*SENSORS), straight_line(), level())
F8 = NDArray[np.float64]

weights = st.integers(0, 5).flatmap(
    lambda rows: st.integers(0, 5).flatmap(
        lambda cols: st.lists(
            st.lists(st.floats(0, 1e6), min_size=cols, max_size=cols), min_size=rows, max_size=rows
        ).map(lambda w: np.array(w, float).reshape(rows, cols))
    )
)


@given(weights)
def test_marginals_are_probabilities_and_rows_sum_to_one(weight: F8) -> None:
    beta = marginals(weight)
    assert beta.shape == (weight.shape[0], weight.shape[1] + 1)
    assert ((beta >= 0) & (beta <= 1)).all()
    np.testing.assert_allclose(beta.sum(axis=1), 1.0, atol=1e-9)


@given(weights, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_marginals_do_not_depend_on_the_order_of_tracks(weight: F8, random: object) -> None:
    order = np.argsort([random.random() for _ in range(len(weight))])  # type: ignore[attr-defined]
    np.testing.assert_allclose(marginals(weight[order]), marginals(weight)[order], atol=1e-4)


# What one look of one of the sensors reports: places north of the tower, how sure, and how much later.
looks = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.lists(st.tuples(st.floats(-1500, 1500), st.floats(50, 3500), st.floats(0, 1)), max_size=4),
        st.floats(-3.0, 20.0),
    ),
    min_size=1,
    max_size=12,
)


def _run(story: list[tuple[int, list[tuple[float, float, float]], float]], t0_s: float) -> list[tracker.State]:
    state, now_s, out = tracker.init(SETUP), t0_s, []
    for k, (sensor, seen, later_s) in enumerate(story):
        at_s = now_s + later_s  # negative: a look that comes late
        now_s = max(now_s, at_s)
        find = sighting(k, sensor, SENSORS[sensor], at_s, [[e, n] for e, n, _ in seen])
        for row, (_, _, person) in enumerate(seen):
            find.p_class[row] = [person, 1 - person, 0.0, 0.0]
        az_rad = (-0.8, 0.8) if sensor else (0.0, 2 * np.pi)
        state, _ = tracker.step(state, scan(k, sensor, at_s, az_rad=az_rad), find, now_s)
        out.append(state)
    return out


@given(looks)
@settings(max_examples=40)
def test_existence_class_and_covariance_stay_what_they_are(story: list[object]) -> None:
    for state in _run(story, T0_S):  # type: ignore[arg-type]
        assert ((state.exist >= 0) & (state.exist <= 1)).all()
        np.testing.assert_allclose(state.klass.sum(axis=1), 1.0, atol=1e-9)
        np.testing.assert_allclose(state.p, state.p.transpose(0, 2, 1), atol=1e-6)
        if len(state.p):
            least = np.linalg.eigvalsh(state.p).min(axis=1)
            assert (least > -1e-6 * np.abs(state.p).max(axis=(1, 2))).all()


@given(looks)
@settings(max_examples=20)
def test_shifting_all_times_shifts_tracks_only_in_time(story: list[object]) -> None:
    now, later = _run(story, T0_S)[-1], _run(story, T0_S + 65_536.0)[-1]  # type: ignore[arg-type]
    assert now.track_id.tolist() == later.track_id.tolist()
    # Seconds since 1970 are good to a quarter of a microsecond.
    np.testing.assert_allclose(later.x, now.x, atol=1e-2)
    np.testing.assert_allclose(later.exist, now.exist, atol=1e-4)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_detections_of_one_step_may_come_in_any_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    find = sighting(0, 0, SENSORS[0], T0_S, rng.uniform([-1000, 100], [1000, 3000], (5, 2)))
    order = rng.permutation(5)
    one, _ = tracker.step(tracker.init(SETUP), scan(0, 0, T0_S), find, T0_S)
    two, _ = tracker.step(tracker.init(SETUP), scan(0, 0, T0_S), find.take(order), T0_S)
    np.testing.assert_array_equal(one.x[order], two.x)


def test_a_step_leaves_state_and_inputs_as_they_were() -> None:
    state, _ = tracker.step(tracker.init(SETUP), scan(0, 0, T0_S), sighting(0, 0, SENSORS[0], T0_S, [[0, 900]]), T0_S)
    look, find = scan(1, 0, T0_S + 2), sighting(1, 0, SENSORS[0], T0_S + 2, [[0, 898]])
    kept = {name: getattr(state, name).copy() for name in (*tracker.ARRAYS, "clutter", "confirmed", "track_id")}
    looks_kept = {name: column.copy() for batch in (look, find) for name, column in batch.columns().items()}
    tracker.step(state, look, find, T0_S + 2)
    assert all((getattr(state, name) == array).all() for name, array in kept.items())
    after = {name: column for batch in (look, find) for name, column in batch.columns().items()}
    assert all(np.array_equal(after[name], column, equal_nan=True) for name, column in looks_kept.items())


def test_no_tracks_are_reported_as_an_empty_batch() -> None:
    _, tracks = tracker.step(tracker.init(SETUP), ScanBatch.empty(), DetectionBatch.empty(), T0_S)
    assert len(tracks.validate()) == 0
    assert isinstance(tracks, TrackBatch)
    assert len(batch_of(TrackBatch, 0)) == 0
