"""What is watched, per place and per kilometre, and where somebody could cross unseen.

Imports `domain`, `geo`, `sensing`.  Pure.  Start reading at `exposure.py` (how fast detection is gathered at each
place), `weakest_path.py` (the way that gathers least) and `crossing.py` (the same for a whole line); `live_path.py`
is for a watch that moves; `too_late.py` and `interruption.py` ask whether anybody gets there in time; `in_view.py`
is what the live screen shows.
"""
