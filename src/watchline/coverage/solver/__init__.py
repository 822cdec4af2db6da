"""Solvers under `weakest_path.py`, `crossing.py`, `live_path.py`: eikonal fields, routes down them, changes."""
