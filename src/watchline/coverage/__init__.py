"""What is watched, per place and per kilometre.

Imports `domain`, `geo`, `sensing`.  First content: `in_view.py`, the share of the ground before the line that is in
sight of a working sensor.  The exposure field and the weakest route will stand beside it.
"""
