"""A planted walk: exposed as a reference route on the same way is, and found with its alert in the ledger."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from small_site import write_small_site
from watchline.domain.errors import BadInput
from watchline.domain.records import Alert, OperatorAction, Position, RunStarted
from watchline.ledger.writer import Ledger
from watchline.ops.account.known_walk import is_about, known_walk
from watchline.ops.account.lessons import Lessons, Tried, gathered
from watchline.ops.account.line import Account
from watchline.ops.account.seeing import Seeing
from watchline.ops.account.walks import Walk
from watchline.ops.site_file import LoadedSite, read_site
from watchline.sensing.detection import CROSSERS

T0 = 1_768_780_800.0
PACE_M_S = 1.2


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedSite:
    return read_site(write_small_site(tmp_path_factory.mktemp("site"), length_m=6_000.0))


@pytest.fixture(scope="module")
def account(loaded: LoadedSite) -> Account:
    return Account(loaded, loaded.terrain(), CROSSERS[:1])


def _straight(loaded: LoadedSite, s_m: float) -> Walk:
    d = np.linspace(-3000.0, 2100.0, 200)
    return Walk(T0 + (d - d[0]) / PACE_M_S, loaded.line.xy_m_from_sd(np.column_stack([np.full_like(d, s_m), d])))


def _seeing(loaded: LoadedSite, dark: frozenset[int] = frozenset()) -> Seeing:
    return Seeing((1.0,) * len(loaded.site.sensors), dark, frozenset(), False, 20_000.0)


def test_a_walk_is_exposed_to_what_works_while_it_is_there(loaded: LoadedSite, account: Account) -> None:
    walk = _straight(loaded, 3000.0)
    all_dark = frozenset(range(len(loaded.site.sensors)))
    always = account.exposed(walk, 0, np.array([T0]), [_seeing(loaded)])
    never = account.exposed(walk, 0, np.array([T0]), [_seeing(loaded, all_dark)])
    half_s = T0 + 1500.0 / PACE_M_S
    first = account.exposed(walk, 0, np.array([T0, half_s]), [_seeing(loaded), _seeing(loaded, all_dark)])
    second = account.exposed(walk, 0, np.array([T0, half_s]), [_seeing(loaded, all_dark), _seeing(loaded)])
    assert always.looks > 1.0
    assert never.looks == never.alone == 0.0
    assert first.looks + second.looks == pytest.approx(always.looks, rel=0.02)


def test_who_stands_is_no_target_and_who_is_quick_has_a_pace_of_their_own(
    loaded: LoadedSite, account: Account
) -> None:
    walk = _straight(loaded, 3000.0)
    at = int(np.searchsorted(walk.t_s, T0 + 2000.0 / PACE_M_S))
    rested = Walk(
        np.concatenate([walk.t_s[:at], walk.t_s[at - 1] + [600.0], walk.t_s[at:] + 600.0]),
        np.concatenate([walk.xy_m[:at], walk.xy_m[at - 1 : at], walk.xy_m[at:]]),
    )
    one, other = (account.exposed(w, 0, np.array([T0]), [_seeing(loaded)]) for w in (walk, rested))
    assert other.looks == pytest.approx(one.looks, rel=0.03)
    quick = Walk(T0 + (walk.t_s - T0) / 1.5, walk.xy_m)
    assert account.exposed(quick, 0, np.array([T0]), [_seeing(loaded)]).looks < 0.7 * one.looks
    own, rests, faster = (account.pace(w, 0) for w in (walk, rested, quick))
    assert own is not None
    assert rests == pytest.approx(own, rel=0.03)
    assert faster == pytest.approx(1.5 * own, rel=0.02)


def test_the_way_back_home_counts_for_nothing(loaded: LoadedSite, account: Account) -> None:
    walk = _straight(loaded, 3000.0)
    inside = Walk(walk.t_s[130:], walk.xy_m[130:])
    assert account.exposed(inside, 0, np.array([T0]), [_seeing(loaded)]).looks == 0.0


def _alert(loaded: LoadedSite, s_m: float, d_m: float, t_s: float) -> Alert:
    lon, lat = (float(v) for v in loaded.line.frame.lonlat_from_xy_m(loaded.line.xy_m_from_sd(np.array([s_m, d_m]))))
    at = Position(lon_deg=lon, lat_deg=lat, s_m=s_m, d_m=d_m)
    return Alert(
        id="A-1.1", t_s=t_s, source="tracks", alert="A-1", revision=1, what="approaching", first_s=t_s, state="open",
        position=at, level=3, facts=(),
    )  # fmt: skip


def test_an_alert_is_about_whoever_is_there(loaded: LoadedSite) -> None:
    sd = np.array([[3000.0, -500.0], [3400.0, -500.0]])
    near = is_about(_alert(loaded, 3050.0, -520.0, T0), loaded.line, loaded.line.xy_m_from_sd(sd), sd)
    assert near.tolist() == [True, False]


def test_the_ledger_says_whether_anybody_was_told(loaded: LoadedSite, tmp_path: Path) -> None:
    walk = _straight(loaded, 3000.0)
    seen_s = T0 + 2000.0 / PACE_M_S
    end_s = float(walk.t_s[-1]) + 60.0
    with Ledger.create(tmp_path / "led", lambda: b"0" * 16) as book:
        run = RunStarted(
            id="run-1",
            t_s=T0 - 600.0,
            source="core",
            version="0",
            site="s",
            seed=1,
            fidelity="detections",
            simulated=True,
        )
        for record in (
            run,
            _alert(loaded, 3010.0, -1000.0, seen_s),
            OperatorAction(
                id="O-1", t_s=seen_s + 45.0, source="desk", alert="A-1", operator="op", action="acknowledge", key="k"
            ),
            OperatorAction(
                id="O-2", t_s=end_s, source="desk", alert="A-9", operator="op", action="acknowledge",
                key="l",
            ),
        ):  # fmt: skip
            book.append(record, record.t_s)
        book.commit(end_s)
    terrain = loaded.terrain()
    found = known_walk(loaded, terrain, tmp_path / "led", walk, name="W-1", crosser="walker")
    assert (found.alert, found.waited_s) == ("A-1", 45.0)
    assert found.s_m == pytest.approx(3000.0, abs=20.0)
    assert gathered(Lessons(), found) == Lessons(
        (Tried("walker", found.looks, found.alone, 1.0, found.pace),), answered=1, tests=1
    )
    elsewhere = known_walk(loaded, terrain, tmp_path / "led", _straight(loaded, 1000.0), name="W-2", crosser="walker")
    assert elsewhere.alert is None
    with pytest.raises(BadInput, match="never crosses"):
        known_walk(
            loaded, terrain, tmp_path / "led", Walk(walk.t_s[:50], walk.xy_m[:50]), name="W-3", crosser="walker"
        )


def test_what_trials_showed_changes_the_account(loaded: LoadedSite, account: Account) -> None:
    before = account.reckon(_seeing(loaded), T0, 1 / 60)
    account.learn(Lessons((Tried("walker", 200.0, 0.0, 0.0),) * 40, answered=0, tests=0))
    blind = account.reckon(_seeing(loaded), T0, 1 / 60)
    account.learn(Lessons((Tried("walker", 200.0, 0.0, 0.0),) * 40, answered=0, tests=30))
    nobody_answers = account.reckon(_seeing(loaded), T0, 1 / 60)
    account.learn(Lessons())
    assert np.array_equal(account.reckon(_seeing(loaded), T0, 1 / 60).mean, before.mean)
    assert np.all(blind.mean > before.mean)
    assert np.all(nobody_answers.mean > blind.mean)
    account.learn(Lessons((Tried("walker", 200.0, 0.0, 1.0, 1.0),) * 40))
    slow = account.reckon(_seeing(loaded), T0, 1 / 60)
    account.learn(Lessons((Tried("walker", 200.0, 0.0, 1.0, 1.6),) * 40))
    assert np.all(account.reckon(_seeing(loaded), T0, 1 / 60).mean >= slow.mean)
    account.learn(Lessons())
