"""The probability on an alert: published cases of its score, and how dispositions move it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from watchline.alerting import likelihood
from watchline.alerting.likelihood import Calibration, calibrated, level, reliability, spiegelhalter_z
from watchline.alerting.weights import FENCE, TRACK


def test_there_is_a_weight_for_every_feature() -> None:
    assert len(TRACK) == len(likelihood.NAMES)
    assert len(FENCE) == len(likelihood.fence_features(2, 1.0, 3.0, own_near=False))


def test_levels_are_four_and_a_statement_of_fact_is_the_highest() -> None:
    assert [level(p) for p in (0.0, 0.19, 0.2, 0.49, 0.5, 0.79, 0.8, 1.0, None)] == [1, 1, 2, 2, 3, 3, 4, 4, 4]


def test_spiegelhalters_z_is_that_of_its_formula() -> None:
    # Ten alerts said at 0.8 of which eight were true: exactly as said.
    assert spiegelhalter_z([(0.8, k < 8) for k in range(10)]) == pytest.approx(0.0, abs=1e-12)
    # All true: sum (y - p)(1 - 2p) = 10 * 0.2 * -0.6 = -1.2; variance 10 * 0.36 * 0.16 = 0.576.
    assert spiegelhalter_z([(0.8, True)] * 10) == pytest.approx(-1.2 / math.sqrt(0.576))
    assert spiegelhalter_z([]) == 0.0


def test_the_reliability_diagram_gives_what_was_said_and_what_was_true() -> None:
    said = [(0.05, False)] * 3 + [(0.95, True)] * 3 + [(0.95, False)]
    assert reliability(said) == [(pytest.approx(0.05), 0.0, 3), (pytest.approx(0.95), 0.75, 4)]


def test_without_dispositions_the_model_stands() -> None:
    assert calibrated([]) == Calibration()
    assert Calibration().of(0.37) == pytest.approx(0.37)


def test_dispositions_pull_a_model_that_says_too_much_down_and_few_of_them_only_a_little() -> None:
    rng = np.random.default_rng(3)
    p = rng.uniform(0.3, 0.95, 400)
    said = [(float(q), bool(rng.random() < q**2)) for q in p]  # half as true as said
    few, many = calibrated(said[:5]), calibrated(said)
    assert many.count == 400
    assert abs(few.of(0.6) - 0.6) < 0.1
    assert many.of(0.6) == pytest.approx(0.36, abs=0.1)
    assert abs(spiegelhalter_z([(many.of(q), true) for q, true in said])) < 2.0
    assert abs(spiegelhalter_z(said)) > 2.0


def test_a_calibrated_model_is_left_as_it_is() -> None:
    rng = np.random.default_rng(4)
    said = [(float(q), bool(rng.random() < q)) for q in rng.uniform(0.05, 0.95, 400)]
    corrected = calibrated(said)
    assert corrected.of(0.5) == pytest.approx(0.5, abs=0.08)
    assert corrected.slope == pytest.approx(1.0, abs=0.3)
