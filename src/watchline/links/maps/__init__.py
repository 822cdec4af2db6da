"""Map files of other programs, in and out: GPX, KML, GeoJSON, CSV, GeoPackage.  Start with `shapes.py`."""
