"""The probability on an alert: its levels, and how dispositions move it."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.alerting import likelihood
from watchline.alerting.likelihood import Calibration, calibrated, level
from watchline.alerting.weights import FENCE, TRACK
from watchline.assurance.calibration import spiegelhalter_z


def test_there_is_a_weight_for_every_feature() -> None:
    assert len(TRACK) == len(likelihood.NAMES)
    assert len(FENCE) == len(likelihood.fence_features(2, 1.0, 3.0, own_near=False))


def test_levels_are_four_and_a_statement_of_fact_is_the_highest() -> None:
    assert [level(p) for p in (0.0, 0.19, 0.2, 0.49, 0.5, 0.79, 0.8, 1.0, None)] == [1, 1, 2, 2, 3, 3, 4, 4, 4]


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
    true = [found for _, found in said]
    assert abs(spiegelhalter_z([many.of(q) for q, _ in said], true)) < 2.0
    assert abs(spiegelhalter_z([q for q, _ in said], true)) > 2.0


def test_a_calibrated_model_is_left_as_it_is() -> None:
    rng = np.random.default_rng(4)
    said = [(float(q), bool(rng.random() < q)) for q in rng.uniform(0.05, 0.95, 400)]
    corrected = calibrated(said)
    assert corrected.of(0.5) == pytest.approx(0.5, abs=0.08)
    assert corrected.slope == pytest.approx(1.0, abs=0.3)
