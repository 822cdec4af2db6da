"""Nothing outside the policy leaves by a link: generated policies, recipients, releases and subjects.

What may leave is said here once more, from the words of docs/policy.md, without asking the code that decides it.  The
long form (WATCHLINE_LONG=1) tries 10 000 policies.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from builders import alert, position
from peer_tools import site_with
from watchline.domain.batches import TrackBatch
from watchline.domain.policy import CellReport, Release
from watchline.domain.records import (
    DistressCall,
    NodeAlert,
    NodeDetection,
    OutsideTrack,
    Record,
    UnitPlace,
    UnitReport,
)
from watchline.domain.site import LinkSpec, Organisation, Recipient, Sees, Site
from watchline.links import open_link
from watchline.links.contract import Link, LocalError
from watchline.ops.exchange.partner_outlet import PartnerOutlet
from watchline.ops.picture import Picture
from watchline.ops.publish import Outlet
from watchline.ops.release_preview import preview
from watchline.ops.released import digest_of, released

POLICIES = 10_000 if os.environ.get("WATCHLINE_LONG") == "1" else 60
NODE = "6f582b41-6c88-481c-bb0f-6021a1739f57"
KINDS = ("own", "rescue", "partner", "armed", "unknown")
WINDOW_S = 1800.0
T0_S = 1_700_000_000.0


BARE = site_with()


class World:
    """A site, its subjects and its policy, drawn from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.loaded = BARE
        self.line = self.loaded.line
        site: Site = self.loaded.site
        self.recipients = tuple(self._recipient(k, site) for k in range(4))
        links = tuple(self._link(one, k) for k, one in enumerate(self.recipients))
        site = msgspec.structs.replace(site, recipients=self.recipients, links=links)
        self.loaded = replace(self.loaded, site=site)
        self.subjects = [(float(self.rng.uniform(0, 12_000)), float(self.rng.uniform(-3000, 500))) for _ in range(5)]
        self.alerts = [(float(self.rng.uniform(0, 12_000)), bool(self.rng.random() < 0.4)) for _ in range(4)]
        self.releases = tuple(self._release(k) for k in range(int(self.rng.integers(0, 3))))

    def _some(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(value for value in values if self.rng.random() < 0.5)

    def _recipient(self, k: int, site: Site) -> Recipient:
        organisation: Organisation = site.organisations[int(self.rng.integers(len(site.organisations)))]
        sees = tuple(
            Sees(
                from_km=(low := float(self.rng.uniform(0, 10))),
                to_km=low + float(self.rng.uniform(0.5, 6)),
                what=self._some(("tracks", "alerts", "units", "distress")),
                cell_m=float(self.rng.choice([0.0, 0.0, 100.0, 3000.0])),
                delay_s=float(self.rng.choice([0.0, 0.0, 30.0, 3600.0])),
            )
            for _ in range(int(self.rng.integers(0, 3)))
        )
        kind = KINDS[int(self.rng.integers(len(KINDS)))]
        return Recipient(id=f"r{k}", kind=kind, organisation=organisation.id, sees=sees)  # type: ignore[arg-type]

    def _link(self, recipient: Recipient, k: int) -> LinkSpec:
        protocol = ("cot", "sapient", "federation")[int(self.rng.integers(3))]
        options: dict[str, str | int | float | bool] = {"middleware": False} if protocol == "sapient" else {}
        named = recipient.id if self.rng.random() < 0.9 else ""
        sends = self._some(("tracks", "alerts", "units")) or ("tracks",)
        return LinkSpec(
            id=f"l{k}", protocol=protocol, address="h:1", recipient=named, sends=sends, node=NODE,
            role="child" if protocol == "sapient" else "", options=options,
        )  # fmt: skip

    def _release(self, k: int) -> Release:
        low = float(self.rng.uniform(0, 12_000))
        return Release(
            id=f"rel-{k}", t_s=T0_S, source="officer", release=f"rel-{k}", officer="officer", purpose="rescue",
            recipient=f"r{int(self.rng.integers(4))}", reason="people without water", from_m=low,
            to_m=low + float(self.rng.uniform(100, 4000)), what=self._some(("tracks", "alerts", "distress", "units")),
            until_s=T0_S + float(self.rng.uniform(0, 2 * WINDOW_S)),
        )  # fmt: skip

    def picture(self, now_s: float) -> Picture:
        """Return the moment: subjects, alerts, one unit of each organisation, the releases."""
        n = len(self.subjects)
        columns = {name: np.zeros((n, *extra), dtype) for name, (dtype, extra) in TrackBatch.COLUMNS.items()}
        sd = np.array(self.subjects)
        columns |= {
            "track_id": np.arange(700, 700 + n).astype(np.int32), "t_s": np.full(n, now_s), "s_m": sd[:, 0],
            "xy_m": np.asarray(self.line.xy_m_from_sd(sd)), "cov": np.tile([400.0, 0.0, 100.0, 1.0], (n, 1)),
            "p_exist": np.full(n, 0.9), "confirmed": np.ones(n, np.uint8), "count": np.ones(n),
            "p_class": np.tile([0.7, 0.1, 0.1, 0.1], (n, 1)), "sensor": np.full(n, -1, np.int32),
            "other": np.full(n, -1, np.int32),
        }  # fmt: skip
        picture = Picture(len(self.loaded.site.sensors), now_s=now_s)
        picture.tracks = TrackBatch(**columns)
        for k, (s_m, distress) in enumerate(self.alerts):
            what = "distress" if distress else "approaching"
            picture.apply(
                alert(f"A-{k}", position=position(self.line, s_m, -200.0), t_s=now_s, what=what, track_id=None)
            )
        for unit in self.loaded.site.units:
            where = position(self.line, float(self.rng.uniform(0, 12_000)), 300.0)
            picture.apply(
                UnitReport(id=f"u-{unit.id}", t_s=now_s, source=unit.id, unit=unit.id, position=where, speed_m_s=1.0,
                           heading_rad=0.0, state="patrolling")
            )  # fmt: skip
        for release in self.releases:
            picture.apply(release)
        return picture

    # -- the policy in words, once more ----------------------------------------------------------------------

    def may_know_exactly(self, link: LinkSpec, what: str, s_m: float, now_s: float) -> bool:
        """Our own on their stretches; rescuers of distress; units to our own, rescuers, partners; or a release."""
        recipient = next((one for one in self.recipients if one.id == link.recipient), None)
        if recipient is None:
            return False
        for release in self.releases:
            holds = release.recipient == recipient.id and now_s < release.until_s and what in release.what
            if holds and release.from_m <= s_m <= release.to_m:
                return True
        usual = {"own": {"tracks", "alerts", "units", "distress"}, "rescue": {"distress"}, "partner": {"tracks"}}
        for sees in recipient.sees or self._own_sectors(recipient):
            told = set(sees.what) or usual.get(recipient.kind, set())
            if what not in told or not 1000 * sees.from_km <= s_m <= 1000 * sees.to_km:
                continue
            live = what in ("units", "distress") or (sees.cell_m == 0.0 and sees.delay_s == 0.0)
            if recipient.kind == "own" and live:
                return True
            if recipient.kind == "rescue" and what in ("distress", "units"):
                return True
            if recipient.kind == "partner" and what == "units":
                return True
        return False

    def _own_sectors(self, recipient: Recipient) -> tuple[Sees, ...]:
        site = self.loaded.site
        theirs = {recipient.organisation}
        for _ in site.organisations:
            theirs |= {o.id for o in site.organisations if o.command in theirs}
        return tuple(Sees(from_km=s.from_km, to_km=s.to_km) for s in site.sectors if s.organisation in theirs)

    def may_count(self, link: LinkSpec, report: CellReport, now_s: float) -> bool:
        """A square of 1 km or more, at least half an hour over, with somebody of a stretch told to them in it."""
        recipient = next((one for one in self.recipients if one.id == link.recipient), None)
        if recipient is None or (report.least, report.most) not in ((1, 5), (6, 20), (21, None)):
            return False
        floor_m, floor_s = (1.0, 300.0) if recipient.kind == "own" else (1000.0, 1800.0)
        return report.cell_m >= floor_m and report.to_s - report.from_s >= floor_s and now_s - report.to_s >= floor_s


def _exact_place(world: World, link: LinkSpec, record: Record, now_s: float) -> bool:
    """Return whether an exact record is about something this link may know of at that place."""
    place = record.place  # type: ignore[attr-defined]
    xy = world.line.frame.xy_m_from_lonlat(place.lon_deg, place.lat_deg)
    s_m = float(world.line.sd_from_xy_m(xy)[0])
    what = {OutsideTrack: "tracks", NodeDetection: "tracks", UnitPlace: "units", DistressCall: "distress"}.get(
        type(record)
    )
    if isinstance(record, NodeAlert):
        what = "distress" if record.text.startswith("distress") else "alerts"
    assert what is not None, f"{type(record).__name__} leaves, and nobody said that it may"
    edge = 2.0  # from degrees and back
    return any(world.may_know_exactly(link, what, s_m + d, now_s) for d in (-edge, 0.0, edge))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(5))
