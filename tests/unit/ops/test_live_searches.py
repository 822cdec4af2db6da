"""A lost contact carried on by a running core: begun by a person, kept right for free, planned, ordered, resumed."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from builders import T0_S, position, report
from core_builders import Step, make_core, ticks, walker_seen_by_radar
from respond_site import AT, LINE, with_units
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.press import digest_of
from watchline.domain.records import Record
from watchline.domain.search import SearchLook, SearchOrder, SearchPlan, SearchProgress, SearchWatched
from watchline.domain.site import Site, Unit
from watchline.ledger.reader import LedgerReader
from watchline.ops.core import Core
from watchline.ops.people import Request
from watchline.ops.picture import Picture
from watchline.ops.search.places import LookAtPlace, TellPlace, shown
from watchline.ops.search.wishes import Begin, End, LookedInVain, OrderPlan, PlanAgain, SearchWish, SignSeen
from watchline.search import live

LEAD, OTHER, AUDIT = Who("lead", "shift_commander"), Who("other", "shift_commander"), Who("audit", "auditor")
GONE_S = 30.0
pytestmark = pytest.mark.slow


def site() -> Site:
    made = with_units()
    near = position(LINE, 5200.0, 600.0)
    drone = Unit(
        id="drone-1", kind="drone", organisation="own", speed_m_s=15.0, lon_deg=near.lon_deg, lat_deg=near.lat_deg
    )
    return msgspec.structs.replace(made, units=(*made.units, drone))


def script(now_s: float) -> Step:
    """Return a radar that sees a walker for half a minute and then nobody, and units that tell where they are."""
    step = walker_seen_by_radar(now_s)
    if now_s - T0_S > GONE_S:
        step = Step([], step.scans)
    if round(now_s - T0_S) % 10 == 1:
        shift = max(0.0, now_s - T0_S - 100.0)
        places = AT | {"patrol-1": (AT["patrol-1"][0] - shift, AT["patrol-1"][1])}
        step.records += [report(unit, position(LINE, *at), now_s) for unit, at in places.items()]
    return step


def wish(core: Core, asked: SearchWish, who: Who = LEAD) -> str:
    """Ask, and return what it became; Refused is raised."""
    future = core.people.ask(Request(who, asked))
    ticks(core, 1)
    return future.result(timeout=0.0)


def begin(**changed: object) -> Begin:
    lost = position(LINE, 5000.0, -200.0)
    fields: dict[str, object] = {
        "key": "begin-0001", "name": "ravine", "lon_deg": lost.lon_deg, "lat_deg": lost.lat_deg, "ago_s": 20.0,
        "heading_deg": 180.0, "speed_m_s": 1.2, "hours": 2.0,
    }  # fmt: skip
    return Begin(**(fields | changed))  # type: ignore[arg-type]


def only(core: Core) -> live.Search:
    (search,) = core.picture.searches.searches.values()
    return search


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Core]:
    """Return a core whose search was begun, planned, watched, ordered, and told of a look and a sign."""
    directory = tmp_path_factory.mktemp("search")
    core = ticks(make_core(directory, script, site()), 45)
    assert wish(core, begin()) == "L-1"
    assert wish(core, begin()) == "L-1"  # pressed twice
    ticks(core, 5)
    plan = only(core).plan
    assert plan is not None
    wish(core, OrderPlan(key="order-0001", search="L-1", digest=digest_of(plan), units=("patrol-1", "drone-1")))
    ticks(core, 620)
    fixes = tuple(
        (p.lon_deg, p.lat_deg, core.clock.now_s - 300.0 + 30.0 * k)
        for k in range(10) for p in [position(LINE, 4600.0 + 80.0 * k, -900.0)]
    )  # fmt: skip
    wish(core, LookedInVain(key="look-00001", search="L-1", who="shepherd", width_m=200.0, fixes=fixes))
    ticks(core, 5)
    found = position(LINE, 4500.0, -700.0)
    wish(core, SignSeen(key="sign-00001", search="L-1", lon_deg=found.lon_deg, lat_deg=found.lat_deg, ago_s=200.0,
                        p_theirs=0.7))  # fmt: skip
    ticks(core, 5)
    core.make_durable()
    return directory, core


def kept(directory: Path, *kinds: str) -> list[Record]:
    with LedgerReader(directory / "ledger") as reader:
        return [entry.value for entry in reader.events(list(kinds))]


def test_a_plan_is_proposed_within_seconds_and_nobody_is_sent_by_it(carried):
    directory, core = carried
    search = only(core)
    plans = [p for p in kept(directory, "search_plan") if isinstance(p, SearchPlan)]
    assert plans[0].t_s - search.begun.t_s <= 5.0
    assert plans[0].boxes
    assert 0.0 < plans[0].p_found <= plans[0].bound <= 1.0
    assert kept(directory, "task") == []
    # Nobody of ours is planned for across the line.
    for box in plans[0].boxes:
        lonlat = np.array(box.corners)
        assert LINE.sd_from_xy_m(LINE.frame.xy_m_from_lonlat(lonlat[:, 0], lonlat[:, 1]))[:, 1].min() > 99.0


def test_what_cameras_looked_at_counts_for_free(carried):
    directory, _ = carried
    watched = [w for w in kept(directory, "search_watched") if isinstance(w, SearchWatched)]
    assert len(watched) >= 2
    assert {look.sensor for w in watched for look in w.looked} == {"cam", "radar"}
    progress = [p for p in kept(directory, "search_progress") if isinstance(p, SearchProgress)]
    assert max(p.p_success for p in progress) > 0.2  # a radar and a camera looked right there
    reached = [p.p_success for p in progress if p.facts <= 3]
    assert len(reached) >= 2
    assert reached == sorted(reached)


def test_what_a_unit_by_order_went_over_counts(carried):
    directory, _ = carried
    tracks = [
        look for look in kept(directory, "search_look") if isinstance(look, SearchLook) and look.source == "search"
    ]
    assert {look.who for look in tracks} == {"patrol-1"}  # the drone was not heard: nobody knows where it was
    assert all(look.width_m > 0.0 for look in tracks)
    assert np.all(np.diff([fix[2] for look in tracks for fix in look.fixes]) >= 0.0)


def test_an_order_names_who_gave_it_and_by_which_right(carried):
    directory, core = carried
    (order,) = (o for o in kept(directory, "search_order") if isinstance(o, SearchOrder))
    assert (order.person, order.units, order.rights) == ("lead", ("patrol-1", "drone-1"), ("lead", "lead"))
    plan = only(core).plan
    assert plan is not None
    # Another's commander may not send them, an auditor nobody, and nobody anything that is no plan.
    units = tuple(dict.fromkeys(box.unit for box in plan.boxes))
    ours = next(u for u in units if u != "guard-1")
    for who, digest, key, why in (
        (OTHER, digest_of(plan), "order-0002", "forbidden"), (AUDIT, digest_of(plan), "order-0003", "forbidden"),
        (LEAD, "0" * 16, "order-0004", "changed"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            wish(core, OrderPlan(key=key, search="L-1", digest=digest, units=(ours,)), who)
        assert refused.value.why == why
    assert len(only(core).orders) == 1


def test_a_sign_brings_another_plan_and_keeps_what_was_found_out(carried):
    _, core = carried
    search = only(core)
    plan = search.plan
    assert plan is not None
    assert plan.facts == len(search.facts)
    assert plan.p_before == pytest.approx(search.progress.p_success, abs=1e-4)
    assert search.progress.facts == len(search.facts)


def test_after_a_restart_and_in_a_replay_it_is_the_same(carried):
    directory, core = carried
    search, answer = only(core), core.searches.answers["L-1"]
    picture = Picture(len(core.loaded.site.sensors))
    with LedgerReader(directory / "ledger") as reader:
        for entry in reader.since(0):
            if isinstance(entry.value, Record):
                picture.apply(entry.value)
    assert picture.searches == core.picture.searches
    core.ledger.close()  # as when the machine dies: nobody says goodbye
    again = ticks(make_core(directory, script, site()), 3)
    assert only(again).facts[: len(search.facts)] == search.facts
    assert only(again).orders == search.orders
    made = again.searches.answers["L-1"]
    assert (made.digest, made.p_success, made.facts) == (answer.digest, answer.p_success, answer.facts)
    assert only(again).progress == search.progress  # the same map is not told twice
    assert wish(again, End(key="end-000001", search="L-1", result="found")) == "press-end-000001"
    assert again.picture.searches.open == []
    with pytest.raises(Refused, match="over"):
        wish(again, PlanAgain(key="again-0001", search="L-1"))
    again.close()


def test_a_look_at_a_place_counts_in_the_search_and_ages(tmp_path):
    core = ticks(make_core(tmp_path, script, site()), 2)
    at = position(LINE, 5000.0, -700.0)
    told = TellPlace(key="place-0001", what="tunnel", name="mouth", lon_deg=at.lon_deg, lat_deg=at.lat_deg)
    assert wish(core, told) == "place-1"
    wish(core, begin(intents={"place": 1.0}, lon_deg=at.lon_deg, lat_deg=at.lat_deg, ago_s=1.0))
    ticks(core, 4)
    wish(core, LookAtPlace(key="place-0002", place="place-1", by="patrol-1", found="nothing", pod=0.8))
    ticks(core, 4)
    assert only(core).progress.p_success == pytest.approx(0.8, abs=0.05)  # all of them were to go there
    (row,) = shown(core.picture.searches.places, core.clock.now_s)
    assert (row["last"].by, row["due"]) == ("patrol-1", False)
    assert row["p_used"] < 0.3 * row["usual"]
    with pytest.raises(Refused, match="no such place"):
        wish(core, LookAtPlace(key="place-0003", place="place-9", by="patrol-1", found="nothing"))
    core.close()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"lon_deg": None}, "wrong"), ({"ago_s": 1e6}, "wrong"), ({"hours": 100.0}, "wrong"),
        ({"alert": "A-99"}, "missing"), ({"units": ("ghost",)}, "wrong"), ({"intents": {"onward": 0.5}}, "wrong"),
        ({"intents": {"fly": 1.0}}, "wrong"), ({"error_m": math.nan}, "wrong"), ({"key": "short"}, "wrong"),
    ],
)  # fmt: skip
def test_what_cannot_be_begun_is_refused(tmp_path, changed, why):
    core = ticks(make_core(tmp_path, script, site()), 2)
    with pytest.raises(Refused) as refused:
        wish(core, begin(**changed))
    assert refused.value.why == why
    assert core.picture.searches.searches == {}
    core.close()


def test_a_place_off_the_ground_is_told_and_not_asked_again(tmp_path):
    core = ticks(make_core(tmp_path, script, site()), 2)
    wish(core, begin(lon_deg=10.0, lat_deg=10.0))
    ticks(core, 5)
    assert "outside" in only(core).progress.fault
    assert only(core).plan is None
    core.close()
    assert len(kept(tmp_path, "search_progress")) == 1
