"""The hours of a plan by their names: light, contrast and air are those of the season."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, get_args

import pytest

from watchline.ops.planning.hours import conditions_of
from watchline.ops.planning.study_file import Hour

SITE: Any = SimpleNamespace(line=SimpleNamespace(lonlat_deg=[(42.0, 33.6)]))


def test_days_are_light_and_nights_are_not() -> None:
    light = {hour: conditions_of(hour, SITE).is_day for hour in get_args(Hour) if not hour.endswith("crossover")}
    assert light == {"night": False, "day": True, "dust": True, "winter_night": False, "winter_day": True}


@pytest.mark.parametrize("season", ["", "winter_"])
def test_people_differ_least_from_the_ground_at_the_crossover(season: str) -> None:
    def away_k(hour: Hour) -> float:
        return abs(float(conditions_of(hour, SITE).contrast("person").mean_k))

    crossover, day, night = (f"{season}{name}" for name in ("crossover", "day", "night"))
    assert away_k(crossover) < 0.3 * min(away_k(day), away_k(night))  # type: ignore[arg-type]


def test_a_winter_day_warms_the_ground_less() -> None:
    def person_k(hour: Hour) -> float:
        return float(conditions_of(hour, SITE).contrast("person").mean_k)

    assert person_k("winter_day") > person_k("day")
    assert conditions_of("dust", SITE).visibility_km < conditions_of("day", SITE).visibility_km
