"""By which right the commanders of an operation's forces may send each of their units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchline.domain.site import Site
from watchline.response import tasking


class NoForce(Exception):
    """A force that cannot be: which field, and the rule it breaks."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field, self.rule = field, rule


def rights_of(site: Site, commander: str, forces: Iterable[tuple[str, str, Sequence[str]]]) -> dict[str, str]:
    """Return the right of each unit; forces: organisation, commander, units.  Raises NoForce."""
    known = {unit.id: unit for unit in site.units}
    people = {person.name: person for person in site.people}
    if commander not in people:
        raise NoForce("operation.commander", f"{commander!r} is none of the site's people")
    rights: dict[str, str] = {}
    for k, (organisation, name, units) in enumerate(forces):
        lead = people.get(name)
        if lead is None:
            raise NoForce(f"forces[{k}].commander", f"{name!r} is none of the site's people")
        for id_ in units:
            unit = known.get(id_)
            if unit is None or unit.organisation != organisation:
                raise NoForce(f"forces[{k}].units", f"{id_!r} is no unit of {organisation}")
            if id_ in rights:
                raise NoForce(f"forces[{k}].units", f"{id_!r} is in two forces")
            try:
                rights[id_] = tasking.entitled(site, lead.name, lead.role, unit, "")
            except tasking.NotEntitled as no:
                raise NoForce(f"forces[{k}].commander", str(no)) from None
    return rights
