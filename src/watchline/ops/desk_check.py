"""Faults of a site's desks, people, limits, phrases and action cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import get_args

from watchline.domain.records import AlertKind
from watchline.domain.site import Site
from watchline.ops.site_file import Fault

PHRASES_MOST = 9  # one for each digit key
NAME_MOST = 40


def check_desk(site: Site, file: str) -> Iterator[Fault]:
    """Yield every fault of the desk."""
    yield from _stretches(site, file)
    yield from _people(site, file)
    yield from _phrases(site, file)
    for card in site.action_cards:
        if card.alert not in get_args(AlertKind):
            rule = f"{card.alert!r} is not a kind of alert"
            yield Fault("fault", file, "action_cards.alert", rule, f"one of {', '.join(get_args(AlertKind))}")


def _stretches(site: Site, file: str) -> Iterator[Fault]:
    for desk in site.desks:
        if not desk.from_km < desk.to_km:
            yield Fault("fault", file, f"desks[{desk.id}].to_km", "must be above from_km", "correct it")
    ordered = sorted(site.desks, key=lambda desk: desk.from_km)
    for before, after in pairwise(ordered):
        if after.from_km > before.to_km:
            rule = f"nobody's desk between km {before.to_km:g} and {after.from_km:g}: alerts go to the nearest"
            yield Fault("warning", file, f"desks[{after.id}].from_km", rule, "let the desks meet")
        elif after.from_km < before.to_km:
            rule = f"overlaps {before.id}: an alert there goes to {before.id}"
            yield Fault("warning", file, f"desks[{after.id}].from_km", rule, "let the desks meet")


def _people(site: Site, file: str) -> Iterator[Fault]:
    if not site.people and not site.desk.operators:
        yield Fault("fault", file, "desk.operators", "is empty: nobody could answer an alert", "name who sits there")
    for name, count in Counter(person.name for person in site.people).items():
        if count > 1:
            yield Fault("fault", file, f"people[{name}].name", f"is used {count} times", "give each their own")
    known = {desk.id for desk in site.desks} or {"desk"}
    for person in site.people:
        if not 1 <= len(person.name.strip()) <= NAME_MOST:
            rule = f"must have 1 to {NAME_MOST} characters"
            yield Fault("fault", file, f"people[{person.name}].name", rule, "correct it")
        if person.desk and person.desk not in known:
            rule = f"{person.desk!r} is not a desk of this site"
            yield Fault("fault", file, f"people[{person.name}].desk", rule, "correct the id")
    answering = [p for p in site.people if p.role in ("tower_operator", "shift_commander")]
    if site.people and not answering:
        yield Fault("fault", file, "people", "nobody of them answers alerts", "add a tower_operator")
    if site.people and not any(p.role == "shift_commander" for p in site.people):
        rule = "nobody commands the shift: what is not answered is told to every desk"
        yield Fault("warning", file, "people", rule, "add a shift_commander")


def _phrases(site: Site, file: str) -> Iterator[Fault]:
    phrases = site.desk.phrases
    if len(phrases) > PHRASES_MOST:
        yield Fault("fault", file, "desk.phrases", f"at most {PHRASES_MOST}, one for each digit", "leave some out")
    for phrase, count in Counter(p.id for p in phrases).items():
        if count > 1:
            yield Fault("fault", file, f"desk.phrases[{phrase}].id", f"is used {count} times", "give each its own")
    for phrase_ in phrases:
        if not phrase_.text.strip():
            yield Fault("fault", file, f"desk.phrases[{phrase_.id}].text", "is empty", "write what is said")
