"""What another core is told: by its terms, until it has it, once; and nothing that the terms no longer allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from builders import T0_S, alert, radar, site, straight_line, tracks, write_site
from ledger_builders import counting_salt
from watchline.domain.federation import PartnerWord, ToldPartner
from watchline.domain.policy import CellReport, Release, ReleaseEnded
from watchline.domain.records import Alert, DistressCall, GeoPoint, NodeAlert, OperatorAction, PartnerEvent, Record
from watchline.domain.site import LinkSpec, Recipient, Sees
from watchline.ledger.writer import Ledger
from watchline.ops.exchange.partner_outlet import AGAIN_S, PartnerOutlet
from watchline.ops.picture import Picture
from watchline.ops.released import released
from watchline.ops.site_file import LoadedSite, read_site

LINK = LinkSpec(
    id="north", protocol="federation", address="127.0.0.1:1", node="south", recipient="partner",
    sends=("tracks", "alerts"),
)  # fmt: skip
LINE = straight_line()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedSite:
    partner = Recipient(id="partner", kind="partner", sees=(Sees(from_km=0.0, to_km=10.0),))
    what = msgspec.structs.replace(site(radar()), recipients=(partner,), links=(LINK,))
    return read_site(write_site(tmp_path_factory.mktemp("site"), what))


class _There:
    """Whether the other core is connected.  Mutable."""

    def __init__(self) -> None:
        self.there = True

    def __call__(self) -> bool:
        return self.there


def _outlet(loaded: LoadedSite, there: _There | None = None) -> PartnerOutlet:
    return PartnerOutlet(LINK, loaded, there or _There())


def _picture(now_s: float = T0_S, *records: Record) -> Picture:
    picture = Picture(1, now_s=now_s)
    for record in records:
        picture.apply(record)
    return picture


def _release(*what: Any, until_s: float = T0_S + 3600.0) -> Release:
    return Release(
        id="r", t_s=T0_S, source="officer", release="r-1", recipient="partner", officer="officer", purpose="rescue",
        reason="somebody without water", from_m=0.0, to_m=10_000.0, what=what, until_s=until_s,
    )  # fmt: skip


def _kept(record: Record, state: Any = "kept") -> PartnerWord:
    return PartnerWord(id="w", t_s=T0_S, source="north", state=state, ref=record.id)


def _distress(source: str = "beacon-1", **more: Any) -> Alert:
    return msgspec.structs.replace(alert("A-1", what="distress", **more), source=source)


def test_distress_goes_to_a_partner_only_by_a_persons_release(loaded: LoadedSite) -> None:
    outlet = _outlet(loaded)
    assert list(outlet.due(_picture(T0_S, _distress()))) == []
    (call,) = outlet.due(_picture(T0_S + 1.0, _distress(), _release("distress")))
    assert isinstance(call, DistressCall)
    assert (call.uid, call.provenance) == ("A-1", ("A-1.1",))
    (kept,) = released(call, "north", outlet.recipient, outlet.terms_told(call))
    assert kept.release == "r-1"  # type: ignore[attr-defined]


def test_what_is_not_answered_is_told_again_and_what_is_kept_never(loaded: LoadedSite) -> None:
    outlet, told = _outlet(loaded), (_distress(), _release("distress"))
    (first,) = outlet.due(_picture(T0_S, *told))
    assert outlet.first_time(first)
    assert list(outlet.due(_picture(T0_S + AGAIN_S - 1.0, *told))) == []
    (again,) = outlet.due(_picture(T0_S + AGAIN_S, *told))
    assert again == first
    assert not outlet.first_time(again)  # it is kept once that it left
    outlet.heard(_kept(first))
    assert list(outlet.due(_picture(T0_S + 3 * AGAIN_S, *told))) == []


def test_what_a_release_let_out_is_not_told_any_more_when_it_is_over(loaded: LoadedSite) -> None:
    there = _There()
    outlet, told = _outlet(loaded, there), (_distress(), _release("distress", until_s=T0_S + 600.0))
    there.there = False
    assert list(outlet.due(_picture(T0_S, *told))) == []
    there.there = True
    assert list(outlet.due(_picture(T0_S + 700.0, *told))) == []
    ended = ReleaseEnded(id="e", t_s=T0_S, source="officer", release="r-1", officer="officer")
    assert list(outlet.due(_picture(T0_S + 10.0, *told, ended))) == []
    assert len(list(outlet.due(_picture(T0_S + 10.0, *told)))) == 1


def test_their_own_call_is_not_sent_back_and_that_it_was_taken_is(loaded: LoadedSite) -> None:
    outlet, call = _outlet(loaded), _distress("north/A-77")
    assert list(outlet.due(_picture(T0_S, call, _release("distress")))) == []
    press = OperatorAction(
        id="p", t_s=T0_S + 5.0, source="x", alert="A-1", operator="x", action="acknowledge", key="press-0001"
    )
    (word,) = outlet.due(_picture(T0_S + 6.0, call, press, _release("distress")))
    assert isinstance(word, PartnerWord)
    assert (word.state, word.ref) == ("taken", "A-77")


def test_alerts_and_words_of_officers(loaded: LoadedSite) -> None:
    told = ToldPartner(
        id="told-1", t_s=T0_S, source="officer", recipient="partner", officer="officer", what="pursuit",
        place=GeoPoint(lon_deg=42.0, lat_deg=33.6), until_s=T0_S + 60.0, confidence=0.8, text="toward you",
    )  # fmt: skip
    other = msgspec.structs.replace(told, id="told-2", recipient="somebody")
    outlet = _outlet(loaded)
    event, approach = outlet.due(_picture(T0_S, told, other, alert(), _release("alerts")))
    assert isinstance(event, PartnerEvent)
    assert (event.what, event.text, event.organisation) == ("pursuit", "toward you", "south")
    assert isinstance(approach, NodeAlert)
    assert list(_outlet(loaded).due(_picture(T0_S + 61.0, told, alert()))) == []  # it says nothing after that


def _walk(outlet: PartnerOutlet, from_s: float, to_s: float, ledger: Ledger | None = None) -> list[Record]:
    """Let one walker be seen every minute, and return what the partner is told of it."""
    out: list[Record] = []
    picture = _picture()
    t_s = from_s
    while t_s < to_s:
        picture.now_s, picture.tracks = t_s, tracks(LINE.xy_m_from_sd([[5000.0, -500.0]]), LINE, t_s)
        if ledger is not None:
            ledger.append_columns(picture.tracks, t_s)
            ledger.cut(t_s)
        out += outlet.due(picture)
        t_s += 60.0
    return out


def test_by_the_policy_a_partner_is_told_squares_late_and_a_restart_loses_none(
    loaded: LoadedSite, tmp_path: Path
) -> None:
    whole = _outlet(loaded)
    told = [r for r in _walk(whole, T0_S, T0_S + 9000.0) if isinstance(r, CellReport)]
    named = {r.id: (r.least, r.most, r.from_s, r.to_s) for r in told}
    assert len(named) == 3
    assert all(r.t_s - r.to_s >= 1800.0 and r.cell_m >= 1000.0 for r in told)

    ledger = Ledger.create(tmp_path / "ledger", counting_salt())
    first, there = _outlet(loaded, there := _There()), there
    there.there = False  # the partner is away until the restart
    assert _walk(first, T0_S, T0_S + 5000.0, ledger) == []
    ledger.close()
    second = _outlet(loaded)
    second.recall(tmp_path / "ledger", T0_S + 5000.0)
    late = [r for r in _walk(second, T0_S + 5000.0, T0_S + 9000.0) if isinstance(r, CellReport)]
    # The first window was due and not told when the core stopped: it had not left, so it was not kept.
    assert {r.id: (r.least, r.most, r.from_s, r.to_s) for r in late} == named


def test_squares_that_were_kept_and_not_answered_are_told_again_after_a_restart(
    loaded: LoadedSite, tmp_path: Path
) -> None:
    outlet = _outlet(loaded)
    squares = [r for r in _walk(outlet, T0_S, T0_S + 9000.0) if isinstance(r, CellReport)]
    unique = list({r.id: r for r in squares}.values())
    ledger = Ledger.create(tmp_path / "ledger", counting_salt())
    for square in unique:
        for record in released(square, "north", outlet.recipient, None):
            ledger.append(record, T0_S + 9000.0)
    ledger.append(_kept(unique[0]), T0_S + 9000.0)
    ledger.commit(T0_S + 9000.0)
    ledger.close()
    again = _outlet(loaded)
    again.recall(tmp_path / "ledger", T0_S + 20_000.0)
    told = list(again.due(_picture(T0_S + 20_000.0)))
    assert [r.id for r in told] == [r.id for r in unique[1:]]
    assert not any(again.first_time(r) for r in told)
