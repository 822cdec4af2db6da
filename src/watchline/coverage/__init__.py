"""What is watched, per place and per kilometre, and where somebody could cross unseen.

Imports `domain`, `geo`, `sensing`.  Pure.  Start reading at `exposure.py` (how fast detection is gathered at each
place) and `weakest_path.py` (the way across that gathers least); `interruption.py` asks whether anybody gets there in
time, `in_view.py` what the live screen shows.
"""