def test_nothing_outside_the_policy_leaves_by_a_link(part: int) -> None:
    told = {"exact": 0, "counted": 0, "bytes": 0}
    for seed in range(part * POLICIES // 5, (part + 1) * POLICIES // 5):
        world = World(seed)
        for link in world.loaded.site.links:
            _try(world, link, told)
    assert min(told.values()) > 0, told  # a test in which nothing ever leaves proves nothing


def _try(world: World, link: LinkSpec, told: dict[str, int]) -> None:
    partner = link.protocol == "federation"
    outlet = PartnerOutlet(link, world.loaded, lambda: True) if partner else Outlet(link, world.loaded)
    module = open_link(link.protocol)
    for step in range(4):
        now_s = T0_S + step * 1900.0
        for record in outlet.due(world.picture(now_s)):
            if isinstance(record, CellReport):
                assert world.may_count(link, record, now_s), (link, record)
                told["counted"] += 1
            elif getattr(record, "gone", False):
                continue  # that a track is no more shown, at the place where it was last told
            else:
                assert _exact_place(world, link, record, now_s), (world.recipients, link, record)
                told["exact"] += 1
            _bytes_say_no_more(world, link, _encoded(module, record), now_s, told)
            if outlet.guarded:
                kept = list(released(record, link.id, outlet.recipient, outlet.terms_told(record)))
                assert kept[-1].digest == digest_of(record)  # type: ignore[attr-defined]
    recipient = next((one for one in world.recipients if one.id == link.recipient), None)
    if recipient is not None:
        everything = msgspec.structs.replace(link, sends=("tracks", "alerts", "units"), protocol="cot")
        for record in preview(world.loaded, world.picture(T0_S), recipient).exact:
            assert isinstance(record, CellReport) or _exact_place(world, everything, record, T0_S)


def _encoded(module: Link, record: Record) -> bytes:
    try:
        return module.encode(record)
    except LocalError:  # the standard has no words for it: then nothing goes out
        return b""


def _bytes_say_no_more(world: World, link: LinkSpec, data: bytes, now_s: float, told: dict[str, int]) -> None:
    """The number of a track that may not be known exactly is in no byte that leaves, nor is its place."""
    told["bytes"] += len(data)
    for k, (s_m, d_m) in enumerate(world.subjects):
        edge = any(world.may_know_exactly(link, "tracks", s_m + d, now_s) for d in (-2.0, 0.0, 2.0))
        if edge:
            continue
        assert f"T-{700 + k}".encode() not in data
        assert f"track {700 + k} ".encode() not in data
        lon, lat = world.line.frame.lonlat_from_xy_m(world.line.xy_m_from_sd([s_m, d_m])).tolist()
        assert not all(f"{degrees:.7f}"[:-1].encode() in data for degrees in (lon, lat))
