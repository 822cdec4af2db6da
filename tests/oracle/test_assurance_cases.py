"""Published and doubly derived cases of counts, bounds, layers and calibration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import betanbinom

from watchline.assurance import bound, calibration, counts, layers
from watchline.assurance.bound import Detectability, evidence_of_absence, undetected
from watchline.assurance.layers import TwoLayers

DAYS = 30.0


@pytest.mark.parametrize(
    ("events", "limits"),
    [
        (0, (2.3026, 2.9957, 3.6889, 4.6052)),
        (1, (3.8897, 4.7439, 5.5716, 6.6384)),
        (2, (5.3223, 6.2958, 7.2247, 8.4059)),
        (3, (6.6808, 7.7537, 8.7673, 10.0451)),
        (5, (9.2747, 10.5130, 11.6683, 13.1085)),
    ],
)
def test_upper_limits_of_a_poisson_mean(events: int, limits: tuple[float, ...]) -> None:
    """Garwood 1936, as tabled in every text on counting statistics."""
    got = [counts.poisson_upper(events, c) for c in (0.9, 0.95, 0.975, 0.99)]
    assert got == pytest.approx(limits, abs=6e-5)


def test_the_rule_of_three() -> None:
    """Hanley and Lippman-Hand 1983."""
    assert [counts.none_in(n) for n in (30, 100, 300)] == pytest.approx([0.09503, 0.02951, 0.00994], abs=6e-6)


@pytest.mark.parametrize(
    ("p_detect", "needed"),
    [(0.8, (8, 11, 14, 21)), (0.9, (16, 22, 29, 44)), (0.95, (32, 45, 59, 90)), (0.99, (161, 230, 299, 459))],
)
def test_trials_without_a_miss(p_detect: float, needed: tuple[int, ...]) -> None:
    """Success-run table: ln(1 - confidence) / ln(p)."""
    assert tuple(counts.trials_needed(p_detect, c) for c in (0.8, 0.9, 0.95, 0.99)) == needed


def test_trials_with_misses_allowed() -> None:
    assert [counts.trials_needed(0.9, 0.95, m) for m in range(6)] == [29, 46, 61, 76, 89, 103]
    assert [counts.trials_needed(0.95, 0.95, m) for m in range(4)] == [59, 93, 124, 153]


def test_intervals_of_a_share() -> None:
    """27 of 30: Clopper and Pearson, Wilson; 30 of 30 at one side's 95 %."""
    assert counts.clopper_pearson(27, 30) == pytest.approx((0.7347, 0.9789), abs=5e-5)
    assert counts.wilson(27, 30) == pytest.approx((0.7438, 0.9654), abs=5e-5)
    assert counts.clopper_pearson(30, 30, 0.9)[0] == pytest.approx(0.9050, abs=5e-5)
    assert counts.clopper_pearson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("trials", "true", "chance"),
    [(30, 0.2, 0.39), (60, 0.2, 0.68), (100, 0.2, 0.87), (200, 0.2, 0.99), (200, 0.15, 0.68), (400, 0.15, 0.91)],
)
def test_power_to_notice_a_worse_miss(trials: int, true: float, chance: float) -> None:
    assert counts.power(trials, 0.1, true) == pytest.approx(chance, abs=0.006)


@pytest.mark.parametrize(
    ("seen", "miss", "mean", "p_any", "most"),
    [
        (0, 0.05, 0.0526, 0.05, 0),
        (0, 0.1, 0.1111, 0.10, 1),
        (0, 0.3, 0.4286, 0.30, 2),
        (0, 0.5, 1.000, 0.50, 4),
        (0, 0.8, 4.000, 0.80, 13),
        (3, 0.1, 0.4444, 0.3439, 2),
        (3, 0.5, 4.000, 0.9375, 9),
        (12, 0.1, 1.444, 0.7458, 4),
        (12, 0.5, 13.0, 0.99988, 22),
    ],
)
def test_the_bound_of_a_month(seen: int, miss: float, mean: float, p_any: float, most: int) -> None:
    """Gamma-Poisson with the flat prior."""
    got = undetected(seen, DAYS * (1 - miss), DAYS * miss)
    assert got is not None
    assert (got.mean, got.p_any) == pytest.approx((mean, p_any), abs=6e-4)
    assert got.most == most


@pytest.mark.parametrize(("miss", "mean", "p_any", "most"), [(0.1, 0.0556, 0.0513, 1), (0.5, 0.5, 0.2929, 2)])
def test_the_bound_under_jeffreys_prior(miss: float, mean: float, p_any: float, most: int) -> None:
    got = undetected(0, DAYS * (1 - miss), DAYS * miss, shape=0.5)
    assert got is not None
    assert (got.mean, got.p_any, got.most) == (pytest.approx(mean, abs=6e-5), pytest.approx(p_any, abs=6e-5), most)


@pytest.mark.parametrize(
    ("seen", "g", "uniform", "objective"),
    [
        (0, Detectability(0.9), (1, 0.100, 0.111), (0, 0.043, 0.047)),
        (0, Detectability(27.5, 3.5), (1, 0.117, 0.137), (1, 0.050, 0.057)),
        (0, Detectability(0.5), (4, 0.500, 1.00), (2, 0.258, 0.444)),
        (3, Detectability(0.9), (2, 0.344, 0.444), (2, 0.310, 0.391)),
        (3, Detectability(27.5, 3.5), (2, 0.376, 0.549), (2, 0.338, 0.475)),
        (12, Detectability(5.5, 0.5), (8, 0.503, 1.86), (7, 0.475, 1.57)),
    ],
)
def test_evidence_of_absence(
    seen: int, g: Detectability, uniform: tuple[float, ...], objective: tuple[float, ...]
) -> None:
    """Dalthorp and Huso, USGS Evidence of Absence: uniform and objective prior on how many there were."""
    for wanted, prior in ((uniform, False), (objective, True)):
        got = evidence_of_absence(seen, g, objective=prior)
        assert got is not None
        assert got.most == wanted[0]
        assert (got.p_any, got.mean) == pytest.approx(wanted[1:], abs=6e-3 if seen == 12 else 6e-4)


