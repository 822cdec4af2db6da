"""How alerts about tracks and wire end: contact is lost, later they close; a person has the last word elsewhere."""

from __future__ import annotations

from watchline.alerting import facts as say
from watchline.alerting import making
from watchline.alerting.state import Inputs, State
from watchline.domain.records import Alert

LOST_S = 60.0  # a party that was coming and is not seen for this long is lost from sight
LOST_P = 0.3  # and worth telling if it most likely was somebody
LOST_FROM_LINE_M = 3000.0
CLOSE_S = 300.0  # an alert whose track is gone closes after this
LOST_CLOSE_S = 1800.0  # one that was lost on its way stays longer: it may come back


def step(state: State, inputs: Inputs) -> tuple[State, list[Alert]]:
    """Return parties lost from sight on their way, and what has been gone for long, closed."""
    live = {state.alert_of[int(i)] for i in state.memory.track_id if int(i) in state.alert_of}
    out = []
    for alert in list(state.open.values()):
        if alert.alert in live or not _ends_by_time(alert):
            continue
        gone_s = inputs.now_s - alert.t_s
        coming = alert.what == "approaching" and alert.position.d_m > -LOST_FROM_LINE_M
        if coming and (alert.p or 0.0) >= LOST_P and gone_s > LOST_S:
            state, new = _lost(state, inputs, alert)
            out.append(new)
        elif gone_s > (LOST_CLOSE_S if alert.what == "lost_contact" else CLOSE_S):
            out.append(making.closed(state, alert, inputs.now_s))
    for track_id in [i for i, a in state.alert_of.items() if a not in state.open]:
        del state.alert_of[track_id]
    return state, out


def _ends_by_time(alert: Alert) -> bool:
    """Return whether nothing but time ends it: its track is gone, a touch is over, a report is old."""
    return alert.track_id is not None or alert.what == "fence_touched" or alert.source.startswith("report:")


def _lost(state: State, inputs: Inputs, alert: Alert) -> tuple[State, Alert]:
    at, now, ref = alert.position, inputs.now_s, f"track:{alert.track_id}"
    source = f"track {alert.track_id}"
    xy = state.setup.line.frame.xy_m_of(at)
    kept = [fact for fact in alert.facts if fact.text_key in ("fact.seen_by", "fact.moving")]
    return making.told(
        state,
        alert,
        what="lost_contact",
        now_s=now,
        source="alerting",
        position=at,
        facts=(
            say.lost(source, now, ref, now - alert.t_s),
            say.last_place(source, alert.t_s, at.s_m, at.d_m, ref),
            *kept,
            *making.nearest_unit(inputs, xy),
        ),
        first_s=alert.first_s,
        track_id=alert.track_id,
        count=alert.count,
        subject=alert.subject,
        p=alert.p,
        level=alert.level,
        eta=alert.eta,
        cover=alert.cover,
        sensors=alert.sensors,
        could_be=alert.could_be,
        verifiers=making.verifiers(state, inputs, xy),
        no_clip_reason_key=alert.no_clip_reason_key,
        provenance=alert.provenance,
    )
