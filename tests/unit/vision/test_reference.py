"""The contrast of a reference object in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from unit.vision.scenes import pictures
from watchline.vision.reference import Contrast, measure

BOX = (60.0, 40.0, 4.0, 6.0)


def test_the_contrast_of_a_warm_plate_is_measured_with_its_error() -> None:
    found, bare = Contrast(), Contrast()
    for picture in pictures(60):
        warm = picture.copy()
        warm[40:46, 60:64] += 150
        found = measure(found, warm, BOX) or found
        bare = measure(bare, picture, BOX) or bare
    assert found.counts - bare.counts == pytest.approx(150.0, abs=1.0)
    assert abs(found.counts - 150.0) < 3 * found.sd + 10.0
    assert found.pictures == 60


@pytest.mark.parametrize("box", [(0.0, 40.0, 4.0, 6.0), (60.0, 92.0, 4.0, 6.0), (60.0, 40.0, 0.0, 6.0)])
def test_a_box_at_the_rim_or_without_extent_cannot_be_measured(box: tuple[float, float, float, float]) -> None:
    assert measure(Contrast(), pictures(1)[0], box) is None


def test_display_pictures_have_no_contrast_to_measure() -> None:
    assert measure(Contrast(), np.zeros((96, 128), np.uint8), BOX) is None
