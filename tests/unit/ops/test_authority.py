"""The site's own authority: what it signs is trusted, what others sign is not, and what it revoked is refused."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from watchline.domain.errors import BadInput
from watchline.ops.authority import AUTHORITY, AUTHORITY_KEY, REVOKED, make_authority, revoke, sign_for


def _meets(server: Path, client: Path, name: str = "node-1", *, revoked: bool = False) -> str:
    """Return what a server that asks for a certificate hears from a client: its name, or why it was refused."""
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.load_cert_chain(server / "server.pem", server / "server.key")
    here.load_verify_locations(server / AUTHORITY)
    here.verify_mode = ssl.CERT_REQUIRED
    if revoked:
        here.load_verify_locations(server / REVOKED)
        here.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    there = ssl.create_default_context(cafile=str(server / AUTHORITY))
    there.load_cert_chain(client / f"{name}.pem", client / f"{name}.key")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, heard = listening.getsockname()[1], []

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                try:
                    with here.wrap_socket(line, server_side=True) as safe:
                        found = safe.getpeercert() or {}
                        subject = dict(pair for row in found.get("subject", ()) for pair in row)  # type: ignore[misc]
                        heard.append(str(subject["commonName"]))
                        safe.sendall(b"welcome")
                except ssl.SSLError as error:
                    heard.append(str(error.reason))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with (
                socket.create_connection(("127.0.0.1", port), 30) as line,
                there.wrap_socket(line, server_hostname="localhost") as safe,
            ):
                safe.recv(10)
        except (ssl.SSLError, ConnectionError):
            pass
        thread.join(30)
        return heard[0]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("ours")
    make_authority(directory, "Test line")
    sign_for(directory, "server", ("localhost", "127.0.0.1"))
    sign_for(directory, "node-1")
    sign_for(directory, "node-2")
    return directory


def test_a_node_that_we_signed_is_heard_by_its_name(ours: Path) -> None:
    assert _meets(ours, ours) == "node-1"


def test_a_node_of_another_authority_is_refused(ours: Path, tmp_path: Path) -> None:
    make_authority(tmp_path, "Test line")
    sign_for(tmp_path, "node-1")
    assert "CERTIFICATE_VERIFY_FAILED" in _meets(ours, tmp_path)


def test_a_revoked_node_is_refused_and_the_others_are_not(ours: Path) -> None:
    revoke(ours, ours / "node-2.pem")
    assert _meets(ours, ours, "node-1", revoked=True) == "node-1"
    assert "CERTIFICATE_VERIFY_FAILED" in _meets(ours, ours, "node-2", revoked=True)
    revoke(ours, ours / "node-1.pem")  # the list grows; what was on it stays
    assert "CERTIFICATE_VERIFY_FAILED" in _meets(ours, ours, "node-2", revoked=True)


def test_keys_are_their_owners_and_the_authority_is_made_once(ours: Path) -> None:
    before = (ours / AUTHORITY).read_bytes()
    assert make_authority(ours, "another name").read_bytes() == before
    for name in (AUTHORITY_KEY, "node-1.key", "server.key"):
        assert (ours / name).stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_signed_is_one_line(ours: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="must be letters"):
        sign_for(ours, "../server")
    with pytest.raises(BadInput, match="holds no authority"):
        sign_for(tmp_path, "node")
    (tmp_path / "junk.pem").write_text("junk")
    with pytest.raises(BadInput, match="is no certificate"):
        revoke(ours, tmp_path / "junk.pem")
