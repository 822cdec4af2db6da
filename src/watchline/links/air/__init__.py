"""Links from and to the air: drone video geometry, MAVLink, radar, aircraft.  Start with `klv.py`."""
