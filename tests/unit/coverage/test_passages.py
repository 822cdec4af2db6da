"""Geometry once, performance live: the same exposure as the field gives along the same routes."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.coverage.crossing import Belt
from watchline.coverage.eyes import Eye, add_eye
from watchline.coverage.passages import exposure_by_eye, exposure_by_watcher, looks_of, presence_of
from watchline.coverage.reference_routes import reference_routes
from watchline.coverage.watchers import Watcher, add_watchers
from watchline.domain.site import Sensor
from watchline.geo.terrain import Terrain
from watchline.geo.viewshed import least_visible_around
from watchline.sensing.belief import prior
from watchline.sensing.detection import WALKER, performance_table
from watchline.sensing.observer import seen_from_m

CELL_M, ROWS, COLS = 60.0, 90, 160


@pytest.fixture(scope="module")
def hills() -> Terrain:
    r, c = np.mgrid[0:ROWS, 0:COLS]
    height = 8.0 * np.sin(c / 6.0) * np.cos(r / 5.0) + 3.0 * np.sin(r / 2.5 + c / 9.0)
    return Terrain(height.astype(np.float32), 0.0, CELL_M * ROWS, CELL_M)


@pytest.fixture(scope="module")
def belt() -> Belt:
    offset = np.repeat((np.arange(ROWS) - 50.0)[:, None] * CELL_M, COLS, axis=1)
    line = 50 * COLS + np.arange(COLS)
    return Belt(offset, line, CELL_M * np.arange(COLS, dtype=float), 2000.0, 1500.0)


@pytest.fixture(scope="module")
def routes(belt: Belt):  # type: ignore[no-untyped-def]
    speed = np.full((ROWS, COLS), 1.2, np.float32)
    speed[:, 70:74] = 0.0
    return reference_routes(speed, CELL_M, belt, per_km=12, rng=np.random.default_rng(5))


def _eye(terrain: Terrain) -> Eye:
    x, y = 80 * CELL_M, terrain.y0_m - 58 * CELL_M
    need = least_visible_around(terrain, (x, y), mast_m=15.0, range_m=4000.0)
    z = float(terrain.height_at([x, y])) + 15.0
    stops = np.column_stack([np.radians([-40.0, 0.0, 40.0]), [0.2, 0.5, 0.3]])
    return Eye(0, need, x, y, z, 4000.0, stops, np.radians(25.0), 0.0, 0.5, 4.0)


def _table(threshold: float) -> np.ndarray:
    sensor = Sensor(id="c", kind="thermal_camera", organisation="o", lon_deg=0.0, lat_deg=0.0, max_range_m=4000.0)
    theta = prior((sensor,)).mean.copy()
    theta[:, 0] += threshold
    return performance_table((sensor,), WALKER, theta)[0]


def test_every_route_crosses_once_and_keeps_its_time(routes, belt: Belt) -> None:  # type: ignore[no-untyped-def]
    assert routes.count >= 100
    for k in range(0, routes.count, 9):
        way = routes.rc[routes.route == k]
        assert way[0, 0] < 50 - 30
        assert way[-1, 0] > 50 + 20
        assert np.all(np.hypot(*np.diff(way, axis=0).T) < 2.0)
        length_m = CELL_M * np.hypot(*np.diff(way, axis=0).T).sum()
        assert routes.seconds[routes.route == k].sum() == pytest.approx(length_m / 1.2, rel=0.06)
    assert belt.line_s_m.min() <= routes.cross_m.min() <= routes.cross_m.max() <= belt.line_s_m.max()


@pytest.mark.parametrize("enough", [1.0, 16.0])
def test_an_eyes_exposure_is_the_fields_along_the_routes(hills: Terrain, routes, enough: float) -> None:  # type: ignore[no-untyped-def]
    eye, tables = _eye(hills), np.stack([_table(-0.4), _table(0.0), _table(0.7)])
    looks = looks_of(eye, hills, routes, WALKER, enough)
    assert len(looks.route) > 30
    cell = np.rint(routes.rc).astype(int)
    for quality in (1.0, 0.4):
        got = exposure_by_eye(looks, tables, quality)
        for row, table in zip(got, tables, strict=True):
            field = np.zeros((ROWS, COLS), np.float32)
            add_eye(field, hills, eye, table, WALKER, quality, enough)
            whole = np.bincount(routes.route, field[cell[:, 0], cell[:, 1]] * routes.seconds, routes.count)
            np.testing.assert_allclose(row, whole[looks.route], rtol=5e-3, atol=1e-4)
            assert whole.sum() == pytest.approx(whole[looks.route].sum())


def test_a_patrols_exposure_is_the_fields_along_the_routes(hills: Terrain, routes) -> None:  # type: ignore[no-untyped-def]
    beat = []
    for col in (40, 60, 80, 100):
        xy = (col * CELL_M, hills.y0_m - 52 * CELL_M)
        beat.append(Watcher("p", least_visible_around(hills, xy, mast_m=2.0, range_m=1500.0), *xy, 0.25, False))
    by_eye = seen_from_m(WALKER.area_m2, day=True, visibility_m=20_000.0)
    found = presence_of(beat, hills, routes, WALKER, 1500.0)
    got = exposure_by_watcher(found, by_eye)
    field = np.zeros((ROWS, COLS), np.float32)
    add_watchers(field, hills, beat, WALKER, day=True, visibility_m=20_000.0)
    cell = np.rint(routes.rc).astype(int)
    whole = np.bincount(routes.route, field[cell[:, 0], cell[:, 1]] * routes.seconds, routes.count)[found.route]
    # The inverse cube is steep, and the field takes a cell's middle: where a route passes close by, they differ.
    near = whole > 0.2 * whole.max()
    np.testing.assert_allclose(got[~near], whole[~near], rtol=0.15, atol=2e-3)
    assert got.sum() == pytest.approx(whole.sum(), rel=0.1)
