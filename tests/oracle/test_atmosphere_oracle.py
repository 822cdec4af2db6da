"""The air and the hour against known answers.

Authorities: MODTRAN 5.2.1 spectra of pybsm 0.16.1 (band means measured once: mid-latitude summer, rural haze,
sensor at 75 m; the model is not fitted to them); the worked example of Reda & Andreas 2004 (NREL/TP-560-34302);
instants of equinox and solstice as the US Naval Observatory prints them; Marshall & Palmer's rain; closed forms.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from watchline.sensing.air.atmosphere import TransmissionTable
from watchline.sensing.air.band_model import LWIR, MWIR, Air, band_transmission, transmission_table, vapour_g_m3
from watchline.sensing.air.conditions import nominal
from watchline.sensing.air.hour import DESERT, course_of_day, crossovers
from watchline.sensing.air.obscurant import rain_extinction_per_km
from watchline.sensing.air.sun import declination_right_ascension_rad, elevation_deg
from watchline.sensing.ranges.mrtd import Mrtd, range_by_table

KM = np.array([1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 15.0, 20.0])
BLUE_MWIR = (3.6, 4.2)
MODTRAN = {  # (visibility km, band um): tau at KM
    (23.0, MWIR): (0.557, 0.450, 0.381, 0.292, 0.213, 0.178, 0.124, 0.095),
    (23.0, BLUE_MWIR): (0.859, 0.784, 0.722, 0.619, 0.504, 0.445, 0.337, 0.270),
    (23.0, LWIR): (0.736, 0.574, 0.455, 0.293, 0.160, 0.110, 0.047, 0.024),
    (5.0, MWIR): (0.523, 0.397, 0.315, 0.212, 0.128, 0.095, 0.049, 0.029),
    (5.0, BLUE_MWIR): (0.804, 0.687, 0.592, 0.446, 0.299, 0.233, 0.131, 0.082),
    (5.0, LWIR): (0.696, 0.513, 0.384, 0.220, 0.101, 0.061, 0.020, 0.008),
}
MEASURED_ERROR = {MWIR: 0.035, BLUE_MWIR: 0.047, LWIR: 0.022}  # worst of benchmarks/atmosphere.py, design/008


def summer(visibility_km: float) -> Air:
    return Air(air_c=21.0, vapour_g_m3=14.0, pressure_hpa=1009.0, visibility_km=visibility_km)


def unix_s(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


# -- the band model --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("visibility_km", "band"), MODTRAN)
def test_band_model_is_as_near_to_modtran_as_it_says(visibility_km, band):
    error = band_transmission(summer(visibility_km), band, KM * 1e3) - MODTRAN[visibility_km, band]
    assert np.abs(error).max() <= MEASURED_ERROR[band]


def test_printed_bands_make_tables_whose_effective_extinction_falls():
    for (visibility_km, band), tau in MODTRAN.items():
        table = TransmissionTable(f"{band} {visibility_km}", tuple(KM * 1e3), tau)
        assert np.all(np.diff(table.effective_extinction_per_m(KM * 1e3)) < 0.0)


def test_wide_band_of_the_model_follows_no_single_extinction():
    at_m = np.array([1.0, 5.0, 10.0, 20.0]) * 1e3
    table = transmission_table(summer(23.0), MWIR)
    per_km = table.effective_extinction_per_m(at_m) * 1e3
    assert per_km == pytest.approx([0.585, 0.246, 0.172, 0.118], rel=0.12)
    assert per_km[0] / per_km[-1] > 4.0
    long_wave = transmission_table(summer(23.0), LWIR).effective_extinction_per_m(at_m) * 1e3
    assert long_wave[:3] == pytest.approx([0.307, 0.245, 0.221], rel=0.1)


CAMERA = Mrtd(m0_k=0.01, slope=6.0, focal_m=0.5, pitch_m=15e-6)
PERSON_M = math.sqrt(1.8 * 0.5)
RANGES_KM = [  # visibility, critical dimension, contrast K; MWIR, LWIR at one cycle through MODTRAN's spectra
    (23.0, PERSON_M, 2.0, 9.5, 8.8),
    (23.0, PERSON_M, 0.5, 6.6, 6.3),
    (5.0, PERSON_M, 2.0, 8.4, 8.0),
    (23.0, 2.3, 2.0, 19.1, 14.7),
]


@pytest.mark.parametrize(("visibility_km", "critical_m", "contrast_k", "mwir_km", "lwir_km"), RANGES_KM)
def test_ranges_through_the_band_model(visibility_km, critical_m, contrast_k, mwir_km, lwir_km):
    for band, printed_km in ((MWIR, mwir_km), (LWIR, lwir_km)):
        air = transmission_table(summer(visibility_km), band)
        how = {"cycles": 1.0, "critical_m": critical_m, "contrast_k": contrast_k}
        got = range_by_table(CAMERA, lambda r, a=air: float(a.at(r)), air.name, **how)
        assert got.range_m == pytest.approx(printed_km * 1e3, rel=0.035)
        assert f"{band[0]:g}-{band[1]:g} um" in str(got)


def test_summer_air_of_the_referee_holds_its_vapour():
    """294 K and 76 % are printed for the ground of that atmosphere, 14 g/m3."""
    assert vapour_g_m3(294.2 - 273.15, 0.76) == pytest.approx(14.0, abs=0.1)


def test_nominal_air_is_the_one_extinction_quoted_so_far():
    at_m = np.array([0.0, 100.0, 1000.0, 5000.0, 20e3, 60e3])
    assert nominal().air.at(at_m) == pytest.approx(np.exp(-0.25e-3 * at_m), rel=1e-9)
    assert [nominal().contrast_k(k) for k in ("person", "crawler", "rider", "vehicle")] == [4.0, 3.0, 4.0, 9.0]


def test_rain_removes_twice_the_shadow_of_marshall_palmer_drops():
    """Quadrature of 2 pi/4 D^2 N0 exp(-slope D) over all drops, against the closed form."""
    diameter_mm = np.linspace(0.0, 30.0, 60_001)
    for rain in (0.5, 5.0, 50.0):
        slope_per_mm = 4.1 * rain**-0.21
        count = 8000.0 * np.exp(-slope_per_mm * diameter_mm)  # per mm and m3
        shadow_m2_per_m3 = np.trapezoid(0.25 * np.pi * diameter_mm**2 * 1e-6 * count, diameter_mm)
        assert rain_extinction_per_km(rain) == pytest.approx(2.0 * shadow_m2_per_m3 * 1e3, rel=1e-4)
    assert rain_extinction_per_km(1.0) == pytest.approx(0.365, abs=5e-4)


# -- the hour --------------------------------------------------------------------------------------------------


def test_sun_of_the_nrel_example():
    """Golden, 2003-10-17 12:30:30 at UTC-7: declination -9.31434, elevation without refraction 39.872046 degrees."""
    t_s = unix_s(2003, 10, 17, 19, 30, 30)
    declination, _ = declination_right_ascension_rad(t_s)
    assert np.degrees(declination) == pytest.approx(-9.31434, abs=0.01)
    assert elevation_deg(39.742476, -105.1786, t_s) == pytest.approx(39.872046, abs=0.01)


def test_sun_at_printed_equinox_and_solstices():
    equinox, june, december = unix_s(2024, 3, 20, 3, 6), unix_s(2024, 6, 20, 20, 51), unix_s(2024, 12, 21, 9, 20)
    declination, _ = declination_right_ascension_rad([equinox, june, december])
    assert np.degrees(declination) == pytest.approx([0.0, 23.44, -23.44], abs=0.01)


def test_heat_crossover_comes_twice_a_day_after_sunrise_and_near_sunset():
    day = course_of_day(31.0, 36.0, unix_s(2018, 1, 23, 10))
    morning, evening = crossovers(day, "person")
    sun = elevation_deg(31.0, 36.0, [morning.t_s, evening.t_s])
    assert not morning.warming
    assert evening.warming
    assert np.all((sun > 0.0) & (sun < 40.0))
    assert min(morning.sd_s, evening.sd_s) > 1800.0  # nothing predicts it to the minute


def test_ground_under_one_harmonic_is_the_closed_form():
    """Without sun (polar night) the air alone drives the ground: amplitude and lag by Carslaw & Jaeger."""
    night = course_of_day(85.0, 0.0, unix_s(2018, 12, 21), wind_m_s=2.0)
    assert np.all(night.sun_deg < 0.0)
    air, ground = (np.fft.rfft(v)[1] for v in (night.air_c, night.ground_c))
    mean_k = float(night.air_c.mean()) + 273.15
    radiation = 4.0 * 0.95 * 5.670374e-8 * mean_k**3
    sky = 1.24 * (DESERT.vapour_g_m3 * 4.6152e-3) ** (1.0 / 7.0)
    convection = 5.7 + 3.8 * 2.0
    conduction = DESERT.inertia * np.sqrt(1j * 2.0 * math.pi / 86_400.0)
    assert ground / air == pytest.approx((convection + sky * radiation) / (convection + radiation + conduction))
