"""Posture in a running core: news from the partner becomes a proposal, a commander approves it, it ends."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from builders import T0_S, position, report
from core_builders import Step, make_core, ticks
from respond_site import AT, LINE, with_units
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.posture import PostureApproved, PostureProposed
from watchline.domain.press import digest_of
from watchline.domain.records import GeoPoint, LineStrength, PartnerEvent, Record
from watchline.domain.site import Organisation, Site, Tasking, Unit
from watchline.ledger.reader import LedgerReader
from watchline.ops.core import Core
from watchline.ops.people import Request
from watchline.ops.picture import Picture
from watchline.ops.posture.wishes import ApprovePosture

LEAD, OTHER, DEPUTY = Who("lead", "shift_commander"), Who("other", "shift_commander"), Who("deputy", "tower_operator")
TOLD_S = 5.0
pytestmark = pytest.mark.slow


def site() -> Site:
    made = with_units()
    away = position(LINE, 500.0, 600.0)
    more = tuple(
        Unit(id=f"reserve-{k}", kind="reserve", organisation="own", speed_m_s=9.0, lon_deg=away.lon_deg,
             lat_deg=away.lat_deg)
        for k in range(3)
    )  # fmt: skip
    partner = Organisation(id="partner", name="Partner", partner=True)
    may = (Tasking(by="lead", organisations=("own", "guard")), Tasking(by="other", organisations=("guard",)))
    return msgspec.structs.replace(
        made, units=(*made.units, *more), organisations=(*made.organisations, partner), tasking=may
    )


def event(what: str = "displaced_people", t_s: float = T0_S + TOLD_S, **more: object) -> PartnerEvent:
    at = position(LINE, 8000.0, -4000.0)
    fields: dict[str, object] = {
        "id": f"partner-{what}", "t_s": t_s, "source": "partner", "what": what, "organisation": "partner",
        "place": GeoPoint(lon_deg=at.lon_deg, lat_deg=at.lat_deg, ce_m=300.0), "confidence": 0.9,
        "until_s": t_s + 4 * 3600.0, "people": 80,
    }  # fmt: skip
    return PartnerEvent(**(fields | more))  # type: ignore[arg-type]


def script(*told: Record):  # type: ignore[no-untyped-def]  # what a feed is
    def said(now_s: float) -> Step:
        step = Step([record for record in told if now_s - 1.0 < record.t_s <= now_s])
        if round(now_s - T0_S) % 30 == 1:
            step.records += [report(unit, position(LINE, *at), now_s) for unit, at in AT.items()]
        return step

    return said


def approve(core: Core, digest: str, key: str, who: Who = LEAD) -> str:
    future = core.people.ask(Request(who, ApprovePosture(key=key, digest=digest)))
    ticks(core, 1)
    return future.result(timeout=0.0)


def kept(directory: Path, kind: str) -> list[Record]:
    with LedgerReader(directory / "ledger") as reader:
        return [entry.value for entry in reader.events([kind])]


def test_from_news_to_proposal_approval_restart_and_back_to_normal(tmp_path):
    back = event("withdrawal", T0_S + 60.0)
    core = ticks(make_core(tmp_path, script(event(), back), site()), 16)
    state = core.picture.posture
    proposed = state.proposed
    assert isinstance(proposed, PostureProposed)
    assert proposed.t_s - (T0_S + TOLD_S) <= 10.0
    assert (proposed.level, proposed.cause, proposed.provenance) == (
        "high",
        "displaced_people",
        ("partner-displaced_people",),
    )
    assert proposed.low < proposed.expected < proposed.high
    assert proposed.forecast[0].mean > 0.0
    assert abs(proposed.forecast[0].from_km - 7.5) <= 5.0
    assert proposed.moves
    assert proposed.in_time > proposed.unchanged
    assert proposed.rest_h > 0.0
    assert T0_S + 3600.0 < proposed.expires_s <= T0_S + 12.1 * 3600.0
    # It moves nobody, and only those who may send every unit of it approve it.
    assert state.level(core.clock.now_s) == "normal"
    digest = digest_of(proposed)
    for who, text in ((DEPUTY, "may not approve"), (OTHER, "may not send")):
        with pytest.raises(Refused, match=text):
            approve(core, digest, f"no-{who.name}-1", who)
    with pytest.raises(Refused, match="has changed"):
        approve(core, "0" * 16, "wrong-0001")
    assert approve(core, digest, "approve-01") == proposed.posture
    assert approve(core, digest, "approve-01") == proposed.posture  # pressed twice
    assert core.picture.posture.level(core.clock.now_s) == "high"
    assert core.picture.posture.moved(core.clock.now_s) == {move.unit for move in proposed.moves}
    (yes,) = (r for r in kept(tmp_path, "posture_approved") if isinstance(r, PostureApproved))
    assert yes.rights == ("lead",) * len(proposed.moves)
    core.close()
    again = make_core(tmp_path, script(event(), back), site())
    assert again.picture.posture == core.picture.posture
    ticks(again, 60)
    over = again.picture.posture.proposed
    assert over is not None
    assert (over.level, over.cause) == ("normal", "over")
    assert again.picture.posture.level(again.clock.now_s) == "high"  # until somebody says yes
    approve(again, digest_of(over), "approve-02")
    assert again.picture.posture.level(again.clock.now_s) == "normal"
    assert again.picture.posture.moved(again.clock.now_s) == frozenset()
    again.close()
    picture = Picture(len(again.loaded.site.sensors))
    with LedgerReader(tmp_path / "ledger") as reader:
        for entry in reader.since(0):
            if isinstance(entry.value, Record):
                picture.apply(entry.value)
    assert picture.posture == again.picture.posture
    assert len(kept(tmp_path, "posture_proposed")) == 2  # each cause once


def test_a_weak_line_asks_for_patrols_there(tmp_path):
    weak = LineStrength(id="noticed-1-1", t_s=T0_S + 3.0, source="account", from_km=2.0, to_km=8.0, strength=0.2,
                        usual=0.9, causes=("cam",), measure="noticed")  # fmt: skip
    core = ticks(make_core(tmp_path, script(weak), site()), 8)
    proposed = core.picture.posture.proposed
    assert proposed is not None
    assert (proposed.level, proposed.cause) == ("raised", "line_weakened")
    assert proposed.patrol_share > 1.0
    ticks(core, 10)
    core.close()
    assert len(kept(tmp_path, "posture_proposed")) == 1


def test_a_weak_line_does_not_take_the_place_of_people_who_come(tmp_path):
    weak = LineStrength(id="noticed-1-1", t_s=T0_S + TOLD_S + 10.0, source="account", from_km=2.0, to_km=8.0,
                        strength=0.2, usual=0.9)  # fmt: skip
    core = ticks(make_core(tmp_path, script(event(), weak), site()), round(TOLD_S) + 20)
    proposed = core.picture.posture.proposed
    assert proposed is not None
    assert core.picture.strength
    assert (proposed.cause, core.picture.posture.count) == ("displaced_people", 1)
    core.close()


@pytest.mark.parametrize(
    "changed",
    [
        {"people": -5}, {"confidence": 0.0}, {"place": GeoPoint(lon_deg=42.0, lat_deg=90.0)},
        {"until_s": T0_S}, {"heading_rad": float("inf")},
    ],
)  # fmt: skip
def test_news_that_cannot_be_reckoned_with_stays_a_report(tmp_path, changed):
    core = ticks(make_core(tmp_path, script(), site()), 2)
    core.picture.apply(event(**changed))
    ticks(core, 6)
    assert core.picture.posture.proposed is None
    core.close()


def test_a_million_people_are_forecast_in_no_more_time(tmp_path):
    core = ticks(make_core(tmp_path, script(event(people=1_000_000)), site()), 12)
    proposed = core.picture.posture.proposed
    assert proposed is not None
    assert proposed.expected > 500_000
    core.close()


def test_a_site_without_units_is_asked_nothing(tmp_path):
    bare = msgspec.structs.replace(site(), units=(), tasking=())
    core = ticks(make_core(tmp_path, script(event()), bare), 12)
    assert core.picture.posture.proposed is None
    core.close()
