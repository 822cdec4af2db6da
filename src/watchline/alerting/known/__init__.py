"""Known activity: what explains a track so that it raises no alert."""
