"""One subject that keeps its way against the closed form: with one model, no misses and no clutter the tracker's
arithmetic is the Kalman filter's (Kalman 1960), written here a second time with matrices.
"""

from __future__ import annotations

import numpy as np

from watchline.tracking.track import motion
from watchline.tracking.track.measurement import NUMBERS, PLACE, WIDTH, absorb, numbers


def _matrices(dt_s: float, q: float) -> tuple[np.ndarray, np.ndarray]:
    f = np.eye(4)
    f[0, 2] = f[1, 3] = dt_s
    one = q * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
    return f, np.kron(one, np.eye(2))


def test_predicting_and_absorbing_is_the_kalman_filter() -> None:
    rng = np.random.default_rng(1)
    x, p = np.array([10.0, 20.0, 1.0, -0.5]), np.diag([400.0, 300.0, 1.0, 2.0])
    want_x, want_p = x.copy(), p.copy()
    new_x, new_p = np.empty(4), np.empty((4, 4))
    nu, h, r = np.empty(NUMBERS), np.zeros((NUMBERS, 4)), np.empty(NUMBERS)
    for _ in range(40):
        dt_s = float(rng.uniform(0.5, 5.0))
        all_x, all_p = np.tile(x, (motion.MODES, 1)), np.tile(p, (motion.MODES, 1, 1))
        motion.drift(all_x, all_p, motion.TURN, dt_s)
        x, p = all_x[motion.TURN], all_p[motion.TURN]
        f, q = _matrices(dt_s, float(motion.ACCELERATION_PSD[motion.TURN]))
        want_x, want_p = f @ want_x, f @ want_p @ f.T + q
        det = np.zeros(WIDTH)
        det[0], det[1] = want_x[:2] + rng.normal(0, 15, 2)
        det[2], det[3], det[6], det[8] = 12.0, 12.0, PLACE, 0.7
        count = numbers(x, np.zeros(3), det, np.zeros(2), np.zeros(2), nu, h, r)
        innovation, rows, errors = nu[:count].copy(), h[:count].copy(), np.diag(r[:count])
        absorb(x, p, count, nu, h, r, new_x, new_p)
        s = rows @ want_p @ rows.T + errors
        gain = want_p @ rows.T @ np.linalg.inv(s)
        want_x, want_p = want_x + gain @ innovation, want_p - gain @ s @ gain.T
        np.testing.assert_allclose(new_x, want_x, rtol=1e-9)
        np.testing.assert_allclose(new_p, want_p, rtol=1e-7, atol=1e-9)
        x, p = new_x.copy(), new_p.copy()


def test_likelihood_is_that_of_the_joint_normal() -> None:
    rng = np.random.default_rng(2)
    root = rng.normal(0, 5, (4, 4))
    x, p = np.array([300.0, 900.0, 1.0, 0.0]), root @ root.T + np.eye(4)
    det = np.array([0.33, 960.0, 1e-2, 8.0, 0.4, 0.2, 0.0, 0.1, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    nu, h, r = np.empty(NUMBERS), np.zeros((NUMBERS, 4)), np.empty(NUMBERS)
    count = numbers(x, np.zeros(3), det, np.zeros(2), np.zeros(2), nu, h, r)
    assert count == 3
    log_l, d2 = absorb(x, p, count, nu, h, r, np.empty(4), np.empty((4, 4)))
    s = h @ p @ h.T + np.diag(r)
    want = nu @ np.linalg.solve(s, nu)
    np.testing.assert_allclose(d2, want, rtol=1e-9)
    np.testing.assert_allclose(log_l, -0.5 * (want + np.log(np.linalg.det(2 * np.pi * s))), rtol=1e-9)


def test_jacobian_is_the_derivative() -> None:
    x, place = np.array([1200.0, -700.0, 2.0, 1.0]), np.array([100.0, 50.0, 0.0])
    det = np.array([1.0, 1300.0, 1e-3, 8.0, np.nan, 0.2, 0.0, 0.3, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    nu, h, r = np.empty(NUMBERS), np.zeros((NUMBERS, 4)), np.empty(NUMBERS)
    assert numbers(x, place, det, np.zeros(2), np.zeros(2), nu, h, r) == 2
    at, rows = nu[:2].copy(), h[:2].copy()
    for c in range(4):
        moved = x.copy()
        moved[c] += 1e-3
        numbers(moved, place, det, np.zeros(2), np.zeros(2), nu, h, r)
        np.testing.assert_allclose(-(nu[:2] - at) / 1e-3, rows[:, c], rtol=1e-3, atol=1e-9)
