"""`watchline init` and `watchline check`: a new site, and every fault in one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.cli.demo_site import ensure_demo
from watchline.cli.options import Json, SiteFile
from watchline.cli.progress import downloads_shown
from watchline.domain.errors import BadInput
from watchline.ops.site_check import check_site
from watchline.ops.site_new import new_site


def init(
    directory: Annotated[Path, Parameter(help="folder to make; must be empty")],
    *,
    demo: Annotated[bool, Parameter(help="the built-in 200 km line", negative=())] = False,
    line: Annotated[Path | None, Parameter(help="GeoJSON with one LineString, your own line")] = None,
    dem: Annotated[
        Path | None, Parameter(help="elevation: a GeoTIFF, a folder of one-degree tiles, or their web address")
    ] = None,
    home_side: Annotated[str, Parameter(help="left or right, looking along the line")] = "right",
    json: Json = False,
) -> int:
    """Make a new site in DIRECTORY: the demonstration line, or one from your own LINE.geojson."""
    if demo == (line is not None):
        raise BadInput("init", "give exactly one of --demo and --line")
    if home_side not in ("left", "right"):
        raise BadInput("--home-side", f"must be left or right, got {home_side!r}")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise BadInput(str(directory), "exists and is not an empty directory", "choose another")
    if line is not None:
        path = new_site(directory, line, dem, home_side)
    else:
        path = ensure_demo(directory)
    missing = line is not None and dem is None
    if json:
        print(msgspec.json.encode({"site": str(path), "elevation_missing": missing}).decode())
    elif missing:
        print(f"wrote {path}; now put elevation beside it as terrain.tif, then: watchline check {path}")
    else:
        print(f"wrote {path}; look at it with: watchline check {path}")
    return 0


def check(site: SiteFile, *, json: Json = False) -> int:
    """List every fault, warning and note of SITE.toml; exit 1 if there is a fault."""
    with downloads_shown(json):
        found = check_site(site)
    faults = [f for f in found if f.severity == "fault"]
    warnings = [f for f in found if f.severity == "warning"]
    notes = [f for f in found if f.severity == "note"]
    if json:
        print(
            msgspec.json.encode({"site": str(site), "faults": faults, "warnings": warnings, "notes": notes}).decode()
        )
        return 1 if faults else 0
    for fault in found:
        print(f"{fault.severity}: {fault}")
    print(f"{len(faults)} faults, {len(warnings)} warnings", file=sys.stderr)
    return 1 if faults else 0
