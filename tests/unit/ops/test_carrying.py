"""A task in the words of each link: who carries it, what is said, what is refused."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import shapely

from builders import T0_S, level, position, site, straight_line, write_site
from watchline.domain.records import (
    AirspaceBlock,
    DroneState,
    GeoPoint,
    MissionApproval,
    MissionPlan,
    NodeTask,
    UnitReport,
)
from watchline.domain.respond import Option, Task, TaskApproval
from watchline.domain.site import LinkSpec
from watchline.links import cot
from watchline.links.air.mavlink.orders import check_plan
from watchline.links.contract import LocalError
from watchline.ops.picture import Picture
from watchline.ops.respond.carrying import link_of, said_over, words_of
from watchline.ops.respond.tasks_out import TasksOut
from watchline.ops.site_file import LoadedSite, read_site
from watchline.response.tasking import Job, State

LINE = straight_line()
PLACE = position(LINE, 5000.0, 400.0)
LINKS = (
    LinkSpec(id="tak", protocol="cot", address="127.0.0.1:1"),
    LinkSpec(id="air", protocol="mavlink", address="udp:127.0.0.1:2"),
    LinkSpec(id="radio", protocol="report_text", address="udp:127.0.0.1:3", allow=("P1",)),
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedSite:
    what = msgspec.structs.replace(site(), links=LINKS)
    return read_site(write_site(tmp_path_factory.mktemp("site"), what))


def task(unit: str = "P1") -> Task:
    option = Option(
        unit=unit, means="wheels", place=PLACE, chance=0.8, meets_s=T0_S + 700.0, said_s=400.0, early_s=T0_S + 300.0,
        arrives_s=T0_S + 460.0, late_s=T0_S + 700.0, worth=0.6, heard_s=T0_S, route=((42.0, 33.6),),
    )  # fmt: skip
    approval = TaskApproval(
        id="press-1", t_s=T0_S, source="lead", proposal="A-1-p1", alert="A-1", unit=unit, digest="d", operator="lead",
        by_right="lead",
    )  # fmt: skip
    return Task(
        id="task-1", t_s=T0_S, source="lead", task="K-1", number=1, unit=unit, alert="A-1", approval=approval,
        option=option,
    )  # fmt: skip


def heard_by(link: str, unit: str = "P1") -> Picture:
    picture = Picture(0, now_s=T0_S)
    picture.apply(
        UnitReport(
            id="u", t_s=T0_S, source=link, unit=unit, position=PLACE, speed_m_s=0.0, heading_rad=0.0, state="standing"
        )
    )
    return picture


def flying() -> Picture:
    picture = Picture(0, now_s=T0_S)
    here = GeoPoint(lon_deg=42.0, lat_deg=33.6, msl_m=250.0)
    picture.apply(DroneState(id="d", t_s=T0_S, source="air", drone="D1", place=here, above_home_m=50.0))
    return picture


def flown(plan: MissionPlan) -> np.ndarray:
    way = plan.items[:-1]
    return np.asarray(LINE.frame.xy_m_from_lonlat([i.lon_deg for i in way], [i.lat_deg for i in way]))


def test_it_goes_over_the_link_on_which_the_unit_is_heard(loaded: LoadedSite) -> None:
    named = [link_of(task(), loaded, picture) for picture in (heard_by("tak"), heard_by("desk"))]
    assert [spec.id if spec else None for spec in named] == ["tak", "radio"]
    drone = link_of(task("D1"), loaded, flying())
    assert drone is not None
    assert drone.id == "air"
    assert link_of(task("P9"), loaded, heard_by("desk", "P9")) is None  # in words


def test_what_each_link_says(loaded: LoadedSite) -> None:
    ground = level()
    (asked,) = said_over(LINKS[0], task(), loaded, heard_by("tak"), ground, T0_S)
    assert isinstance(asked, NodeTask)
    assert (asked.node, asked.approved_by, asked.argument) == ("P1", "lead", words_of(task()))
    assert b"GOTO" in cot.encode(asked)
    assert said_over(LINKS[2], task(), loaded, heard_by("desk"), ground, T0_S) == [task()]
    plan, approval = said_over(LINKS[1], task("D1"), loaded, flying(), ground, T0_S)
    assert isinstance(plan, MissionPlan)
    assert isinstance(approval, MissionApproval)
    check_plan(plan)
    assert (approval.digest, approval.step, approval.operator) == (plan.digest, "upload", "lead")
    xy = flown(plan)
    assert plan.items[-1].command == 20  # and home
    assert np.hypot(*(xy - LINE.xy_m_from_sd([5000.0, 400.0])).T) == pytest.approx(120.0, abs=0.5)
    corners = LINE.xy_m_from_sd([(4000.0, 100.0), (5000.0, 100.0), (5000.0, 900.0), (4000.0, 900.0)])
    sweeps = tuple((float(lon), float(lat)) for lon, lat in LINE.frame.lonlat_from_xy_m(corners))
    order = task("D1")
    order = msgspec.structs.replace(order, option=msgspec.structs.replace(order.option, sweeps=sweeps))
    swept, _ = said_over(LINKS[1], order, loaded, flying(), ground, T0_S)
    assert isinstance(swept, MissionPlan)
    left = shapely.Polygon(corners).difference(shapely.LineString(flown(swept)).buffer(151.0))
    assert left.area < 1.0
    gpx = LinkSpec(id="gpx", protocol="gpx", address="127.0.0.1:4")
    with pytest.raises(LocalError, match="has no task"):
        said_over(gpx, task(), loaded, heard_by("gpx"), ground, T0_S)


def test_a_flight_into_airspace_of_others_is_refused_and_told(loaded: LoadedSite) -> None:
    picture = flying()
    outline = [(4000.0, 0.0), (6000.0, 0.0), (6000.0, 900.0), (4000.0, 900.0)]
    corners = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd(outline))
    picture.apply(
        AirspaceBlock(
            id="b", t_s=T0_S, source="desk", name="R7", organisation="air force", low_msl_m=0.0, high_msl_m=5000.0,
            area=tuple(GeoPoint(lon_deg=float(lon), lat_deg=float(lat)) for lon, lat in corners),
            from_s=T0_S - 10.0, until_s=T0_S + 900.0,
        )
    )  # fmt: skip
    with pytest.raises(LocalError, match="R7 of air force"):
        said_over(LINKS[1], task("D1"), loaded, picture, level(), T0_S)
    given = task("D1")
    picture.tasking = State(jobs={"K-1": Job(given)})
    out = TasksOut(loaded, level())
    out.hear(picture, lambda link: True)
    (told,), orders = out.take()
    assert "R7" in told.rule  # type: ignore[attr-defined]
    assert orders == []
    out.hear(picture, lambda link: True)
    assert out.take() == ([], [])  # once


def test_nothing_goes_over_a_link_that_is_down_and_then_once(loaded: LoadedSite) -> None:
    picture = heard_by("tak")
    picture.tasking = State(jobs={"K-1": Job(task())})
    out = TasksOut(loaded, level())
    out.hear(picture, lambda link: False)
    assert out.take() == ([], [])
    out.hear(picture, lambda link: True)
    kept, orders = out.take()
    assert [type(r) for r in kept] == [NodeTask]
    assert orders == [("tak", kept[0])]
    out.hear(picture, lambda link: True)
    assert out.take() == ([], [])
    out.went(orders, T0_S + 1.0)
    (sent,), _ = out.take()
    assert (sent.link, sent.task) == ("tak", "K-1")  # type: ignore[attr-defined]
