"""`watchline support`: a bundle for somebody who is to help, without names, places or words of people."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import zipfile
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline import __version__
from watchline.cli.doctor import machine_findings
from watchline.cli.options import Json
from watchline.domain.errors import BadInput
from watchline.ledger.reader import LedgerReader
from watchline.ledger.store import LEDGER_DB
from watchline.ops.site_check import check_site
from watchline.ops.site_file import read_site
from watchline.ops.support import Tokens, ledger_parts, site_parts

NAMES = ".names.json"


def support(
    path: Annotated[Path, Parameter(help="a site file or its folder, or the folder of a ledger")],
    /,
    *,
    out: Annotated[Path, Parameter(help="the bundle to write, .zip")],
    json: Json = False,
) -> int:
    """Write what somebody needs who is to help: machine, versions, counts, faults by rule, the lines of machines.

    No name, no place, no word of a person, no alert and no track is in it.  Ids stand in it as tokens; which id each
    stands for is written beside it, into OUT.names.json, which stays with you.
    """
    if out.suffix != ".zip":
        raise BadInput(f"--out: {out}", "does not end in .zip", "name a .zip file")
    tokens = Tokens()
    parts = {"machine.json": _machine()}
    if (path / LEDGER_DB).exists():
        with LedgerReader(path) as ledger:
            parts |= ledger_parts(ledger, tokens)
    else:
        loaded = read_site(path)
        parts |= site_parts(loaded.site, check_site(path), loaded.line.length_m)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in parts.items():
            bundle.writestr(zipfile.ZipInfo(name), data)
    names = out.with_name(out.name + NAMES)
    names.write_bytes(msgspec.json.format(msgspec.json.encode(tokens.names()), indent=1))
    if json:
        print(msgspec.json.encode({"bundle": str(out), "names": str(names), "parts": sorted(parts)}).decode())
    else:
        print(f"wrote {out}: {', '.join(sorted(parts))}; look at it before you send it")
        print(f"what its tokens stand for stays here: {names}")
    return 0


def _machine() -> bytes:
    """Return this machine and what is installed of what we need; not its name, nor where anything lies."""
    needed = importlib.metadata.requires("watchline") or []
    names = sorted({re.split(r"[<>=!;\[ ]", line)[0] for line in needed})
    told = {
        "watchline": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": {name: _version(name) for name in names},
        "findings": [{"what": one.what, "state": one.state, "found": one.found} for one in machine_findings()],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
