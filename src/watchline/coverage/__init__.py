"""What is watched, per place and per kilometre, and where somebody could cross unseen.

Imports `domain`, `geo`, `sensing`.  Pure.  Start reading at `exposure.py` (how fast detection is gathered at each
place), `crossing.py` (strength of every kilometre) and `weakest_path.py` (the way that gathers least);
`knowledge.py` and `live_path.py` reckon with what the crosser knows, `interruption.py` and `too_late.py` ask whether
anybody gets there in time, `in_view.py` is what the live screen shows.  Solvers are in `solver/`, small exact cases
in `exact/`.
"""
