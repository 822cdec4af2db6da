from __future__ import annotations

import numpy as np

from builders import T0_S, alike, camera, level, radar, scan, sighting, site, straight_line, tracks
from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.tracking import tracker
from watchline.tracking.explain import explain, given_up
from watchline.tracking.groups import count_law, groups, likely_counts, parties
from watchline.tracking.shards import Seam, joined

LINE = straight_line()
EYES = (radar(mast_m=30.0), camera(hfov_deg=60.0))


def _walk(seconds: int, state: tracker.State | None = None, *, seen: bool = True, start: int = 0) -> tracker.State:
    state = state or tracker.init(tracker.set_up(site(*EYES), LINE, level()))
    for k in range(start, start + seconds):
        t_s, sensor = T0_S + k, k % 2
        look = scan(k, sensor, t_s, az_rad=(-0.5, 0.5) if sensor else (0.0, 2 * np.pi), range_m=4000.0)
        place = [[0.0, 2500.0 - 1.2 * k]] if seen else []
        state, _ = tracker.step(state, look, sighting(k, sensor, EYES[sensor], t_s, place), t_s)
    return state


def test_a_track_says_which_sensors_and_scans_it_rests_on() -> None:
    state = _walk(40)
    why = explain(state, 1)
    assert why is not None
    assert why.shown
    assert why.shown_s is not None
    assert T0_S < why.shown_s < T0_S + 15
    assert {s.unit for s in why.sensors} == {0, 1}
    assert sum(s.hits for s in why.sensors) > 35
    assert why.latest[0].scan_id == 39
    assert why.p_subject > 0.99
    np.testing.assert_allclose(why.p_subject + why.p_false_source + why.p_nothing, 1.0)


def test_a_number_nobody_has_explains_nothing() -> None:
    assert explain(_walk(5), 999) is None


def test_a_track_given_up_says_why() -> None:
    state = _walk(240, _walk(40), seen=False, start=40)
    gone = given_up(state)
    assert len(gone) == 1
    assert gone[0].why == "not there"
    assert gone[0].track_id == 1


def test_state_stored_and_taken_up_again_goes_on_alike() -> None:
    import pickle

    half = _walk(20)
    again = pickle.loads(pickle.dumps(half))
    one, two = _walk(20, half, start=20).known, _walk(20, again, start=20).known
    for a, b in ((one.tracks, two.tracks), (one.units, two.units), (one.amount, two.amount)):
        assert alike(a, b)


def test_four_who_walk_together_are_one_group_with_a_count() -> None:
    mean = np.array([[0, 0, 1, 0], [12, 5, 1, 0], [24, 0, 1.1, 0], [400, 0, 1, 0], [30, 12, 1, 0.1]], float)
    found = groups(mean, np.array([0.99, 0.9, 0.5, 0.99, 0.95]))
    assert len(found) == 1
    assert found[0].members.tolist() == [0, 1, 2, 4]
    assert found[0].likely in (3, 4)
    np.testing.assert_allclose(found[0].p_count.sum(), 1.0)


def test_every_member_of_a_party_says_how_many_they_are() -> None:
    mean = np.array([[0, 0, 1, 0], [12, 5, 1, 0], [400, 0, 1, 0], [24, 0, 1.1, 0]], float)
    exist = np.array([0.99, 0.9, 0.99, 0.3])
    name = parties(mean, np.ones(4, bool))
    law = count_law(exist[[0, 1, 3]])
    assert likely_counts(name, exist).tolist() == [np.argmax(law), np.argmax(law), 1.0, np.argmax(law)]


def test_the_law_of_counts_is_that_of_enumeration() -> None:
    chance = np.array([0.2, 0.7, 0.5])
    law = np.zeros(4)
    for bits in range(8):
        on = np.array([bits >> k & 1 for k in range(3)])
        law[on.sum()] += np.prod(np.where(on, chance, 1 - chance))
    np.testing.assert_allclose(count_law(chance), law)


