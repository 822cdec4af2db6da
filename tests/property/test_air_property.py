"""What must hold of any air and any hour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchline.sensing.air.band_model import Air, band_transmission, band_weights, transmission_table
from watchline.sensing.air.conditions import at
from watchline.sensing.air.contrast import Contrast, merge_measured
from watchline.sensing.air.hour import KINDS, course_of_day
from watchline.sensing.air.obscurant import dust_extinction_per_km, rain_extinction_per_km
from watchline.sensing.air.sun import elevation_deg

ROUNDING = 1e-12


@st.composite
def bands(draw: st.DrawFn) -> tuple[float, float]:
    low, high = draw(st.sampled_from(((3.0, 5.0), (7.5, 14.0))))
    first = draw(st.floats(low, high - 0.2))
    return first, draw(st.floats(first + 0.1, high))


AIRS = st.builds(
    Air,
    air_c=st.floats(-30, 50),
    vapour_g_m3=st.floats(0, 40),
    pressure_hpa=st.floats(600, 1080),
    visibility_km=st.floats(0.05, 200),
    rain_mm_h=st.floats(0, 100),
    dust_wind_m_s=st.one_of(st.none(), st.floats(0, 40)),
    aerosol=st.sampled_from(("kim", "kruse")),
)
RANGES = st.floats(0, 40_000)
PLACES = {"lat_deg": st.floats(-89, 89), "lon_deg": st.floats(-180, 180), "t_s": st.floats(0, 2.5e9)}


@given(AIRS, bands())
def test_nothing_is_lost_at_no_range(air, band):
    assert band_transmission(air, band, 0.0) == pytest.approx(1.0, abs=ROUNDING)


@given(AIRS, bands(), RANGES, RANGES)
def test_transmission_falls_with_range(air, band, range_m, more_m):
    near, far = band_transmission(air, band, [range_m, range_m + more_m])
    assert 0.0 <= far <= near + ROUNDING <= 1.0 + 2 * ROUNDING


@given(AIRS, bands(), RANGES, st.floats(0, 20))
def test_transmission_falls_with_vapour(air, band, range_m, more_g_m3):
    damper = replace(air, vapour_g_m3=air.vapour_g_m3 + more_g_m3)
    assert band_transmission(damper, band, range_m) <= band_transmission(air, band, range_m) + ROUNDING


@given(AIRS, bands(), RANGES, st.floats(0.05, 1))
def test_transmission_falls_with_falling_visibility(air, band, range_m, share):
    hazier = replace(air, visibility_km=max(air.visibility_km * share, 0.01))
    assert band_transmission(hazier, band, range_m) <= band_transmission(air, band, range_m) + ROUNDING


@given(AIRS, bands(), RANGES, st.floats(0, 50))
def test_transmission_falls_with_rain(air, band, range_m, more_mm_h):
    wetter = replace(air, rain_mm_h=air.rain_mm_h + more_mm_h)
    assert band_transmission(wetter, band, range_m) <= band_transmission(air, band, range_m) + ROUNDING


@given(AIRS, bands(), RANGES)
def test_a_band_lies_between_its_parts(air, band, range_m):
    low, high = band
    middle = 0.5 * (low + high)
    whole, one, two = (float(band_transmission(air, b, range_m)) for b in (band, (low, middle), (middle, high)))
    assert min(one, two) - 0.06 <= whole <= max(one, two) + 0.06  # an interval that is cut counts as even inside
    assert band_weights(band).sum() == pytest.approx(1.0)


@given(AIRS, bands(), st.floats(10.0, 30e3))
def test_table_says_what_the_model_says(air, band, range_m):
    table = transmission_table(air, band)
    assert float(table.at(range_m)) == pytest.approx(float(band_transmission(air, band, range_m)), abs=0.003)
    assert f"visibility {air.visibility_km:g} km" in table.name


@given(st.floats(0, 100), st.floats(0, 50), st.floats(0.05, 50), st.floats(0, 40))
def test_obscurants_never_help(rain, more, visibility_km, wind):
    assert rain_extinction_per_km(rain + more) >= rain_extinction_per_km(rain) >= 0.0
    assert dust_extinction_per_km(visibility_km, wind + more) >= dust_extinction_per_km(visibility_km, wind) > 0.0


@given(**PLACES)
def test_sun_stands_opposite_on_the_other_side(lat_deg, lon_deg, t_s):
    other_lon = lon_deg - 180.0 if lon_deg > 0.0 else lon_deg + 180.0
    here, there = elevation_deg(lat_deg, lon_deg, t_s), elevation_deg(-lat_deg, other_lon, t_s)
    assert here == pytest.approx(-there, abs=1e-6)


@given(**PLACES, air_c=st.floats(-10, 45), wind_m_s=st.floats(0, 20), cloud=st.floats(0, 1))
def test_day_passes_through_the_measured_air_and_ground_outswings_it(lat_deg, lon_deg, t_s, air_c, wind_m_s, cloud):
    day = course_of_day(lat_deg, lon_deg, t_s, air_c=air_c, wind_m_s=wind_m_s, cloud=cloud)
    assert day.air_c[day.now] == pytest.approx(air_c)
    assert day.t_s[day.now] == t_s
    assert np.isfinite(day.ground_c).all()
    if abs(lat_deg) < 55.0 and np.ptp(day.sun_deg.clip(0.0)) > 30.0 and cloud < 0.5 and wind_m_s < 10.0:
        assert np.ptp(day.ground_c) > np.ptp(day.air_c)
        assert np.argmax(np.roll(day.ground_c, -np.argmin(day.sun_deg))) <= np.argmax(
            np.roll(day.air_c, -np.argmin(day.sun_deg))
        )


@given(st.floats(-20, 20), st.floats(0.1, 8), st.floats(-20, 20), st.floats(0.05, 8), st.floats(0, 1e5))
def test_measured_contrast_lies_between_and_narrows(mean_k, sd_k, measured_k, noise_k, age_s):
    prior = Contrast("person", mean_k, sd_k)
    merged = merge_measured(prior, measured_k, noise_k, age_s)
    low, high = sorted((mean_k, measured_k))
    assert low - 1e-9 <= merged.mean_k <= high + 1e-9
    assert merged.sd_k <= sd_k + ROUNDING
    older = merge_measured(prior, measured_k, noise_k, age_s + 600.0)
    assert older.sd_k >= merged.sd_k - ROUNDING
    assert abs(older.mean_k - mean_k) <= abs(merged.mean_k - mean_k) + 1e-9


@given(st.floats(-20, 20), st.floats(0.1, 8))
def test_magnitude_is_never_under_the_mean_nor_the_spread(mean_k, sd_k):
    magnitude = Contrast("person", mean_k, sd_k).magnitude_k()
    assert magnitude >= abs(mean_k) - 1e-9
    assert magnitude >= 0.797 * sd_k


@given(**PLACES, humidity=st.one_of(st.none(), st.floats(0, 1)))
def test_conditions_name_everything(lat_deg, lon_deg, t_s, humidity):
    conditions = at(lat_deg, lon_deg, t_s, humidity=humidity, air_c=12.0, visibility_km=7.5, rain_mm_h=2.0)
    text = str(conditions)
    for word in (*KINDS, "day" if conditions.is_day else "night", "visibility 7.5 km", "rain 2 mm/h", "8-12 um"):
        assert word in text
    assert ("humidity by climate" in text) == (humidity is None)
