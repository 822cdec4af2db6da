"""What several verbs ask for, explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

SITE = "the site file, or its folder"
Json = Annotated[bool, Parameter(help="print one JSON object instead of words", negative=())]
SiteFile = Annotated[Path, Parameter(help=SITE)]
LedgerFolder = Annotated[Path, Parameter(help="folder of the ledger")]
Headless = Annotated[bool, Parameter(help="without the console; ends with --for", negative=())]
NoBrowser = Annotated[bool, Parameter(help="print the console's address and open nothing", negative=())]
Port = Annotated[int, Parameter(help="of the console, on this machine's own address")]
