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
    assert np.abs(answer.after - answer.before).max() > 1e-3
    assert answer.route is not None


def test_a_mast_that_stays_changes_nothing_and_nothing_is_kept(loaded: LoadedSite, asked: WhatIf) -> None:
    post = next(p for p in loaded.site.posts if p.kind == "watchtower")
    answer = asked.moved(post.id, post.lon_deg, post.lat_deg)
    assert answer.after == pytest.approx(answer.before, abs=1e-4)


def test_another_mast_like_it_is_the_site_with_one_more(loaded: LoadedSite, asked: WhatIf) -> None:
    post = next(p for p in loaded.site.posts if p.kind == "watchtower")
    lon, lat = post.lon_deg + 0.012, post.lat_deg - 0.003
    twin = msgspec.structs.replace(post, id="twin", lon_deg=lon, lat_deg=lat)
    kit = [
        msgspec.structs.replace(s, id=f"twin-{s.id}", post="twin") for s in loaded.site.sensors if s.post == post.id
    ]
    site = msgspec.structs.replace(
        loaded.site, posts=(*loaded.site.posts, twin), sensors=(*loaded.site.sensors, *kit)
    )
    anew = WhatIf(replace(loaded, site=site), loaded.terrain(), Situation()).before
    answer = asked.moved(post.id, lon, lat, stays=True)
    assert answer.after == pytest.approx(anew, abs=2e-3)
    assert (answer.after >= answer.before - 1e-4).all()


def test_the_best_high_place_for_the_longest_open_stretch_comes_first(asked: WhatIf) -> None:
    from_km, to_km = asked.weakest_run()
    _, places, answers = asked.mend(from_km, to_km)
    gains = [float((one.after - one.before)[from_km:to_km].mean()) for one in answers]
    assert len(places) == len(answers) > 0
    assert gains == sorted(gains, reverse=True)
    assert (np.abs(places[:, 0] / 1000.0 - (from_km + to_km) / 2) <= (to_km - from_km) / 2 + 2.0).all()


def test_what_cannot_be_moved_is_one_line(loaded: LoadedSite, asked: WhatIf) -> None:
    with pytest.raises(BadInput, match="is no post"):
        asked.moved("nobody", 42.0, 33.6)
    post = next(p for p in loaded.site.posts if p.kind == "watchtower")
    with pytest.raises(BadInput, match="is off the terrain"):
        asked.moved(post.id, 10.0, 50.0)
