"""Places in a patrol's month: looked at when due, at most so many a day, the walk stands still meanwhile."""

import csv

import msgspec
import numpy as np
import pytest

from builders import T0_S, position, write_site
from respond_site import LINE, with_units
from watchline.domain.places import PlaceLook
from watchline.domain.records import GeoPoint
from watchline.domain.site import Place
from watchline.ops.planning.patrol_places import with_places
from watchline.ops.planning.patrols import DAY_S, draw_month, plan_patrols, sheet
from watchline.ops.planning.study_file import PatrolStudy
from watchline.ops.search.places import places_of
from watchline.ops.site_file import read_site
from watchline.search import places

AT = {"well-1": (3000.0, 900.0), "cave-1": (4200.0, 1500.0), "ruin-1": (2000.0, -600.0), "far-1": (3000.0, 9000.0)}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    made = with_units()
    units = tuple(
        msgspec.structs.replace(u, patrol_from_km=0.0, patrol_to_km=6.0) if u.id == "patrol-1" else u
        for u in made.units
    )
    kinds = {"well-1": "well", "cave-1": "cave", "ruin-1": "ruin", "far-1": "well"}
    spots = tuple(
        Place(id=name, kind=kinds[name], name=name, lon_deg=p.lon_deg, lat_deg=p.lat_deg)
        for name, sd in AT.items() for p in [position(LINE, *sd)]
    )  # fmt: skip
    return read_site(
        write_site(tmp_path_factory.mktemp("places"), msgspec.structs.replace(made, units=units, places=spots))
    )


def month(loaded, known=None, **study):
    asked = PatrolStudy(days=10, **study)
    drawn = draw_month(plan_patrols(loaded, loaded.terrain(), asked), asked, T0_S, np.random.default_rng(4))
    return drawn, with_places(drawn, loaded, loaded.terrain(), known or places_of(loaded.site).places)


def test_due_places_near_a_beat_are_looked_at_again_and_again(loaded):
    drawn, made = month(loaded)
    (looks,) = made.looks
    assert {one.place for one in looks} == {"well-1", "cave-1"}  # not across the line, nor too far
    wells = [one.leg for one in looks if one.place == "well-1"]
    assert len(wells) >= 3  # knowledge of a well ages in days
    leg_s = made.beats[0].leg_s
    days = [int(one.leg * leg_s // DAY_S) for one in looks]
    assert max(days.count(day) for day in days) <= 2
    assert len(made.walks[0]) == len(drawn.walks[0])
    assert np.abs(np.diff(made.walks[0])).max() <= 1  # it goes on where it stood
    assert 0.0 < made.away(0) < 0.1
    names = [row["look_at"] for day in range(10) for row in _rows(made, day)]
    assert [name for name in names if name] == [one.name for one in looks]
    assert sum(len(_rows(made, day)) for day in range(10)) == len(made.walks[0]) - sum(one.legs for one in looks)


def _rows(made, day):
    return list(csv.DictReader(sheet(made, 0, day, "salt").decode().splitlines()[1:]))


def test_what_was_looked_at_lately_waits_and_none_are_wanted(loaded):
    known = places_of(loaded.site).places
    place = known.places["cave-1"]
    look = PlaceLook(id="l", t_s=T0_S - 60.0, source="x", place="cave-1", by="x", person="x", pod=0.9,
                     at=GeoPoint(lon_deg=place.lon_deg, lat_deg=place.lat_deg), found="nothing")  # fmt: skip
    due_s = places.due_s(places.step(known, look).places["cave-1"])
    _, made = month(loaded, places.step(known, look))
    first = [T0_S + one.leg * made.beats[0].leg_s for one in made.looks[0] if one.place == "cave-1"]
    assert all(t_s >= due_s for t_s in first)
    drawn, none = month(loaded, looks_a_day=0)
    assert none.looks == ((),)
    assert np.array_equal(none.walks[0], drawn.walks[0])
