"""An officer's releases: what a recipient would be told, letting them see more, and taking that back."""

from __future__ import annotations

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.roles import Who
from watchline.domain.federation import ToldPartner
from watchline.domain.policy import Purpose, Release, ReleaseEnded, Told
from watchline.domain.records import GeoPoint, PartnerEventKind
from watchline.links.maps.shapes import check_place
from watchline.ops.core import Core
from watchline.ops.release_preview import preview
from watchline.policy.releasing import NotReleased, check_release, check_told
from watchline.policy.terms import recipient_named, terms_of
from watchline.server.asking import body_of, json_answer, keep, key_of
from watchline.server.pages import page_file
from watchline.server.session import Sessions


class _Release(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be released.  minutes: for how long; alert: the one it is about."""

    key: str
    recipient: str
    purpose: Purpose
    reason: str
    from_km: float
    to_km: float
    what: tuple[Told, ...]
    minutes: float
    alert: str = ""


class _Tell(msgspec.Struct, forbid_unknown_fields=True):
    """What a partner is to be told.  minutes: for how long it says something."""

    key: str
    recipient: str
    what: PartnerEventKind
    lon_deg: float
    lat_deg: float
    minutes: float
    confidence: float = 1.0
    people: int | None = None
    text: str = ""


def _asked_for(request: Request, recipient: str, now_s: float) -> Release | None:
    """Return the release that a query describes, which nobody has made; 400 says what is wrong with it."""
    query = request.query_params
    if not query.get("what"):
        return None
    try:
        what = msgspec.convert(tuple(query["what"].split(",")), tuple[Told, ...])
        from_m, to_m = (1000.0 * float(query.get(name, "nan")) for name in ("from_km", "to_km"))
    except (msgspec.ValidationError, ValueError):
        raise HTTPException(400, "what: tracks, alerts, units, distress; from_km, to_km: numbers") from None
    if not from_m <= to_m:
        raise HTTPException(400, "to_km: must not be below from_km")
    return Release(
        id="preview", t_s=now_s, source="preview", release="preview", recipient=recipient, officer="",
        purpose="coordination", reason="", from_m=from_m, to_m=to_m, what=what, until_s=now_s + 1.0,
    )  # fmt: skip


class _Key(msgspec.Struct, forbid_unknown_fields=True):
    key: str


class Releases:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self.core, self.sessions = core, sessions

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/releases", self.page),
            Route("/releases/{name}", self.page),
            Route("/api/recipients", self.recipients),
            Route("/api/recipients/{recipient}/preview", self.preview),
            Route("/api/releases", self.release, methods=["POST"]),
            Route("/api/releases/{release}/end", self.end, methods=["POST"]),
            Route("/api/partners/tell", self.tell, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """Serve the page and what belongs to it."""
        self._who(request)
        return page_file(request, "releases_page")

    async def recipients(self, request: Request) -> Response:
        """Serve who is told what, and every release that holds."""
        self._who(request)
        core, site = self.core, self.core.loaded.site
        with core.lock:
            now_s, releases = core.picture.now_s, tuple(core.picture.releases.values())
        told = [
            {"id": one.id, "kind": one.kind, "organisation": one.organisation,
             "terms": [term.__dict__ for term in terms_of(site, one, releases, now_s)]}
            for one in site.recipients
        ]  # fmt: skip
        return json_answer({"recipients": told, "releases": [one for one in releases if one.until_s > now_s]})

    async def preview(self, request: Request) -> Response:
        """Serve exactly what a recipient would be told now, of what the query asks to release on top."""
        self._who(request)
        recipient = recipient_named(self.core.loaded.site, request.path_params["recipient"])
        if not recipient.id:
            raise HTTPException(404, "no such recipient")
        asked = _asked_for(request, recipient.id, self.core.clock.now_s)
        with self.core.lock:
            shown = preview(self.core.loaded, self.core.picture, recipient, asked)
        return json_answer(shown)

    async def release(self, request: Request) -> Response:
        """Let a recipient see more; the answer comes when it is durable."""
        who, said = self._who(request), await body_of(request, _Release)
        key_of(said.key)
        now_s = self.core.clock.now_s
        release = Release(
            id=f"release-{said.key}", t_s=now_s, source=who.name, release=said.key, recipient=said.recipient,
            officer=who.name, purpose=said.purpose, reason=said.reason, from_m=1000.0 * said.from_km,
            to_m=1000.0 * said.to_km, what=said.what, until_s=now_s + 60.0 * said.minutes, alert=said.alert,
        )  # fmt: skip
        try:
            named = recipient_named(self.core.loaded.site, said.recipient)
            check_release(release, named, may_release=who.may_release)
        except NotReleased as refused:
            status = 403 if refused.why == "forbidden" else 400
            raise HTTPException(status, str(refused), {"x-refused": refused.why}) from None
        with self.core.lock:
            known = said.key in self.core.picture.releases
        if not known:
            await keep(self.core, release)
        return json_answer({"durable": True, "release": said.key})

    async def end(self, request: Request) -> Response:
        """Take a release back."""
        who, key = self._who(request), key_of((await body_of(request, _Key)).key)
        name = request.path_params["release"]
        with self.core.lock:
            standing = name in self.core.picture.releases
        if not standing:
            raise HTTPException(404, "no such release")
        ended = ReleaseEnded(
            id=f"release-ended-{key}", t_s=self.core.clock.now_s, source=who.name, release=name, officer=who.name
        )
        await keep(self.core, ended)
        return json_answer({"durable": True, "release": name})

    async def tell(self, request: Request) -> Response:
        """Tell a partner of something in words and with a place; it goes out once it is durable."""
        who, said = self._who(request), await body_of(request, _Tell)
        key_of(said.key)
        now_s = self.core.clock.now_s
        try:
            if not who.may_release:
                raise NotReleased("forbidden", f"{who.name} is no officer whom the site names for releases")
            check_told(said.text, said.confidence, said.people, said.minutes)
            check_place(said.lon_deg, said.lat_deg)
        except (NotReleased, ValueError) as refused:
            why = getattr(refused, "why", "wrong")
            raise HTTPException(403 if why == "forbidden" else 400, str(refused), {"x-refused": why}) from None
        partner = recipient_named(self.core.loaded.site, said.recipient)
        if partner.kind not in ("partner", "rescue"):
            raise HTTPException(400, "recipient: name one of kind partner or rescue", {"x-refused": "wrong"})
        told = ToldPartner(
            id=f"told-{said.key}", t_s=now_s, source=who.name, recipient=partner.id, officer=who.name, what=said.what,
            place=GeoPoint(lon_deg=said.lon_deg, lat_deg=said.lat_deg), until_s=now_s + 60.0 * said.minutes,
            confidence=said.confidence, people=said.people, text=said.text.strip(),
        )  # fmt: skip
        with self.core.lock:
            known = told.id in self.core.picture.outside.told
        if not known:
            await keep(self.core, told)
        return json_answer({"durable": True, "told": told.id})

    def _who(self, request: Request) -> Who:
        who = self.sessions.who(request)
        if who is None or not (who.may_release or who.role in ("shift_commander", "auditor")):
            raise HTTPException(403, "for officers, commanders and auditors")
        if request.method == "POST" and not (who.may_release or who.role == "shift_commander"):
            raise HTTPException(403, "an auditor changes nothing", {"x-refused": "forbidden"})
        return who
