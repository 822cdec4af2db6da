"""A mast that is moved, against the line solved anew with it there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from small_site import write_small_site
from watchline.domain.errors import BadInput
from watchline.ops.planning.what_if import WhatIf
from watchline.ops.site_file import LoadedSite, read_site
from watchline.sensing.situation import Situation

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedSite:
    return read_site(write_small_site(Path(tmp_path_factory.mktemp("what-if")) / "site"))


@pytest.fixture(scope="module")
def asked(loaded: LoadedSite) -> WhatIf:
    return WhatIf(loaded, loaded.terrain(), Situation())


def test_a_moved_mast_is_the_site_with_the_mast_there(loaded: LoadedSite, asked: WhatIf) -> None:
    post = next(p for p in loaded.site.posts if p.kind == "watchtower")
    lon, lat = post.lon_deg + 0.012, post.lat_deg - 0.003
    posts = tuple(
        msgspec.structs.replace(p, lon_deg=lon, lat_deg=lat) if p.id == post.id else p for p in loaded.site.posts
    )
    moved = replace(loaded, site=msgspec.structs.replace(loaded.site, posts=posts))
    anew = WhatIf(moved, loaded.terrain(), Situation()).before
    answer = asked.moved(post.id, lon, lat)
    assert answer.after == pytest.approx(anew, abs=2e-3)
    assert np.abs(answer.after - answer.before).max() > 0.01
    assert answer.route is not None


def test_a_mast_that_stays_changes_nothing_and_nothing_is_kept(loaded: LoadedSite, asked: WhatIf) -> None:
    post = next(p for p in loaded.site.posts if p.kind == "watchtower")
    answer = asked.moved(post.id, post.lon_deg, post.lat_deg)
    assert answer.after == pytest.approx(answer.before, abs=1e-4)


def test_what_cannot_be_moved_is_one_line(loaded: LoadedSite, asked: WhatIf) -> None:
    with pytest.raises(BadInput, match="is no post"):
        asked.moved("nobody", 42.0, 33.6)
    post = next(p for p in loaded.site.posts if p.kind == "watchtower")
    with pytest.raises(BadInput, match="is off the terrain"):
        asked.moved(post.id, 10.0, 50.0)
