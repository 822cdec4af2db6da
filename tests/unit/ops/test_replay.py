from __future__ import annotations

from pathlib import Path

import pytest

from builders import T0_S, action, alert, camera, health, radar, scan, site, straight_line, tracks
from core_builders import ask, make_core, ticks
from ledger_builders import counting_salt, make_ledger
from watchline.domain.errors import BadInput
from watchline.domain.records import SiteVersion
from watchline.domain.site import Site
from watchline.ledger.writer import Ledger
from watchline.ops.replay import as_table, replay
from watchline.ops.site_file import site_text

LINE = straight_line()


def _begin(ledger: Ledger, what: Site, t_s: float, number: int = 1) -> None:
    payload = ledger.put_payload(site_text(what).encode(), "application/toml")
    ledger.append(
        SiteVersion(
            id=f"site-{number}", t_s=t_s, source="test", digest="0" * 64, name=what.name, length_m=1e4,
            payload_id=payload,
        ),
        t_s,
    )  # fmt: skip


def _hand_made(directory: Path) -> Path:
    """Return a ledger in which an alert of second 10 was learned at 30, and acknowledged at 40."""
    with Ledger.create(directory, counting_salt()) as ledger:
        _begin(ledger, site(camera(), radar()), T0_S)
        ledger.append_columns(scan(1, 0, T0_S + 5, az_rad=(0.1, 0.3)), T0_S + 5)
        ledger.append_columns(tracks([[0, 500]], LINE, T0_S + 9), T0_S + 9)
        ledger.cut(T0_S + 20)
        ledger.append(alert("A-1", T0_S + 10), T0_S + 30)
        ledger.append(action(1, "acknowledge", T0_S + 40), T0_S + 40)
        ledger.append(health("cam", "dark", T0_S + 15), T0_S + 45)
        ledger.append_columns(tracks([[0, 400], [100, 900]], LINE, T0_S + 50), T0_S + 50)
        ledger.cut(T0_S + 50)
    return directory


@pytest.mark.parametrize(
    ("as_of", "known_at", "alerts", "acknowledged", "dark"),
    [
        (5, None, [], None, []),
        (12, None, ["A-1"], None, []),
        (12, 20, [], None, []),
        (12, 30, ["A-1"], None, []),
        (45, 35, ["A-1"], None, []),
        (40, None, ["A-1"], "desk", ["cam"]),
        (15, 44, ["A-1"], None, []),
        (15, 45, ["A-1"], None, ["cam"]),
        (14, 45, ["A-1"], None, []),
    ],
)
def test_what_had_happened_and_what_was_known_are_asked_apart(
    tmp_path: Path, as_of: float, known_at: float | None, alerts: list[str], acknowledged: str | None, dark: list[str]
) -> None:
    ledger = _hand_made(tmp_path / "ledger")
    table = as_table(replay(ledger, T0_S + as_of, None if known_at is None else T0_S + known_at))
    assert [a["alert"] for a in table["alerts"]] == alerts
    assert [a["acknowledged_by"] for a in table["alerts"]] == [acknowledged] * len(alerts)
    assert table["dark"] == dark


def test_tracks_of_the_very_moment_belong_to_it(tmp_path: Path) -> None:
    ledger = _hand_made(tmp_path / "ledger")
    assert [len(as_table(replay(ledger, T0_S + t))["tracks"]) for t in (8.9, 9, 13, 14.1, 50)] == [0, 1, 1, 0, 2]


def test_without_a_time_the_picture_is_that_of_the_end(tmp_path: Path) -> None:
    table = as_table(replay(_hand_made(tmp_path / "ledger")))
    assert table["as_of_s"] == T0_S + 50
    assert len(table["tracks"]) == 2


def test_the_end_is_the_end_as_it_was_known(tmp_path: Path) -> None:
    assert as_table(replay(_hand_made(tmp_path / "ledger"), known_at_s=T0_S + 20))["as_of_s"] == T0_S + 9


def test_looks_are_named_by_their_sensor(tmp_path: Path) -> None:
    looks = as_table(replay(_hand_made(tmp_path / "ledger")))["looks"]
    assert looks == {"cam": pytest.approx(11.5, abs=0.05)}


def test_a_moment_is_shown_with_the_site_of_that_moment(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger", counting_salt()) as ledger:
        _begin(ledger, site(camera("old-1"), camera("old-2"), radar("old-3")), T0_S)
        ledger.append_columns(scan(1, 2, T0_S + 5), T0_S + 5)
        _begin(ledger, site(camera("new")), T0_S + 10, 2)
        ledger.append_columns(scan(2, 0, T0_S + 12), T0_S + 12)
        ledger.cut(T0_S + 20)
    assert list(as_table(replay(tmp_path / "ledger", T0_S + 6))["looks"]) == ["old-3"]
    assert list(as_table(replay(tmp_path / "ledger", T0_S + 12))["looks"]) == ["new"]


def test_before_the_beginning_there_is_no_site(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no site"):
        replay(_hand_made(tmp_path / "ledger"), T0_S - 1)
    with pytest.raises(BadInput, match="holds no site"):
        replay(make_ledger(tmp_path / "other"))


def test_the_replayed_picture_is_the_one_the_desk_had(tmp_path: Path) -> None:
    core = ticks(make_core(tmp_path), 60)
    core.people.ask(ask())
    ticks(core, 5)
    live = core.picture
    shown = live.tracks.take(live.tracks.confirmed == 1)
    core.close()
    again = replay(tmp_path / "ledger", live.now_s).picture
    assert again.alerts == live.alerts
    assert again.health == live.health
    assert again.tracks.columns().keys() == shown.columns().keys()
    assert all((getattr(again.tracks, name) == column).all() for name, column in shown.columns().items())
    assert (again.heard_s == live.heard_s).all()
