"""Imagery and vector layers of one's own under the map: opened where the site names them, or told why not.

Rule: a layer that cannot be read is a warning and not a fault.  The line is watched without it, and the screen says
that it is missing and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from watchline.domain.errors import BadInput
from watchline.domain.site import MapLayer, Site
from watchline.ops.site_file import Fault
from watchline.sources.map_layers.layer import OpenLayer, open_layer


@dataclass(frozen=True)
class Underlay:
    """A layer of the site and its open file; without one `problem` is the rule its file breaks, `do` the way out."""

    spec: MapLayer
    opened: OpenLayer | None
    problem: str = ""
    do: str = ""


def open_underlays(site: Site, beside: Path) -> tuple[Underlay, ...]:
    """Return every layer of a site whose files lie in `beside`, those that cannot be read too."""
    return tuple(_opened(spec, beside) for spec in site.map_layers)


def _opened(spec: MapLayer, beside: Path) -> Underlay:
    try:
        return Underlay(spec, open_layer(beside / spec.file, spec.kind, spec.table))
    except BadInput as error:
        return Underlay(spec, None, f"{spec.file} {error.rule}", error.do)
    except OSError as error:
        return Underlay(spec, None, f"{spec.file} cannot be read ({error.strerror})", "check who may read it")


def check_map_layers(site: Site, path: Path) -> Iterator[Fault]:
    """Yield a warning for every layer that cannot be shown, and a note of what of it cannot."""
    for one in open_underlays(site, path.parent):
        field = f"map_layers[{one.spec.id}].file"
        if one.opened is None:
            yield Fault("warning", path.name, field, one.problem, one.do)
            continue
        for note in one.opened.facts.notes:
            yield Fault("note", path.name, field, f"{one.spec.file}: {note}", "")
        one.opened.close()
