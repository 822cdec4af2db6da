"""A simulated line: ground, weather, movers, and sensors with errors of their own.

Rules: this room imports only `domain`, geo's frame, line and terrain, and `sensing.signature`, so that a test of
an estimate against the simulator never tests a model against itself.  Nothing but `cli` imports it.
"""
