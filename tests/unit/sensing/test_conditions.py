"""Conditions, contrasts and air: what they accept, refuse and say."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.sensing.air.band_model import (
    LWIR,
    Air,
    band_transmission,
    band_weights,
    transmission_table,
    vapour_g_m3,
)
from watchline.sensing.air.conditions import at, nominal
from watchline.sensing.air.contrast import Contrast, merge_measured
from watchline.sensing.air.hour import Climate, course_of_day, crossovers
from watchline.sensing.air.obscurant import dust_extinction_per_km, rain_extinction_per_km
from watchline.sensing.air.sun import clear_sky_w_m2, elevation_deg, is_day

MIDNIGHT_S = 1_516_658_400.0  # 2018-01-22 22:00 UTC, midnight near 30 degrees east
NOON_S = MIDNIGHT_S + 12 * 3600.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"air_c": 60.0},
        {"vapour_g_m3": -1.0},
        {"pressure_hpa": 200.0},
        {"visibility_km": 0.0},
        {"visibility_km": float("nan")},
        {"rain_mm_h": -0.1},
    ],
)
def test_air_that_cannot_be_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Air(**wrong)


@pytest.mark.parametrize("band", [(5.0, 3.0), (4.0, 8.0), (2.0, 4.0), (8.0, 15.0), (8.0, 8.0)])
def test_band_outside_the_windows_is_refused(band):
    with pytest.raises(ValueError, match="band_um"):
        band_weights(band)


def test_bad_numbers_are_refused():
    for call in (
        lambda: band_transmission(Air(), LWIR, -1.0),
        lambda: vapour_g_m3(10.0, 1.5),
        lambda: rain_extinction_per_km(-1.0),
        lambda: dust_extinction_per_km(0.0, 5.0),
        lambda: elevation_deg(91.0, 0.0, 0.0),
        lambda: clear_sky_w_m2(10.0, 2.0),
        lambda: Contrast("person", 1.0, 0.0),
        lambda: merge_measured(Contrast("person", 1.0, 1.0), 2.0, 0.5, -1.0),
        lambda: course_of_day(30.0, 30.0, 0.0, wind_m_s=-1.0),
        lambda: course_of_day(30.0, 30.0, float("nan")),
        lambda: Climate(inertia=0.0),
        lambda: at(30.0, 30.0, 0.0, air_c=float("nan")),
        lambda: at(30.0, 30.0, 0.0, visibility_km=0.0),
        lambda: nominal().contrast("car"),
        lambda: course_of_day(30.0, 30.0, 0.0).contrast_k("car"),
    ):
        with pytest.raises(ValueError, match=r".+"):
            call()


def test_table_of_dense_fog_stays_a_table():
    table = transmission_table(Air(visibility_km=0.02))
    assert float(table.at(30e3)) < 1e-200
    assert float(table.at(20.0)) > 0.01


def test_damp_night_costs_the_long_waves_and_fog_costs_both():
    at_m = 5000.0
    dry, damp = (Air(air_c=25.0, vapour_g_m3=g) for g in (4.0, 20.0))
    fog = Air(air_c=25.0, vapour_g_m3=4.0, visibility_km=0.4)
    long_wave = [float(band_transmission(air, LWIR, at_m)) for air in (dry, damp, fog)]
    mid_wave = [float(band_transmission(air, (3.6, 4.2), at_m)) for air in (dry, damp, fog)]
    assert long_wave[0] / long_wave[1] > 2.5 * mid_wave[0] / mid_wave[1]
    assert max(long_wave[2], mid_wave[2]) < 1e-6


def test_raised_dust_costs_more_than_haze_of_the_same_visibility():
    haze, dust = Air(visibility_km=2.0), Air(visibility_km=2.0, dust_wind_m_s=15.0)
    assert float(band_transmission(dust, LWIR, 2000.0)) < 0.6 * float(band_transmission(haze, LWIR, 2000.0))
    assert "dust raised by 15 m/s" in str(dust)


def test_night_and_day_are_told_apart():
    assert not is_day(30.0, 30.0, MIDNIGHT_S)
    assert is_day(30.0, 30.0, NOON_S)
    night, noon = (at(30.0, 30.0, t) for t in (MIDNIGHT_S, NOON_S))
    assert (night.is_day, noon.is_day) == (False, True)
    assert night.contrast_k("person") > 0.0 > noon.contrast_k("person")
    assert noon.contrast("person").sd_k > night.contrast("person").sd_k
    assert not nominal().is_day


def test_a_measured_contrast_overrides_the_prior():
    prior = at(30.0, 30.0, MIDNIGHT_S)
    live = prior.with_measured("person", 1.2, 0.2, age_s=30.0)
    assert live.contrast_k("person") == pytest.approx(1.2, abs=0.1)
    assert live.contrast("person").sd_k < 0.6
    assert live.contrast("vehicle") == prior.contrast("vehicle")
    assert "measured 30 s ago" in str(live)
    old = prior.with_measured("person", 1.2, 0.2, age_s=86_400.0)
    assert old.contrast_k("person") == pytest.approx(prior.contrast_k("person"))


def test_measurement_counts_against_what_was_expected_then():
    prior_now = Contrast("person", 2.0, 3.0)
    merged = merge_measured(prior_now, 5.0, 0.1, age_s=600.0, prior_then_k=5.0)
    assert merged.mean_k == pytest.approx(2.0)


def test_calm_clear_nights_show_most():
    calm, windy, overcast = (
        course_of_day(30.0, 30.0, MIDNIGHT_S, air_c=5.0, wind_m_s=w, cloud=c)
        for w, c in ((1.0, 0.0), (10.0, 0.0), (1.0, 1.0))
    )
    person = [day.contrast("person").mean_k for day in (calm, windy, overcast)]
    assert person[0] > max(person[1:])


def test_ground_that_stores_all_heat_does_not_swing():
    rock = course_of_day(30.0, 30.0, NOON_S, climate=Climate(inertia=1e9))
    assert np.ptp(rock.ground_c) < 1e-3


def test_running_vehicle_on_a_winter_day_keeps_its_sign():
    assert crossovers(course_of_day(31.0, 36.0, NOON_S), "vehicle") == ()
