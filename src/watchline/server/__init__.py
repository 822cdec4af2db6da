"""HTTP and WebSocket on loopback: serves the console and the live picture, takes people's actions.

Imports `ops` and what lies below.  Start reading at `app.py`; what travels is written in `wire.py`.
"""
