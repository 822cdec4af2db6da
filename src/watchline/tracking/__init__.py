"""Detections and scans of every sensor become tracks.

Imports `domain`, `geo`, `sensing`.  Pure: `init(setup) -> State`, `step(state, scans, detections, now_s) ->
(State, TrackBatch)`; `undetected(state)`, `with_births(state, births)`, `explain.explain(state, number)`,
`groups.groups`, `shards.joined`.
Start reading at `tracker.py`; then `history.py` (late scans), `engine.py` (scan after scan), `look/` (one of them:
seeing, pairing, association, settling), `track/` (what a track is), `hidden/` (out of sight for long), `sensors/`
(what is known and learned of them), `undetected/` (who has not been seen).
"""
