from __future__ import annotations

from typing import get_args, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import camera, fence, radar
from watchline.domain.site import Sensor
from watchline.sensing.detection import KINDS, p_detect, performance_table

SENSORS = (camera(), radar(), fence(), camera(netd_k=0.2, width_px=320), radar(min_speed_m_s=0.0))
TABLE = performance_table(SENSORS)
ROWS = st.integers(0, len(SENSORS) - 1)
QUALITY = st.one_of(st.just(float("nan")), st.floats(0, 1))


@given(ROWS, st.floats(0, 20_000), QUALITY, st.floats(-5, 5))
def test_p_d_is_a_probability(row: int, range_m: float, quality: float, radial: float) -> None:
    assert 0.0 <= p_detect(TABLE[row], range_m, quality, radial) <= 1.0


@given(ROWS, st.floats(1, 6000), st.floats(0, 6000), QUALITY, st.floats(-5, 5))
def test_p_d_falls_with_range(row: int, range_m: float, more: float, quality: float, radial: float) -> None:
    near, far = (p_detect(TABLE[row], r, quality, radial) for r in (range_m, range_m + more))
    assert far <= near + 1e-12


@given(ROWS, st.floats(1, 6000), st.floats(0, 1), st.floats(0, 1), st.floats(-5, 5))
def test_p_d_rises_with_quality(row: int, range_m: float, one: float, two: float, radial: float) -> None:
    worse, better = (p_detect(TABLE[row], range_m, q, radial) for q in sorted((one, two)))
    assert worse <= better + 1e-12


@given(ROWS, st.floats(1, 6000), st.floats(-5, 5))
def test_a_sensor_without_contrast_detects_nothing(row: int, range_m: float, radial: float) -> None:
    assert p_detect(TABLE[row], range_m, 0.0, radial) == 0.0


@given(st.floats(1, 6000), QUALITY, st.floats(0, 5), st.floats(0, 5))
def test_a_radar_sees_fast_closing_no_worse_than_slow(range_m: float, quality: float, one: float, two: float) -> None:
    slow, fast = (p_detect(TABLE[1], range_m, quality, v) for v in sorted((one, two)))
    assert slow <= fast + 1e-12


def test_beyond_its_range_a_sensor_detects_nothing() -> None:
    assert p_detect(TABLE[0], SENSORS[0].max_range_m + 1.0, 1.0, 0.0) == 0.0


@pytest.mark.parametrize("kind", get_args(get_type_hints(Sensor)["kind"]))
def test_every_kind_of_sensor_has_a_performance(kind: str) -> None:
    assert kind in KINDS
    assert np.isfinite(performance_table((Sensor(id="x", kind=kind, organisation="own"),))).all()  # type: ignore[arg-type]
