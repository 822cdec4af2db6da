from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from starlette.applications import Starlette
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from builders import T0_S, health, level, rough, straight_line
from core_builders import Step, make_core, silence, ticks, walker_seen_by_radar
from served import running
from watchline.domain.batches import MissBatch
from watchline.domain.records import Clip, OperatorAction
from watchline.geo.grid_reference import mgrs_of
from watchline.ledger.reader import LedgerReader
from watchline.ops.core import Core
from watchline.ops.streams import SCREEN_WINDOW
from watchline.server import wire
from watchline.server.app import SECURITY, Board, build_app
from watchline.server.live import Shared
from watchline.server.run import ServerThread
from watchline.server.session import Sessions
from watchline.server.tiles import max_zoom, terrain_tile

BASE = "http://127.0.0.1:8765"
FILM = bytes(range(256)) * 4


class Browser:
    """Asks the application as a browser would, cookies kept; every request in a loop of its own."""

    def __init__(self, app: Starlette) -> None:
        self.app, self.cookies = app, httpx.Cookies()

    def get(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, **more))

    def post(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, **more))

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE, cookies=self.cookies) as client:
            answer = await client.request(method, path, **more)
            self.cookies.update(client.cookies)
            return answer


@dataclasses.dataclass
class Desk:
    """A served core.  Mutable: requests and the core's loop both touch it."""

    core: Core
    client: Browser
    sessions: Sessions
    directory: Path

    def signed_in(self) -> Desk:
        self.client.get(f"/?token={self.sessions.new_link_token()}", follow_redirects=False)
        return self

    def post(self, path: str, body: Any, **more: Any) -> Any:
        """Send an action while the core runs, as it does in life."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        with running(self.core):
            return self.client.post(f"/api/alerts/{path}", content=data, **more)

    def actions(self) -> list[OperatorAction]:
        with LedgerReader(self.directory / "ledger") as reader:
            return [e.value for e in reader.events(["operator_action"]) if isinstance(e.value, OperatorAction)]


def _desk(directory: Path, core: Core) -> Desk:
    sessions = Sessions("desk-1")
    app = build_app(Board(core, directory / "ledger", None), sessions, lambda: None)
    return Desk(core, Browser(app), sessions, directory)


@pytest.fixture(scope="module")
def quiet_core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Core]]:
    """Give a core with one alert to tests that change nothing."""
    directory = tmp_path_factory.mktemp("desk")
    core = ticks(make_core(directory), 60)
    yield directory, core
    core.close()


@pytest.fixture
def desk(quiet_core: tuple[Path, Core]) -> Desk:
    return _desk(*quiet_core)


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Desk]:
    """Give a desk of its own to a test that acts."""
    core = ticks(make_core(tmp_path), 60)
    yield _desk(tmp_path, core).signed_in()
    core.close()


PRESS = {"key": "press-0001"}

# -- who may look ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/", "/index.html", "/api/site", "/api/alerts", "/api/clips/C-1", "/tiles/terrain/8/1/1.png", "/assets/x.js"],
)
def test_without_a_session_nothing_is_shown(desk: Desk, path: str) -> None:
    answer = desk.client.get(path)
    assert answer.status_code == 403
    assert set(answer.json()) == {"error"}


def test_without_a_session_nothing_is_done(desk: Desk) -> None:
    assert desk.client.post("/api/alerts/A-1/acknowledge", json=PRESS).status_code == 403


def test_a_link_works_once(desk: Desk) -> None:
    token = desk.sessions.new_link_token()
    first = desk.client.get(f"/?token={token}&lang=ar", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/?lang=ar")
    assert "httponly" in first.headers["set-cookie"].lower()
    assert "samesite=strict" in first.headers["set-cookie"].lower()
    assert desk.client.get(f"/?token={token}", follow_redirects=False).status_code == 403
    assert desk.client.get("/api/alerts").status_code == 200


def test_a_made_up_link_opens_nothing(desk: Desk) -> None:
    assert desk.client.get("/?token=guess", follow_redirects=False).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "localhost.evil"]
)
def test_a_foreign_host_name_is_refused(desk: Desk, host: str) -> None:
    assert desk.signed_in().client.get("/api/alerts", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8765"])
def test_a_foreign_origin_is_refused(desk: Desk, origin: str) -> None:
    desk.signed_in()
    assert desk.client.get("/api/alerts", headers={"origin": origin}).status_code == 403
    assert desk.client.post("/api/alerts/A-1/undo", json=PRESS, headers={"origin": origin}).status_code == 403


def test_our_own_page_may_ask(desk: Desk) -> None:
    assert desk.signed_in().client.get("/api/alerts", headers={"origin": BASE}).status_code == 200


@pytest.fixture
def port(busy: Desk) -> Iterator[int]:
    server = ServerThread(busy.client.app, 0)
    yield server.port
    server.stop()


def test_a_screen_without_a_session_is_refused(port: int) -> None:
    with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{port}/ws"):
        pass


def test_a_screen_opened_by_a_foreign_page_is_refused(busy: Desk, port: int) -> None:
    cookie = {"cookie": _cookie(busy)}
    with (
        pytest.raises(InvalidStatus),
        connect(f"ws://127.0.0.1:{port}/ws", origin="http://evil.example", additional_headers=cookie),
    ):
        pass


def _cookie(desk: Desk) -> str:
    return "; ".join(f"{name}={value}" for name, value in desk.client.cookies.items())


@pytest.mark.parametrize("path", ["/api/alerts", "/api/none", "/api/clips/C-9"])
def test_every_answer_carries_the_guards_of_the_page(desk: Desk, path: str) -> None:
    answer = desk.signed_in().client.get(path)
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY


# -- actions -----------------------------------------------------------------------------------------------


def test_an_acknowledgement_is_in_the_ledger_when_the_answer_comes(busy: Desk) -> None:
    answer = busy.post("A-1/acknowledge", PRESS)
    assert (answer.status_code, answer.json()["durable"]) == (200, True)
    assert answer.json()["alert"]["acknowledged"]["by"] == "desk-1"
    assert [(a.alert, a.operator, a.key) for a in busy.actions()] == [("A-1", "desk-1", "press-0001")]


def test_the_same_press_sent_again_is_answered_and_not_done_again(busy: Desk) -> None:
    assert [busy.post("A-1/acknowledge", PRESS).status_code for _ in range(2)] == [200, 200]
    assert len(busy.actions()) == 1


def test_a_disposition_closes_and_an_undo_opens_again(busy: Desk) -> None:
    states = [
        busy.post(f"A-1/{path}", {"key": f"press-{n:04}", **more}).json()["alert"]["state"]
        for n, (path, more) in enumerate(
            [("disposition", {"code": "nuisance"}), ("undo", {}), ("defer", {"seconds": 60}), ("acknowledge", {})]
        )
    ]
    assert states == ["closed", "open", "deferred", "acknowledged"]


def test_an_unknown_alert_and_an_unknown_action_are_not_found(desk: Desk) -> None:
    desk.signed_in()
    assert desk.post("A-99/acknowledge", PRESS).status_code == 404
    assert desk.post("A-1/shoot", PRESS).status_code == 404


BAD = {
    "no body": ("acknowledge", b""),
    "not json": ("acknowledge", b"{"),
    "not text": ("acknowledge", b'{"key": "\xff\xfe\xff\xfe\xff\xfe\xff\xfe"}'),
    "a list": ("acknowledge", b"[]"),
    "no key": ("acknowledge", b"{}"),
    "a number for a key": ("acknowledge", b'{"key": 12345678}'),
    "a short key": ("acknowledge", b'{"key": "1"}'),
    "a long key": ("acknowledge", json.dumps({"key": "x" * 101}).encode()),
    "an unknown field": ("acknowledge", b'{"key": "press-0001", "operator": "boss"}'),
    "a code where none belongs": ("acknowledge", b'{"key": "press-0001", "code": "nuisance"}'),
    "no code": ("disposition", b'{"key": "press-0001"}'),
    "an unknown code": ("disposition", b'{"key": "press-0001", "code": "enemy"}'),
    "no time": ("defer", b'{"key": "press-0001"}'),
    "a time of nothing": ("defer", b'{"key": "press-0001", "seconds": 0}'),
    "a day": ("defer", b'{"key": "press-0001", "seconds": 86400}'),
    "no number": ("defer", b'{"key": "press-0001", "seconds": NaN}'),
    "nesting": ("acknowledge", b"[" * 100_000),
}


@pytest.mark.parametrize(("action", "body"), BAD.values(), ids=BAD.keys())
def test_a_bad_body_is_refused_in_one_line_and_nothing_is_done(desk: Desk, action: str, body: bytes) -> None:
    answer = desk.signed_in().client.post(f"/api/alerts/A-1/{action}", content=body)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["error"]
    assert desk.actions() == []


def test_a_core_that_has_stopped_does_not_accept(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchline.server.desk.ANSWER_S", 0.05)
    answer = busy.client.post("/api/alerts/A-1/acknowledge", json=PRESS)
    assert answer.status_code == 503
    ticks(busy.core, 2)
    assert busy.actions() == []


# -- clips and tiles ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def film(quiet_core: tuple[Path, Core]) -> Desk:
    desk = _desk(*quiet_core)
    payload = desk.core.ledger.put_payload(FILM, "video/webm")
    clip = Clip(
        id="C-1", t_s=T0_S, source="cam", clip="C-1", alert="A-1", sensor="cam", t0_s=T0_S, t1_s=T0_S + 1, fps=3.0,
        width_px=64, height_px=48, media_type="video/webm", payload_id=payload, boxes=(),
    )  # fmt: skip
    desk.core._keep(clip)
    desk.core._cut(desk.core.clock.now_s)
    desk.core.ledger.wait_durable()
    return desk.signed_in()


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-", 0, 1024),
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=1000-5000", 1000, 1024),
        ("bytes=-24", 1000, 1024),
        ("bytes=-5000", 0, 1024),
    ],
)
def test_a_part_of_a_film_is_the_part_asked_for(film: Desk, asked: str, start: int, stop: int) -> None:
    answer = film.client.get("/api/clips/C-1", headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, FILM[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/1024"


@pytest.mark.parametrize("asked", ["", "items=0-5", "bytes=0-5,9-12"])
def test_without_one_range_the_film_comes_whole(film: Desk, asked: str) -> None:
    answer = film.client.get("/api/clips/C-1", headers={"range": asked})
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, FILM, "video/webm")


@pytest.mark.parametrize(
    "asked", ["bytes=1024-", "bytes=9-3", "bytes=a-b", "bytes=-", "bytes=--5", "bytes=-0", "bytes=5--1"]
)
def test_a_range_that_is_none_is_not_satisfied(film: Desk, asked: str) -> None:
    assert film.client.get("/api/clips/C-1", headers={"range": asked}).status_code == 416


def test_an_unknown_clip_is_not_found(film: Desk) -> None:
    assert film.client.get("/api/clips/C-2").status_code == 404


def _heights(png: bytes) -> np.ndarray:
    bgr = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR).astype(float)
    return np.asarray(bgr[..., 2] * 256.0 + bgr[..., 1] + bgr[..., 0] / 256.0 - 32768.0)


def test_a_tile_decodes_to_the_grounds_heights() -> None:
    hills, frame, z = rough(), straight_line().frame, 14
    x, y = int((42.0 + 180) / 360 * 2**z), int((1 - np.arcsinh(np.tan(np.radians(33.6))) / np.pi) / 2 * 2**z)
    got = _heights(terrain_tile(hills, frame, z, x, y))
    column, row = np.meshgrid(np.arange(256) + 0.5, np.arange(256) + 0.5)
    lon = (x + column / 256) / 2**z * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + row / 256) / 2**z))))
    expected = hills.height_at(frame.xy_m_from_lonlat(lon, lat))
    assert np.isfinite(expected).mean() > 0.5
    assert np.nanmax(np.abs(got - expected)) <= 1 / 256


@pytest.mark.parametrize(("z", "x", "y"), [(0, 0, 0), (15, 0, 0), (6, 63, 63)])
def test_a_tile_far_from_the_ground_is_level_and_no_cliff(z: int, x: int, y: int) -> None:
    heights = _heights(terrain_tile(level(3000.0), straight_line().frame, z, x, y))
    np.testing.assert_allclose(heights, 200.0, atol=1 / 256)


@pytest.mark.parametrize("path", ["16/0/0", "3/8/0", "3/0/8"])
def test_a_tile_outside_the_world_is_not_found(desk: Desk, path: str) -> None:
    assert desk.signed_in().client.get(f"/tiles/terrain/{path}.png").status_code == 404


def test_finer_ground_has_more_zoom_within_bounds() -> None:
    zooms = [max_zoom(cell, 33.6) for cell in (1.0, 10.0, 30.0, 90.0, 1e5)]
    assert zooms == sorted(zooms, reverse=True)
    assert (zooms[0], zooms[-1]) == (15, 6)


# -- what travels ------------------------------------------------------------------------------------------

FLOATS = ("s_m", "d_m", "ve", "vn", "major", "minor", "angle", "p_exist", "count", "eta_s", "s_cross_m", "age_s")


def _decoded(data: bytes) -> dict[str, Any]:
    """Decode packed tracks: a 24 byte header, two float64 columns, twelve float32, ids, classes, states."""
    magic, seq, n, _ = np.frombuffer(data, "<u4", 4).tolist()
    out: dict[str, Any] = {"magic": magic, "seq": seq, "n": n, "now_s": float(np.frombuffer(data, "<f8", 1, 16)[0])}
    at = 24
    columns = [("lon", "<f8"), ("lat", "<f8"), *((name, "<f4") for name in FLOATS)]
    columns += [("id", "<u4"), ("class", "u1"), ("state", "u1")]
    for name, kind in columns:
        out[name] = np.frombuffer(data, kind, n, at)
        at += -(-n * np.dtype(kind).itemsize // 8) * 8
    assert at == len(data)
    return out


def test_packed_tracks_decode_to_the_tracks_shown(desk: Desk) -> None:
    got = _decoded(wire.tracks_message(desk.core, desk.core.picture.tracks))
    shown = desk.core.picture.tracks.take(desk.core.picture.tracks.confirmed == 1)
    assert (got["magic"], got["seq"], got["n"]) == (wire.TRACKS_MAGIC, 0, len(shown)) == (0x31544C57, 0, 1)
    assert got["id"].tolist() == shown.track_id.tolist()
    np.testing.assert_allclose(got["d_m"], shown.d_m, atol=0.01)
    lonlat = desk.core.loaded.line.frame.lonlat_from_xy_m(shown.xy_m)
    np.testing.assert_array_equal(np.column_stack([got["lon"], got["lat"]]), lonlat)
    assert got["major"][0] >= got["minor"][0] > 0.0
    assert got["now_s"] == desk.core.picture.now_s


def test_no_tracks_are_a_header_alone(tmp_path: Path) -> None:
    core = ticks(make_core(tmp_path, silence), 1)
    assert _decoded(wire.tracks_message(core, core.picture.tracks))["n"] == 0
    core.close()


def test_the_picture_before_the_first_look_says_unknown_and_not_zero(tmp_path: Path) -> None:
    core = make_core(tmp_path, silence)
    board = Board(core, tmp_path / "ledger", None)
    message = json.loads(wire.msgspec.json.encode(wire.picture_message(core, board.view(), core.picture.desk)))
    core.close()
    assert message["data_age_s"] is None
    assert [look["az_deg"] for look in message["looks"]] == [None] * 3


def test_where_nothing_is_watched_all_pass_unseen_and_only_some_may_know_the_weakest_way(
    tmp_path: Path,
) -> None:
    core = make_core(tmp_path, silence)
    view, desk = Board(core, tmp_path / "ledger", None).view(), core.picture.desk
    before = wire.picture_message(core, view, desk)
    core.picture.misses = MissBatch(
        t_s=np.full(3, 60.0), hours=np.full(3, 1 / 60), stretch=np.arange(3, dtype=np.int32),
        crosser=np.array([0, 0, 3], np.uint8), share=np.array([1.0, 0.5, 1.0]), mean=np.array([0.2, np.nan, 0.9]),
        low=np.array([0.1, np.nan, 0.9]), high=np.array([0.3, np.nan, 0.9]), adversary=np.array([0.6, 1.0, 1.0]),
        informed=np.array([0.5, 0.9, 1.0]),
    )  # fmt: skip
    operator = wire.picture_message(core, view, desk)["unseen"]
    commander = wire.picture_message(core, view, desk, weakest=True)["unseen"]
    core.close()
    assert before["unseen"] is None
    assert operator["mean"] == pytest.approx((0.2 + 0.5) / 1.5, abs=1e-3)
    assert operator["weakest"] is operator["weakest_km"] is None
    assert (commander["weakest_km"], commander["weakest"]) == (1, 1.0)
    assert commander["open_km"] == 0  # half a kilometre, to the nearest whole


def test_where_every_sensor_is_dark_the_strip_is_unknown(tmp_path: Path) -> None:
    core = make_core(tmp_path, silence)
    board = Board(core, tmp_path / "ledger", None)
    seen = board.view().share
    ticks(core, 40)
    dark = board.view()
    core.close()
    assert len(seen) == 10
    assert np.nanmax(seen) > 0.5
    assert np.isnan(dark.share[seen > 0]).all()
    assert all(dark.blind_by[km] for km in np.flatnonzero(seen > 0))


def test_no_file_of_the_server_reaches_into_the_state_of_the_core() -> None:
    files = sorted(Path(wire.__file__).parent.glob("*.py"))
    assert [file.name for file in files if "core.state" in file.read_text()] == []


def test_a_sensor_that_was_told_dark_is_shown_dark_though_it_still_speaks(tmp_path: Path) -> None:
    def script(now_s: float) -> Step:
        step = walker_seen_by_radar(now_s)
        told = [health("radar", "dark", now_s)] if now_s == T0_S + 3.0 else []
        return Step([*told], step.scans, step.detections)

    core = ticks(make_core(tmp_path, script), 20)
    message = wire.picture_message(core, Board(core, tmp_path / "ledger", None).view(), core.picture.desk)
    silent, dark = core.silent, core.dark
    core.close()
    assert (silent, dark) == (frozenset(), {1})
    assert [look["state"] for look in message["looks"]] == ["up", "dark", "up"]
    assert message["looks"][1]["since_s"] == T0_S + 3.0
    assert message["health"]["radars"] == [0, 1]


def test_site_and_alerts_are_valid_json_without_nan(desk: Desk) -> None:
    desk.signed_in()
    site, alerts = (desk.client.get(f"/api/{name}").json() for name in ("site", "alerts"))
    assert [sensor["id"] for sensor in site["sensors"]] == ["cam", "radar", "fence"]
    assert [alert["id"] for alert in alerts["alerts"]] == ["A-1"]
    assert site["length_m"] == pytest.approx(10_000, abs=1)


def test_a_track_has_a_history_while_it_is_shown(desk: Desk) -> None:
    track = desk.signed_in().client.get("/api/alerts").json()["alerts"][0]["track_id"]
    points = np.array(desk.client.get(f"/api/tracks/{track}/history").json()["points"])
    assert points.shape[1] == 5
    assert (np.diff(points[:, 4]) > 0).any()
    assert desk.client.get("/api/tracks/999/history").json() == {"points": []}


@pytest.mark.parametrize(
    ("lon", "lat", "text"),
    [(42.0, 33.6, "38S KC 2160 2193"), (41.9999, 33.6, "37S GT 7838 2193"), (0.0, 0.0, "31N AA 6602 0000")],
)
def test_a_grid_reference_names_its_zone_and_ten_metres(lon: float, lat: float, text: str) -> None:
    got = mgrs_of(lon, lat)
    assert [len(group) for group in got.split()] == [3, 2, 4, 4]
    assert got.split()[0] == text.split()[0]


def test_a_live_screen_is_told_who_it_is_then_alerts_then_the_picture(busy: Desk, port: int) -> None:
    cookie = {"cookie": _cookie(busy)}
    with connect(f"ws://127.0.0.1:{port}/ws", additional_headers=cookie) as socket:
        hello, alerts, work, picture = (json.loads(socket.recv(5)) for _ in range(4))
        tracks = socket.recv(5)
    assert (hello["type"], hello["user"], hello["simulated"]) == ("hello", "desk-1", True)
    assert (alerts["type"], [a["id"] for a in alerts["alerts"]]) == ("alerts", ["A-1"])
    assert (work["type"], work["me"]["role"], picture["type"]) == ("desk", "shift_commander", "picture")
    assert _decoded(tracks)["n"] == 1


def test_a_screen_that_answers_nothing_is_sent_a_few_pictures_and_no_more(busy: Desk, port: int) -> None:
    cookie = {"cookie": _cookie(busy)}
    with running(busy.core), connect(f"ws://127.0.0.1:{port}/ws", additional_headers=cookie) as socket:
        numbered, until = 0, time.monotonic() + 30.0
        while time.monotonic() < until:
            if numbered >= SCREEN_WINDOW:
                until = min(until, time.monotonic() + 1.0)  # nothing more comes, as far as a second tells
            with contextlib.suppress(TimeoutError):
                message = socket.recv(0.2)
                numbered += isinstance(message, bytes) or json.loads(message)["type"] == "picture"
    assert numbered == SCREEN_WINDOW


def test_a_screen_that_sends_rubbish_goes_on_being_served(busy: Desk, port: int) -> None:
    cookie = {"cookie": _cookie(busy)}
    with connect(f"ws://127.0.0.1:{port}/ws", additional_headers=cookie) as socket:
        for rubbish in ("", "{", '{"ack": "x"}', b"\x00\xff", '{"ack": 1}'):
            socket.send(rubbish)
        messages = [socket.recv(5) for _ in range(4)]
        with running(busy.core):
            messages.append(socket.recv(5))
    assert len(messages) == 5


def test_what_is_the_same_for_every_screen_is_made_once_a_moment_and_numbered_for_each() -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(len(made))
        return b"%d" % made[-1]

    shared = Shared()
    assert [shared.of(1.0, "picture", make), shared.of(1.0, "picture", make), shared.of(1.0, "other", make)] == [
        b"0",
        b"0",
        b"1",
    ]
    assert shared.of(2.0, "picture", make) == b"2"
