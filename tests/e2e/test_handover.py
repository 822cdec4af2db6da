"""A shift is handed over with open items, the core dies in the middle, a second operator goes on: nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from core_builders import SENSORS, make_core, ticks, walker_seen_by_radar
from desk_builders import WHO, two_desks
from served import Served, running
from watchline.domain.desk import Handover, Signature
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.server.session import Sessions

PEOPLE = tuple(WHO.values())
SITE = two_desks(*SENSORS)


class Person:
    """Somebody at a screen of a served core: asks as the console does.  Mutable: it counts presses."""

    def __init__(self, served: Served, name: str) -> None:
        self.served, self.name, self.presses = served, name, 0
        self.cookies = httpx.Cookies()
        token = served.sessions.new_seat_token(WHO[name])
        self._ask("GET", f"/?token={token}")

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        self.served.cookies = self.cookies
        answer = self.served.ask(method, path, **more)
        self.cookies = self.served.cookies
        return answer

    def get(self, path: str) -> Any:
        return self._ask("GET", path).json()

    def post(self, path: str, **body: Any) -> httpx.Response:
        self.presses += 1
        return self._ask("POST", path, json={"key": f"{self.name}-{self.presses:06}", **body})

    def wish(self, ask: str, **body: Any) -> httpx.Response:
        return self.post("/api/desk", ask=ask, **body)

    def shift(self) -> dict[str, Any]:
        (shift,) = self.get("/api/desk")["shifts"]
        found: dict[str, Any] = shift
        return found


@contextmanager
def _core(directory: Path, seconds: int) -> Iterator[Served]:
    """Run a core that has seen a walker for some time; it is not closed: the power goes, it does not say goodbye."""
    core = ticks(make_core(directory, walker_seen_by_radar, SITE), seconds)
    with running(core):
        yield Served(core, Sessions(people=PEOPLE), directory)
    core.ledger.close()


@pytest.mark.slow
def test_a_handover_in_the_middle_of_which_the_core_dies_loses_nothing(tmp_path: Path) -> None:
    with _core(tmp_path, 60) as served:
        (alert,) = Person(served, "auditor").get("/api/alerts")["alerts"]
        desk = alert["desk"]
        outgoing, incoming = ("west-1", "west-2") if desk == "west" else ("east-1", "commander")
        first = Person(served, outgoing)
        assert first.post(f"/api/alerts/{alert['id']}/acknowledge").status_code == 200
        shelve = {"scope": "kind", "value": "loitering", "reason": "herd at the well", "seconds": 7200.0}
        assert first.wish("shelve", **shelve).status_code == 200
        assert first.wish("write", phrase="order_look", unit="patrol-1").status_code == 200
        assert first.wish("prepare", desk=desk, incoming=incoming, note="dust from the west").status_code == 200
        shift = first.shift()
        open_before = shift["items"]
        assert {item["state"] for item in open_before} == {"acknowledged", "shelved"}
        assert first.wish("sign", handover=shift["handover"], digest=shift["digest"]).status_code == 200

    with _core(tmp_path, 1) as served:  # killed after one signature, and started again
        second = Person(served, incoming)
        shift = second.shift()
        assert (shift["outgoing"], shift["incoming"], shift["note"]) == (outgoing, incoming, "dust from the west")
        assert shift["outgoing_s"] is not None
        assert shift["incoming_s"] is None
        assert {i["ref"] for i in open_before} <= {i["ref"] for i in shift["items"]}
        assert second.wish("sign", handover=shift["handover"], digest="not read").status_code == 409
        assert second.wish("sign", handover=shift["handover"], digest=second.shift()["digest"]).status_code == 200
        after = second.get("/api/desk")
        assert {d["id"]: d["holder"] for d in after["desks"]}[desk] == incoming
        assert after["shelved"][0]["value"] == "loitering"
        assert after["log"][-1]["phrase"] == "order_look"
        held = {a["id"]: a["state"] for a in second.get("/api/alerts")["alerts"]}
        assert held[alert["id"]] == "acknowledged"
        done = second.post(f"/api/alerts/{alert['id']}/disposition", code="nuisance", cause="shepherd")
        assert done.json()["alert"]["state"] == "closed"

    with LedgerReader(tmp_path / "ledger") as reader:
        written = [entry.value for entry in reader.events(["handover", "signature"])]
    prepared = [r for r in written if isinstance(r, Handover)]
    signatures = [r for r in written if isinstance(r, Signature)]
    assert len(prepared) == 1
    assert [(s.side, s.person) for s in signatures] == [("outgoing", outgoing), ("incoming", incoming)]
    assert {i.ref for i in signatures[0].items} <= {i.ref for i in signatures[1].items}
    assert verify(tmp_path / "ledger").whole
