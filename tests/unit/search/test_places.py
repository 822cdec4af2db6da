"""Places: what a look leaves, how it ages, when one is due again."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchline.domain.places import PlaceLook, PlaceTold
from watchline.domain.records import GeoPoint
from watchline.search.places import DAY_S, DUE_SHARE, LAWS, P_FOUND, Place, begun, due_s, p_used, step, worth

CAVE = Place("cave-1", "cave", "Swallow Cave", 42.0, 33.6)
AT = GeoPoint(lon_deg=42.0, lat_deg=33.6)


def look(t_s=0.0, pod=0.9, found="nothing", place="cave-1"):
    return PlaceLook(id=f"{place}@{t_s}-{pod}", t_s=t_s, source="lead", place=place, at=AT, by="patrol-1",
                     person="lead", pod=pod, found=found)  # fmt: skip


def after(*looks):
    state = begun([CAVE])
    for one in looks:
        state = step(state, one)
    return state.places["cave-1"]


def test_bayes_then_ageing_by_hand():
    usual, days = LAWS["cave"]
    seen = after(look())
    left = usual * 0.1 / (1 - usual * 0.9)
    assert p_used(seen, 0.0) == pytest.approx(left)
    assert p_used(seen, days * DAY_S) == pytest.approx(usual + (left - usual) / math.e)


def test_it_is_due_when_it_is_back_at_its_share():
    seen = after(look())
    assert p_used(seen, due_s(seen)) == pytest.approx(DUE_SHARE * LAWS["cave"][0])
    assert due_s(CAVE) == -math.inf
    assert due_s(after(look(pod=0.01))) == 0.0  # a glance in passing taught nothing


def test_one_that_was_in_use_is_due_sooner_and_likelier():
    used = after(look(found="signs"))
    assert p_used(used, 0.0) == P_FOUND
    assert due_s(used) < due_s(after(look(pod=0.999)))
    assert worth(used, DAY_S, 0.9) > worth(after(look()), DAY_S, 0.9)


def test_what_is_told_is_known_and_what_is_gone_is_not():
    told = PlaceTold(
        id="p", t_s=0.0, source="lead", place="place-1", what="tunnel", name="hole", at=AT, person="lead"
    )
    state = step(begun([CAVE]), told)
    assert state.places["place-1"].told
    gone = msgspec.structs.replace(told, id="g", t_s=1.0, gone=True)
    assert set(step(state, gone).places) == {"cave-1"}
    assert step(state, look(place="nowhere")) == state


@given(st.lists(st.tuples(st.floats(0, 1e7), st.floats(0, 1), st.sampled_from(["nothing", "signs"])), max_size=6),
       st.floats(0, 1e7), st.randoms())  # fmt: skip
def test_looks_may_be_told_in_any_order_and_twice(looks, now_s, chance):
    made = [PlaceLook(id=f"l{k}", t_s=t, source="x", place="cave-1", at=AT, by="p", person="x", pod=pod, found=found)
            for k, (t, pod, found) in enumerate(looks)]  # fmt: skip
    shuffled = [*made, *made]
    chance.shuffle(shuffled)
    p = p_used(after(*made), now_s)
    assert p == pytest.approx(p_used(after(*shuffled), now_s))
    assert 0.0 <= p <= 1.0


def test_ageing_is_the_markov_chain_played():
    """A place played in steps of an hour: used or not looked at once with POD .7, nothing found."""
    rng = np.random.default_rng(1)
    usual, days = LAWS["well"]
    n, hour = 40_000, 1.0 / (24.0 * days)
    used = rng.random(n) < usual
    found = used & (rng.random(n) < 0.7)
    used = used[~found]
    for _ in range(36):
        turn = rng.random(len(used))
        used = np.where(used, turn >= (1 - usual) * hour, turn < usual * hour)
    well = Place("w", "well", "w", 42.0, 33.6)
    state = step(begun([well]), look(pod=0.7, place="w")).places["w"]
    assert used.mean() == pytest.approx(p_used(state, 1.5 * DAY_S), abs=4 * math.sqrt(0.2 / len(used)))
