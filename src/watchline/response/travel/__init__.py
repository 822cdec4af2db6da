"""How long our own need: over the ground, in the air, and how surely."""
