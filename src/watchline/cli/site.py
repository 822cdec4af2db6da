"""`watchline init` and `watchline check`: a new site, and every fault in one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.cli.demo_site import ensure_demo, make_ground
from watchline.cli.options import Json, SiteFile
from watchline.cli.progress import downloads_shown
from watchline.domain.errors import BadInput
from watchline.ops.site_check import check_site
from watchline.ops.site_new import copied_site, elevation_missing, new_site


def init(
    directory: Annotated[Path, Parameter(help="folder to make; must be empty")],
    *,
    demo: Annotated[bool, Parameter(help="the built-in 200 km line", negative=())] = False,
    line: Annotated[Path | None, Parameter(help="GeoJSON with one LineString, your own line")] = None,
    dem: Annotated[
        Path | None, Parameter(help="elevation: a GeoTIFF, a folder of one-degree tiles, or their web address")
    ] = None,
    like: Annotated[Path | None, Parameter(help="a site to begin with, such as one of examples/")] = None,
    ground: Annotated[int | None, Parameter(help="make the elevation up, from this seed: to try a line out")] = None,
    home_side: Annotated[str, Parameter(help="left or right, looking along the line")] = "right",
    json: Json = False,
) -> int:
    """Make a new site in DIRECTORY: the demonstration line, one from your own LINE.geojson, or a copy to work on."""
    if [demo, line is not None, like is not None].count(True) != 1:
        raise BadInput("init", "give exactly one of --demo, --line and --like")
    if ground is not None and (demo or dem is not None):
        raise BadInput("--ground", "makes elevation up where there is none", "leave out --demo and --dem")
    if home_side not in ("left", "right"):
        raise BadInput("--home-side", f"must be left or right, got {home_side!r}")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise BadInput(str(directory), "exists and is not an empty directory", "choose another")
    if line is not None:
        path = new_site(directory, line, dem, home_side)
    elif like is not None:
        path = copied_site(directory, like)
    else:
        path = ensure_demo(directory)
    missing = elevation_missing(path)
    if missing and (ground is not None or like is not None):
        missing = not make_ground(path, ground)
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
