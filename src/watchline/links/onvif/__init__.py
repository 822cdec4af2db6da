"""ONVIF cameras on pan-tilt-zoom heads: absolute pointing, position, stop.  **Unproved**: no independent peer was at
hand; tests hold it to the public specification by a server of their own and by written exchanges.

Standard: ONVIF Core, Media (ver10) and PTZ (ver20) services: GetSystemDateAndTime, GetCapabilities, GetProfiles,
GetNodes, GetStatus, AbsoluteMove, Stop; SOAP 1.2 over HTTP/1.1, WS-UsernameToken with PasswordDigest.  `talk.py` is
what is asked when, `answers.py` what follows, `pointing.py` the geometry.

Not covered: discovery, events, presets, tours, relative and continuous moves, HTTP digest authentication, TLS other
than the link's own, imaging, the video's address; cameras that close the connection after each answer are slow (a
question each time they are called again).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from watchline.domain.records import Record
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings
from watchline.links.onvif import soap
from watchline.links.onvif.answers import failed, heard
from watchline.links.onvif.http_messages import Limits, Response, take
from watchline.links.onvif.state import CAMERA, FIRST, OnvifState
from watchline.links.onvif.talk import due, ordered

__all__ = [
    "CAMERA", "FIRST", "FRAMING", "NAME", "Limits", "OnvifState", "check_settings", "closed", "decode", "due",
    "encode", "greet", "init", "ordered",
]  # fmt: skip

NAME = "onvif"
FRAMING: Framing = "stream"


def init(settings: Settings) -> OnvifState:
    """Return the state before the first byte."""
    return OnvifState(settings)


def check_settings(role: str, node: str, direction: str) -> Iterator[tuple[str, str, str]]:
    """Yield (field, rule, what to do) for what is wrong with a site's settings of this link."""
    if direction != "dial":
        yield "direction", "a camera is called, it does not call", "set it to dial"


def greet(state: OnvifState) -> tuple[OnvifState, tuple[Record, ...]]:
    """Return the state with a connection; what is asked first comes from `due`."""
    return replace(state, open=state.channel, asked=""), ()


def closed(state: OnvifState) -> OnvifState:
    """Return the state without a connection; what was asked is asked again on the next."""
    return replace(state, open="" if state.open == state.channel else state.open, asked="")


def decode(state: OnvifState, data: bytes, /) -> Decoded:
    """Return the state, the records in what came, and what was refused of it."""
    records: list[Record] = []
    errors: list[PeerError] = []
    buffer, at = state.rest + data, 0
    while at < len(buffer):
        try:
            response, used = take(buffer[at:])
        except ValueError as error:
            where = state.taken + at
            errors.append(PeerError(state.settings.name, where, str(error), buffer[at : at + 64], fatal=True))
            at = len(buffer)
            break
        if response is None:
            break
        state = _one(state, response, state.taken + at, records, errors)
        at += used
    return replace(state, rest=buffer[at:], taken=state.taken + at), tuple(records), tuple(errors)


def _one(
    state: OnvifState, response: Response, offset: int, records: list[Record], errors: list[PeerError]
) -> OnvifState:
    if response.status == 100:
        return state
    try:
        node = soap.content(response.body)
        reason = soap.fault(node)
        if reason:
            raise ValueError(f"{state.asked or 'a question'}: refused, {reason}")
        state, told = heard(state, node)
    except ValueError as error:
        words = f"HTTP {response.status}, {error}" if response.status >= 400 else str(error)
        errors.append(PeerError(state.settings.name, offset, words, response.body[:64]))
        state, told = failed(state, words)
    records += told
    return state


def encode(record: Record, /) -> bytes:
    """Raise LocalError: what a camera is told is a conversation (`ordered`, `due`), never one message."""
    raise LocalError("onvif: a camera is asked, not told")
