"""People and drones in the exposure field."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from builders import level, site, straight_line, with_wall
from watchline.coverage.watchers import DRONE_M, EYE_M, add_watchers, reach_m, watchers_of
from watchline.domain.site import Post, Site, Unit
from watchline.sensing.detection import CROSSERS, WALKER
from watchline.sensing.observer import eye_constant_m3_s, seen_from_m, sweep_width_m

LINE = straight_line()
GROUND = level()
CLEAR = {"day": True, "visibility_m": 20_000.0}


def patrolled(*units: Unit, posts: tuple[Post, ...] = ()) -> Site:
    return msgspec.structs.replace(site(), units=units, posts=posts)


def patrol(kind: str = "patrol", offset_m: float = 0.0) -> Unit:
    return Unit(
        id="p", kind=kind, organisation="own", patrol_from_km=0.0, patrol_to_km=10.0, patrol_offset_m=offset_m
    )  # type: ignore[arg-type]


def field(one: Site, ground=GROUND, crosser=WALKER, **conditions):
    how = CLEAR | conditions
    rate = np.zeros(ground.height_m.shape, np.float32)
    add_watchers(rate, ground, watchers_of(one, LINE, ground, reach_m=reach_m(CROSSERS, **how)), crosser, **how)
    return rate


def at(rate: np.ndarray, s_m: float, d_m: float) -> float:
    x, y = LINE.xy_m_from_sd([s_m, d_m])
    return float(rate[round((GROUND.y0_m - y) / GROUND.cell_m), round((x - GROUND.x0_m) / GROUND.cell_m)])


def test_a_patrol_gives_what_the_inverse_cube_gives_on_a_long_beat() -> None:
    constant = eye_constant_m3_s(sweep_width_m(seen_from_m(WALKER.area_m2, **CLEAR)))
    rate = field(patrolled(patrol()))
    for away_m in (300.0, 390.0):
        # c / L times the integral of (x^2 + s^2)^(-3/2) as far as one sees; the rest to infinity is under a tenth.
        assert at(rate, 5000.0, away_m) == pytest.approx(2 * constant / (10_000.0 * away_m**2), rel=0.15)


def test_more_eyes_never_see_less_and_night_and_haze_never_see_more() -> None:
    one, two = field(patrolled(patrol())), field(patrolled(patrol(), patrol(offset_m=300.0)))
    assert (two >= one).all()
    assert two.sum() > 1.5 * one.sum()
    assert (field(patrolled(patrol()), day=False) <= one).all()
    assert (field(patrolled(patrol()), visibility_m=300.0) <= one + 1e-12).all()


def test_only_manned_posts_and_units_with_a_beat_watch() -> None:
    lon, lat = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd([5000.0, 500.0]))
    places = [
        Post(id=kind, kind=kind, lon_deg=float(lon), lat_deg=float(lat), organisation="own")
        for kind in ("watchtower", "checkpoint_fixed")
    ]
    assert field(patrolled(posts=(places[0],))).max() == 0.0
    assert field(patrolled(posts=(places[1],))).max() > 0.0
    idle = Unit(id="r", kind="reserve", organisation="own", lon_deg=42.0, lat_deg=33.6)
    assert field(patrolled(idle)).max() == 0.0


def test_nobody_sees_through_a_wall() -> None:
    y = float(LINE.xy_m_from_sd([5000.0, -120.0])[1])
    hidden = with_wall(GROUND, y, 40.0)
    open_field, walled = field(patrolled(patrol())), field(patrolled(patrol()), hidden)
    assert at(walled, 5000.0, -240.0) < 0.01 * at(open_field, 5000.0, -240.0)
    assert at(walled, 5000.0, 240.0) == pytest.approx(at(open_field, 5000.0, 240.0), rel=1e-3)


def test_a_drone_sees_over_what_hides_from_a_car() -> None:
    y = float(LINE.xy_m_from_sd([5000.0, -120.0])[1])
    low = with_wall(GROUND, y, (EYE_M + DRONE_M) / 4)
    assert at(field(patrolled(patrol("drone")), low), 5000.0, -360.0) > 0.0
    assert at(field(patrolled(patrol()), low), 5000.0, -360.0) < 1e-9


def test_a_post_off_the_ground_sees_nothing() -> None:
    far = Post(id="c", kind="checkpoint_fixed", lon_deg=50.0, lat_deg=33.6, organisation="own")
    assert watchers_of(patrolled(posts=(far,)), LINE, GROUND, reach_m=1000.0) == []


@pytest.mark.parametrize("visibility_m", [200.0, 2000.0, 50_000.0])
def test_range_in_haze_solves_the_small_objects_law(visibility_m: float) -> None:
    r, clear = (seen_from_m(0.85, day=True, visibility_m=v) for v in (visibility_m, 1e12))
    assert r**2 * math.exp(3.912 * r / visibility_m) == pytest.approx(clear**2)


def test_an_impossible_subject_or_air_is_refused() -> None:
    with pytest.raises(ValueError, match="must be > 0"):
        seen_from_m(0.0, day=True, visibility_m=1000.0)
    with pytest.raises(ValueError, match="must be > 0"):
        seen_from_m(1.0, day=True, visibility_m=0.0)
