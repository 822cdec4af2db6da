"""Links from the ground and from people: weather, short text reports.  Start with `report_text.py`."""
