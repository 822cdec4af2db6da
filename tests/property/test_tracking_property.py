from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from builders import T0_S, alike, batch_of, camera, level, radar, scan, sighting, site, straight_line
from watchline.domain.batches import DetectionBatch, ScanBatch, TrackBatch
from watchline.tracking import tracker
from watchline.tracking.look.association import marginals
from watchline.tracking.track.measurement import absorb, numbers

SENSORS = (radar(), camera(hfov_deg=90.0))
SETUP = tracker.set_up(site(*SENSORS), straight_line(), level())
F8 = NDArray[np.float64]
Story = list[tuple[int, list[tuple[float, float, float]], float]]

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


@given(weights)
def test_leaning_keeps_how_likely_each_track_gave_a_sign(weight: F8) -> None:
    beta, leaning = marginals(weight), marginals(weight, leaning=True)
    np.testing.assert_allclose(leaning.sum(axis=1), beta.sum(axis=1), atol=1e-9)
    np.testing.assert_allclose(leaning[:, -1], beta[:, -1])


def test_two_tracks_and_two_detections_lean_to_the_likelier_pairs() -> None:
    weight = np.array([[3.0, 2.0], [2.0, 3.0]])
    beta, leaning = marginals(weight), marginals(weight, leaning=True)
    assert leaning[0, 0] > beta[0, 0] + 0.02
    np.testing.assert_allclose(leaning.sum(axis=0), beta.sum(axis=0), atol=1e-3)
    # Where nothing is likelier, nothing is chosen.
    np.testing.assert_allclose(np.ptp(marginals(np.full((2, 2), 2.0), leaning=True)[:, :2]), 0.0, atol=1e-9)


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


def _look(
    k: int, sensor: int, seen: list[tuple[float, float, float]], at_s: float
) -> tuple[ScanBatch, DetectionBatch]:
    find = sighting(k, sensor, SENSORS[sensor], at_s, [[e, n] for e, n, _ in seen])
    for row, (_, _, person) in enumerate(seen):
        find.p_class[row] = [person, 1 - person, 0.0, 0.0]
    return scan(k, sensor, at_s, az_rad=(-0.8, 0.8) if sensor else (0.0, 2 * np.pi)), find


def _run(story: Story, t0_s: float) -> list[tracker.State]:
    state, now_s, out = tracker.init(SETUP), t0_s, []
    for k, (sensor, seen, later_s) in enumerate(story):
        at_s = now_s + later_s  # negative: a look that comes late
        now_s = max(now_s, at_s)
        state, _ = tracker.step(state, *_look(k, sensor, seen, at_s), now_s)
        out.append(state)
    return out


@given(looks)
@settings(max_examples=25, deadline=None)
def test_existence_class_and_covariance_stay_what_they_are(story: Story) -> None:
    for state in _run(story, T0_S):
        tracks = state.known.tracks
        seer_p = tracks["seer_p"][tracks["seer"] >= 0]
        for chance in (tracks["exist"], tracks["rock"], tracks["mu"], tracks["klass"], seer_p):
            assert ((chance >= 0) & (chance <= 1)).all()
        np.testing.assert_allclose(tracks["klass"].sum(axis=1), 1.0, atol=1e-9)
        np.testing.assert_allclose(tracks["mu"].sum(axis=1), 1.0, atol=1e-9)
        np.testing.assert_allclose(tracks["cov"], tracks["cov"].transpose(0, 2, 1), atol=1e-6)
        if len(tracks):
            least = np.linalg.eigvalsh(tracks["p"]).min(axis=2)
            assert (least > -1e-6 * np.abs(tracks["p"]).max(axis=(2, 3))).all()


@given(looks)
@settings(max_examples=15, deadline=None)
def test_the_undetected_are_never_lost_and_never_below_zero(story: Story) -> None:
    for state in _run(story, T0_S):
        field = tracker.undetected(state)
        assert (field.per_m2 >= 0.0).all()
        assert abs(field.balance) < 1e-9


@given(looks)
@settings(max_examples=15, deadline=None)
def test_shifting_all_times_shifts_tracks_only_in_time(story: Story) -> None:
    now, later = _run(story, T0_S)[-1].known.tracks, _run(story, T0_S + 65_536.0 - 65_536.0 % 20.0)[-1].known.tracks
    assert now["key"].tolist() == later["key"].tolist()
    # Seconds since 1970 are good to a quarter of a microsecond.
    np.testing.assert_allclose(later["mean"], now["mean"], atol=1e-2)
    np.testing.assert_allclose(later["exist"], now["exist"], atol=1e-4)


