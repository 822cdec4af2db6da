"""What a sensor can see: probability of detection, weather, what a subject looks like, from pixel to place.

Imports `domain`, `geo`.  Pure.  `detection.py` owns the one P_d that tracking and coverage read; the field's range
and search formulas stand beside it, each with its criterion named (`dri.py`, `ttpf.py`, `mrtd.py`, `glimpse.py`,
`lateral_range.py`).  `conditions.py` says under which air, contrast and light a look is taken.
"""
