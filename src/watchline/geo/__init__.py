"""Where things are: the site grid, line coordinates, terrain, line of sight, ray to ground.

Imports only `domain`.  Pure: arrays in, arrays out.  Start reading at `frame.py` and `line.py`.
"""
