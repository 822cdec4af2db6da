"""The form of a link, its table, and errors by whose fault they are."""

from __future__ import annotations

import types
from importlib.metadata import EntryPoint

import pytest

from watchline.domain.errors import BadInput
from watchline.domain.records import Chat, GroundReport
from watchline.links import LocalError, Settings, TableLine, _template, contract, load_all
from watchline.links.contract import at, check_module, check_table, finish, load
from watchline.links.log import Arrival, read_log, replay, write_line

TEMPLATE = TableLine("template", "watchline.links._template", ("ground_report",), 1.0, 5.0)


def test_the_template_is_a_link() -> None:
    assert load(TEMPLATE).NAME == "template"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (TableLine("a", "m", ("no_such_kind",), 1.0, 1.0), "no_such_kind are no records"),
        (TableLine("a", "m", (), 1.0, 1.0), "no records"),
        (TableLine("a", "m", ("chat",), 0.0, 1.0), "above 0"),
        (TableLine("a", "m", ("chat",), 1.0, float("nan")), "above 0"),
    ],
)
def test_a_bad_line_of_the_table_is_named(line: TableLine, rule: str) -> None:
    with pytest.raises(BadInput, match=rule):
        check_table([line])


def test_two_links_of_one_name_are_refused() -> None:
    with pytest.raises(BadInput, match="twice"):
        check_table([TEMPLATE, TEMPLATE])


@pytest.mark.parametrize("part", ["init", "decode", "encode", "Limits", "FRAMING", "NAME"])
def test_a_module_without_a_part_is_no_link(part: str) -> None:
    module = types.ModuleType("half", _template.__doc__)
    for name in ("init", "decode", "encode", "Limits", "FRAMING", "NAME"):
        if name != part:
            setattr(module, name, getattr(_template, name))
    with pytest.raises(BadInput, match=part):
        check_module(TEMPLATE, module)


def test_a_module_that_hides_what_it_lacks_is_no_link() -> None:
    module = types.ModuleType("boast", "Speaks everything.")
    for name in ("init", "decode", "encode", "Limits", "FRAMING", "NAME"):
        setattr(module, name, getattr(_template, name))
    with pytest.raises(BadInput, match="not covered"):
        check_module(TEMPLATE, module)


def test_a_link_that_fails_to_load_stops_the_start_unless_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = TableLine("broken", "watchline.links.no_such_file", ("chat",), 1.0, 1.0, needs="extra")
    monkeypatch.setattr("watchline.links.TABLE", (broken,))
    with pytest.raises(BadInput, match=r"watchline\[extra\]"):
        load_all(frozenset({"broken"}))
    assert load_all(frozenset({"broken"}), disabled=frozenset({"broken"})) == {}


def test_a_package_of_others_goes_through_the_same_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(group: str) -> list[EntryPoint]:
        assert group == "watchline.links"
        return [EntryPoint("theirs", f"{__name__}:TEMPLATE", group), EntryPoint("bad", f"{__name__}:points", group)]

    monkeypatch.setattr(contract, "entry_points", lambda group: points(group)[:1])
    assert "template" in check_table(contract.outside_table())
    monkeypatch.setattr(contract, "entry_points", lambda group: [EntryPoint("bad", f"{__name__}:__doc__", group)])
    with pytest.raises(BadInput, match="TableLine"):
        contract.outside_table()


def test_a_stream_may_be_cut_anywhere() -> None:
    whole = b"gate,1\nwest,2\nbad\neast,3\n"
    for cut in range(len(whole) + 1):
        state = at(_template.init(Settings("t")), 5.0)
        state, first, refused = _template.decode(state, whole[:cut])
        state, second, more = _template.decode(state, whole[cut:])
        assert [r.device for r in (*first, *second) if isinstance(r, GroundReport)] == ["gate", "west", "east"]
        assert [e.offset for e in (*refused, *more)] == [14]
        assert finish(state) == ()


def test_a_stream_without_an_end_of_line_is_not_kept() -> None:
    state, _, errors = _template.decode(_template.init(Settings("t")), b"x" * 100_000)
    assert state.rest == b""
    assert len(errors) == 1


def test_our_own_mistake_is_told_from_a_peers() -> None:
    with pytest.raises(LocalError):
        _template.encode(Chat(id="1", t_s=0.0, source="x", sender="a", to="b", text="c"))


def test_a_log_goes_out_and_back() -> None:
    text = (
        "# watchline-link-log 1\n" + write_line(Arrival(1.25, b"ab")) + "\n" + write_line(Arrival(2.0, b"z"), "out")
    )
    assert list(read_log(text.encode(), "x")) == [(1.25, b"ab")]


@pytest.mark.parametrize("line", ["now in 00", "1.0 in 0", "1.0 up 00", "1.0"])
def test_a_bad_line_of_a_log_is_named(line: str) -> None:
    with pytest.raises(BadInput, match="line 2"):
        list(read_log(f"# watchline-link-log 1\n{line}\n".encode(), "x"))


def test_what_breaks_off_is_refused_at_the_end() -> None:
    items = list(replay(load(TEMPLATE), b"gate,1\nwest", "x"))
    assert [type(item).__name__ for item in items] == ["GroundReport", "PeerError"]
