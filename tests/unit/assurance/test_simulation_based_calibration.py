"""Simulation-based calibration (Talts et al. 2018) of what is learned of sensors, of passages and of the unseen.

A truth is drawn from the prior, evidence from the truth: then the truth's rank among draws of the posterior is any
rank equally often.  A posterior that is off by one draw, one count or one sensor is caught.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import nbinom

from builders import camera, radar
from watchline.assurance.bound import undetected
from watchline.assurance.calibration import rank_chi2
from watchline.assurance.passage_law import APART, PassageLaw, law, laws, missed, untried
from watchline.sensing.belief import P_MAX, THRESHOLD, Belief, prior
from watchline.sensing.posterior import Evidence, p_of, posterior

DRAWS = 19
SENSORS = (camera("a"), camera("b"), camera("c"), radar("r"))


def _looks(rng: np.random.Generator, truth: NDArray[np.float64], rows: int) -> Evidence:
    """Return single looks at subjects of which each is another, before every sensor."""
    n = rows * len(SENSORS)
    blank = Evidence(
        np.repeat(np.arange(len(SENSORS)), rows), rng.uniform(-1.0, 4.0, n), rng.uniform(0.0, 1.0, n), np.ones(n),
        np.ones(n), np.ones(n), np.zeros(n), np.arange(n),
    )  # fmt: skip
    seen = rng.binomial(1, p_of(blank, truth)).astype(float)
    return Evidence(**{**vars(blank), "seen": seen})


@pytest.fixture(scope="module")
def sensors_tried() -> list[tuple[NDArray[np.float64], Belief]]:
    """Return truths and what was believed of them after two hundred looks of each sensor."""
    rng, before = np.random.default_rng(71), prior(SENSORS)
    truths = [before.draw(rng) for _ in range(300)]
    return [(truth, posterior(before, _looks(rng, truth, 200)).belief) for truth in truths]


@pytest.mark.slow
@pytest.mark.parametrize("column", [THRESHOLD, P_MAX])
@pytest.mark.parametrize("sensor", [0, 3])
def test_what_is_believed_of_a_sensor_is_calibrated_and_an_error_is_caught(
    sensors_tried: list[tuple[NDArray[np.float64], Belief]], sensor: int, column: int
) -> None:
    """The marginal posterior is normal, so the rank is its level at the truth, without noise of draws."""

    def ranks(of: int) -> NDArray[np.int64]:
        z = np.array([(t[sensor, column] - b.mean[of, column]) / b.sd[of, column] for t, b in sensors_tried])
        return np.minimum((ndtr(z) * (DRAWS + 1)).astype(np.int64), DRAWS)

    chi2, limit = rank_chi2(ranks(sensor), DRAWS)
    assert chi2 < limit
    assert rank_chi2(ranks((sensor + 1) % len(SENSORS)), DRAWS)[0] > limit  # the next sensor's: off by one


@pytest.mark.slow
def test_what_passages_teach_is_calibrated_and_a_grid_that_is_off_by_one_is_caught() -> None:
    rng, start = np.random.default_rng(72), untried()
    looks, alone = np.geomspace(2.0, 200.0, 10), np.zeros(10)
    right, wrong = [], []
    for k in rng.choice(len(start.weight), 300, p=start.weight):
        truth = start.scale[k], start.frailty_k[k], start.needed[k]
        alerted = (rng.uniform(size=10) >= missed(looks, alone, *truth)).astype(float)
        after = law(looks, alone, alerted)
        # What matters is how likely a passage in the middle is missed: a number of all three.
        level = missed(20.0, 0.0, after.scale, after.frailty_k, after.needed)
        at = float(missed(20.0, 0.0, *truth))
        for ranks, weight in ((right, after.weight), (wrong, np.roll(after.weight, 1))):
            below, same = weight @ (level < at - 1e-12), weight @ (np.abs(level - at) <= 1e-12)
            ranks.append(min(int((below + rng.uniform() * same) * (DRAWS + 1)), DRAWS))
    chi2, limit = rank_chi2(right, DRAWS)
    assert chi2 < limit
    assert rank_chi2(wrong, DRAWS)[0] > limit


@pytest.mark.slow
def test_what_one_class_teaches_of_another_is_calibrated() -> None:
    """Both are drawn round one centre; what is left once the centre is known is APART."""
    rng, start, looks = np.random.default_rng(74), untried(), np.geomspace(2.0, 200.0, 10)
    prior = np.array([np.sqrt(start.weight @ (np.log(x) - start.weight @ np.log(x)) ** 2) for x in _three(start)])
    middle = np.array([start.weight @ np.log(x) for x in _three(start)])
    ranks = []
    for _ in range(200):
        centre = rng.normal(middle, np.sqrt(prior**2 - APART**2))
        own, other = (np.exp(rng.normal(centre, APART)) for _ in range(2))
        tried = [
            (looks, 0.0 * looks, (rng.uniform(size=10) >= missed(looks, 0.0, *t)).astype(float)) for t in (own, other)
        ]
        after = laws(tried)[0]
        level, at = missed(20.0, 0.0, *_three(after)), float(missed(20.0, 0.0, *own))
        ranks.append(min(int(float(after.weight @ (level < at)) * (DRAWS + 1)), DRAWS))
    chi2, limit = rank_chi2(ranks, DRAWS)
    assert chi2 < limit


def _three(found: PassageLaw) -> tuple[NDArray[np.float64], ...]:
    return found.scale, found.frailty_k, found.needed


def test_how_many_went_unseen_is_calibrated_and_one_count_too_many_is_caught() -> None:
    """Worlds of the Gamma prior; the bound's own upper points cut the unseen into equal parts."""
    rng, shape, rate, d, m, worlds = np.random.default_rng(73), 2.0, 0.1, 1.0, 0.7, 4000
    crossings = rng.gamma(shape, 1.0 / rate, worlds)
    seen, unseen = rng.poisson(crossings * d), rng.poisson(crossings * m)

    def ranks(extra: int) -> NDArray[np.int64]:
        p = (rate + d) / (rate + d + m)
        low, high = (nbinom.cdf(unseen - one, shape + seen + extra, p) for one in (1, 0))
        level = low + rng.uniform(size=worlds) * (high - low)
        return np.minimum((level * (DRAWS + 1)).astype(np.int64), DRAWS)

    chi2, limit = rank_chi2(ranks(0), DRAWS)
    assert chi2 < limit
    assert rank_chi2(ranks(1), DRAWS)[0] > limit
    for upper in (0.5, 0.95):
        for n in (0, 3, 40):
            bound = undetected(n, d, m, shape=shape, rate=rate, upper=upper)
            assert bound is not None
            assert bound.most == nbinom.ppf(upper, shape + n, (rate + d) / (rate + d + m))
    most = {n: undetected(int(n), d, m, shape=shape, rate=rate) for n in np.unique(seen)}
    held = np.mean([u <= most[n].most for n, u in zip(seen, unseen, strict=True)])  # type: ignore[union-attr]
    assert 0.95 <= held < 0.975
