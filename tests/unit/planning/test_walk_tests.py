"""Which walk takes most doubt away: the algebra against its definitions, and what it must prefer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from watchline.domain.site import Sensor
from watchline.planning.walk_tests import Doubt, after, best_tests, information, joint_cov, slope_of
from watchline.sensing.belief import THRESHOLD, prior
from watchline.sensing.posterior import RHO_PRIOR, Evidence, p_of, posterior

RHO = RHO_PRIOR[0] / sum(RHO_PRIOR)


@pytest.fixture(scope="module")
def belief():
    cameras = [Sensor(id=f"C{k}", kind="thermal_camera", organisation="a") for k in range(3)]
    return prior((*cameras, Sensor(id="R", kind="radar", organisation="a")))


def looks(sensor, ln_signal, count=10.0, seen=0.0):
    one = np.ones(1)
    return Evidence(
        np.array([sensor]), ln_signal * one, 0.3 * one, one, one, count * one, seen * one, np.zeros(1, np.int64)
    )


@pytest.mark.slow
def test_the_joint_covariance_is_that_of_the_draws(belief):
    rng = np.random.default_rng(0)
    draws = np.array([belief.draw(rng).ravel() for _ in range(20_000)])
    assert np.cov(draws.T) == pytest.approx(joint_cov(belief), abs=0.03)


def test_doubt_after_a_walk_is_the_inverse_of_summed_information(belief):
    cov = joint_cov(belief)
    sensors, gained = information(looks(1, 1.5), belief, RHO)
    full = np.zeros_like(cov)
    full[4:8, 4:8] = gained
    left = after(Doubt(np.eye(16), cov), sensors, gained)
    assert left.cov == pytest.approx(np.linalg.inv(np.linalg.inv(cov) + full), abs=1e-9)


def test_the_slope_is_that_of_the_exposure(belief):
    row = looks(0, 1.6)
    slope = slope_of(row, belief, 1.0)
    step = np.zeros_like(belief.mean)
    step[0, THRESHOLD] = 1e-5

    def exposure(theta):
        return float((-row.looks * np.log1p(-p_of(row, theta))).sum())

    by_hand = (exposure(belief.mean + step) - exposure(belief.mean - step)) / 2e-5
    assert slope[THRESHOLD] == pytest.approx(by_hand, rel=1e-6)


def test_what_is_foretold_of_a_walk_is_what_the_posterior_makes_of_it(belief):
    row = looks(0, 1.6, count=6.0)
    expected = looks(0, 1.6, count=6.0, seen=float(6.0 * p_of(row, belief.mean)[0]))
    learned = posterior(belief, expected)
    sensors, gained = information(row, belief, float(learned.rho[belief.kind[0]]))
    foretold = after(Doubt(np.eye(16), joint_cov(belief)), sensors, gained)
    assert np.diag(foretold.cov)[:4] == pytest.approx(np.diag(learned.belief.cov[0]), rel=0.05)


def test_a_walk_where_doubt_is_comes_first_and_one_that_teaches_nothing_never(belief):
    slope = np.zeros((2, 16))
    slope[0] = slope_of(looks(0, 1.4), belief, 0.3)  # near the threshold: in doubt
    slope[1] = slope_of(looks(3, 3.0), belief, 1e-4)  # seen so often that nothing is left to doubt
    doubt = Doubt(slope, joint_cov(belief))
    assert doubt.sd[0] > doubt.sd[1]
    hopeless, sure = looks(2, -9.0), looks(3, 3.0)
    walks = [information(row, belief, RHO) for row in (hopeless, sure, looks(0, 1.4), looks(1, 1.4))]
    chosen = best_tests(doubt, walks, 3)
    assert chosen[0].way == 2
    assert all(one.way != 0 for one in chosen)
    assert all(a.sd_mean > b.sd_mean for a, b in itertools.pairwise(chosen))
    # A sister camera teaches too, through what cameras share, but less.
    alone = [best_tests(doubt, [walk], 1)[0].gain for walk in walks[2:]]
    assert alone[0] > alone[1] > 0.0


def test_hidden_looks_teach_nothing(belief):
    one = np.ones(1)
    hidden = Evidence(np.array([0]), one, one, one, 0.1 * one, one, 0.0 * one, np.zeros(1, np.int64))
    sensors, _ = information(hidden, belief, RHO)
    assert len(sensors) == 0
    assert best_tests(Doubt(np.eye(16), joint_cov(belief)), [information(hidden, belief, RHO)], 2) == []
