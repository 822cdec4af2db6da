"""`watchline search`: where may somebody out of contact be, who searches where, and what could any plan find."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

from watchline.cli.options import Json
from watchline.domain.errors import BadInput
from watchline.ops.search.files import write_search
from watchline.ops.search.lost import lost_contact
from watchline.ops.site_check import read_sound_site


def search(last_seen: Path, /, *, site: Path, out: Path, json: Json = False) -> int:
    """Write probability.tif, plan.geojson, plan.gpx, sheet-en.html, sheet-ar.html and summary.json.

    A plan is a proposal: nobody is sent by it.  Distances are metres, probabilities given that they are still out.

    Parameters
    ----------
    last_seen
        LASTSEEN.toml: where and when they were last known, who may search, looks in vain and signs so far
        (docs/search.md).
    site
        The site file, or its folder.
    out
        The folder to write into; made when it is not there.
    json
        Print the summary as one JSON object.
    """
    loaded = read_sound_site(site)
    if out.exists() and not out.is_dir():
        raise BadInput(f"--out {out}", "is not a folder", "choose another")
    started = time.monotonic()
    found = lost_contact(last_seen, loaded)
    planned_s = time.monotonic() - started
    try:
        summary = write_search(out, found, loaded)
    except OSError as error:
        raise BadInput(f"--out {out}", f"cannot be written ({error.strerror})", "choose another") from None
    print(msgspec.json.encode(summary).decode() if json else _lines(summary, planned_s, out))
    return 0


def _lines(summary: dict[str, Any], seconds: float, out: Path) -> str:
    lines = [
        f"{summary['site']}, {summary['search']}: {summary['subject']}, planned in {seconds:.1f} s",
        f"found with {summary['p_found']:.2f} by this plan; no plan could exceed {summary['bound']:.2f}; "
        f"before it {summary['p_found_before']:.2f}; outside the map {summary['p_outside_map']:.2f}",
    ]
    lines += [
        f"{one['id']:20} {one['tasks']:3} tasks, {one['minutes']:5.1f} min of search, sweeps {one['width_m']:.0f} m"
        for one in summary["searchers"]
        if one["tasks"]
    ]
    return "\n".join([*lines, f"{summary['status']}; written into {out}"])
