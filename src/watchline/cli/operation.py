"""`watchline operation`: a named operation's orders, sectors of the next shifts, and what tracks really covered."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json
from watchline.domain.errors import BadInput
from watchline.ops.operation.area_search import area_search
from watchline.ops.operation.files import write_operation
from watchline.ops.operation.operation_file import read_operation
from watchline.ops.operation.tracks import known_places, tracks_of_files, tracks_of_ledger
from watchline.ops.search.last_seen import time_s
from watchline.ops.site_check import read_sound_site


def operation(
    file: Path, /, *, site: Path, out: Path, tracks: Path | None = None, ledger: Path | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None, json: Json = False,
) -> int:  # fmt: skip
    """Write orders-en.html, orders-ar.html, sectors.geojson, lanes.gpx, pod.tif and summary.json.

    Sectors are proposals: nobody is sent by them.

    Parameters
    ----------
    file
        OPERATION.toml (docs/operations.md).
    site
        The site file, or its folder.
    out
        The folder to write into; made when it is not there.
    tracks
        A folder of GPX with times, each named after the unit that recorded it: UNIT.gpx, UNIT-anything.gpx.
    ledger
        A ledger whose reports of units and looks at places count too.
    from_
        When the sectors begin, RFC 3339 with a zone; the operation's beginning by default.
    json
        Print the summary as one JSON object.
    """
    loaded = read_sound_site(site)
    told = read_operation(file, loaded)
    if out.exists() and not out.is_dir():
        raise BadInput(f"--out {out}", "is not a folder", "choose another")
    from_s = told.begins_s if from_ is None else time_s(Path("--from"), "", from_)
    if not told.begins_s <= from_s < told.ends_s:
        raise BadInput("--from", "must lie within the operation", "correct it")
    recorded = [] if tracks is None else tracks_of_files(tracks, told)
    if ledger is not None:
        recorded += tracks_of_ledger(ledger, told)
    started = time.monotonic()
    found = area_search(told, loaded, recorded, known_places(loaded.site, ledger), from_s)
    planned_s = time.monotonic() - started
    try:
        summary = write_operation(out, found, loaded)
    except OSError as error:
        raise BadInput(f"--out {out}", f"cannot be written ({error.strerror})", "choose another") from None
    print(msgspec.json.encode(summary).decode() if json else _lines(summary, planned_s, out))
    return 0


def _lines(summary: dict[str, Any], seconds: float, out: Path) -> str:
    lines = [
        f"{summary['site']}, {summary['operation']}: {summary['area_km2']:.0f} km2, planned in {seconds:.1f} s",
        f"POD of what tracks covered {summary['pod']:.2f}; {summary['sectors']} sectors find {summary['p_next']:.2f} "
        f"more, at most {summary['bound']:.2f}; {summary['visits']} places to look at",
    ]
    lines += [
        f"{one['text']}: {'not measured' if one['reached'] is None else format(one['reached'], '.2f')}"
        + ("" if one["reached"] is None else f" of {one['aim']:.2f}")
        for one in summary["objectives"]
    ]
    return "\n".join([*lines, f"{summary['status']}; written into {out}"])
