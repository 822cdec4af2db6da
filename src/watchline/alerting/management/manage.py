"""Which alerts a desk is shown, and when: everything else is kept back by a named rule, for a time, on record.

Rules, in this order; the first that holds decides:
  mass_event   an open mass event stands for it
  shelved      a person set it aside, with a reason and an end
  chatter      its sensor raised the same thing three times within ten minutes
  threshold    it is less likely than its sensor's threshold, which follows from the desk's budget
  flood        five came in ten minutes, or more than ten and not yet below five: the less likely wait, and one in
               FLOOD_EVERY_S is let through, the likeliest first: never more than ten of them in ten minutes
  budget       it can wait (see WAITS), and the desk has had its share for now

Never kept back: distress, mass events, group arrivals.  Whatever may be a crossing is kept back for CROSSING_S at
most if it more likely is than not or will be at the line soon, by whatever rule but an open mass event that shows it;
a threshold keeps no crossing longer, however unlikely.  What is kept back stays
visible in its own list, and its alert's later revisions are judged anew.  Alerts of an exercise take no part: they
neither count nor wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from watchline.alerting.management import rates, shelving
from watchline.alerting.management.rates import Shown
from watchline.alerting.management.thresholds import thresholds
from watchline.alerting.rules import GRAVITY
from watchline.domain.records import Alert, AlertKind, Shelving, Suppression, SuppressionRule

CROSSING_S = 60.0
SURE_P = 0.5
SOON_S = 180.0
FLOOD_EVERY_S = 150.0
WAIT_S = 3600.0
BURST = 3.0
THRESHOLD_EVERY_S = 600.0
NEVER: frozenset[AlertKind] = frozenset({"distress", "mass_event", "group_arrival"})
WAITS: frozenset[AlertKind] = frozenset({"sensor_dark", "line_weakened", "line_uncovered"})
CHATTERERS: frozenset[AlertKind] = frozenset({"fence_touched", "sensor_dark", "line_weakened", "loitering"})
CROSSINGS: frozenset[AlertKind] = frozenset(
    {"approaching", "lost_contact", "fence_touched", "crossing", "crossed", "group_arrival"}
)


@dataclass(frozen=True)
class Setup:
    """budget: alerts in ten minutes that the desk can bear; sensors: how many there are."""

    budget: float
    sensors: int


@dataclass(frozen=True)
class Held:
    """An alert that is kept back."""

    alert: Alert
    rule: SuppressionRule
    by: str
    since_s: float
    until_s: float


@dataclass(frozen=True)
class State:
    """held: what is kept back, by alert; shown, raised: of the last day; tokens: what the budget has left."""

    setup: Setup
    held: dict[str, Held] = field(default_factory=dict)
    on_queue: frozenset[str] = frozenset()
    shown: tuple[Shown, ...] = ()
    raised: tuple[Shown, ...] = ()
    shelvings: dict[str, Shelving] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    limits_s: float = 0.0
    tokens: float = BURST
    flood: bool = False
    let_s: float = 0.0
    told: int = 0
    last_s: float | None = None


def going_on(
    state: State,
    still_open: Iterable[Alert],
    standing: Iterable[Suppression],
    shelvings: Iterable[Shelving],
    told: int,
    now_s: float,
) -> State:
    """Return the state as it was when a ledger ended: what was kept back still is, the rest is on the queue.

    told: how many suppressions were said before, so that no number is given twice.
    """
    alerts = {alert.alert: alert for alert in still_open}
    held = {
        s.what: Held(alerts[s.what], s.rule, s.by, s.t_s, s.until_s) for s in standing if s.what in alerts
    }  # fmt: skip
    return replace(
        state,
        held=held,
        on_queue=frozenset(alerts) - frozenset(held),
        shelvings=shelving.standing({}, shelvings, now_s),
        told=told,
    )


def step(
    state: State, alerts: Iterable[Alert], shelvings: Iterable[Shelving], now_s: float
) -> tuple[State, list[Suppression]]:
    """Return the state after this moment, and what is kept back from now on, by another rule, or no more.

    alerts: every alert that is new or has changed; shelvings: told since the last step.
    """
    state = _moved_on(state, shelvings, now_s)
    changed = {alert.alert: alert for alert in alerts if not alert.exercise}
    members = {
        m: a.alert for a in changed.values() if a.what == "mass_event" and a.state == "open" for m in a.members
    }
    members |= {h.alert.alert: h.by for h in state.held.values() if h.rule == "mass_event"}
    over = {a.alert for a in changed.values() if a.what == "mass_event" and a.state == "closed"}
    members = {m: by for m, by in members.items() if by not in over}
    out: list[Suppression] = []
    due = {**{name: held.alert for name, held in state.held.items()}, **changed}
    for name in members:
        # A mass event takes its members off the queue again.
        if name in state.on_queue and name in due:
            state = replace(state, on_queue=state.on_queue - {name})
    for alert in sorted(due.values(), key=lambda a: (-(a.p if a.p is not None else 1.0), a.alert)):
        if alert.alert in state.on_queue and alert.state == "open":
            continue
        state, told = _judge(state, alert, members, alert.alert in changed, now_s)
        out += told
    return state, out


def _moved_on(state: State, shelvings: Iterable[Shelving], now_s: float) -> State:
    elapsed = now_s - state.last_s if state.last_s is not None else 0.0
    tokens = min(state.tokens + state.setup.budget * elapsed / rates.BIN_S, BURST)
    shown, raised = state.shown, state.raised
    if shown and now_s - shown[0].t_s > rates.DAY_S:
        shown = tuple(s for s in shown if now_s - s.t_s <= rates.DAY_S)
    limits, limits_s = state.limits, state.limits_s
    if now_s - limits_s >= THRESHOLD_EVERY_S:
        raised = tuple(s for s in raised if now_s - s.t_s <= rates.DAY_S)
        limits, limits_s = thresholds(raised, state.setup.sensors, state.setup.budget, now_s), now_s
    return replace(
        state,
        tokens=tokens,
        shown=shown,
        raised=raised,
        limits=limits,
        limits_s=limits_s,
        shelvings=shelving.standing(state.shelvings, shelvings, now_s),
        flood=rates.flooded(state.flood, rates.lately(shown[-64:], now_s)),
        last_s=now_s,
    )


def _judge(
    state: State, alert: Alert, members: Mapping[str, str], changed: bool, now_s: float
) -> tuple[State, list[Suppression]]:
    held = state.held.get(alert.alert)
    if alert.state == "closed":
        state = replace(state, on_queue=state.on_queue - {alert.alert})
        return _let_go(state, alert, held, now_s) if held is not None else (state, [])
    if held is None:
        state = replace(state, raised=(*state.raised, _shown(alert, now_s)))
    rule, by, until_s = _rule(state, alert, members, held, now_s)
    if rule is None:
        state, told = _let_go(state, alert, held, now_s) if held is not None else (state, [])
        shown = (*state.shown, _shown(alert, now_s))
        return replace(
            state,
            on_queue=state.on_queue | {alert.alert},
            shown=shown,
            tokens=max(state.tokens - 1.0, -10.0),
            let_s=state.let_s if _likely(alert) else now_s,
            flood=rates.flooded(state.flood, rates.lately(shown[-64:], now_s)),
        ), told
    if held is not None and held.rule == rule and held.by == by and held.until_s >= now_s:
        return replace(state, held={**state.held, alert.alert: replace(held, alert=alert)}) if changed else state, []
    since_s = held.since_s if held is not None else now_s
    state = replace(state, held={**state.held, alert.alert: Held(alert, rule, by, since_s, until_s)})
    return _said(state, alert, rule, by, until_s, now_s, over=False)


Why = tuple[SuppressionRule | None, str, float]


def _rule(state: State, alert: Alert, members: Mapping[str, str], held: Held | None, now_s: float) -> Why:
    """Return the rule that keeps an alert back, by what, and until when at the latest; None when nothing does."""
    nothing: Why = None, "", now_s
    if alert.what in NEVER:
        return nothing
    if alert.alert in members:
        return "mass_event", members[alert.alert], now_s + WAIT_S
    since_s = held.since_s if held is not None else now_s
    sure = alert.what in CROSSINGS and (alert.p is None or alert.p >= SURE_P or _soon(alert, now_s))
    if sure and now_s - since_s >= CROSSING_S:
        return nothing
    aside = shelving.covers(state.shelvings, alert)
    if aside is not None:
        return "shelved", aside.shelving, min(aside.until_s, since_s + CROSSING_S if sure else aside.until_s)
    at_line = sure and GRAVITY[alert.what] >= GRAVITY["fence_touched"]
    if at_line or (not sure and now_s - since_s >= WAIT_S):
        return nothing
    return _by_rate(state, alert, since_s, since_s + (CROSSING_S if sure else WAIT_S), now_s)


def _by_rate(state: State, alert: Alert, since_s: float, until_s: float, now_s: float) -> Why:
    """Return the rule of how many there are that keeps an alert back, if any."""
    if alert.what in CHATTERERS:
        pairs = rates.chattering(state.shown[-64:], now_s)
        chatterer = next((s for s in alert.sensors if (s, alert.what) in pairs), None)
        if chatterer is not None:
            return "chatter", chatterer, until_s
    if alert.p is not None and alert.sensors:
        limit, sensor = min((state.limits.get(s, 0.0), s) for s in alert.sensors)
        if alert.what in CROSSINGS:
            until_s = min(until_s, since_s + CROSSING_S)
        if alert.p < limit and now_s < until_s:
            return "threshold", sensor, until_s
    busy = state.flood or rates.lately(state.shown[-64:], now_s) >= rates.FLOOD_BELOW
    if busy and not _likely(alert) and now_s - state.let_s < FLOOD_EVERY_S:
        return "flood", "", until_s
    if alert.what in WAITS and state.tokens < 1.0:
        return "budget", "", until_s
    return None, "", now_s


def _soon(alert: Alert, now_s: float) -> bool:
    """Return whether it may be at the line before it would be looked at in its turn."""
    return alert.eta is not None and alert.eta.t5_s - now_s <= SOON_S


def _likely(alert: Alert) -> bool:
    return alert.p is not None and alert.p >= SURE_P


def _let_go(state: State, alert: Alert, held: Held, now_s: float) -> tuple[State, list[Suppression]]:
    rest = {name: h for name, h in state.held.items() if name != alert.alert}
    return _said(replace(state, held=rest), alert, held.rule, held.by, now_s, now_s, over=True)


def _said(
    state: State, alert: Alert, rule: SuppressionRule, by: str, until_s: float, now_s: float, *, over: bool
) -> tuple[State, list[Suppression]]:
    number = state.told + 1
    record = Suppression(
        id=f"S-{number}", t_s=now_s, source="alarm management", provenance=(alert.id,), what=alert.alert, rule=rule,
        until_s=until_s, alert_kind=alert.what, by=by, over=over, exercise=alert.exercise,
    )  # fmt: skip
    return replace(state, told=number), [record]


def _shown(alert: Alert, now_s: float) -> Shown:
    return Shown(now_s, alert.alert, alert.what, alert.sensors, alert.p)
