"""Ranges as the field prints them, each with its criterion: `dri.py` pixels, `ttpf.py` cycles, `mrtd.py` noise."""
