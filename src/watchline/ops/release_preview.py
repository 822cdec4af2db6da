"""Exactly what a recipient would be told: the outlet that will tell it, asked beforehand."""

from __future__ import annotations

import copy

import msgspec

from watchline.domain.policy import CellReport, Release
from watchline.domain.records import Record
from watchline.domain.site import LinkSpec, Recipient
from watchline.ops.picture import Picture
from watchline.ops.publish import Outlet
from watchline.ops.site_file import LoadedSite


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a recipient is told: exactly and now, and by squares later.  Nothing of it leaves."""

    recipient: str
    exact: tuple[Record, ...]
    coarse: tuple[CellReport, ...]


def preview(loaded: LoadedSite, picture: Picture, recipient: Recipient, asked: Release | None = None) -> Preview:
    """Return the exact records that go out now, and the squares that what is seen now will be told as, later.

    asked: a release that nobody has made, as if it held.
    """
    if asked is not None:
        picture = copy.copy(picture)
        picture.releases = {**picture.releases, asked.release: asked}
    spec = LinkSpec(
        id="preview", protocol="cot", address="", recipient=recipient.id, sends=("tracks", "alerts", "units")
    )
    outlet = Outlet(spec, loaded)
    exact = tuple(outlet.due(picture))
    return Preview(recipient=recipient.id, exact=exact, coarse=outlet.told_later(picture.now_s))
