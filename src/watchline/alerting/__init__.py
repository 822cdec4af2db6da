"""Tracks, touches, reports and silent sensors become alerts that say why, few enough for a desk.

Imports `domain` and `geo`.  Pure: `init(setup) -> State`, `step(state, inputs) -> (State, outputs)`.
Start reading at `engine.py`; one file per kind of alert in `kinds/`; what explains tracks without an alert is in
`known/`, what a desk is shown in `management/`.
"""
