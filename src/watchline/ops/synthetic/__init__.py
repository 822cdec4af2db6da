"""Synthetic crossers in live pictures: `way.py` chooses where they go, `trials.py` keeps the book.

They are painted by `sensing/figure.py` in a camera's worker (`ops/cameras.py`).
"""
