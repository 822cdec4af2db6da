"""The account of a minute: silence never lowers pi, and what is asked twice is answered alike."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from builders import position, report
from small_site import write_small_site
from watchline.assurance.account import accrued
from watchline.domain.batches import MissBatch, ScanBatch
from watchline.domain.records import (
    DetectionTrial,
    DroneState,
    GeoPoint,
    GroundSeen,
    Inspection,
    Position,
    SensorHealth,
    UnitReport,
)
from watchline.ops.account.lessons import PASSAGES_MOST, Lessons, gathered
from watchline.ops.account.line import Account
from watchline.ops.account.seeing import Eyesight, Seeing
from watchline.ops.account.whereabouts import WINDOW_S, Stood
from watchline.ops.drone_view import SWEEPS_M
from watchline.ops.field_reports import derived
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite, read_site
from watchline.sensing.detection import CROSSERS

NIGHT_S = 1_768_780_800.0  # 2026-01-19 00:00 UTC


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedSite:
    return read_site(write_small_site(tmp_path_factory.mktemp("site"), length_m=6_000.0))


@pytest.fixture(scope="module")
def account(loaded: LoadedSite) -> Account:
    return Account(loaded, loaded.terrain())


@pytest.fixture(scope="module")
def whole(loaded: LoadedSite) -> Seeing:
    site = loaded.site
    everybody = frozenset({p.id for p in site.posts} | {u.id for u in site.units})
    return Seeing((1.0,) * len(site.sensors), frozenset(), everybody, False, 20_000.0)


def _reckon(account: Account, now: Seeing) -> MissBatch:
    return account.reckon(now, NIGHT_S, 1 / 60)


def _no_lower(worse: MissBatch, better: MissBatch) -> None:
    assert np.all(worse.mean >= better.mean - 1e-12)
    assert np.all(worse.adversary >= better.adversary - 2e-3)  # the solver's own error
    assert worse.mean.sum() > better.mean.sum()


def test_every_stretch_and_class_has_its_minute(account: Account, whole: Seeing) -> None:
    found = _reckon(account, whole).validate()
    assert len(found) == 4 * 6
    assert np.all((found.low <= found.mean) & (found.mean <= found.high))
    assert np.all(found.adversary >= found.mean - 1e-12)
    assert np.all((found.mean > 0.1) & (found.mean < 1.0))


def test_who_is_near_interrupts_and_nobody_can_who_is_not_heard(account: Account, whole: Seeing) -> None:
    def p(response_s: float) -> np.ndarray:
        now = replace(whole, response_s=(response_s,) * 6)
        found = account.reckon(now, NIGHT_S, 1 / 60)
        told = account.interrupted(now, NIGHT_S).validate()
        assert np.array_equal(told.stretch, found.stretch)
        # Whoever is stopped was noticed, and the best way against both is at least as good as that against one.
        assert np.all(told.p <= 1.0 - found.adversary + 2e-3)
        return told.p

    at_once, soon, late = p(1.0), p(1200.0), p(np.inf)
    assert np.all(at_once >= soon - 2e-3)
    assert soon.sum() < at_once.sum()
    assert late.max() < 1e-3


@pytest.mark.parametrize("what", ["one sensor dark", "all sensors dark", "worse contrast", "nobody on patrol"])
def test_less_watch_never_lowers_pi(account: Account, whole: Seeing, what: str) -> None:
    sensors = len(whole.quality)
    worse = {
        "one sensor dark": replace(whole, dark=frozenset({0})),
        "all sensors dark": replace(whole, dark=frozenset(range(sensors))),
        "worse contrast": replace(whole, quality=(0.3,) * sensors),
        "nobody on patrol": replace(whole, day=True, present=frozenset()),
    }[what]
    against = replace(whole, day=True) if what == "nobody on patrol" else whole
    _no_lower(_reckon(account, worse), _reckon(account, against))


def test_what_nobody_watches_is_blind(account: Account, whole: Seeing) -> None:
    found = _reckon(account, replace(whole, dark=frozenset(range(len(whole.quality))), present=frozenset()))
    assert np.all(found.adversary > 0.999)
    book = accrued(found.mean, found.adversary, 1.0, found.share)
    assert book.detected.sum() == book.missed.sum() == 0.0
    assert book.blind.sum() == pytest.approx(found.share.sum())


def test_the_same_question_has_the_same_answer(loaded: LoadedSite, account: Account, whole: Seeing) -> None:
    first = _reckon(account, whole)
    _reckon(account, replace(whole, quality=(0.5,) * len(whole.quality), dark=frozenset({1})))
    for again in (_reckon(account, whole), _reckon(Account(loaded, loaded.terrain()), whole)):
        for name in MissBatch.COLUMNS:
            np.testing.assert_array_equal(getattr(again, name), getattr(first, name), name)


def test_only_what_is_heard_counts(loaded: LoadedSite) -> None:
    site, eyesight = loaded.site, Eyesight(loaded)
    picture = Picture(len(site.sensors), NIGHT_S)
    assert eyesight.now(picture).dark == frozenset(range(len(site.sensors)))
    picture.heard_s[:] = NIGHT_S
    assert eyesight.now(picture).dark == frozenset()
    fallen = SensorHealth(id="1", t_s=NIGHT_S, source="h", sensor=site.sensors[2].id, state="dark", cause="silent")
    picture.apply(fallen)
    assert eyesight.now(picture).dark == frozenset({2})
    unit, here = site.units[0].id, Position(lon_deg=0.0, lat_deg=0.0, s_m=0.0, d_m=0.0)
    picture.apply(
        UnitReport(
            id="2", t_s=NIGHT_S, source=unit, unit=unit, position=here, speed_m_s=0.0, heading_rad=0.0,
            state="patrolling",
        )
    )  # fmt: skip
    assert unit in eyesight.now(picture).present
    picture.now_s += 301.0
    assert unit not in eyesight.now(picture).present


def test_a_drone_counts_where_it_flew_and_nowhere_else(loaded: LoadedSite, account: Account, whole: Seeing) -> None:
    drone = next(unit.id for unit in loaded.site.units if unit.kind == "drone")
    eyesight, picture = Eyesight(loaded), Picture(len(loaded.site.sensors), NIGHT_S)
    for k, up_m in enumerate((0.0, 80.0, 80.0, 80.0)):  # one look on the ground, three over one place
        picture.now_s = NIGHT_S + 5.0 * k
        picture.apply(report(drone, position(loaded.line, 2600.0, -400.0), picture.now_s))
        picture.apply(DroneState(id=f"d{k}", t_s=picture.now_s, source="air", drone=drone, above_home_m=up_m))
        eyesight.follow(picture)
        eyesight.follow(picture)  # asked again within five seconds
    ((who, east, north, share),) = eyesight.now(picture).flown
    assert (who, share) == (drone, pytest.approx(3 * 5.0 / WINDOW_S, abs=1e-4))
    assert loaded.line.sd_from_xy_m([east, north]) == pytest.approx([2600.0, -400.0], abs=180.0)  # of its raster
    picture.now_s += 60.0
    eyesight.follow(picture)
    assert eyesight.now(picture).flown[0].share == share  # not heard
    picture.now_s += WINDOW_S
    eyesight.follow(picture)
    assert eyesight.now(picture).flown == ()
    corners = loaded.line.xy_m_from_sd([(2500.0, 0.0), (2560.0, 0.0), (2560.0, 300.0), (2500.0, 300.0)])
    outline = tuple(GeoPoint(lon_deg=x, lat_deg=y) for x, y in loaded.line.frame.lonlat_from_xy_m(corners).tolist())
    picture.now_s += 60.0
    picture.apply(GroundSeen(id="g", t_s=picture.now_s, source="air", platform="HAWK", outline=outline))
    eyesight.follow(picture)
    ((who, *_, share),) = eyesight.now(picture).flown
    narrow = 5.0 / WINDOW_S * 60.0 / SWEEPS_M
    assert (who, share) == ("HAWK", pytest.approx(narrow, abs=1e-4))  # an aircraft's narrow picture
    alone = replace(whole, dark=frozenset(range(len(loaded.site.sensors))))  # nothing else looks
    before, after = (_reckon(account, replace(alone, flown=f)) for f in ((), (Stood(drone, east, north, 1.0),)))
    gained = (before.mean - after.mean).reshape(4, 6)
    assert np.all(gained >= -1e-12)
    assert (before.adversary - after.adversary).reshape(4, 6)[0, 2] > 0.0  # walkers who know it
    assert np.all(gained[:, 2] > 0.01)  # there
    assert np.all(gained[:, 5] < 1e-9)  # three kilometres on


def test_a_noise_of_contrast_is_no_change_and_a_fall_is(loaded: LoadedSite) -> None:
    eyesight, picture = Eyesight(loaded), Picture(len(loaded.site.sensors), NIGHT_S)

    def after(*quality: float) -> float:
        n = len(quality)
        columns = {name: np.zeros((n, *extra), dtype) for name, (dtype, extra) in ScanBatch.COLUMNS.items()}
        eyesight.hear(ScanBatch(**{**columns, "quality": np.array(quality)}))
        return eyesight.now(picture).quality[0]

    assert after() == -1.0
    assert after(0.9, 0.94) == 0.92
    assert after(0.88, np.nan) == 0.92
    assert after(0.5, 0.6) == 0.55
    assert after() == 0.55


def test_inspections_of_wire_and_towers_enter_the_account(
    loaded: LoadedSite, account: Account, whole: Seeing
) -> None:
    """Wire that is gone leaves less time to be seen in; a weak tower sees less until its pictures say otherwise."""
    wires = [barrier.id for barrier in loaded.site.barriers]
    post = next(sensor.post for sensor in loaded.site.sensors if sensor.post)
    stamp = {"t_s": NIGHT_S, "source": "op", "what": "damaged"}
    told = [Inspection(id=f"i-{wire}", subject=wire, condition=0.0, **stamp) for wire in wires]
    told.append(Inspection(id="i-post", subject=post, condition=0.4, **stamp))
    picture = Picture(len(loaded.site.sensors), now_s=NIGHT_S)
    eyesight = Eyesight(loaded)
    assert eyesight.now(picture).barriers == ()
    for record in (*told, *derived(told, loaded.site, loaded.line, picture)):
        picture.apply(record)
    now = eyesight.now(picture)
    assert {barrier.condition for barrier in now.barriers} == {0.0}
    weak = [k for k, sensor in enumerate(loaded.site.sensors) if sensor.post == post]
    assert {now.quality[k] for k in weak} == {0.4}
    assert {q for k, q in enumerate(now.quality) if k not in weak} == {-1.0}
    gone = msgspec.structs.replace(loaded.site, barriers=now.barriers)
    without = _reckon(Account(replace(loaded, site=gone), loaded.terrain()), whole)
    assert without.mean.sum() > _reckon(account, whole).mean.sum()


def _passages(sensor: str, detected: int, count: int = 80) -> tuple[DetectionTrial, ...]:
    """Return passages of own patrols at 800 m before a sensor, in each of which so many of ten looks saw them."""
    return tuple(
        DetectionTrial(
            id=f"T-{k}", t_s=NIGHT_S, source="own units", sensor=sensor, unit="u", from_s=NIGHT_S - 60, to_s=NIGHT_S,
            looks=10, detected=detected, range_m=800.0, subject="person",
            position=Position(lon_deg=42.0, lat_deg=33.6, s_m=0.0, d_m=0.0),
        )
        for k in range(count)
    )  # fmt: skip


def test_what_own_patrols_showed_of_one_sensor_is_in_the_draws(loaded: LoadedSite, whole: Seeing) -> None:
    walker = CROSSERS[:1]
    account = Account(loaded, loaded.terrain(), walker)
    before = _reckon(account, whole)
    cameras = [s.id for s in loaded.site.sensors if s.kind == "thermal_camera"]
    bad, others = cameras[0], cameras[1:]
    good = sum((_passages(name, 9, 20) for name in others), ())
    lessons = Lessons(looks=(*_passages(bad, 1), *good), tried=80 + len(good))
    account.learn(replace(lessons, tried=10))
    assert np.array_equal(_reckon(account, whole).mean, before.mean)  # too few to begin with
    account.learn(lessons)
    after = _reckon(account, whole)
    number = [s.id for s in loaded.site.sensors].index(bad)
    without = replace(whole, dark=frozenset({number}))
    # The sensor that saw little is worth less than it was, and its loss with it.
    lost = (_reckon(account, without).mean - after.mean).sum()
    fresh = Account(loaded, loaded.terrain(), walker)
    assert 0.0 <= lost < 0.7 * (_reckon(fresh, without).mean - before.mean).sum()
    again = Account(loaded, loaded.terrain(), walker)
    again.learn(lessons)
    assert np.array_equal(_reckon(again, whole).mean, after.mean)


def test_passages_of_exercises_teach_nothing_and_the_latest_are_kept() -> None:
    one, *rest = _passages("cam", 5, 3)
    known = gathered(Lessons(), msgspec.structs.replace(one, exercise=True))
    assert known == Lessons()
    for record in (one, *rest):
        known = gathered(known, record)
    assert (len(known.looks), known.tried) == (3, 3)
    full = replace(known, looks=known.looks * PASSAGES_MOST)
    kept = gathered(full, rest[-1])
    assert (len(kept.looks), kept.tried, kept.looks[-1]) == (PASSAGES_MOST, 4, rest[-1])


def test_a_patrol_watches_where_it_was_and_not_where_its_beat_has_it(
    loaded: LoadedSite, account: Account, whole: Seeing
) -> None:
    patrol = next(u for u in loaded.site.units if u.kind == "patrol")
    x_m, y_m = (float(v) for v in loaded.line.xy_m_from_sd(np.array([1_500.0, -100.0])))
    every = frozenset(range(len(whole.quality)))
    day = replace(whole, day=True, dark=every, stood=())
    here = replace(day, stood=(Stood(patrol.id, x_m, y_m, 1.0),))
    half = replace(day, stood=(Stood(patrol.id, x_m, y_m, 0.5),))
    nowhere, part, there = (_reckon(account, now) for now in (day, half, here))
    walkers = nowhere.crosser == 0
    gain = (nowhere.mean - there.mean)[walkers]
    assert gain[1] > 0.05
    assert gain[5] == pytest.approx(0.0, abs=1e-12)
    _no_lower(nowhere, part)
    _no_lower(part, there)


def test_a_unit_that_does_not_watch_adds_nothing(account: Account, whole: Seeing) -> None:
    day = replace(whole, day=True, stood=())
    strangers = replace(day, stood=(Stood("nobody of ours", 0.0, 0.0, 1.0),))
    np.testing.assert_array_equal(_reckon(account, strangers).mean, _reckon(account, day).mean)


def test_who_knows_more_is_seen_less(account: Account, whole: Seeing) -> None:
    """What falls dark helps those who know it, and those who know the plan only by chance."""
    for now in (whole, replace(whole, dark=frozenset({0})), replace(whole, day=True, stood=())):
        found = _reckon(account, now)
        assert np.all(found.mean <= found.informed + 1e-12)
        assert np.all(found.informed <= found.adversary + 1e-12)
    every, one_dark = _reckon(account, whole), _reckon(account, replace(whole, dark=frozenset({0})))
    np.testing.assert_allclose(every.informed, every.adversary, atol=0.02)  # what is planned is what there is
    assert (one_dark.adversary - one_dark.informed).max() > 0.005
