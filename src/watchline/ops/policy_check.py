"""Faults of a site's policy: recipients, what each sees, and the people who have a recipient's view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from watchline.domain.site import Recipient, Site
from watchline.ops.site_file import Fault
from watchline.policy.terms import AT_MOST, CELL_M, DELAY_S, FLOORED, PROTECTED, terms_of


def check_policy(site: Site, file: str) -> Iterator[Fault]:
    """Yield every fault of `[[recipients]]` and of the people who stand under them."""
    known = {o.id for o in site.organisations}
    for name, count in Counter(one.id for one in site.recipients).items():
        if count > 1:
            yield Fault("fault", file, f"recipients[{name}].id", f"is used {count} times", "give each its own id")
    for one in site.recipients:
        where = f"recipients[{one.id}]"
        if not one.id:
            yield Fault("fault", file, "recipients.id", "is empty", "name the recipient")
        if one.organisation and one.organisation not in known:
            rule = f"{one.organisation!r} is not an organisation of this site"
            yield Fault("fault", file, f"{where}.organisation", rule, "correct the id")
        yield from _kind_against_partner(site, file, one)
        yield from _sees(file, one)
    by_id = {one.id: one for one in site.recipients}
    for person in site.people:
        where = f"people[{person.name}].recipient"
        if person.recipient and person.recipient not in by_id:
            yield Fault("fault", file, where, f"{person.recipient!r} is not in [[recipients]]", "correct the id")
        elif person.recipient and by_id[person.recipient].kind not in ("own", "rescue"):
            rule = (
                f"{person.recipient} is {by_id[person.recipient].kind}: only our own and rescuers have screens here"
            )
            yield Fault("fault", file, where, rule, "give them a link instead")
        elif person.recipient and not any(one.exact for one in terms_of(site, by_id[person.recipient])):
            rule = f"{person.recipient} sees nothing live: the screen would stay empty"
            yield Fault("warning", file, where, rule, "give the recipient a stretch")


def _kind_against_partner(site: Site, file: str, one: Recipient) -> Iterator[Fault]:
    partner = next((o.partner for o in site.organisations if o.id == one.organisation), False)
    if partner and one.kind == "own":
        rule = f"{one.organisation} is a partner and no force of ours"
        yield Fault("fault", file, f"recipients[{one.id}].kind", rule, 'write kind = "partner"')


def _sees(file: str, one: Recipient) -> Iterator[Fault]:
    for n, sees in enumerate(one.sees):
        where = f"recipients[{one.id}].sees[{n}]"
        if not 0.0 <= sees.from_km < sees.to_km:
            yield Fault("fault", file, f"{where}.to_km", "must be above from_km, and both at least 0", "correct it")
        for name, value, most in (("cell_m", sees.cell_m, 50_000.0), ("delay_s", sees.delay_s, 30 * 86_400.0)):
            if not 0.0 <= value <= most:
                yield Fault(
                    "fault", file, f"{where}.{name}", f"must be within 0..{most:g}, got {value:g}", "correct it"
                )
        for what in sees.what:
            if what not in AT_MOST[one.kind]:
                rule = f"{what!r} is told to a recipient of kind {one.kind} only by an officer's release"
                yield Fault("fault", file, f"{where}.what", rule, "leave it out")
        finer = sees.cell_m < CELL_M or sees.delay_s < DELAY_S
        stated = sees.cell_m > 0.0 or sees.delay_s > 0.0
        if one.kind in FLOORED and stated and finer and set(sees.what or PROTECTED) & set(PROTECTED):
            rule = f"is finer or sooner than {CELL_M:g} m and {DELAY_S:g} s, which kind {one.kind} is never given"
            yield Fault("warning", file, f"{where}.cell_m", rule, "leave it out: the coarser one holds")
