"""Detections and scans of every sensor become tracks.

Imports `domain`, `geo`, `sensing`.  Pure: `init(setup) -> State`, `step(state, scans, detections, now_s) ->
(State, TrackBatch)`; `undetected(state)`, `explain.explain(state, number)`, `groups.groups`, `shards.joined`.
Start reading at `tracker.py`, then `look.py`; one look goes seeing, pairing, association, settling.
"""
