"""Lines between two cores: what one says the other reads, strangers are hung up on, a bad line is answered."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import T0_S
from watchline.domain.federation import PartnerWord
from watchline.domain.policy import CellReport
from watchline.domain.records import Chat, DistressCall, GeoPoint, PartnerEvent, Record
from watchline.links import LocalError, Settings, federation
from watchline.links.contract import at
from watchline.links.federation import FederationState

HERE = GeoPoint(lon_deg=42.0, lat_deg=33.6)
CALL = DistressCall(id="north-out-1", t_s=T0_S, source="north", uid="A-5", place=HERE)


def _state(*allow: str, peer: str = "") -> FederationState:
    state = at(federation.init(Settings("link", "south", allow=frozenset(allow))), T0_S)
    assert isinstance(state, FederationState)
    return dataclasses.replace(state, channel="c1", peer=peer)


def _hello(name: str = "north") -> bytes:
    return federation.encode(PartnerWord(id="", t_s=T0_S, source=name, state="here", text=name))


def _heard(state: FederationState, *lines: bytes) -> tuple[FederationState, list[Record], list[str]]:
    after, records, errors = federation.decode(state, b"".join(lines))
    return after, list(records), [error.reason for error in errors]  # type: ignore[return-value]


texts = st.text(max_size=60)
numbers = st.floats(0.0, 1.0)
places = st.builds(GeoPoint, lon_deg=st.floats(-180, 180), lat_deg=st.floats(-90, 90), ce_m=st.none() | numbers)


@given(
    st.builds(
        PartnerEvent, id=st.text("abc-0123", min_size=1), t_s=st.just(T0_S), source=st.just("north"),
        what=st.sampled_from(["advance", "pursuit", "displaced_people"]), organisation=st.just("north"), place=places,
        confidence=numbers, until_s=st.just(T0_S + 60.0), people=st.none() | st.integers(0, 1000), text=texts,
    ),
    st.integers(1, 40),
)  # fmt: skip
def test_what_one_says_the_other_reads_however_it_is_cut(event: PartnerEvent, piece: int) -> None:
    data, state, found = _hello() + federation.encode(event), _state(), []
    for k in range(0, len(data), piece):
        after, records, errors = federation.decode(state, data[k : k + piece])
        assert errors == ()
        found += records
        assert isinstance(after, FederationState)
        state = after
    here, read = found
    assert (here.state, here.text) == ("here", "north")
    assert read == msgspec.structs.replace(
        event, id=read.id, source="link", provenance=(federation.KEYED + event.id,), organisation="north"
    )


def test_who_is_not_believed_is_hung_up_on() -> None:
    for state, lines, reason in (
        (_state(), [federation.encode(CALL)], "before it said who it is"),
        (_state("west"), [_hello()], "is not one of those"),
        (
            _state("north", peer="mallory"),
            [_hello()],
            "'mallory' is not one of those",
        ),  # by its certificate
    ):
        _, errors = federation.decode(state, b"".join([*lines, federation.encode(CALL)]))[1:]
        assert [error.fatal for error in errors] == [True]
        assert reason in errors[0].reason
    _, records, errors = _heard(_state("north", peer="north"), _hello("anybody"), federation.encode(CALL))
    assert errors == []
    assert len(records) == 2


def test_a_greeting_is_told_once_and_ends_with_its_channel() -> None:
    state, records, _ = _heard(_state(), _hello(), _hello())
    assert len(records) == 1
    assert federation.route(state, CALL) == {"c1"}
    assert federation.route(federation.closed(state), CALL) == frozenset()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"t_s": T0_S + 61.0}, "+61 s from our clock"),
        ({"t_s": T0_S - 31 * 86_400.0}, "from our clock"),
        ({"place": {"lon_deg": 181.0, "lat_deg": 0.0}}, "lon_deg"),
        ({"about": ""}, "about"),
        ({"text": "x" * 1001}, "text"),
        ({"say": "order"}, "say"),
    ],
)
def test_a_line_that_breaks_a_rule_is_refused_by_its_key(change: dict[str, object], rule: str) -> None:
    line = msgspec.json.encode(msgspec.json.decode(federation.encode(CALL)) | change) + b"\n"
    state, _, _ = _heard(_state(), _hello())
    after, records, errors = federation.decode(state, line + federation.encode(CALL))
    assert len(records) == 1  # the next one is read
    assert rule in errors[0].reason
    _, (word,) = federation.refuse(after, errors[0])  # type: ignore[arg-type]
    assert isinstance(word, PartnerWord)
    assert (word.state, word.ref) == ("refused", CALL.id)


def test_a_line_without_an_end_is_the_last() -> None:
    state, _, _ = _heard(_state(), _hello())
    _, _, errors = federation.decode(state, b"x" * (federation.Limits.line + 1))
    assert errors[0].fatal


def test_what_does_not_belong_here_is_not_said() -> None:
    with pytest.raises(LocalError, match="Chat is not told"):
        federation.encode(Chat(id="1", t_s=T0_S, source="a", sender="a", to="b", text="c"))


def test_a_square_says_nothing_but_square_band_and_hour() -> None:
    square = CellReport(
        id="k", t_s=T0_S + 7200.0, source="north", place=HERE, cell_m=1000.0, from_s=T0_S - 3600.0,
        to_s=T0_S - 1800.0,
        least=21, most=None,
    )  # fmt: skip
    _, (_, event), _ = _heard(_state(), _hello(), federation.encode(square))
    assert isinstance(event, PartnerEvent)
    assert event.text == "21 or more seen moving in a square of 1000 m, 23:00 to 23:30 UTC"
    assert (event.t_s, event.people) == (T0_S - 1800.0, 21)


def test_it_says_that_it_is_there_every_half_minute() -> None:
    state, (word,) = federation.greet(_state())
    assert isinstance(word, PartnerWord)
    assert word.text == "south"
    assert federation.tick(at(state, T0_S + 29.0))[1] == ()  # type: ignore[arg-type]
    assert len(federation.tick(at(state, T0_S + 30.0))[1]) == 1  # type: ignore[arg-type]
