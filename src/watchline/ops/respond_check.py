"""Faults of what a site says about units and who may send them."""

from __future__ import annotations

from collections.abc import Iterator

from watchline.domain.site import Site, below, partners
from watchline.ops.site_file import Fault


def check_respond(site: Site, file: str) -> Iterator[Fault]:
    """Yield what is wrong with posts' hours and with `[[tasking]]`, and whom nobody may send."""
    for post in site.posts:
        if any(not (0.0 <= low <= 24.0 and 0.0 <= high <= 24.0) for low, high in post.hours):
            yield Fault("fault", file, f"posts[{post.id}].hours", "must be pairs within 0..24", "correct it")
    yield from _tasking(site, file)


def _tasking(site: Site, file: str) -> Iterator[Fault]:
    people, organisations = {p.name for p in site.people}, {o.id for o in site.organisations}
    for n, line in enumerate(site.tasking):
        named = [("by", one, "people") for one in (line.by,) if one not in people]
        named += [("delegated", one, "people") for one in line.delegated if one not in people]
        named += [("organisations", one, "organisations") for one in line.organisations if one not in organisations]
        named += [("into", one, "organisations") for one in line.into if one not in organisations]
        for field, one, kind in named:
            yield Fault("fault", file, f"tasking[{n}].{field}", f"{one!r} is not one of `{kind}`", "correct it")
    if site.tasking:
        sent = below(site, tuple(o for line in site.tasking for o in line.organisations))
        theirs = partners(site)
        for unit in site.units:
            if unit.organisation not in sent | theirs:
                rule = f"nobody of [[tasking]] may send a unit of {unit.organisation}"
                yield Fault("warning", file, f"units[{unit.id}].organisation", rule, "name who may")
