"""Which evidence has had its time: one rule for clips, maps and sheets."""

from __future__ import annotations

from collections.abc import Container, Iterator

from watchline.alerting.desk.state import State


def expired(state: State, now_s: float, on_hold: Container[str] = ()) -> list[str]:
    """Return the payloads of evidence older than the site's limit that are still held, oldest alert first.

    on_hold: alerts of which nothing may be deleted.
    """
    return [
        payload
        for payload, made_s in _payloads(state, on_hold)
        if now_s - made_s > state.setup.evidence_s and payload not in state.deleted
    ]


def _payloads(state: State, on_hold: Container[str]) -> Iterator[tuple[str, float]]:
    for item in state.items.values():
        if item.alert.alert in on_hold:
            continue
        if item.clip is not None:
            yield item.clip.payload_id, item.clip.t_s
        if item.evidence is not None:
            yield item.evidence.map_payload, item.evidence.t_s
            yield item.evidence.sheet_payload, item.evidence.t_s
