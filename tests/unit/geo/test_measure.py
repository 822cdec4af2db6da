from __future__ import annotations

import math

import numpy as np
import pytest

from watchline.geo.measure import area_m2, legs


def test_a_quarter_of_a_meridian_is_as_long_as_published() -> None:
    """10 001 965.729 m: WGS 84, NIMA TR8350.2 table 3.6 rounded; here its part within UTM by difference of arcs."""
    way = np.array([[45.0, lat] for lat in np.linspace(0.0, 80.0, 9)])
    # Meridian arc to 80 degrees, Bowring-type series to n^4 (Snyder 1987, eq. 3-21).
    f = 1 / 298.257223563
    n, a, phi = f / (2 - f), 6_378_137.0, math.radians(80.0)
    arc = a / (1 + n) * ((1 + n * n / 4 + n**4 / 64) * phi - 3 / 2 * (n - n**3 / 8) * math.sin(2 * phi)
                         + 15 / 16 * (n * n - n**4 / 4) * math.sin(4 * phi) - 35 / 48 * n**3 * math.sin(6 * phi)
                         + 315 / 512 * n**4 * math.sin(8 * phi))  # fmt: skip
    assert sum(leg.distance_m for leg in legs(way)) == pytest.approx(arc, abs=0.01)


def test_grid_bearings_turn_at_the_break_of_the_zones() -> None:
    """Either side of 42 deg E grid north leans another way: tan(convergence) = tan(dlon) sin(lat)."""
    for lon, central in ((41.99, 39.0), (42.01, 45.0)):
        north = legs(np.array([[lon, 34.0], [lon, 34.001]]))[0]
        lean = math.atan(math.tan(math.radians(lon - central)) * math.sin(math.radians(34.0)))
        assert north.bearing_rad == pytest.approx(0.0, abs=1e-9)
        turned = (north.grid_bearing_rad + math.pi) % (2 * math.pi) - math.pi
        assert turned == pytest.approx(-lean, abs=1e-4)
        assert north.zone == (37 if lon < 42 else 38)


def test_an_area_does_not_depend_on_the_way_round() -> None:
    box = np.array([[45.0, 34.0], [45.01, 34.0], [45.01, 34.01], [45.0, 34.01]])
    sides = [leg.distance_m for leg in legs(box)]
    assert area_m2(box) == pytest.approx(sides[1] * (sides[0] + sides[2]) / 2, rel=1e-6)
    assert area_m2(box[::-1]) == area_m2(box)


def test_beyond_the_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="latitudes of UTM"):
        legs(np.array([[45.0, 83.0], [45.0, 85.0]]))
