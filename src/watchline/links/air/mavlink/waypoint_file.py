"""A way to fly as a file that ground stations read: QGC WPL 110, one waypoint a line, tabs between.

Source: https://mavlink.io/en/file_formats/ (plain-text file format).
"""

from __future__ import annotations

from collections.abc import Sequence

ABOVE_HOME, ABSOLUTE, WAYPOINT = 3, 0, 16


def waypoint_file(lonlat_deg: Sequence[tuple[float, float]], height_m: float) -> bytes:
    """Return the file of a way at a height above home; its first place stands in for home, which the drone knows."""
    rows = ["QGC WPL 110"]
    for n, (lon, lat) in enumerate([lonlat_deg[0], *lonlat_deg] if lonlat_deg else []):
        frame, height = (ABSOLUTE, 0.0) if n == 0 else (ABOVE_HOME, height_m)
        rows.append(f"{n}\t{int(n == 0)}\t{frame}\t{WAYPOINT}\t0\t0\t0\t0\t{lat:.7f}\t{lon:.7f}\t{height:.1f}\t1")
    return ("\n".join(rows) + "\n").encode()