def test_the_two_bounds_are_one_where_they_meet() -> None:
    """Exact g with the uniform prior is the Gamma-Poisson bound with the flat prior."""
    a, b = evidence_of_absence(3, Detectability(0.9)), undetected(3, 0.9, 0.1)
    assert a is not None
    assert b is not None
    assert (a.most, a.mean, a.p_any) == (b.most, pytest.approx(b.mean), pytest.approx(b.p_any))


def test_a_long_tail_is_summed_to_its_end_and_one_without_end_is_unknown() -> None:
    faint = evidence_of_absence(0, Detectability(1e-5))
    assert faint is not None
    assert faint.most == math.ceil(math.log(0.05) / math.log1p(-1e-5)) - 1  # geometric
    assert evidence_of_absence(0, Detectability(0.0)) is None
    assert evidence_of_absence(0, Detectability(1.0, 1.0)) is None
    assert evidence_of_absence(0, Detectability(0.5, 1.0), objective=True) is None
    heavy = evidence_of_absence(2, Detectability(1.5, 2.0))
    law = betanbinom(3, 0.5, 2.0)  # what the sum is, in closed form
    assert heavy is not None
    assert heavy.mean == math.inf
    assert law.cdf(heavy.most // 2) < 0.95
    assert heavy.p_any == pytest.approx(1.0 - law.pmf(0), rel=1e-3)
    light = evidence_of_absence(2, Detectability(6.0, 2.0))
    assert light is not None
    assert light.mean == pytest.approx(3.0 * 2.0 / 4.0, rel=1e-6)


def test_where_nothing_was_watched_nothing_is_said() -> None:
    assert undetected(0, 0.0, 5.0) is None


def test_two_layers() -> None:
    """10 and 15 with 5 common (Lincoln-Petersen 30, Chapman 28.33), and towers 30 against sign 27 with 18 common."""
    book = TwoLayers(5, 10, 5)
    assert layers.lincoln_petersen(book) == 30.0
    assert layers.chapman(book)[0] == pytest.approx(28.33, abs=0.005)
    assert layers.interval(book) == pytest.approx((21.94, 64.67), abs=0.005)
    ours = TwoLayers(12, 9, 18)
    assert ours.seen == 39
    assert layers.chapman(ours) == pytest.approx((44.68, 3.60), abs=0.005)
    assert (ours.p_first, ours.p_second) == pytest.approx((0.667, 0.6), abs=5e-4)
    assert layers.chao(ours, corrected=False) == pytest.approx(51.25)
    assert layers.chao(ours) == pytest.approx(50.05, abs=0.005)


def test_twelve_forecasts() -> None:
    p = [0.1] * 5 + [0.5] * 4 + [0.9] * 3
    y = [0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1]
    parts = calibration.brier(p, y)
    assert (parts.score, parts.reliability, parts.resolution) == pytest.approx((0.156667, 0.006667, 0.1), abs=1e-6)
    assert (parts.uncertainty, parts.within) == pytest.approx((0.25, 0.0), abs=1e-12)
    assert calibration.expected_calibration_error(p, y) == pytest.approx(0.066667, abs=1e-6)
    assert calibration.log_loss(p, y) == pytest.approx(0.484391, abs=1e-6)
    assert calibration.spiegelhalter_z(p, y) == pytest.approx(0.2357, abs=5e-5)


def test_a_correct_sampler_passes_the_rank_test_and_one_off_by_one_is_caught() -> None:
    """Gamma-Poisson, 19 draws (Talts et al. 2018); the 0.1 % limit is 43.82."""
    rng = np.random.default_rng(18)
    rate = rng.gamma(2.0, 1.0, 5000)
    seen = rng.poisson(rate * 3.0)

    def ranks(extra: float) -> np.ndarray:
        draws = rng.gamma((2.0 + seen + extra)[:, None], 1.0 / 4.0, (5000, 19))
        return np.asarray((draws < rate[:, None]).sum(axis=1))

    right, limit = calibration.rank_chi2(ranks(0.0), 19)
    assert limit == pytest.approx(43.82, abs=0.005)
    assert right < limit
    assert calibration.rank_chi2(ranks(1.0), 19)[0] > 4 * limit


def test_a_bound_mixed_over_equal_draws_is_the_bound_of_one() -> None:
    one, many = undetected(4, 20.0, 6.0), undetected(4, [20.0] * 7, [6.0] * 7, weight=np.arange(1.0, 8.0))
    assert one is not None
    assert many is not None
    assert (one.most, one.mean) == (many.most, pytest.approx(many.mean))
    assert bound.smallest(lambda u: 1.0 - 0.5 ** (u + 1), 0.95) == 4


def test_of_no_trials_anything_may_be_true_and_nobody_found_is_no_less_than_nobody() -> None:
    assert counts.none_in(0) == 1.0
    assert layers.interval(TwoLayers(0, 0, 10))[0] == 10.0
    assert layers.interval(TwoLayers(0, 0, 0))[0] == 0.0
    with pytest.raises(ValueError, match="one or more"):
        calibration.rank_chi2([], 9)
