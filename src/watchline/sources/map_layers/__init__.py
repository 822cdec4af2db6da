"""Imagery and vector layers of one's own under the map: PMTiles, MBTiles, GeoPackage files, read where they lie.

May import `domain`.  Public: `open_layer`, `OpenLayer`, `Facts`, `Tile`, all in `layer.py`; start there.
"""
