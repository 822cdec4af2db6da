"""What keeps wrong beliefs harmless: learned P_d, learned clutter, rocks, lasting errors of sensors."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from builders import T0_S, camera, level, radar, scan, sighting, site, straight_line
from watchline.domain.batches import TrackBatch
from watchline.sensing import learned
from watchline.tracking import tracker
from watchline.tracking.sensors import clutter
from watchline.tracking.track.rows import UNIT

LINE = straight_line()
TWO = {"tower": (4000.0, 100.0), "other": (6000.0, 100.0)}


def test_counts_shift_p_d_towards_what_was_seen() -> None:
    units = np.zeros(3, UNIT)
    for _ in range(400):
        learned.count_look(units[0]["looks"], 0, 4, 1.0, 0.9, 0.3)
    learned.corrections(units, np.array([0, 0, 1]), np.zeros((2, 3)))
    own, alike, unlike = (learned.p_corrected(0.9, float(units["shift"][k, 0, 4])) for k in range(3))
    assert own == pytest.approx(0.33, abs=0.04)
    assert own <= alike < 0.5  # its kind learns too
    assert unlike == 0.9  # another kind does not


def test_a_noisy_cell_is_noisy_and_its_neighbours_are_not() -> None:
    turns, false = np.zeros(clutter.SECTORS), np.zeros((clutter.SECTORS, clutter.RINGS))
    for _ in range(200):
        clutter.count_look(turns, 0.0, 2 * math.pi)
        false[3, 2] += 0.25
    own = clutter.per_look(turns, false, 1e-5, 6000.0)
    quiet, noisy = (clutter.density(turns, false, a, 2, own, 6000.0) for a in (9, 3))
    assert noisy > 5 * quiet


def test_looks_are_counted_in_the_sectors_they_covered() -> None:
    turns, step = np.zeros(clutter.SECTORS), 2 * math.pi / clutter.SECTORS
    clutter.count_look(turns, 15.5 * step, 2.0 * step)
    np.testing.assert_allclose(turns[:3], [1.0, 0.5, 0.0], atol=1e-9)
    np.testing.assert_allclose(turns[15], 0.5, atol=1e-9)


def _run(state: tracker.State, eyes: tuple, story: list, turn_rad: float = 0.0) -> tuple[tracker.State, TrackBatch]:
    tracks = TrackBatch.empty()
    for k, (sensor, t_s, place) in enumerate(story):
        off = [] if place is None else [np.asarray(place) - state.setup.place[sensor, :2]]
        look = scan(k, sensor, t_s, az_rad=(-1.2, 1.2) if eyes[sensor].kind != "radar" else (0.0, 2 * np.pi))
        found = sighting(k, sensor, eyes[sensor], t_s, off)
        if sensor == 0:
            found.bearing_rad[:] += turn_rad
        state, tracks = tracker.step(state, look, found, t_s)
    return state, tracks


def test_a_stone_that_one_camera_reports_now_and_then_is_never_shown() -> None:
    eyes = (camera(hfov_deg=60.0),)
    state = tracker.init(tracker.set_up(site(*eyes), LINE, level()))
    rng, stone = np.random.default_rng(3), state.setup.place[0, :2] + [200.0, 1800.0]
    story = [(0, T0_S + 5 * k, stone if rng.random() < 0.25 else None) for k in range(120)]
    shown = 0
    for k in range(1, len(story) + 1, 8):
        _, tracks = _run(state, eyes, story[:k])
        shown += int(tracks.confirmed.sum())
    assert shown <= 1


def test_a_turned_tower_is_found_out_by_its_neighbour() -> None:
    eyes = (camera("a", hfov_deg=140.0, width_px=4000), camera("b", post="other", hfov_deg=140.0, width_px=4000),
            radar("r", post="other"))  # fmt: skip
    state = tracker.init(tracker.set_up(site(*eyes, posts_sd_m=TWO), LINE, level()))
    middle = state.setup.place[:, :2].mean(axis=0)
    rng, story = np.random.default_rng(5), []
    for k in range(600):
        walker = middle + np.array([-400.0 + 1.2 * k, 2200.0 - 1.0 * k])
        story.append((k % 3, T0_S + k, walker + rng.normal(0, 0.5, 2)))
    state, _ = _run(state, eyes, story, turn_rad=2e-3)
    bias, sd = state.known.units["bias"][:, 0], np.sqrt(state.known.units["bias_var"][:, 0])
    # One walker tells most of the difference of two towers, and never who of them is right.
    assert 0.5e-3 < bias[0] - bias[1] < 2.5e-3
    assert (sd[:2] < 0.8e-3).all()


def test_a_sensor_with_a_wrong_p_d_cannot_delete_what_another_holds() -> None:
    eyes = (camera("a", hfov_deg=60.0), camera("b", hfov_deg=60.0))
    state = tracker.init(tracker.set_up(site(*eyes), LINE, level()))
    tower = state.setup.place[0, :2]
    # Camera b looks at the same ground and never sees anybody: a cloth hangs before it.
    story = [(k % 2, T0_S + k, tower + np.array([0.0, 2400.0 - 1.2 * k]) if k % 2 == 0 else None) for k in range(120)]
    state, tracks = _run(state, eyes, story)
    assert int(tracks.confirmed.sum()) == 1
    track = state.known.tracks[np.argmax(state.known.tracks["exist"])]
    seen = dict(zip(track["seer"].tolist(), track["seer_p"].tolist(), strict=True))
    assert seen[0] > 0.9
    assert seen[1] < 0.2


def test_the_field_of_the_undetected_thins_where_it_is_looked_at() -> None:
    eyes = (radar(),)
    state = tracker.init(tracker.set_up(site(*eyes), LINE, level()))
    before = tracker.undetected(state)
    for k in range(30):
        state, _ = tracker.step(state, scan(k, 0, T0_S + 2 * k), sighting(k, 0, eyes[0], T0_S, []), T0_S + 2 * k)
    after, near = tracker.undetected(state), state.setup.place[:, :2] + [0.0, 1500.0]
    assert after.at(near)[0] < 0.01 * before.at(near)[0]
    assert abs(after.balance) < 1e-9


def test_bearings_that_come_many_times_a_second_count_once() -> None:
    eye = radar()
    state = tracker.init(tracker.set_up(site(eye, camera()), LINE, level()))
    once = often = state
    for k in range(40):
        t_s, place = T0_S + 2.0 * k, np.array([10.0 * k, 1500.0])
        plots = (scan(100 * k, 0, t_s), sighting(100 * k, 0, eye, t_s, place))
        once, _ = tracker.step(once, *plots, t_s)
        often, _ = tracker.step(often, *plots, t_s)
        for j in range(1, 20):
            after_s = t_s + 0.1 * j + 0.01 * k
            look = scan(100 * k + j, 1, after_s)
            bearing = sighting(100 * k + j, 1, camera(), after_s, place)
            bearing = dataclasses.replace(bearing, range_m=np.array([np.nan]), sd_range_m=np.array([np.nan]))
            often, _ = tracker.step(often, look, bearing, after_s)
            if k % 3 == 0 and j == 1:
                once, _ = tracker.step(once, look, bearing, after_s)
    assert len(once.known.tracks)
    for what in ("mean", "cov", "exist", "seer_hits"):
        np.testing.assert_allclose(often.known.tracks[what], once.known.tracks[what], rtol=1e-6, atol=1e-6)
