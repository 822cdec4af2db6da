"""Patrols that cannot be learned: games between who watches and who crosses, and schedules drawn from their solution.

Start reading at `rounds.py` (the schedule we hand out); `games.py` solves the matrix games under everything,
`border.py`, `perimeter.py` and `values.py` are the known models of the literature.
"""
