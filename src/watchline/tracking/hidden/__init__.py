"""Whoever is out of sight for long: where they may be, where they come out, and whether it is them."""
