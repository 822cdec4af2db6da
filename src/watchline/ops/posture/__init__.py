"""Posture: how ready the line is held, proposed with its cause, approved by a commander, back to normal."""
