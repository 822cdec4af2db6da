"""What a subject may be, from size and speed."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.domain.batches import CLASSES
from watchline.sensing.kind import KINDS, TO_CLASSES, kind_of, to_classes


def likeliest(width_m: float, height_m: float, speed_m_s: float = np.nan, sd_m: float = 0.1) -> str:
    p = kind_of(np.array([width_m]), np.array([height_m]), np.array([sd_m]), np.array([speed_m_s]))[0]
    return KINDS[int(np.argmax(p))]


@pytest.mark.parametrize(
    ("width_m", "height_m", "speed_m_s", "kind"),
    [
        (0.5, 1.3, 1.0, "person"),
        (2.2, 1.6, 0.9, "group"),
        (2.5, 1.5, 9.0, "vehicle"),
        (0.8, 0.5, 0.5, "animal"),
        (0.9, 0.6, 12.0, "bird"),
        (40.0, 30.0, 90.0, "unknown"),
    ],
)
def test_usual_subjects_are_what_they_are(width_m: float, height_m: float, speed_m_s: float, kind: str) -> None:
    assert likeliest(width_m, height_m, speed_m_s) == kind


def test_rows_are_probabilities_whatever_is_measured() -> None:
    rng = np.random.default_rng(1)
    width, height, sd = rng.uniform(0.0, 60.0, (3, 500))
    speed = np.where(rng.random(500) < 0.5, np.nan, rng.uniform(0, 50, 500))
    p = kind_of(width, height, sd, speed)
    assert np.all(p >= 0.0)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    np.testing.assert_allclose(to_classes(p).sum(axis=1), 1.0)
    assert kind_of(np.zeros(0), np.zeros(0), np.zeros(0)).shape == (0, 6)


def test_a_poor_measurement_leaves_everything_more_open_than_a_good_one() -> None:
    good, poor = (kind_of(np.array([0.5]), np.array([1.4]), np.array([sd]), np.array([1.0]))[0] for sd in (0.1, 5.0))
    entropy = [-np.sum(p * np.log(p + 1e-12)) for p in (good, poor)]
    assert entropy[1] > entropy[0]


def test_groups_are_persons_and_birds_are_animals_in_records() -> None:
    assert TO_CLASSES.shape == (len(KINDS), len(CLASSES))
    by = dict(zip(KINDS, TO_CLASSES.argmax(axis=1), strict=True))
    assert CLASSES[by["group"]] == "person"
    assert CLASSES[by["bird"]] == "animal"
