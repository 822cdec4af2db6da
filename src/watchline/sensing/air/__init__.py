"""The air, the hour and the weather: what they leave of a contrast.  `conditions.py` says all of it in one value."""
