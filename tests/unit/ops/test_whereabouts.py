"""Where units were: by their own reports, for as long as they are known, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.domain.records import Position, UnitReport
from watchline.geo.line import LineFrame
from watchline.ops.account.whereabouts import GRID_M, WINDOW_S, Whereabouts

NOW_S = 1_768_780_800.0


@pytest.fixture(scope="module")
def line() -> LineFrame:
    return LineFrame.of(np.array([[41.0, 34.0], [41.2, 34.0]]), "left")


def _report(line: LineFrame, ago_s: float, s_m: float, unit: str = "P1", state: str = "patrolling") -> UnitReport:
    lon, lat = np.ravel(line.frame.lonlat_from_xy_m(line.xy_m_from_sd(np.array([s_m, 300.0]))))
    return UnitReport(
        id=f"{unit}-{ago_s}", t_s=NOW_S - ago_s, source=unit, unit=unit, speed_m_s=8.0, heading_rad=0.0, state=state,
        position=Position(lon_deg=float(lon), lat_deg=float(lat), s_m=s_m, d_m=300.0),
    )  # fmt: skip


def _whole(line: LineFrame, *reports: UnitReport) -> dict[str, float]:
    where = Whereabouts()
    for report in reports:
        where.apply(report)
    out: dict[str, float] = {}
    for stood in where.stood(line, NOW_S):
        out[stood.who] = out.get(stood.who, 0.0) + stood.share
    return out


def test_a_unit_that_stands_is_at_one_place_all_the_time(line: LineFrame) -> None:
    where = Whereabouts()
    for ago_s in range(2400, -1, -60):
        where.apply(_report(line, ago_s, 5_000.0))
    (stood,) = where.stood(line, NOW_S)
    assert stood.share == 1.0
    assert np.hypot(*(np.array([stood.x_m, stood.y_m]) - line.xy_m_from_sd(np.array([5_000.0, 300.0])))) < GRID_M


def test_a_unit_that_drives_shares_its_time_among_the_places_on_its_way(line: LineFrame) -> None:
    where = Whereabouts()
    for ago_s in range(2400, -1, -60):
        where.apply(_report(line, ago_s, 12_000.0 - 5.0 * ago_s))
    places = where.stood(line, NOW_S)
    assert sum(p.share for p in places) == pytest.approx(1.0)
    s = line.sd_from_xy_m(np.array([[p.x_m, p.y_m] for p in places]))[:, 0]
    assert s.min() == pytest.approx(12_000.0 - 5.0 * WINDOW_S, abs=GRID_M)
    assert s.max() == pytest.approx(12_000.0, abs=GRID_M)


@pytest.mark.parametrize(
    ("ago_s", "share"),
    [
        ([10], 0.0),  # heard once, just now: where it was before, nobody knows
        (list(range(600, -1, -60)), 1 / 3),
        (list(range(2400, 899, -60)), 0.5),  # silent since
        ([*range(2400, 1199, -60), *range(600, -1, -60)], 2 / 3),  # a gap of ten minutes
        ([*range(2400, 1199, -60), *range(900, -1, -60)], 1.0),  # a gap of five
    ],
)
def test_what_is_not_known_counts_for_nothing(line: LineFrame, ago_s: list[int], share: float) -> None:
    found = _whole(line, *(_report(line, ago, 5_000.0) for ago in ago_s))
    assert found.get("P1", 0.0) == pytest.approx(share, abs=0.02)


def test_a_unit_that_is_silent_or_late_tells_no_place(line: LineFrame) -> None:
    assert _whole(line, *(_report(line, ago, 5_000.0, state="silent") for ago in range(1800, -1, -60))) == {}
    where = Whereabouts()
    for ago_s in range(1800, -1, -60):
        where.apply(_report(line, ago_s, 5_000.0))
    before = where.stood(line, NOW_S)
    where.apply(_report(line, 900, 15_000.0))
    assert where.stood(line, NOW_S) == before


def test_what_came_after_a_moment_does_not_change_what_is_said_of_it(line: LineFrame) -> None:
    where = Whereabouts(8 * 86_400.0)
    for ago_s in range(1800, -1, -60):
        where.apply(_report(line, ago_s, 5_000.0))
    then = where.stood(line, NOW_S)
    for after_s in range(60, 3601, 60):
        where.apply(_report(line, -after_s, 15_000.0))
    assert where.stood(line, NOW_S) == then


def test_what_is_long_past_is_forgotten(line: LineFrame) -> None:
    where = Whereabouts()
    for ago_s in range(86_400, -1, -60):
        where.apply(_report(line, ago_s, 5_000.0))
    assert where.stood(line, NOW_S - 43_200.0) == ()
    assert len(where.stood(line, NOW_S)) == 1
