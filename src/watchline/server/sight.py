"""What a person's screen is sent: messages cut down to the stretches that their recipient in the policy sees.

Rules: whoever has no recipient sees the whole line.  What is not shown is left out as if it were not there: a request
for it is answered as one for something that never was.  Pure functions of the messages of `wire.py`.
"""

from __future__ import annotations

from typing import Any

from watchline.alerting.desk.roles import Who
from watchline.ops.core import Core
from watchline.policy.terms import recipient_named, terms_of
from watchline.policy.view import WHOLE, View, view_of

OPEN_TO_ALL = (
    "/api/site", "/api/alerts", "/api/desk", "/api/clips", "/api/stills", "/api/horizons", "/api/evidence",
    "/api/tracks",
    "/api/by-hand", "/api/features", "/api/export", "/api/field", "/tiles", "/assets", "/ogc", "/field", "/api/seats",
    "/api/logout", "/api/ground", "/api/map-sheet.pdf", "/operations", "/api/operations",
)  # fmt: skip
"""Where what is served is cut to a person's view; everything else is for those who see the whole line."""


def view_for(core: Core, who: Who) -> View:
    """Return what a person may be shown now.  Called with the core's lock held."""
    if not who.recipient:
        return WHOLE
    site, picture = core.loaded.site, core.picture
    terms = terms_of(site, recipient_named(site, who.recipient), picture.releases.values(), picture.now_s)
    return view_of(terms)


def may_open(path: str) -> bool:
    """Return whether a path is one of those that are cut to a person's view."""
    is_file = "." in path.rsplit("/", 1)[-1] and not path.startswith("/api/")
    return path == "/" or is_file or any(path == one or path.startswith(f"{one}/") for one in OPEN_TO_ALL)


def shows_line(view: View, s_m: float) -> bool:
    """Return whether anything at all of a chainage is shown."""
    return view.stretches is None or any(view.shows(what, s_m) for what in view.stretches)


def site_for(view: View, message: dict[str, Any]) -> dict[str, Any]:
    """Return the site without the sensors, posts and wire of stretches that are not shown."""
    if view.whole:
        return message

    def shown(row: dict[str, Any]) -> bool:
        return shows_line(view, row["s_m"])

    return message | {
        "sensors": [row for row in message["sensors"] if shown(row)],
        "posts": [row for row in message["posts"] if shown(row)],
        "barriers": [
            row
            for row in message["barriers"]
            if shows_line(view, 1000.0 * row["from_km"]) and shows_line(view, 1000.0 * row["to_km"])
        ],
    }


def picture_for(view: View, message: dict[str, Any], sensors_s_m: list[float]) -> dict[str, Any]:
    """Return the moment without what other stretches hold: units, sensors, strength.  sensors_s_m: by number."""
    if view.whole:
        return message
    strip, step_m = message["strip"], 1000.0 * message["strip"]["step_km"]
    inside = [shows_line(view, (k + 0.5) * step_m) for k in range(len(strip["in_view"]))]
    known = [share for share, shown in zip(strip["in_view"], inside, strict=True) if shown and share is not None]
    return message | {
        "looks": [row for row in message["looks"] if shows_line(view, sensors_s_m[row["sensor"]])],
        "units": [row for row in message["units"] if view.shows("units", row["s_m"])],
        "strip": strip
        | {
            "in_view": [share if shown else None for share, shown in zip(strip["in_view"], inside, strict=True)],
            "why": [why if shown else None for why, shown in zip(strip["why"], inside, strict=True)],
        },
        "unseen": None,
        "health": {},
        "watched": round(sum(known) / len(known), 3) if known else None,
    }


def desk_for(view: View, message: dict[str, Any], who: Who) -> dict[str, Any]:
    """Return the desk without what others wrote, hold and hand over on stretches that are not shown."""
    if view.whole:
        return message
    mine = {who.desk} if who.desk else set()
    return message | {
        "shifts": [shift for shift in message["shifts"] if shift["desk"] in mine],
        "last_shifts": {desk: shift for desk, shift in message["last_shifts"].items() if desk in mine},
        "log": [entry for entry in message["log"] if entry["desk"] in mine],
        "shelved": [],
        "explained": [row for row in message["explained"] if view.shows("tracks", row["s_m"])],
    }
