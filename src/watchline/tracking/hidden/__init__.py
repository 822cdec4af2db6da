"""Whoever is out of sight for long: where they may be behind the ground, where they come out, and whether it is them."""
