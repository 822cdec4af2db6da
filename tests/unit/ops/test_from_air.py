"""Where a drone's camera looked counts in a search as a look in vain, whoever sent the drone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from builders import T0_S, site, straight_line, write_site
from watchline.domain.records import GeoPoint, GroundSeen
from watchline.domain.search import SearchBegun, SearchLook
from watchline.ops.picture import Picture
from watchline.ops.search.from_air import FromAir
from watchline.ops.search.keeper import SearchKeeper
from watchline.ops.site_file import read_site

LINE = straight_line()


def seen(t_s: float, s_m: float, d_m: float = 500.0, *, wide_m: float = 120.0, who: str = "D1") -> GroundSeen:
    """Return a picture 200 m along the line and wide_m across it."""
    half, up = wide_m / 2, 100.0
    ring = [(s_m - up, d_m - half), (s_m + up, d_m - half), (s_m + up, d_m + half), (s_m - up, d_m + half)]
    lonlat = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd(ring))
    outline = tuple(GeoPoint(lon_deg=float(lon), lat_deg=float(lat)) for lon, lat in lonlat)
    return GroundSeen(id=f"{who}-{t_s}", t_s=t_s, source="air", platform=who, outline=outline)


def heard(air: FromAir, *pictures: GroundSeen) -> None:
    picture = Picture(0)
    for one in pictures:
        picture.apply(one)
        picture.now_s = one.t_s
        air.hear(picture)


def places(swept: list[tuple[float, float, float]]) -> np.ndarray:
    at = np.array(swept)
    return np.asarray(LINE.sd_from_xy_m(LINE.frame.xy_m_from_lonlat(at[:, 0], at[:, 1])))


def test_a_strip_is_where_the_pictures_were_and_no_wider() -> None:
    air = FromAir(LINE)
    heard(air, *(seen(T0_S + t, 4000.0 + 15.0 * t, wide_m=120.0 if t < 20 else 90.0) for t in range(40)))
    assert air.told == {"D1"}
    (strip,) = air.take(T0_S + 40.0)
    assert strip.width_m == pytest.approx(90.0, abs=0.5)  # the narrowest: nothing is claimed that was not seen
    assert len(strip.fixes) == 8  # every five seconds
    sd = places(strip.fixes)
    assert sd[:, 0] == pytest.approx(4000.0 + 75.0 * np.arange(8), abs=1.0)
    assert sd[:, 1] == pytest.approx(np.full(8, 500.0), abs=1.0)
    heard(air, *(seen(T0_S + t, 4000.0 + 15.0 * t, wide_m=90.0) for t in range(40, 60)))
    (on,) = air.take(T0_S + 60.0)
    assert on.fixes[0] == strip.fixes[-1]  # it goes on without a gap
    wide = FromAir(LINE)
    heard(wide, *(seen(T0_S + t, 4000.0, wide_m=3000.0) for t in range(0, 20, 5)))
    assert wide.take(T0_S + 20.0)[0].width_m == pytest.approx(200.0, abs=0.5)  # the shorter side


def test_what_lies_between_two_looks_is_not_looked_at() -> None:
    """One leap of 2 km, and half a minute in which the camera saw no ground."""
    air = FromAir(LINE)
    heard(air, *(seen(T0_S + t, 2000.0 + 10.0 * t) for t in range(0, 20, 5)))
    heard(air, *(seen(T0_S + t, 4000.0 + 10.0 * t) for t in range(20, 40, 5)))
    heard(air, *(seen(T0_S + t, 4000.0 + 10.0 * t) for t in range(70, 90, 5)))
    strips = air.take(T0_S + 90.0)
    assert [len(strip.fixes) for strip in strips] == [4, 4, 4]
    longest = max(float(np.ptp(places(strip.fixes)[:, 0])) for strip in strips)
    assert longest == pytest.approx(150.0, abs=1.0)
    assert air.take(T0_S + 300.0) == []
    assert air.told == frozenset()  # long silent: what it flies over counts again


def test_it_counts_in_an_open_search_near_enough_to_matter(tmp_path: Path) -> None:
    loaded = read_site(write_site(tmp_path, site()))
    keeper = SearchKeeper(loaded, loaded.terrain(), lambda *_: pytest.fail("no map is asked for"), wait=True)
    lon, lat = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd([5000.0, 500.0])).tolist()
    told = SearchBegun(
        id="b", t_s=T0_S, source="lead", search="L-1", person="lead", name="x", subject="lost", lost_s=T0_S - 100.0,
        until_s=T0_S + 7200.0, place=GeoPoint(lon_deg=lon, lat_deg=lat, ce_m=50.0),
    )  # fmt: skip
    picture = Picture(0, now_s=T0_S)
    picture.apply(told)
    (one,) = picture.searches.open
    before = seen(T0_S - 200.0, 5000.0)
    air = FromAir(LINE)
    heard(air, before, *(seen(T0_S + t, 4900.0 + 10.0 * t) for t in range(0, 20, 5)))
    heard(air, *(seen(T0_S + t, 9000.0, who="D2") for t in range(0, 20, 5)))
    found = keeper._seen_from_air(one, air.take(T0_S + 20.0), T0_S + 20.0)
    (look,) = found
    assert isinstance(look, SearchLook)
    assert (look.who, look.source, len(look.fixes)) == ("D1", "search", 4)  # not the one before, not D2 4 km away
