"""Every way in which an ID token does not hold, from a provider that says whatever it likes."""

from __future__ import annotations

import base64
import hmac
import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from watchline.domain.site import SignOn
from watchline.server.sign_on import Provider, Refused, _Flow, may_be_asked

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FLOW = _Flow("browser", "the nonce", "the verifier", "https://core/sign-on/back", 0.0)


class _Says(http.server.BaseHTTPRequestHandler):
    """A provider that gives the token it was told to give."""

    token = ""
    issuer = ""
    asked: dict[str, Any]

    def do_GET(self) -> None:
        if self.path.startswith("/keys"):
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            return self._answer({"keys": [public | {"kid": "one", "use": "sig", "alg": "RS256"}]})
        base = type(self).issuer
        return self._answer({
            "issuer": base, "authorization_endpoint": f"{base}/ask", "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
        })  # fmt: skip

    def do_POST(self) -> None:
        type(self).asked = {
            "body": self.rfile.read(int(self.headers["content-length"])), "login": self.headers["authorization"]
        }  # fmt: skip
        self._answer({"id_token": type(self).token, "access_token": "x", "token_type": "Bearer"})

    def _answer(self, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def says() -> Iterator[type[_Says]]:
    handler = type("_Says", (_Says,), {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


def _claims(says: type[_Says], **other: object) -> dict[str, object]:
    now = int(time.time())
    return {
        "iss": says.issuer, "aud": "watchline", "sub": "7", "exp": now + 300, "iat": now, "nonce": "the nonce",
        "preferred_username": "west-1",
    } | other  # fmt: skip


def _token(claims: dict[str, object], key: Any = KEY, algorithm: str = "RS256", kid: str = "one") -> str:
    return jwt.encode(claims, key, algorithm, {"kid": kid})


def _name(says: type[_Says], **spec: str) -> str:
    return Provider(SignOn(issuer=says.issuer, client="watchline", **spec), Path()).name_for("code", FLOW)


def test_a_token_that_holds_names_somebody(says: type[_Says], tmp_path: Path) -> None:
    says.token = _token(_claims(says))
    assert _name(says) == "west-1"
    assert b"code_verifier=the+verifier" in says.asked["body"]
    assert says.asked["login"] is None
    (tmp_path / "secret").write_text("a secret\n")
    provider = Provider(SignOn(issuer=says.issuer, client="watchline", secret="secret", claim="sub"), tmp_path)
    assert provider.name_for("code", FLOW) == "7"
    assert says.asked["login"].startswith("Basic ")
    several = _claims(says, aud=["watchline", "other"], azp="watchline")
    says.token = _token(several)
    assert _name(says) == "west-1"


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "http://127.0.0.1:1"}, {"aud": "another"}, {"nonce": "another"}, {"exp": int(time.time()) - 3600},
        {"iat": int(time.time()) + 3600}, {"preferred_username": ["west-1"]}, {"preferred_username": ""},
        {"aud": ["watchline", "another"]}, {"exp": None}, {"sub": None},
    ],
)  # fmt: skip
def test_claims_that_do_not_hold_let_nobody_in(says: type[_Says], change: dict[str, object]) -> None:
    says.token = _token({name: value for name, value in _claims(says, **change).items() if value is not None})
    with pytest.raises(Refused):
        _name(says)


def test_signatures_that_do_not_hold_let_nobody_in(says: type[_Says]) -> None:
    # A key that everybody has must not serve as a secret that two share; PyJWT itself refuses to make such a token.
    public = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "kid": "one"}, _claims(says))
    )
    mac = base64.urlsafe_b64encode(hmac.digest(public, head + b"." + body, "sha256")).rstrip(b"=")
    shared = b".".join((head, body, mac)).decode()
    good = _token(_claims(says))
    unsigned = jwt.encode(_claims(says), "", "none", {"kid": "one"})
    for token in (
        _token(_claims(says), OTHER),
        _token(_claims(says), kid="two"),
        unsigned,
        shared,
        good[:-4] + "AAAA",
        good.rsplit(".", 1)[0] + ".",
        "not a token",
    ):
        says.token = token
        with pytest.raises(Refused):
            _name(says)


def test_a_provider_under_another_name_or_without_https_is_not_asked(says: type[_Says]) -> None:
    says.token = _token(_claims(says))
    elsewhere = says.issuer.replace("127.0.0.1", "localhost")
    with pytest.raises(Refused, match="another name"):
        Provider(SignOn(issuer=elsewhere, client="watchline"), Path()).name_for("code", FLOW)
    assert may_be_asked("https://id.example/token")
    for url in ("http://id.example/token", "file:///etc/passwd", "ftp://localhost/x", "//localhost"):
        assert not may_be_asked(url)
