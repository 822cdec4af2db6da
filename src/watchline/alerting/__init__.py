"""Tracks, fence hits, beacons and silent sensors become alerts that say why.

Imports `domain` and `geo`.  Pure: `init(setup) -> State`, `step(state, inputs) -> (State, alerts)`.
Start reading at `engine.py`; when an alert is due is in `rules.py`, what it says is in `facts.py`.
"""
