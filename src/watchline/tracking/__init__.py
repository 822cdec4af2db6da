"""Detections and scans of every sensor become tracks.

Imports `domain`, `geo`, `sensing`.  Pure: `init(setup) -> State`, `step(state, scans, detections, now_s) ->
(State, TrackBatch)`.  Start reading at `tracker.py`; the arithmetic is in `update.py` and `association.py`.
"""
