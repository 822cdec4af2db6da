"""Alarm management: how many alerts a desk can bear, and what is done beyond."""
