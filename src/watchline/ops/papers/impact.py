"""From the site that a ledger was written with to the data-protection impact assessment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from watchline.domain.records import SiteVersion
from watchline.domain.site import Site
from watchline.ops.papers.transparency import counted
from watchline.ops.papers.written import written
from watchline.policy.terms import terms_of
from watchline.reports.impact import ImpactFacts, Told

TWO_PERSON_KM = 20.0  # more of the line than this nobody takes away alone: `server/exports.py`
EVIDENCE_DAYS_MOST = 90.0  # film of people kept longer is asked about


def impact_facts(directory: Path) -> ImpactFacts:
    """Return the facts of the latest site of a ledger; raises BadInput."""
    book = written(directory, (SiteVersion,))
    site, version = book.site, book.all(SiteVersion)[-1]
    line = site.line
    length_km = version.length_m / 1000.0
    return ImpactFacts(
        site=site.name,
        timezone=site.clock.timezone,
        length_km=length_km,
        depth_km=(line.outside_depth_m / 1000.0, line.home_depth_m / 1000.0, line.beyond_ends_m / 1000.0),
        organisations=[(o.id, o.name) for o in site.organisations],
        sensors=counted(s.kind for s in site.sensors),
        people=counted(p.role for p in site.people),
        officers=[p.name for p in site.people if p.may_release],
        told=list(_told(site, length_km)),
        sends=[(k.id, k.protocol, k.recipient, ", ".join(k.sends)) for k in site.links if k.enabled and k.sends],
        masks=_masks(site),
        villages=sum(p.kind in ("village", "camp") for p in site.places),
        evidence_days=site.desk.evidence_days,
        two_person_km=TWO_PERSON_KM,
        other_machines=site.access is not None,
        open_points=list(open_points(site)),
        from_s=version.t_s,
        ledger_head=book.head,
        simulated=book.simulated,
    )


def open_points(site: Site) -> Iterator[str]:
    """Yield what the configuration leaves open, by its key of the words."""
    people, roles = site.people, {p.role for p in site.people}
    if not people:
        yield "no_people"
    if "auditor" not in roles:
        yield "no_auditor"
    if not any(p.may_release for p in people):
        yield "no_officer"
    if not _masks(site):
        yield "no_masks"
    if site.desk.evidence_days > EVIDENCE_DAYS_MOST:
        yield "kept_long"
    if not any(card.alert == "distress" for card in site.action_cards):
        yield "no_distress_card"
    if not any(r.kind == "rescue" for r in site.recipients):
        yield "no_rescue"
    if not site.desk.seeded_per_12_h:
        yield "no_tests"


def _masks(site: Site) -> int:
    return sum(a.kind == "privacy" for a in site.areas)


def _told(site: Site, length_km: float) -> Iterator[Told]:
    for one in site.recipients:
        for term in terms_of(site, one):
            low, high = term.from_m / 1000.0, min(term.to_m / 1000.0, length_km)
            yield Told(one.id, one.kind, term.what, round(low, 1), round(high, 1), term.cell_m, term.delay_s)
