"""Where those of an alert are: by their track, by what it was when it was lost, by where they were told of."""

from __future__ import annotations

import numpy as np
import pytest

from builders import T0_S, action, alert, position, straight_line, tracks
from watchline.domain.records import Suppression
from watchline.ops.picture import Picture
from watchline.ops.respond.dispatcher import taken_at_s
from watchline.ops.respond.sightings import Sightings

LINE = straight_line()
WALKS = LINE.xy_m_from_sd([4000.0, -900.0])


def test_a_track_that_was_lost_is_remembered_until_the_alert_is_over() -> None:
    sightings, picture = Sightings(LINE), Picture(0, now_s=T0_S)
    picture.apply(alert(track_id=7, what="approaching", position=position(LINE, 4000.0, -900.0)))
    picture.tracks = tracks([WALKS], LINE, T0_S, track_id=[7], v_m_s=[[0.4, -1.1]])
    sightings.look(picture, T0_S)
    picture.tracks = tracks(np.zeros((0, 2)), LINE)
    sightings.look(picture, T0_S + 60.0)
    lost = alert(
        track_id=7, revision=2, t_s=T0_S + 60.0, what="lost_contact", position=position(LINE, 4000.0, -900.0)
    )
    seen = sightings.of(lost)
    assert seen.t_s == T0_S
    assert seen.at_m == pytest.approx(WALKS)
    assert seen.v_m_s.tolist() == [0.4, -1.1]
    # Wire that was touched since says where they are; which way they went is still known.
    wire = alert(track_id=7, revision=3, t_s=T0_S + 90.0, what="fence_touched", position=position(LINE, 4100.0, 0.0))
    touched = sightings.of(wire)
    assert (touched.t_s, touched.v_m_s.tolist()) == (T0_S + 90.0, [0.4, -1.1])
    assert touched.at_m == pytest.approx(LINE.xy_m_from_sd([4100.0, 0.0]), abs=1.0)
    picture.apply(alert(track_id=7, revision=4, t_s=T0_S + 99.0, what="approaching", state="closed"))
    sightings.look(picture, T0_S + 100.0)
    assert sightings.of(lost).v_m_s.tolist() == [0.0, 0.0]


def test_who_took_the_mass_event_took_those_it_stands_for() -> None:
    picture = Picture(0, now_s=T0_S)
    picture.apply(alert("A-1", what="approaching"))
    picture.apply(alert("A-9", what="mass_event", members=("A-1",)))
    held = Suppression(
        id="s", t_s=T0_S, source="desk", what="A-1", rule="mass_event", until_s=T0_S + 60.0, alert_kind="approaching",
        by="A-9",
    )  # fmt: skip
    picture.apply(held)
    one = picture.alerts["A-1"]
    assert one.state(T0_S) == "deferred"
    assert one.answerable(T0_S)  # there is one card, and still somebody comes
    assert taken_at_s(one, picture) is None
    picture.apply(action(1, "acknowledge", T0_S + 5.0, "A-9"))
    assert taken_at_s(picture.alerts["A-1"], picture) == T0_S + 5.0


def test_what_other_rules_or_people_put_off_is_not_answered() -> None:
    picture = Picture(0, now_s=T0_S)
    picture.apply(alert("A-1", what="approaching"))
    aside = Suppression(
        id="s", t_s=T0_S, source="desk", what="A-1", rule="shelved", until_s=T0_S + 60.0, alert_kind="approaching"
    )
    picture.apply(aside)
    assert not picture.alerts["A-1"].answerable(T0_S)
    picture.apply(alert("A-2", what="approaching"))
    picture.apply(action(1, "defer", T0_S, "A-2", until_s=T0_S + 90.0))
    assert not picture.alerts["A-2"].answerable(T0_S + 10.0)
    assert picture.alerts["A-2"].answerable(T0_S + 100.0)
