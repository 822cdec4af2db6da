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
