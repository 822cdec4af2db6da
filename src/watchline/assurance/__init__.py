"""Did someone cross unseen, where, and how do we know: chances of a miss, bounds on what was missed, their checks.

Pure: no clock, chance, I/O.  What can be seen is `sensing`'s and `coverage`'s; this room says what follows from it.
"""
