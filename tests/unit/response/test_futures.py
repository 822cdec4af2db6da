"""Ways that a track may take, and points that they pass."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.geo.line import LineFrame
from watchline.response.containment import passes_s
from watchline.response.futures import futures

LINE = LineFrame.of(np.array([[42.0, 33.5], [42.2, 33.5]]), "right")  # home is south


def test_the_ways_spread_round_where_the_track_goes() -> None:
    at = LINE.xy_m_from_sd([9000.0, -2000.0])
    ahead = (LINE.xy_m_from_sd([9000.0, -1000.0]) - at) / 1000.0
    f = futures(at, 1.3 * ahead, 0.1, LINE)
    assert f.weight.sum() == pytest.approx(1.0)
    sd = LINE.sd_from_xy_m(f.ways_m[:, 60])  # after twenty minutes
    assert sd[:, 1].mean() == pytest.approx(-2000.0 + 1.3 * 1200.0 * 0.9, abs=60.0)
    assert sd[:, 0].std() > 200.0
    assert np.array_equal(f.ways_m, futures(at, 1.3 * ahead, 0.1, LINE).ways_m)


def test_the_heading_of_a_moment_falls_back_to_square_to_the_line() -> None:
    at = LINE.xy_m_from_sd([9000.0, -2000.0])
    along = (LINE.xy_m_from_sd([9500.0, -2000.0]) - at) / 500.0
    ahead = (LINE.xy_m_from_sd([9000.0, -1500.0]) - at) / 500.0
    aslant = 1.2 * (along + ahead) / np.sqrt(2.0)
    middle = LINE.sd_from_xy_m(futures(at, aslant, 0.0, LINE).ways_m[17])  # the middle way
    first, late = middle[3] - middle[0], middle[180] - middle[120]
    assert first[0] == pytest.approx(first[1], rel=0.15)  # within a minute: as it went
    assert late[0] < 0.05 * late[1]  # after forty: across
    assert middle[-1, 0] - 9000.0 == pytest.approx(0.9 * 1.2 * np.sqrt(0.5) * 300.0, rel=0.02)
    back = LINE.sd_from_xy_m(futures(at, -aslant, 0.0, LINE).ways_m[17])
    assert np.all(np.diff(back[:, 1]) < 0.0)  # whoever goes away goes on away


def test_wire_holds_up_and_who_is_gone_is_not_met() -> None:
    at = LINE.xy_m_from_sd([9000.0, -300.0])
    free, held = (futures(at, np.zeros(2), 0.0, LINE, delay_s=s, gone_d_m=1000.0) for s in (0.0, 400.0))
    d_free, d_held = (LINE.sd_from_xy_m(f.ways_m)[17, :, 1] for f in (free, held))  # the middle way
    k = int(np.argmax(d_free > 400.0))
    assert d_held[k + 20] == pytest.approx(d_free[k], abs=1.0)  # 400 s later at the same place
    assert np.isnan(d_free[-1])
    assert np.nanmax(d_free) <= 1000.0


def test_who_was_seen_some_time_ago_has_gone_on_and_stood_at_the_wire_since() -> None:
    at = LINE.xy_m_from_sd([9000.0, -300.0])
    now, then = (futures(at, np.zeros(2), 0.0, LINE, delay_s=400.0, gone_d_m=1500.0, ago_s=s) for s in (0.0, 400.0))
    assert then.t_s[0] == 0.0
    assert then.t_s[-1] == now.t_s[-1]
    both = np.array([now.ways_m[:, 20:], then.ways_m[:, : now.ways_m.shape[1] - 20]])
    assert np.array_equal(both[0], both[1], equal_nan=True)


def test_a_way_passes_a_point_between_its_times() -> None:
    t = np.array([0.0, 100.0, 200.0])
    ways = np.array([[[0.0, 0.0], [100.0, 0.0], [200.0, 0.0]]])
    found = passes_s(t, ways, np.array([[150.0, 10.0], [150.0, 60.0]]), touch_m=20.0)
    assert found[0].tolist() == [150.0, np.inf]


@pytest.mark.parametrize("bend_deg", [2.0, 10.0, 40.0])
@pytest.mark.parametrize("out_m", [1000.0, 3000.0])
def test_who_stands_outside_of_a_bend_goes_straight_at_the_line(bend_deg: float, out_m: float) -> None:
    bend = np.radians(bend_deg)
    line = LineFrame.of(
        np.array([[42.0, 33.5], [42.1, 33.5], [42.1 + 0.1 * np.cos(bend), 33.5 - 0.083 * np.sin(bend)]]), "right"
    )
    corner = line.xy_m[
        np.argmax(np.abs(np.diff(line.heading_rad(line.s_m + 1.0), prepend=line.heading_rad(line.s_m[:1] + 1.0))))
    ]
    for share in (0.25, 0.5, 0.75):  # of the cone of places to which the corner is nearest
        aim = bend * share
        at = corner + out_m * np.array([np.sin(aim), np.cos(aim)])
        _, d_m = line.sd_from_xy_m(at)
        assert d_m == pytest.approx(-out_m, rel=1e-3)
        middle = futures(at, np.zeros(2), 0.0, line).ways_m[17]
        d = line.sd_from_xy_m(middle)[:, 1]
        first = int(np.argmax(d >= 0.0))
        assert first * 20.0 == pytest.approx(out_m / (1.2 * 0.9), rel=0.06)
