"""A mask hides what is inside until two persons lift it, for as long as they said."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import shapely

from watchline.domain.policy import MaskLiftAgreed, MaskLiftAsked
from watchline.policy.masks import Masks, heard

SQUARE = Masks((("yard", shapely.box(0.0, 0.0, 100.0, 100.0)),))
PLACES = np.array([[50.0, 50.0], [150.0, 50.0], [np.nan, np.nan]])
ASKED = MaskLiftAsked(
    id="l", t_s=1000.0, source="a", lift="l-1", area="yard", person="a", reason="a child is lost", until_s=1600.0
)
AGREED = MaskLiftAgreed(id="m", t_s=1010.0, source="b", lift="l-1", person="b")


def test_inside_is_hidden_outside_and_unknown_places_are_not() -> None:
    assert SQUARE.hides(PLACES, 0.0).tolist() == [True, False, False]
    assert Masks().hides(PLACES, 0.0).tolist() == [False, False, False]


def test_it_takes_two_and_ends_by_itself() -> None:
    asked = heard(SQUARE, ASKED)
    assert asked.hides(PLACES, 1100.0)[0]
    own = heard(asked, msgspec.structs.replace(AGREED, person="a"))
    assert own.hides(PLACES, 1100.0)[0]  # the one who asked cannot agree
    both = heard(asked, AGREED)
    assert not both.hides(PLACES, 1100.0)[0]
    assert both.hides(PLACES, 999.0)[0]
    assert both.hides(PLACES, 1600.0)[0]


@pytest.mark.parametrize("change", [{"lift": "l-2"}, {"lift": ""}])
def test_agreeing_to_what_nobody_asked_lifts_nothing(change: dict[str, str]) -> None:
    assert heard(heard(SQUARE, ASKED), msgspec.structs.replace(AGREED, **change)).hides(PLACES, 1100.0)[0]