def test_a_walker_over_the_border_of_two_shards_keeps_its_number_and_is_one() -> None:
    seam, told, y_m = Seam((5000.0,)), [], float(LINE.xy_m_from_sd([5000.0, -500.0])[1])
    rng = np.random.default_rng(1)
    for k in range(200):
        east = -600.0 + 6.0 * k
        parts = [
            tracks(
                [np.array([east, y_m]) + rng.normal(0, 3, 2)], LINE, T0_S + k, track_id=[number], v_m_s=[[6.0, 0.0]]
            )
            for number in (7, 3)
        ]
        # Each shard holds whoever is within 300 m of its stretch.
        sees = (east < 300.0, east > -300.0)
        parts = [part if there else part.take(np.zeros(0, int)) for part, there in zip(parts, sees, strict=True)]
        seam, batch = joined(seam, parts)
        told.append(batch.track_id.tolist())
    # Within its error of the border each shard may place it in the other's stretch for a moment.
    assert sum(len(one) != 1 for one in told) <= 2
    assert {number for one in told for number in one} == {1}


def test_shards_that_hear_detections_hand_two_riders_over_without_a_break_or_a_double() -> None:
    posts = {"west": (3500.0, 100.0), "middle": (5000.0, 100.0), "east": (6500.0, 100.0)}
    eyes = tuple(radar(name, post=name, max_range_m=2500.0) for name in posts)
    setup = tracker.set_up(site(*eyes, posts_sd_m=posts), LINE, level())
    # Each shard hears its own end and the overlap's radar.
    hears, states = ({0, 1}, {1, 2}), [tracker.init(setup), tracker.init(setup)]
    seam, rng, told, number = Seam((5000.0,)), np.random.default_rng(2), [], 0
    middle = setup.place[1, :2]
    for k in range(150):
        riders = middle + np.array([[-900.0 + 12.0 * k, 700.0], [900.0 - 12.0 * k, 1100.0]])
        looks = []
        for eye in range(3):
            t_s, off = T0_S + 2.0 * k + 0.3 * eye, riders + rng.normal(0, 3.0, (2, 2)) - setup.place[eye, :2]
            near = off[np.hypot(*off.T) < 2500.0]
            looks.append((eye, scan(number, eye, t_s, range_m=2500.0), sighting(number, eye, eyes[eye], t_s, near)))
            number += 1
        parts = []
        for shard in range(2):
            own = [(look, found) for eye, look, found in looks if eye in hears[shard]]
            scans, found = ScanBatch.join([a for a, _ in own]), DetectionBatch.join([b for _, b in own])
            states[shard], batch = tracker.step(states[shard], scans, found, T0_S + 2.0 * k + 1.0)
            parts.append(batch.take(np.flatnonzero(batch.confirmed)))
        seam, batch = joined(seam, parts)
        if k > 15:
            told.append(sorted(batch.track_id.tolist()))
    # On the border itself each shard may for a moment place a rider in the other's stretch.
    assert sum(len(ids) != 2 for ids in told) <= 4
    assert len({number for ids in told for number in ids}) == 2


def test_two_walkers_at_a_border_stay_two() -> None:
    seam = Seam((5000.0,))
    y_m = float(LINE.xy_m_from_sd([5000.0, -500.0])[1])
    pair = [[-10.0, y_m], [60.0, y_m]]
    one, two = (tracks(pair, LINE, T0_S, track_id=ids) for ids in ([1, 2], [8, 9]))
    _, batch = joined(seam, [one, two])
    assert len(set(batch.track_id.tolist())) == 2


def test_a_scan_that_comes_too_late_is_counted_and_not_used() -> None:
    state = _walk(30)
    old = scan(500, 0, T0_S - 60.0)
    after, _ = tracker.step(state, old, DetectionBatch.empty(), T0_S + 30)
    assert after.history.late == state.history.late + 1
    same, _ = tracker.step(state, ScanBatch.empty(), DetectionBatch.empty(), T0_S + 30)
    assert same.history is state.history
