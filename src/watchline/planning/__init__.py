"""Where the next tower, patrol, checkpoint and test should go, and how far an answer can be from the best one.

Imports `coverage`, `sensing`, `geo`, `domain`.  Pure.  Start reading at `interdiction.py` (which towers raise the
weakest stretch most, with a proved bound); `line_ways.py` asks the ground for the weakest ways, `covering.py` is the
special case of demand points, `harm.py` says where crossers are pushed to.
"""
