"""When a post is manned, and when that changes, by the site's own clock."""

from __future__ import annotations

from datetime import datetime

import pytest

from watchline.domain.site import Post
from watchline.ops.respond.checkpoints import manned_at


def _post(*hours: tuple[float, float]) -> Post:
    return Post(id="C1", kind="checkpoint_fixed", lon_deg=42.0, lat_deg=33.0, organisation="own", hours=hours)


def _s(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("hours", "now", "manned", "changes"),
    [
        (((6.0, 18.0),), "2018-01-23T05:00:00+03:00", False, "2018-01-23T06:00:00+03:00"),
        (((6.0, 18.0),), "2018-01-23T17:59:00+03:00", True, "2018-01-23T18:00:00+03:00"),
        (((6.0, 18.0),), "2018-01-23T18:00:00+03:00", False, "2018-01-24T06:00:00+03:00"),
        (((20.0, 4.0),), "2018-01-23T23:30:00+03:00", True, "2018-01-24T04:00:00+03:00"),
        (((6.0, 13.0), (13.0, 18.0)), "2018-01-23T07:00:00+03:00", True, "2018-01-23T18:00:00+03:00"),
    ],
)
def test_hours_are_the_site_s(hours: tuple[tuple[float, float], ...], now: str, manned: bool, changes: str) -> None:
    assert manned_at(_post(*hours), _s(now), "Asia/Baghdad") == (manned, pytest.approx(_s(changes)))


@pytest.mark.parametrize(("hours", "manned"), [(((0.0, 24.0),), True), ((), False)])
def test_what_never_changes_says_so(hours: tuple[tuple[float, float], ...], manned: bool) -> None:
    assert manned_at(_post(*hours), _s("2018-01-23T05:00:00+03:00"), "Asia/Baghdad") == (manned, None)
