"""A synthetic crosser in a picture."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.sensing.figure import Drawn, Figure, painted


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_what_is_added_is_its_area_times_its_counts_in_the_place_told(dtype: type) -> None:
    ground = np.full((64, 96), 3000, dtype)
    added = painted(ground, Figure(40.2, 20.7, 3.5, 9.0, 400.0)).astype(float) - 3000.0
    assert added.sum() == pytest.approx(3.5 * 9.0 * 400.0, rel=0.01)
    y, x = np.mgrid[0:64, 0:96]
    assert (x * added).sum() / added.sum() == pytest.approx(40.2 + 1.75, abs=0.02)
    assert (y * added).sum() / added.sum() == pytest.approx(20.7 + 4.5, abs=0.02)
    assert ground.max() == 3000  # the picture given is not touched


def test_a_picture_of_bytes_is_clipped_at_white() -> None:
    out = painted(np.full((32, 32), 250, np.uint8), Figure(10.0, 10.0, 6.0, 6.0, 90.0))
    assert out.dtype == np.uint8
    assert out.max() == 255
    assert out.min() == 250


def test_where_the_ground_hides_it_there_is_no_figure() -> None:
    ones = np.ones(4)
    drawn = Drawn("X-1", 0, np.arange(4.0), np.array([5.0, 6.0, np.nan, 8.0]), 20 * ones, 2 * ones, 8 * ones, ones)
    assert drawn.at(0.5) == Figure(4.5, 12.5, 2.0, 8.0, 1.0)
    assert [drawn.at(t) for t in (-0.1, 1.5, 2.0, 2.5, 3.1)] == [None] * 5


def test_a_box_on_the_figure_touches_it_and_one_far_off_does_not() -> None:
    figure = Figure(40.0, 20.0, 3.0, 9.0, 1.0)
    assert figure.touches((44.0, 25.0, 2.0, 2.0))
    assert not figure.touches((60.0, 25.0, 2.0, 2.0))
    assert not figure.touches((41.0, 40.0, 2.0, 2.0))
