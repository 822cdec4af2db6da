"""What a person asks of posture: yes to a proposal, as they saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from watchline.alerting.desk.commands import Command
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.posture import PostureApproved
from watchline.domain.press import PRESS, key_fault
from watchline.domain.records import Record
from watchline.domain.site import Site
from watchline.response import posture, tasking
from watchline.response.tasking import into_sector

if TYPE_CHECKING:
    from watchline.ops.picture import Picture


class ApprovePosture(Command, frozen=True, tag="approve_posture"):
    """Yes to a posture; digest: of the proposal as it was seen."""

    digest: str


def wish_of(body: bytes) -> ApprovePosture:
    """Return the wish in a body; msgspec.DecodeError for what is none."""
    return msgspec.json.decode(body, type=ApprovePosture)


def decide(picture: Picture, site: Site, wish: ApprovePosture, who: Who, now_s: float) -> tuple[Record, ...]:
    """Return the approval, none when its key was pressed before.  Raises Refused.

    Only a commander approves, and only what they may order: each unit, into the sector where it is to stand by.
    """
    if fault := key_fault(wish.key):
        raise Refused("wrong", fault)
    if wish.key in picture.posture.done:
        return ()
    if who.role != "shift_commander":
        raise Refused("forbidden", f"{who.role.replace('_', ' ')}: may not approve a posture")
    proposal = posture.shown(picture.posture, wish.digest)
    if proposal is None or now_s > proposal.expires_s:
        raise Refused("changed", "the proposal has changed since you looked: look again")
    units = {unit.id: unit for unit in site.units}
    try:
        rights = tuple(
            tasking.entitled(site, who.name, who.role, units[m.unit], into_sector(site, units[m.unit], 1000.0 * m.km))
            for m in proposal.moves
        )
    except tasking.NotEntitled as no:
        raise Refused("forbidden", str(no)) from None
    return (
        PostureApproved(
            id=PRESS + wish.key, t_s=now_s, source=who.name, provenance=(proposal.id,),
            posture=proposal.posture, digest=wish.digest, person=who.name, rights=rights,
        ),
    )  # fmt: skip
