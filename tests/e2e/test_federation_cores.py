"""Two cores of two organisations, each a process with its own ledger and authority, joined by mutual TLS."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from builders import radar, site, write_site
from running import RunningWatchline, free_port
from watchline.domain.federation import PartnerWord
from watchline.domain.records import DistressCall, GeoPoint, PartnerEvent, Record, Rejection
from watchline.domain.site import LinkSpec, LinkTls, Person, Recipient, Sees
from watchline.ledger.reader import LedgerReader
from watchline.ledger.store import LEDGER_DB
from watchline.ledger.verify import verify
from watchline.links import cot, federation
from watchline.links.transports import Tls
from watchline.ops.authority import make_authority, sign_for

pytestmark = pytest.mark.slow
WAIT_S = 90.0
PLACE = GeoPoint(lon_deg=42.01, lat_deg=33.601)


class Side:
    """One organisation's core.  Mutable: it is killed and started again."""

    def __init__(self, directory: Path, name: str, other: str, link_port: int, *, listens: bool) -> None:
        self.name, self.other, self.directory = name, other, directory / name
        self.link_port, self.phones = link_port, free_port()
        tls = LinkTls(certificate=f"{name}.pem", key=f"{name}.key", authority="theirs.pem")
        links = (
            LinkSpec(
                id=other, protocol="federation", address=f"127.0.0.1:{link_port}", node=name, allow=(other,), tls=tls,
                direction="listen" if listens else "dial", recipient="partner", sends=("tracks", "alerts"),
            ),
            LinkSpec(id="phones", protocol="cot", address=f"127.0.0.1:{self.phones}", direction="listen"),
        )  # fmt: skip
        partner = Recipient(id="partner", kind="partner", sees=(Sees(from_km=0.0, to_km=10.0),))
        what = msgspec.structs.replace(
            site(radar(node="phones/none")), links=links, recipients=(partner,), simulation=None,
            people=(Person(name=f"{name}-lead", role="shift_commander", may_release=True),),
        )  # fmt: skip
        make_authority(self.directory, name)
        sign_for(self.directory, name, ("127.0.0.1",))  # with a host it may also answer, not only call
        self.site, self.ledger = write_site(self.directory, what), self.directory / "ledger"

    def trusts(self, other: Side) -> None:
        shutil.copy(other.directory / "authority.pem", self.directory / "theirs.pem")

    def start(self) -> None:
        self.core = RunningWatchline(str(self.site), "--no-account", ledger=self.ledger)
        link = self.core.link()
        self.client = httpx.Client(base_url=link.partition("/?")[0], timeout=60.0)
        self.client.get(link, follow_redirects=False)

    def stop(self) -> None:
        self.client.close()
        self.core.__exit__()

    def kill(self) -> None:
        self.client.close()
        self.core.kill()

    def press(self, path: str, **said: Any) -> Any:
        origin = {"origin": str(self.client.base_url).rstrip("/")}
        answer = self.client.post(path, json=said, headers=origin)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def kept(self, *kinds: str) -> list[Any]:
        if not (self.ledger / LEDGER_DB).exists():
            return []
        with LedgerReader(self.ledger) as reader:
            return [entry.value for entry in reader.events(kinds)]

    def tells(self, key: str) -> None:
        self.press(
            "/api/partners/tell", key=key, recipient="partner", what="pursuit", lon_deg=PLACE.lon_deg,
            lat_deg=PLACE.lat_deg, minutes=60.0, text=key,
        )  # fmt: skip

    def heard(self) -> list[str]:
        return [e.text for e in self.kept("partner_event") if isinstance(e, PartnerEvent)]

    def calls_for_help(self, beacon: str) -> None:
        call = DistressCall(id=beacon, t_s=time.time(), source="phone", uid=beacon, place=PLACE, name=beacon)
        with closing(socket.create_connection(("127.0.0.1", self.phones), timeout=30.0)) as phone:
            phone.sendall(cot.encode(call))
            self.until(lambda: self.kept("distress_call"), "the call is kept")

    def until(self, true: Callable[[], Any], what: str) -> None:
        end_s = time.monotonic() + WAIT_S
        while not true():
            assert time.monotonic() < end_s, f"{self.name}, not within {WAIT_S:.0f} s: {what}"
            time.sleep(0.1)


