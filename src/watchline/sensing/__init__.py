"""What a sensor can see: the one P_d with its prior and posterior, weather, subjects, from pixel to place.

Imports `domain`, `geo`.  Pure.  `detection.py` owns the P_d that tracking and coverage read; `belief.py` says how
surely it is known and `posterior.py` what trials have taught; `air/` what weather and hour leave of a contrast;
`ranges/`, `glimpse.py`, `lateral_range.py` are the field's formulas, each with its criterion named.
"""
