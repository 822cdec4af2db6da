"""The simulator's own driving: roads are quicker, the line is not crossed, units go where sent, stay, and go back."""

from __future__ import annotations

import numpy as np
import pytest

from sim_builders import short_demo
from watchline.sim.driving import READY_S, Driver, drive, drives_over
from watchline.sim.sending import Sending
from watchline.sim.world import World


@pytest.fixture(scope="module")
def world() -> World:
    demo = short_demo()
    return World(demo.site, demo.line, demo.terrain, seed=3)


def test_nobody_drives_across_the_line_and_roads_are_quicker(world: World) -> None:
    line = world.line
    open_ground = drives_over(world.population.routes, line, [])
    road = line.xy_m_from_sd(np.column_stack([np.linspace(2000.0, 9000.0, 50), np.full(50, 1500.0)]))
    with_road = drives_over(world.population.routes, line, [(road, "paved")])
    goal = road[-1]
    slow, quick = (d.field(road[0], 20_000.0).seconds(goal[None])[0] for d in (open_ground, with_road))
    assert quick < 0.6 * slow
    outside = line.xy_m_from_sd([5000.0, -900.0])
    assert with_road.field(road[0], 20_000.0).seconds(outside[None])[0] == np.inf


def test_a_drive_takes_what_its_field_says_with_its_driver(world: World) -> None:
    drives = drives_over(world.population.routes, world.line, [])
    start, goal = world.line.xy_m_from_sd([[3000.0, 600.0], [7000.0, 900.0]])
    field = drives.field(start, 20_000.0)
    driver = Driver(40.0, 1.1, np.array([[100.0, 30.0], [1e9, 5.0]]))
    path = drive(field, goal, 8.0, 1000.0, driver)
    assert path is not None
    took = float(field.seconds(goal[None])[0]) / 8.0 * 1.1
    assert path.t_s[-1] - 1000.0 == pytest.approx(40.0 + took + 30.0, abs=1.0)
    assert (np.diff(path.t_s) > 0.0).all()
    assert np.hypot(*(path.xy_m[-1] - goal)) < 70.0
    drawn = [Driver.drawn(np.random.default_rng(n)).ready_s for n in range(200)]
    assert min(drawn) >= READY_S[0]


def test_a_unit_goes_where_it_is_sent_stays_and_goes_back(world: World) -> None:
    sending = Sending(world, drives_over(world.population.routes, world.line, []), np.random.default_rng(5))
    unit = next(u for u in world.site.units if u.kind == "patrol")
    middle = 500.0 * (unit.patrol_from_km + unit.patrol_to_km)  # type: ignore[operator]
    goal = world.line.xy_m_from_sd([middle, 1400.0])
    arrives_s = sending.send(unit.id, goal)
    assert arrives_s is not None
    world.step(arrives_s + 60.0)
    assert np.hypot(*(sending.place(unit.id) - goal)) < 70.0
    sending.release(unit.id)
    world.step(world.now_s + 1200.0)
    assert np.hypot(*(sending.place(unit.id) - goal)) > 200.0
    d = world.line.sd_from_xy_m(sending.place(unit.id))[1]
    assert abs(d - unit.patrol_offset_m) < 150.0
