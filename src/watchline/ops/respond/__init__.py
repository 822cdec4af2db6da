"""The shell of responding: proposes for open alerts, takes approvals, carries tasks.  Start at `dispatcher.py`."""
