"""A shift is handed over with open items, the core is killed in the middle, a second operator goes on: nothing lost.

The core is `watchline run` in a process of its own and ends by SIGKILL: nothing of it can say goodbye to the ledger.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from demo_files import write_short_demo

from running import RunningWatchline
from sim_builders import short_demo
from watchline.domain.desk import Handover, Signature
from watchline.domain.site import Desk, Person
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ops.site_file import site_text

ALERT_S = 240.0  # the wall clock's bound on a first alert: the line runs sixty times as fast
PEOPLE = (
    Person(name="commander", role="shift_commander"),  # the printed link is the first person's
    Person(name="west-1", role="tower_operator", desk="west"),
    Person(name="west-2", role="tower_operator", desk="west"),
    Person(name="east-1", role="tower_operator", desk="east"),
    Person(name="east-2", role="tower_operator", desk="east"),
)


class Screen:
    """Somebody at a screen: asks as the console does.  Mutable: it keeps its cookie and counts presses."""

    def __init__(self, link: str, life: str, open_: ExitStack) -> None:
        base, _, token = link.partition("/?token=")
        self.client = open_.enter_context(httpx.Client(base_url=base, timeout=60.0))
        self.life, self.presses, self.open_ = life, 0, open_
        self.client.get(f"/?token={token}")  # 503 where the console is not built: the session is open all the same

    def seat(self, person: str) -> Screen:
        """Return the screen that a commander opens for somebody."""
        answer = self.client.post("/api/seats", json={"person": person})
        assert answer.status_code == 200, answer.text
        link = str(self.client.base_url).rstrip("/") + answer.json()["path"]
        return Screen(link, f"{self.life}-{person}", self.open_)

    def get(self, path: str) -> Any:
        return self.client.get(path).json()

    def post(self, path: str, **body: Any) -> httpx.Response:
        self.presses += 1
        return self.client.post(path, json={"key": f"{self.life}-{self.presses:06}", **body})

    def wish(self, ask: str, **body: Any) -> httpx.Response:
        return self.post("/api/desk", ask=ask, **body)

    def sign(self) -> int:
        """Read what is open and sign it; read again if it changed meanwhile, as a person would."""
        for _ in range(200):
            shift = self.shift()
            status = self.wish("sign", handover=shift["handover"], digest=shift["digest"]).status_code
            if status != 409:
                break
        return status

    def shift(self) -> dict[str, Any]:
        (shift,) = self.get("/api/desk")["shifts"]
        found: dict[str, Any] = shift
        return found

    def first_alert(self) -> dict[str, Any]:
        """Return the first open alert of a desk."""
        end = time.monotonic() + ALERT_S
        while time.monotonic() < end:
            for alert in self.get("/api/alerts")["alerts"]:
                if alert["state"] == "open" and alert["desk"]:
                    found: dict[str, Any] = alert
                    return found
            time.sleep(0.2)
        raise AssertionError("nothing happened")


@pytest.fixture
def line(tmp_path: Path) -> Path:
    path = write_short_demo(tmp_path / "line")
    desks = (Desk(id="west", from_km=0.0, to_km=8.0), Desk(id="east", from_km=8.0, to_km=16.0))
    two = msgspec.structs.replace(short_demo().site, desks=desks, people=PEOPLE)
    path.write_text(site_text(two), encoding="utf-8")
    return path


def _run(line: Path, ledger: Path) -> RunningWatchline:
    return RunningWatchline(str(line), "--fidelity", "detections", "--speed", "60", "--seed", "3", ledger=ledger)


@pytest.mark.slow
def test_a_handover_in_the_middle_of_which_the_core_is_killed_loses_nothing(line: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    with _run(line, ledger) as life, ExitStack() as open_:
        commander = Screen(life.link(), "one", open_)
        alert = commander.first_alert()
        desk = alert["desk"]
        outgoing, incoming = f"{desk}-1", f"{desk}-2"
        first = commander.seat(outgoing)
        assert first.post(f"/api/alerts/{alert['id']}/acknowledge").status_code == 200
        shelve = {"scope": "kind", "value": "loitering", "reason": "herd at the well", "seconds": 7200.0}
        assert first.wish("shelve", **shelve).status_code == 200
        assert first.wish("write", phrase="order_look", unit="patrol-1").status_code == 200
        assert first.wish("prepare", desk=desk, incoming=incoming, note="dust from the west").status_code == 200
        open_before = first.shift()["items"]
        assert {"acknowledged", "shelved"} <= {item["state"] for item in open_before}
        assert first.sign() == 200
        life.kill()

    with _run(line, ledger) as life, ExitStack() as open_:
        second = Screen(life.link(), "two", open_).seat(incoming)
        shift = second.shift()
        assert (shift["outgoing"], shift["incoming"], shift["note"]) == (outgoing, incoming, "dust from the west")
        assert shift["outgoing_s"] is not None
        assert shift["incoming_s"] is None
        assert {i["ref"] for i in open_before} <= {i["ref"] for i in shift["items"]}
        assert second.wish("sign", handover=shift["handover"], digest="not read").status_code == 409
        assert second.sign() == 200
        after = second.get("/api/desk")
        assert {d["id"]: d["holder"] for d in after["desks"]}[desk] == incoming
        assert after["shelved"][0]["value"] == "loitering"
        assert "order_look" in {entry["phrase"] for entry in after["log"]}
        done = second.post(f"/api/alerts/{alert['id']}/disposition", code="nuisance", cause="shepherd")
        assert done.json()["alert"]["state"] == "closed"
        life.kill()

    with LedgerReader(ledger) as reader:
        written = [entry.value for entry in reader.events(["handover", "signature"])]
        assert not list(reader.events(["run_ended"]))  # neither life ended in good order
    prepared = [r for r in written if isinstance(r, Handover)]
    signatures = [r for r in written if isinstance(r, Signature)]
    assert len(prepared) == 1
    assert [(s.side, s.person) for s in signatures] == [("outgoing", outgoing), ("incoming", incoming)]
    assert {i.ref for i in signatures[0].items} <= {i.ref for i in signatures[1].items}
    assert verify(ledger).whole
