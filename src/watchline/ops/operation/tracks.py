"""Where an operation's units were: from GPX files, and from a ledger; and which places are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from watchline.domain.errors import BadInput
from watchline.domain.records import Record, UnitReport
from watchline.domain.site import Site
from watchline.ledger.reader import LedgerReader
from watchline.ops.operation.area_search import Track
from watchline.ops.operation.operation_file import Operation
from watchline.ops.search.lost import timed_tracks
from watchline.ops.search.places import places_of
from watchline.search import places


def tracks_of_files(folder: Path, operation: Operation) -> list[Track]:
    """Return the timed tracks of a folder of GPX files named after units, within the operation's time."""
    if not folder.is_dir():
        raise BadInput(f"--tracks {folder}", "is no folder", "give one of GPX files")
    out = []
    for file in sorted(folder.glob("*.gpx")):
        unit = next((u for u in operation.units if file.stem == u or file.stem.startswith(f"{u}-")), None)
        if unit is None:
            raise BadInput(str(file), "is named after no unit of the operation", "name it UNIT.gpx or UNIT-….gpx")
        for shape in timed_tracks(file):
            lonlat = np.array([(p.lon_deg, p.lat_deg) for p in shape.points], float)
            out.append(_within(Track(unit, lonlat, np.array(shape.times_s, float)), operation))
    return out


def tracks_of_ledger(directory: Path, operation: Operation) -> list[Track]:
    """Return where units of the operation said they were, within its time."""
    fixes: dict[str, list[tuple[float, float, float]]] = {}
    with LedgerReader(directory) as reader:
        for entry in reader.events(["unit_report"]):
            told = entry.value
            if isinstance(told, UnitReport) and told.unit in operation.units and not told.exercise:
                where = told.position
                fixes.setdefault(told.unit, []).append((told.t_s, where.lon_deg, where.lat_deg))
    out = []
    for unit, rows in fixes.items():
        table = np.array(sorted(set(rows)), float)
        out.append(_within(Track(unit, table[:, 1:], table[:, 0]), operation))
    return out


def known_places(site: Site, ledger: Path | None) -> places.State:
    """Return the places of the site file, with what a ledger tells of them and of others."""
    state = places_of(site).places
    if ledger is not None:
        with LedgerReader(ledger) as reader:
            for entry in reader.events(["place_told", "place_look"]):
                if isinstance(entry.value, Record) and not entry.value.exercise:
                    state = places.step(state, entry.value)
    return state


def _within(track: Track, operation: Operation) -> Track:
    keep = (track.t_s >= operation.begins_s) & (track.t_s <= operation.ends_s)
    return Track(track.unit, track.lonlat_deg[keep], track.t_s[keep])
