"""What the formulas refuse, and what they say with their answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from watchline.assurance.passage_law import LawPrior
from watchline.ops import plan
from watchline.search import containment
from watchline.sensing import common_cause, glimpse, lateral_range
from watchline.sensing.air import atmosphere
from watchline.sensing.frailty import FrailtyPrior
from watchline.sensing.ranges import dri, mrtd, ttpf


def test_a_range_prints_with_its_criterion():
    text = str(dri.dri_range("viewsheen", "detect", "person", focal_m=0.075, pitch_m=17e-6))
    assert text == "2206 m to detect (viewsheen: 1 px on 0.5 m, no probability stated, no air, geometry only)"
    camera = mrtd.Mrtd(0.01, 6.0, 0.5, 15e-6)
    how = {"cycles": 1.0, "critical_m": 2.3, "contrast_k": 2.0}
    text = str(mrtd.range_by_extinction(camera, extinction_per_m=0.2e-3, **how))
    assert text == "14861 m for 1 cycles on 2.3 m at 2 K, extinction 0.2 /km, limited by noise and air"


def test_no_convention_is_the_default():
    with pytest.raises(TypeError):
        dri.dri_range(task="detect", subject="person", focal_m=0.1, pitch_m=17e-6)
    with pytest.raises(ValueError, match="convention must be one of"):
        dri.dri_range("usual", "detect", "person", focal_m=0.1, pitch_m=17e-6)


def test_a_convention_says_what_it_does_not_define():
    with pytest.raises(ValueError, match="no critical dimension"):
        dri.dri_range("stanag-4347", "detect", "person", focal_m=0.1, pitch_m=17e-6)


def test_pixels_may_limit_before_noise():
    camera = mrtd.Mrtd(0.001, 1.0, 0.05, 15e-6)
    how = {"cycles": 6.0, "critical_m": 2.3, "contrast_k": 10.0, "extinction_per_m": 1e-5}
    cut = mrtd.range_by_extinction(camera, nyquist_limited=True, **how)
    assert cut.limited_by == "pixels"
    assert cut.range_m == pytest.approx(2.3 * 0.05 / (2 * 15e-6) / 6.0)
    assert mrtd.range_by_extinction(camera, **how).range_m > cut.range_m


def test_a_contrast_under_the_noise_has_no_range():
    camera = mrtd.Mrtd(0.05, 6.0, 0.5, 15e-6)
    how = {"cycles": 1.0, "critical_m": 0.95, "contrast_k": 0.04}
    assert mrtd.range_by_extinction(camera, extinction_per_m=1e-4, **how).range_m == 0.0
    assert mrtd.range_by_table(camera, lambda r: 1.0, "clear", **how).range_m == 0.0
    assert mrtd.resolved_cycles(camera, 1000.0, critical_m=0.95, contrast_left_k=0.04) == 0.0


def test_mrtd_knows_nothing_above_nyquist():
    camera = mrtd.Mrtd(0.01, 6.0, 0.5, 15e-6)
    assert np.isnan(camera.mrtd_k(camera.nyquist_per_mrad * 1.01))
    assert float(camera.mrtd_k(camera.nyquist_per_mrad)) == pytest.approx(0.01 * np.exp(6.0))


def test_a_table_of_transmission_goes_on_beyond_its_ends():
    table = atmosphere.TransmissionTable("test", (1000.0, 2000.0), (0.8, 0.5))
    assert table.at([0.0, 1000.0, 2000.0]) == pytest.approx([1.0, 0.8, 0.5])
    assert float(table.at(3000.0)) == pytest.approx(0.5 * 0.5 / 0.8)


@pytest.mark.parametrize(
    ("range_m", "tau"), [((1.0, 2.0), (0.5, 0.6)), ((2.0, 1.0), (0.6, 0.5)), ((1.0,), (1.2,)), ((1.0, 2.0), (0.5,))]
)
def test_impossible_air_is_refused(range_m, tau):
    with pytest.raises(ValueError, match="test:"):
        atmosphere.TransmissionTable("test", range_m, tau)


def test_exposure_and_probability_are_inverses():
    p = np.array([0.0, 0.3, 0.9, 0.999])
    for k in (0.5, 1.5, np.inf):
        assert 1.0 - glimpse.p_miss(glimpse.exposure_of(p, k), k) == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ttpf.p_task(-1.0, 1.0, "johnson"),
        lambda: ttpf.p_task(1.0, 0.0, "johnson"),
        lambda: ttpf.p_task(1.0, 1.0, "usual"),
        lambda: glimpse.p_miss(-1.0, 1.5),
        lambda: glimpse.p_miss(1.0, 0.0),
        lambda: glimpse.p_miss_glimpses([0.1, 1.1]),
        lambda: glimpse.p_miss_uncertain(1.0, 0.5),
        lambda: glimpse.p_look(1.0, 0.0),
        lambda: lateral_range.p_detect(-0.1, "random"),
        lambda: lateral_range.p_detect(1.0, "usual"),
        lambda: lateral_range.barrier_coverage(1.0, 1.0, 0.0, 1.0),
        lambda: atmosphere.aerosol_extinction_per_km(0.0, 0.55, "kim"),
        lambda: atmosphere.aerosol_extinction_per_km(5.0, 0.55, "usual"),
        lambda: atmosphere.transmission(-1.0, 1.0),
        lambda: common_cause.p_miss_by_state([0.5, 0.4], [[1.0], [1.0]]),
        lambda: common_cause.p_miss_grouped([(1.2, [0.5])]),
        lambda: dri.geometric_range_m(0.0, 1.0, 1.0, 1.0),
        lambda: mrtd.Mrtd(0.0, 6.0, 0.5, 15e-6),
    ],
)
def test_values_outside_the_model_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must|need"):
        wrong()


def test_ttpf_at_its_ends():
    assert ttpf.p_task([0.0, 1e9, np.nan], 1.0, "johnson").tolist()[:2] == [0.0, 1.0]
    assert np.isnan(ttpf.p_task(np.nan, 1.0, "ttp"))


def test_everybody_takes_the_same_frailty_for_granted() -> None:
    assert {LawPrior().frailty, containment.FRAILTY, plan.FRAILTY_K} == {FrailtyPrior().mean}
    assert LawPrior().frailty_ln_sd == FrailtyPrior().ln_sd


def test_where_no_route_leads_is_told_apart_from_where_all_are_noticed() -> None:
    said = glimpse.p_miss_or([0.0, 1.0, math.inf, math.nan], 1.5, math.nan)
    assert said[:2].tolist() == glimpse.p_miss([0.0, 1.0], 1.5).tolist()
    assert np.isnan(said[2:]).all()
    assert glimpse.p_miss_or([math.inf, 1e12], 1.5, 0.0) == pytest.approx([0.0, 0.0], abs=1e-15)
