"""Who may speak for a tower: a real message server, with certificates of the site's own authority."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from running import free_port
from watchline.domain.errors import BadInput
from watchline.domain.site import LinkTls, Transport
from watchline.ops.authority import make_authority, revoke, sign_for
from watchline.ops.many.nats_server import NatsServer, nats_server
from watchline.ops.many.receiver import make_stream
from watchline.ops.many.wire import FILM, LIVE, connected, let_go, tls_of

# The client leaves the transport of a line that was hung up on to the collector, which comes when it likes.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def site_of_two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Transport]]:
    """Run a server that knows the tower T-1, and return where the files are."""
    try:
        nats_server()
    except BadInput as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(f"skipped: {missing}")
    directory = tmp_path_factory.mktemp("tls")
    make_authority(directory, "test")
    sign_for(directory, "core", ("localhost", "127.0.0.1"))
    for name in ("T-1", "T-9"):
        sign_for(directory, name)
    make_authority(directory / "other", "other")
    sign_for(directory / "other", "T-1")
    spec = Transport(servers=(f"127.0.0.1:{free_port()}",), tls=_files("core"))
    server = NatsServer(spec, 0, directory, ("T-1",))
    _ask(directory, spec, "core", None)
    yield directory, spec
    server.stop()


def _files(name: str, folder: str = "") -> LinkTls:
    return LinkTls(certificate=f"{folder}{name}.pem", key=f"{folder}{name}.key", authority="authority.pem")


def _ask(directory: Path, spec: Transport, name: str, subject: str | None, folder: str = "") -> None:
    """Connect as somebody and say something; without a subject make the stream, as the core does."""
    tls = tls_of(msgspec.structs.replace(spec, tls=_files(name, folder)), directory)

    async def ask() -> None:
        client = await connected(spec.servers, tls, name)
        try:
            if subject is None:
                await make_stream(client, spec)
            else:
                await client.jetstream().publish(subject, b"x", timeout=3.0)
        finally:
            await let_go(client)

    asyncio.run(ask())


def test_a_tower_writes_what_is_its_own(site_of_two: tuple[Path, Transport]) -> None:
    _ask(*site_of_two, "T-1", f"{LIVE}.T-1")


def test_a_tower_cannot_write_for_another(site_of_two: tuple[Path, Transport]) -> None:
    with pytest.raises((OSError, NatsError)):
        _ask(*site_of_two, "T-1", f"{LIVE}.T-2")


def test_a_name_that_is_no_post_of_the_site_is_turned_away(site_of_two: tuple[Path, Transport]) -> None:
    with pytest.raises((OSError, NatsError)):
        _ask(*site_of_two, "T-9", f"{LIVE}.T-9")


def test_a_certificate_of_another_authority_is_turned_away(site_of_two: tuple[Path, Transport]) -> None:
    with pytest.raises((OSError, NatsError)):  # whichever end hangs up first
        _ask(*site_of_two, "T-1", f"{LIVE}.T-1", folder="other/")


def test_a_tower_answers_the_core_for_films_and_nobody_else_does(site_of_two: tuple[Path, Transport]) -> None:
    directory, spec = site_of_two

    async def ask() -> None:
        tower, core = [
            await connected(spec.servers, tls_of(msgspec.structs.replace(spec, tls=_files(name)), directory), name)
            for name in ("T-1", "core")
        ]

        async def answer(message: Msg) -> None:
            await message.respond(b"film of " + message.data)

        try:
            for node in ("T-1", "T-2"):  # the second is not its own: the server takes no notice of it
                await tower.subscribe(f"{FILM}.{node}", cb=answer)
            await tower.flush()
            assert (await _answer(core, f"{FILM}.T-1")).data == b"film of A-1"
            with pytest.raises(NatsError):
                await core.request(f"{FILM}.T-2", b"A-1", timeout=5.0)
        finally:
            await let_go(tower)
            await let_go(core)

    asyncio.run(ask())


async def _answer(core: Client, subject: str) -> Msg:
    """Ask until somebody answers, as the core does: the server may not have told all of itself yet who listens."""
    end_s = time.monotonic() + 30.0
    while True:
        try:
            return await core.request(subject, b"A-1", timeout=30.0)
        except NoRespondersError:
            if time.monotonic() > end_s:
                raise
            await asyncio.sleep(0.1)


def test_a_revoked_certificate_is_refused_at_once_and_its_successor_is_not(
    site_of_two: tuple[Path, Transport],
) -> None:
    """A tower is connected when its certificate is revoked: it is hung up on, and does not come back with it."""
    directory, spec = site_of_two
    tls = tls_of(msgspec.structs.replace(spec, tls=_files("T-1")), directory)

    async def hung_up_on() -> None:
        client = await connected(spec.servers, tls, "T-1")
        try:
            await client.jetstream().publish(f"{LIVE}.T-1", b"x", timeout=3.0)
            revoke(directory, directory / "T-1.pem")
            end_s = time.monotonic() + 30.0
            while not client.is_closed and time.monotonic() < end_s:
                await asyncio.sleep(0.05)
            assert client.is_closed
        finally:
            await let_go(client)

    asyncio.run(hung_up_on())
    gc.collect()
    with pytest.raises((OSError, NatsError)):
        _ask(directory, spec, "T-1", f"{LIVE}.T-1")
    for name in ("T-1.pem", "T-1.key"):
        (directory / f"old-{name}").write_bytes((directory / name).read_bytes())
    sign_for(directory, "T-1")
    _ask(directory, spec, "T-1", f"{LIVE}.T-1")
    with pytest.raises((OSError, NatsError)):
        _ask(directory, spec, "old-T-1", f"{LIVE}.T-1")
    _ask(directory, spec, "core", None)
