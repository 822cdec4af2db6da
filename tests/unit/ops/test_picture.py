from __future__ import annotations

import numpy as np
import pytest

from builders import T0_S, action, alert, batch_of, health, position, report, scan, straight_line, tracks
from watchline.alerting.desk.item import Item
from watchline.domain.batches import ScanBatch, TrackBatch
from watchline.ops.picture import TRAIL_EVERY_S, Picture

LINE = straight_line()


def _view(*actions: tuple[str, dict[str, object]]) -> Item:
    picture = Picture(1)
    picture.apply(alert())
    for number, (what, more) in enumerate(actions):
        picture.apply(action(number, what, **more))  # type: ignore[arg-type]
    return picture.alerts["A-1"]


ACK: tuple[str, dict[str, object]] = ("acknowledge", {})
UNDO: tuple[str, dict[str, object]] = ("undo", {})
DISPOSE: tuple[str, dict[str, object]] = ("dispose", {"disposition": "nuisance"})
DEFER: tuple[str, dict[str, object]] = ("defer", {"until_s": T0_S + 60})


@pytest.mark.parametrize(
    ("actions", "state"),
    [
        ([], "open"),
        ([ACK], "acknowledged"),
        ([ACK, UNDO], "open"),
        ([ACK, DISPOSE], "closed"),
        ([ACK, DISPOSE, UNDO], "acknowledged"),
        ([ACK, DISPOSE, UNDO, UNDO], "open"),
        ([DISPOSE], "closed"),
        ([DISPOSE, UNDO], "open"),
        ([DEFER], "deferred"),
        ([DEFER, UNDO], "open"),
        ([DEFER, ACK], "acknowledged"),
        ([UNDO], "open"),
        ([UNDO, ACK], "acknowledged"),
        ([ACK, UNDO, ACK], "acknowledged"),
    ],
)
def test_an_undo_takes_back_the_latest_that_stands(actions: list[tuple[str, dict[str, object]]], state: str) -> None:
    assert _view(*actions).state(T0_S) == state


def test_a_deferred_alert_is_open_again_when_its_time_has_come() -> None:
    view = _view(DEFER)
    assert (view.state(T0_S + 59.9), view.state(T0_S + 60.0)) == ("deferred", "open")


def test_an_older_revision_never_replaces_a_newer_one() -> None:
    picture = Picture(1)
    for revision in (1, 3, 2):
        picture.apply(alert(revision=revision, level=revision))
    assert picture.alerts["A-1"].alert.level == 3
    assert len(picture.alerts) == 1


def test_an_action_on_an_unknown_alert_changes_nothing() -> None:
    picture = Picture(1)
    picture.apply(action(1, "acknowledge"))
    assert picture.alerts == {}


def test_a_report_that_was_overtaken_changes_nothing() -> None:
    picture = Picture(1)
    for t_s in (T0_S + 10, T0_S):
        picture.apply(report("u", position(LINE, 1000.0 + t_s - T0_S, 0.0), t_s))
    assert picture.units["u"].t_s == T0_S + 10


def test_a_sensor_not_heard_yet_is_unknown_and_not_looking_north() -> None:
    picture = Picture(2)
    picture.apply_columns(scan(1, 1, T0_S, az_rad=(0.1, 0.2)))
    assert np.isnan([picture.heard_s[0], picture.az0_rad[0], picture.range_m[0]]).all()
    assert picture.az1_rad[1] == 0.2


def test_of_several_looks_the_last_one_stands() -> None:
    picture = Picture(1)
    picture.apply_columns(batch_of(ScanBatch, 3, sensor=0, t_s=[1.0, 2.0, 3.0], az0_rad=[0.1, 0.2, 0.3]))
    assert (picture.heard_s[0], picture.az0_rad[0]) == (3.0, 0.3)


def test_of_several_moments_only_the_latest_tracks_are_shown() -> None:
    picture = Picture(1)
    moments = TrackBatch.join([tracks([[0, 0], [9, 9]], LINE, T0_S), tracks([[5, 5]], LINE, T0_S + 1)])
    picture.apply_columns(moments)
    assert picture.tracks.xy_m.tolist() == [[5.0, 5.0]]


def test_trails_grow_in_steps_and_end_with_their_track() -> None:
    picture = Picture(1)
    for k in range(8):
        picture.apply_columns(tracks([[k, 0]], LINE, T0_S + k))
    assert np.diff([point[0] for point in picture.trails[1]]).min() >= TRAIL_EVERY_S
    picture.apply_columns(tracks([[0, 0]], LINE, T0_S + 9, track_id=2))
    assert list(picture.trails) == [2]


def test_health_is_the_latest_word() -> None:
    picture = Picture(1)
    for state in ("dark", "up"):
        picture.apply(health("cam", state))
    assert picture.health["cam"].state == "up"