@given(looks, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_scans_may_come_in_any_order_within_ten_seconds(story: Story, random: Random) -> None:
    now_s, batches = T0_S, []
    for k, (sensor, seen, later_s) in enumerate(story):
        now_s += abs(later_s) / 20.0 * 9.0 / len(story)
        batches.append(_look(k, sensor, seen, now_s))
    mixed = batches.copy()
    random.shuffle(mixed)
    results = []
    for order in (batches, mixed):
        state = tracker.init(SETUP)
        for look, find in order:
            state, _ = tracker.step(state, look, find, now_s)
        results.append(state.known)
    assert alike(results[0].tracks, results[1].tracks)
    assert alike(results[0].units, results[1].units)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_detections_of_one_step_may_come_in_any_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    find = sighting(0, 0, SENSORS[0], T0_S, rng.uniform([-1000, 100], [1000, 3000], (5, 2)))
    order = rng.permutation(5)
    one, _ = tracker.step(tracker.init(SETUP), scan(0, 0, T0_S), find, T0_S)
    two, _ = tracker.step(tracker.init(SETUP), scan(0, 0, T0_S), find.take(order), T0_S)
    np.testing.assert_array_equal(one.known.tracks["mean"], two.known.tracks["mean"])


def test_a_step_leaves_state_and_inputs_as_they_were() -> None:
    state, _ = tracker.step(tracker.init(SETUP), scan(0, 0, T0_S), sighting(0, 0, SENSORS[0], T0_S, [[0, 900]]), T0_S)
    look, find = scan(1, 0, T0_S + 2), sighting(1, 0, SENSORS[0], T0_S + 2, [[0, 898]])
    known = state.known
    kept = [array.copy() for array in (known.tracks, known.units, known.amount, known.tally)]
    looks_kept = {name: column.copy() for batch in (look, find) for name, column in batch.columns().items()}
    tracker.step(state, look, find, T0_S + 2)
    for before, after in zip(kept, (known.tracks, known.units, known.amount, known.tally), strict=True):
        assert alike(before, after)
    after = {name: column for batch in (look, find) for name, column in batch.columns().items()}
    assert all(np.array_equal(after[name], column, equal_nan=True) for name, column in looks_kept.items())


def test_no_tracks_are_reported_as_an_empty_batch() -> None:
    _, tracks = tracker.step(tracker.init(SETUP), ScanBatch.empty(), DetectionBatch.empty(), T0_S)
    assert len(tracks.validate()) == 0
    assert isinstance(tracks, TrackBatch)
    assert len(batch_of(TrackBatch, 0)) == 0


@given(st.floats(0.0, 2 * np.pi), st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_turning_the_world_turns_the_update(angle: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # clockwise, as bearings grow
    both = np.kron(np.eye(2), turn)
    root = rng.normal(0, 20, (4, 4))
    x, p = np.array([*rng.uniform(500, 2000, 2), *rng.normal(0, 2, 2)]), root @ root.T + np.eye(4)
    bearing = float(np.arctan2(x[0], x[1]))
    det = np.array([bearing + 0.003, np.hypot(*x[:2]) + 20, 1e-3, 9.0, 0.5, 0.2, 0, 0.2, 0, 1, 1, 0, 0, 0], float)
    one, two = _absorbed(x, p, det), _absorbed(both @ x, both @ p @ both.T, np.append(det[0] + angle, det[1:]))
    np.testing.assert_allclose(two[0], both @ one[0], atol=1e-6)
    np.testing.assert_allclose(two[1], both @ one[1] @ both.T, atol=1e-6)
    np.testing.assert_allclose(two[2], one[2], atol=1e-8)


def _absorbed(x: F8, p: F8, det: F8) -> tuple[F8, F8, float]:
    nu, h, r, new_x, new_p = np.empty(3), np.zeros((3, 4)), np.empty(3), np.empty(4), np.empty((4, 4))
    count = numbers(x, np.zeros(3), det, np.zeros(2), np.zeros(2), nu, h, r)
    log_l, _ = absorb(x, p, count, nu, h, r, new_x, new_p)
    return new_x, new_p, log_l
