"""`watchline link`: what a recorded log or message file says, as JSON lines of records and rejections."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from watchline.cli.options import Json
from watchline.domain.errors import BadInput
from watchline.links import PeerError, open_link
from watchline.links.log import FILE_MAX, as_line, replay


def link(name: str, file: Path, /, *, json: Json = False) -> int:
    """Decode FILE with the link NAME.

    Exit code 0 when everything was understood, 1 when anything was rejected, 2 when the file cannot be read.

    Parameters
    ----------
    name
        A link of the table: watchline link --help lists none, docs/links/ has a page for each.
    file
        A recorded log, or a message file as it is on the wire.
    json
        Print one JSON object with the counts and everything, instead of lines.
    """
    module = open_link(name)
    items = []
    rejected = 0
    for item in replay(module, _read(file), str(file)):
        rejected += isinstance(item, PeerError)
        if json:
            items.append(msgspec.Raw(as_line(item)))
        else:
            sys.stdout.buffer.write(as_line(item) + b"\n")
    if json:
        out = {"link": name, "records": len(items) - rejected, "rejected": rejected, "items": items}
        sys.stdout.buffer.write(msgspec.json.encode(out) + b"\n")
    sys.stdout.flush()
    return 1 if rejected else 0


def _read(file: Path) -> bytes:
    if not file.is_file():
        raise BadInput(str(file), "no such file")
    if file.stat().st_size > FILE_MAX:
        raise BadInput(str(file), f"is larger than {FILE_MAX >> 20} MiB", "cut it")
    return file.read_bytes()
