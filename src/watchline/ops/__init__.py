"""The shell: spines that read top to bottom, the site file, clock, workers, the live picture.

May import every room below it; the only place besides `ledger`, `sources` and `server` with I/O, clocks and
threads.  Start reading at `watch.py`, which is the pipeline from pictures to alerts.
"""
