"""An alert as the desk has it: what the engine last said of it, and all that people have done with it since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from watchline.alerting.rules import GRAVITY
from watchline.domain.desk import Escalation, Evidence
from watchline.domain.records import Alert, AlertKind, Clip, Cue, OperatorAction, Suppression


@dataclass(frozen=True)
class Item:
    """desk: whose it is; answered: what it was when people last did something; waiting_since_s: since when it waits;
    shown_s: when it first came onto the queue, None while it never did; held: the rule that keeps it off now.

    escalated: those that were told since then; told: how many ever were; handed: by which action it came here, None
    by its place.
    """

    alert: Alert
    desk: str
    waiting_since_s: float
    shown_s: float | None
    clip: Clip | None = None
    evidence: Evidence | None = None
    acknowledged: OperatorAction | None = None
    disposition: OperatorAction | None = None
    handed: OperatorAction | None = None
    defer_until_s: float | None = None
    actions: tuple[OperatorAction, ...] = ()
    answered: AlertKind | None = None
    escalated: tuple[Escalation, ...] = ()
    told: int = 0
    held: Suppression | None = None
    cues: Mapping[str, Cue] = field(default_factory=dict)

    def state(self, now_s: float) -> str:
        """Return open, deferred (by a person, or kept back by a rule), acknowledged or closed.

        A person's word outlives the engine's, but it was about what the alert said then: one that has grown graver
        since is open again.
        """
        if self.graver:
            return self.alert.state
        if self.disposition is not None:
            return "closed"
        if self.acknowledged is not None:
            return "acknowledged"
        by_person = self.defer_until_s is not None and now_s < self.defer_until_s
        if by_person or (self.held is not None and self.alert.state == "open"):
            return "deferred"
        return self.alert.state

    def answerable(self, now_s: float) -> bool:
        """Return whether somebody may be sent: it is on the queue, taken, or one that a mass event stands for.

        A mass event takes its members off the queue so that there is one card; each of them is still somebody coming.
        """
        if self.state(now_s) in ("open", "acknowledged"):
            return True
        by_person = self.defer_until_s is not None and now_s < self.defer_until_s
        stood_for = self.held is not None and self.held.rule == "mass_event"
        return stood_for and not by_person and self.alert.state == "open" and self.disposition is None

    @property
    def graver(self) -> bool:
        """Return whether it says something graver than what people answered."""
        return self.answered is not None and GRAVITY[self.alert.what] > GRAVITY[self.answered]

    @property
    def waits(self) -> bool:
        """Return whether it waits for an answer, or will again when a second look is due."""
        return self.alert.state == "open" and (
            self.graver or (self.acknowledged is None and self.disposition is None)
        )


def revised(item: Item, alert: Alert) -> Item:
    """Return the item with what the engine says now; an older revision changes nothing."""
    if alert.revision <= item.alert.revision:
        return item
    new = replace(item, alert=alert)
    again = new.graver and not item.graver
    return replace(new, waiting_since_s=alert.t_s, escalated=()) if again else new


def kept_back(item: Item, record: Suppression) -> Item:
    """Return the item off the queue, or on it again; what was kept back at its first word has not been shown yet."""
    if record.over:
        shown_s = record.t_s if item.shown_s is None else item.shown_s
        return replace(item, held=None, shown_s=shown_s, waiting_since_s=record.t_s, escalated=())
    never = item.shown_s is not None and record.t_s <= item.shown_s
    return replace(item, held=record, shown_s=None if never else item.shown_s)


def acted(item: Item, action: OperatorAction, by_place: str) -> Item:
    """Return the item after a person's action; an undo takes back the latest thing not yet taken back.

    by_place: the desk it belongs to as long as nobody has handed it on.
    """
    actions = (*item.actions, action)
    stands = _standing(actions)
    handed = next((a for a in reversed(stands) if a.action == "hand"), None)
    deferred = next((a.until_s for a in reversed(stands) if a.action == "defer"), None)
    return replace(
        item,
        actions=actions,
        answered=item.alert.what,
        acknowledged=next((a for a in stands if a.action in ("acknowledge", "dispose")), None),
        disposition=next((a for a in reversed(stands) if a.action == "dispose"), None),
        handed=handed,
        desk=by_place if handed is None else handed.to_desk,
        defer_until_s=deferred,
        # Whoever put it off, gave it on or took an answer back starts the clock anew.
        waiting_since_s=max(action.t_s, deferred or 0.0),
        escalated=(),
    )


def _standing(actions: Iterable[OperatorAction]) -> list[OperatorAction]:
    stands: list[OperatorAction] = []
    for action in actions:
        if action.action != "undo":
            stands.append(action)
        elif stands:
            stands.pop()
    return stands
