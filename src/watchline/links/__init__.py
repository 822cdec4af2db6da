"""What the field speaks: one file per protocol, bytes to records and back; sockets only in `transports.py`.

May import `domain` and `geo`.  Start at the table below, then `contract.py` (the form of a link), then any link.
Public: `TABLE`, `table`, `open_link`, `PeerError`, `LocalError`, `Settings`.
A new link is a file, a line here, a page in `docs/links/`, a recorded log in `tests/replay/`: docs/writing-a-link.md.
"""

from __future__ import annotations

from watchline.domain.errors import BadInput
from watchline.links.contract import (
    Link,
    LocalError,
    PeerError,
    Settings,
    State,
    TableLine,
    check_table,
    load,
    outside_table,
)

__all__ = [
    "TABLE",
    "Link",
    "LocalError",
    "PeerError",
    "Settings",
    "State",
    "TableLine",
    "load_all",
    "open_link",
    "table",
]

TABLE: tuple[TableLine, ...] = (
    # name, module, record kinds, messages a second of one peer, seconds of silence after which it is dark, extra
    TableLine(
        "sapient",
        "watchline.links.sapient",
        (
            "node_registered",
            "node_status",
            "node_detection",
            "node_alert",
            "node_task",
            "node_answer",
            "sensor_health",
        ),
        1.0,
        30.0,
        needs="sapient",
    ),
    TableLine(
        "sapient_replay",
        "watchline.links.sapient.replay",
        ("node_detection", "node_alert", "node_status", "node_replay", "drop"),
        0.01,
        7 * 86_400.0,  # a node that was never away says nothing here
        needs="sapient",
    ),
    TableLine("klv", "watchline.links.air.klv", ("video_geometry",), 1.0, 5.0),
    TableLine("klv_ts", "watchline.links.air.mpegts", ("video_geometry",), 1.0, 5.0),
    TableLine(
        "mavlink", "watchline.links.air.mavlink", ("drone_state", "video_geometry", "mission_outcome"), 5.0, 5.0
    ),
    TableLine("asterix", "watchline.links.air.asterix", ("radar_plot", "radar_track", "radar_service"), 10.0, 15.0),
    TableLine("adsb", "watchline.links.air.adsb", ("aircraft_report",), 10.0, 60.0),
    TableLine("metar", "watchline.links.field.metar", ("weather_observation",), 1 / 1800, 5400.0),
    TableLine("weather_station", "watchline.links.field.weather_station", ("weather_observation",), 1 / 60, 600.0),
    TableLine(
        "report_text",
        "watchline.links.field.report_text",
        ("field_report", "inspection", "report_receipt", "task_report"),
        1 / 600,
        86_400.0,
    ),
    TableLine("gpx", "watchline.links.maps.gpx", ("map_shape",), 1 / 3600, 86_400.0),
    TableLine("kml", "watchline.links.maps.kml", ("map_shape",), 1 / 3600, 86_400.0),
    TableLine("geojson", "watchline.links.maps.geojson", ("map_shape",), 1 / 3600, 86_400.0),
    TableLine("csv", "watchline.links.maps.csv_table", ("map_shape",), 1 / 3600, 86_400.0),
    TableLine("geopackage", "watchline.links.maps.geopackage", ("map_shape",), 1 / 3600, 86_400.0),
    TableLine(
        "cot",
        "watchline.links.cot",
        (
            "outside_track",
            "unit_place",
            "distress_call",
            "node_alert",
            "node_task",
            "chat",
            "partner_event",
            "air_cover",
        ),
        0.2,
        120.0,
    ),
    TableLine(
        "federation",
        "watchline.links.federation",
        (
            "partner_word",
            "partner_event",
            "distress_call",
            "node_alert",
            "outside_track",
            "unit_place",
        ),
        1 / 30,
        120.0,
    ),
    TableLine("onvif", "watchline.links.onvif", ("head_state", "node_registered", "node_answer"), 0.1, 60.0),
    TableLine(
        "mqtt",
        "watchline.links.mqtt",
        ("ground_report", "node_status", "sensor_health", "weather_observation"),
        0.1,
        3600.0,
        "mqtt",
    ),
)


def table() -> dict[str, TableLine]:
    """Return every link by name: ours, then those of installed packages, all through the same checks."""
    return check_table((*TABLE, *outside_table()))


def open_link(name: str) -> Link:
    """Return the module of a link; BadInput when there is none of that name, or it cannot be loaded."""
    lines = table()
    if name not in lines:
        raise BadInput(f"link {name!r}", "there is no such link", f"known are {', '.join(sorted(lines)) or 'none'}")
    return load(lines[name])


def load_all(names: frozenset[str], disabled: frozenset[str] = frozenset()) -> dict[str, Link]:
    """Return the links a site uses; one that fails to load stops the start unless it is disabled by name."""
    return {name: open_link(name) for name in sorted(names - disabled)}
