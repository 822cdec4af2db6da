"""Envelopes of SOAP 1.2 as ONVIF devices take and give them, signed by WS-UsernameToken.

Standard: ONVIF Core (SOAP 1.2 over HTTP, WS-Security UsernameToken profile 1.0 with PasswordDigest).  The digest is
base64(sha1(nonce + created + password)); created is on the device's clock, which `GetSystemDateAndTime` tells, since
devices refuse what is more than some seconds off.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from watchline.links.xml_tree import Node, parse

DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
SECURITY = _WSS + "wssecurity-secext-1.0.xsd"
UTILITY = _WSS + "wssecurity-utility-1.0.xsd"
DIGEST = _WSS + "username-token-profile-1.0#PasswordDigest"
BASE64 = _WSS + "soap-message-security-1.0#Base64Binary"


@dataclass(frozen=True)
class Login:
    """Who asks: user and password, the moment on the device's clock, and a number that never repeats."""

    user: str
    password: str
    created_s: float
    count: int


def envelope(body: str, login: Login | None) -> bytes:
    """Return an envelope around a body; login None: without a signature."""
    head = "" if login is None else f"<s:Header>{_security(login)}</s:Header>"
    names = f'xmlns:s="{ENVELOPE}" xmlns:tt="{SCHEMA}"'
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope {names}>{head}<s:Body>{body}</s:Body></s:Envelope>'
    return text.encode()


def _security(login: Login) -> str:
    created = datetime.fromtimestamp(round(login.created_s, 3), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    # It must not repeat and not be guessed before it is said; it need not come from chance.
    seed = f"{login.user}\0{login.password}\0{created}\0{login.count}".encode()
    nonce = hashlib.sha256(seed).digest()[:16]
    return (
        f'<wsse:Security s:mustUnderstand="true" xmlns:wsse="{SECURITY}" xmlns:wsu="{UTILITY}"><wsse:UsernameToken>'
        f"<wsse:Username>{escape(login.user)}</wsse:Username>"
        f'<wsse:Password Type="{DIGEST}">{digest(nonce, created, login.password)}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{BASE64}">{base64.b64encode(nonce).decode()}</wsse:Nonce>'
        f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )


def digest(nonce: bytes, created: str, password: str) -> str:
    """Return the password digest of WS-UsernameToken.

    The example that ONVIF's programmer's guide prints:

    >>> digest(base64.b64decode("LKqI6G/AikKCQrN0zqZFlg=="), "2010-09-16T07:50:45Z", "userpassword")
    'tuOSpGlFlIXsozq4HFNeeGeFLEI='
    """
    raw = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return base64.b64encode(raw).decode()


def content(data: bytes) -> Node:
    """Return what a body holds; ValueError for anything that is no envelope with one."""
    root = parse(data)
    body = root.first("Body")
    if root.name != "Envelope" or body is None or not body.children:
        raise ValueError("is not a SOAP envelope with a body")
    return body.children[0]


def fault(node: Node) -> str:
    """Return the words of a Fault, "" if it is none."""
    if node.name != "Fault":
        return ""
    code, reason = node.first("Code"), node.first("Reason")
    words = [value.text.rpartition(":")[2] for value in (code.every("Value") if code is not None else [])]
    said = reason.text_of("Text") if reason is not None else node.text_of("faultstring")
    return " ".join([*words, " ".join(said.split())]).strip()[:200] or "no reason"
