"""A posture as it stands: a fold of proposals and approvals, the same live and after a restart.

Rules: an approval counts when it is of a proposal that stands, as it was seen, before it expires.  A posture ends by
itself when it expires, or when a return to normal is approved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from watchline.domain.posture import Level, PostureApproved, PostureProposed
from watchline.domain.press import PRESS, digest_of
from watchline.domain.records import Record


@dataclass(frozen=True)
class State:
    """proposed: the newest proposal, earlier: the one before it; standing: as approved.

    known: causes that were proposed for, by the ids of what they rest on; done: what the key of a press became;
    count: of proposals.
    """

    proposed: PostureProposed | None = None
    earlier: PostureProposed | None = None
    standing: PostureProposed | None = None
    approved: PostureApproved | None = None
    known: frozenset[str] = frozenset()
    done: Mapping[str, str] = field(default_factory=dict)
    count: int = 0

    def level(self, now_s: float) -> Level:
        """Return the posture that holds."""
        return "normal" if self.standing is None or now_s > self.standing.expires_s else self.standing.level

    def moved(self, now_s: float) -> frozenset[str]:
        """Return the units that stand by for it."""
        holds = self.standing is not None and now_s <= self.standing.expires_s
        return frozenset(move.unit for move in self.standing.moves) if holds and self.standing else frozenset()


def step(state: State, record: Record) -> State:
    """Return the state after this record; one that is none of its own changes nothing."""
    if isinstance(record, PostureProposed):
        known = state.known | frozenset(record.provenance)
        return replace(state, proposed=record, earlier=state.proposed, known=known, count=state.count + 1)
    if isinstance(record, PostureApproved):
        seen = shown(state, record.digest)
        if seen is None or seen.posture != record.posture or record.t_s > seen.expires_s:
            return state
        done = {**state.done, record.id.removeprefix(PRESS): record.posture}
        return replace(state, standing=seen, approved=record, done=done)
    return state


def shown(state: State, digest: str) -> PostureProposed | None:
    """Return the proposal with a digest, of the newest and the one before it; None for none."""
    return next((p for p in (state.proposed, state.earlier) if p is not None and digest_of(p) == digest), None)