@pytest.fixture
def two(tmp_path: Path) -> Any:
    port = free_port()
    south, north = (
        Side(tmp_path, "south", "north", port, listens=True),
        Side(tmp_path, "north", "south", port, listens=False),
    )
    south.trusts(north)
    north.trusts(south)
    for side in (south, north):
        side.start()
    yield south, north
    for side in (south, north):
        side.stop()


def test_two_cores_tell_each_other_what_they_may_and_lose_and_double_nothing(two: tuple[Side, Side]) -> None:
    south, north = two
    # Words of officers go both ways.
    south.tells("tell-south-1")
    north.tells("tell-north-1")
    for here, there in ((south, north), (north, south)):
        there.until(lambda s=there, o=here: s.heard() == [f"tell-{o.name}-1"], "the other's word")
        here.until(lambda s=here: _said(s, "kept"), "the other has it on the disk")

    # A call for help goes over only when a person has chosen who may help.
    south.calls_for_help("mother")
    south.until(lambda: any(a.what == "distress" for a in south.kept("alert")), "the alert")
    (alert,) = {a.alert for a in south.kept("alert") if a.what == "distress"}
    assert north.kept("distress_call") == []
    south.press(
        "/api/releases", key="release-0001", recipient="partner", purpose="rescue", reason="they are nearer",
        from_km=0.0, to_km=10.0, what=["distress"], minutes=60.0,
    )  # fmt: skip
    north.until(lambda: north.kept("distress_call"), "the call")
    call = north.kept("distress_call")[0]
    assert (call.uid, call.source) == (f"south/{alert}", "south")
    north.until(lambda: any(a.what == "distress" for a in north.kept("alert")), "their alert")
    (theirs,) = {a.alert for a in north.kept("alert") if a.what == "distress"}
    north.press(f"/api/alerts/{theirs}/acknowledge", key="take-00001")
    south.until(lambda: _said(south, "taken"), "that they have taken it")
    assert [e.alert for e in south.kept("log_entry")] == [alert]

    # Killed on either side, with something told on the other meanwhile.
    north.kill()
    for k in range(2, 5):
        south.tells(f"tell-south-{k}")
    north.start()
    north.until(lambda: len(north.heard()) == 4, "what was told while it was away")
    south.kill()
    north.tells("tell-north-2")
    south.start()
    south.until(lambda: len(south.heard()) == 2, "what was told while it was away")
    south.until(lambda: len(_said(south, "kept")) >= 4, "all is acknowledged")
    assert sorted(north.heard()) == [f"tell-south-{k}" for k in range(1, 5)]
    assert sorted(south.heard()) == ["tell-north-1", "tell-north-2"]
    assert len({r.id for r in south.kept("released")}) == len(south.kept("released"))

    # Whom their authority has signed and nobody named is turned away; bad lines are in the ledger.
    _speak_as(north, south, "stranger", [_here("north")])
    _speak_as(north, south, "north", [_here("north"), b'{"say":"order"}\n'])
    for rule in ("'stranger' is not one of those", "no message of a core"):
        south.until(lambda r=rule: any(r in one.rule for one in _refused(south)), f"a rejection: {rule}")
    for side in two:
        assert verify(side.ledger).whole


def _said(side: Side, state: str) -> list[PartnerWord]:
    return [w for w in side.kept("partner_word") if isinstance(w, PartnerWord) and w.state == state]


def _refused(side: Side) -> list[Rejection]:
    return [r for r in side.kept("rejection") if isinstance(r, Rejection)]


def _here(name: str) -> bytes:
    word: Record = PartnerWord(id="", t_s=0.0, source=name, state="here", text=name)
    return federation.encode(word)


def _speak_as(files: Side, to: Side, name: str, lines: list[bytes]) -> None:
    """Say lines at a side's listening link with a certificate of `files`' authority."""
    if not (files.directory / f"{name}.pem").exists():
        sign_for(files.directory, name)
    tls = Tls(*(files.directory / f for f in (f"{name}.pem", f"{name}.key", "theirs.pem")))
    with (
        socket.create_connection(("127.0.0.1", to.link_port), timeout=30.0) as plain,
        tls.context(server=False).wrap_socket(plain) as wire,
    ):
        wire.sendall(b"".join(lines))
        wire.recv(1000)  # its own greeting
