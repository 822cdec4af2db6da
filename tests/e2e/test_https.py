"""From a site on this machine to screens on others: one command, a password, HTTPS; and what is refused on the
way."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from peer_tools import free_port
from small_site import write_small_site

PASSWORD = "a long walk along the line"

pytestmark = pytest.mark.slow


def _command(*words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "watchline", *words], capture_output=True, text=True, check=False, timeout=300
    )
    return done.returncode, done.stdout, done.stderr


def test_screens_on_other_machines_take_one_command_and_a_password(tmp_path: Path) -> None:
    site, port = write_small_site(tmp_path / "site"), free_port()
    secret = tmp_path / "password.txt"
    secret.write_text(PASSWORD + "\n")
    code, out, _ = _command("https", str(site), "--name", "localhost", "--listen", f"127.0.0.1:{port}", "--json")
    assert code == 0, out
    assert json.loads(out)["access"]["names"] == ["localhost"]
    code, out, err = _command("account", "set", str(site), "west-1", "--password-file", str(secret))
    assert code == 0, err
    assert _command("account", "list", str(site))[1].split() == ["west-1"]
    assert PASSWORD not in site.read_text()
    assert _command("check", str(site))[0] == 0
    core = subprocess.Popen(
        [sys.executable, "-m", "watchline", "run", str(site), "--fidelity", "detections", "--speed", "1",
         "--no-browser", "--ledger", str(tmp_path / "ledger")],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        trusted = ssl.create_default_context(cafile=str(site.parent / "tls" / "authority.pem"))
        _until_it_listens(port, core)
        assert _asked(port, "/login", trusted)[0] == 200
        assert _asked(port, "/api/alerts", trusted)[0] == 403
        with pytest.raises(urllib.error.URLError):  # whoever does not know the authority does not talk to us
            _asked(port, "/login", ssl.create_default_context())
        status, headers = _asked(port, "/api/login", trusted, {"name": "west-1", "password": "something else"})
        assert status == 403
        status, headers = _asked(port, "/api/login", trusted, {"name": "west-1", "password": PASSWORD})
        assert status == 200
        cookie = headers["set-cookie"]
        assert "Secure" in cookie
        assert _asked(port, "/api/alerts", trusted, cookie=cookie.split(";")[0])[0] == 200
    finally:
        core.terminate()
        core.communicate(timeout=60)


def test_what_is_wrong_with_access_is_one_line(tmp_path: Path) -> None:
    site = write_small_site(tmp_path / "site")
    secret = tmp_path / "password.txt"
    secret.write_text("short\n")
    for words, line in [
        (("https", str(site)), "--name: is missing"),
        (("https", str(site), "--name", "a", "--certificate", "x.pem"), "--certificate: and --key belong together"),
        (("https", str(site), "--node", "../x"), "must be letters"),
        (("account", "set", str(site), "nobody", "--password-file", str(secret)), "is not on the site's list"),
        (("account", "set", str(site), "west-1", "--password-file", str(secret)), "must have 12 to 200 characters"),
        (("account", "remove", str(site), "west-1"), "is not there"),
    ]:
        code, _, err = _command(*words)
        assert (code, len(err.strip().splitlines())) == (2, 1), err
        assert line in err


def _until_it_listens(port: int, core: subprocess.Popen[str]) -> None:
    end_s = time.monotonic() + 120.0
    while time.monotonic() < end_s:
        assert core.poll() is None, core.stderr.read() if core.stderr else ""
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the core does not listen")


def _asked(
    port: int, path: str, trusted: ssl.SSLContext, body: object = None, cookie: str = ""
) -> tuple[int, dict[str, str]]:
    request = urllib.request.Request(
        f"https://localhost:{port}{path}", None if body is None else json.dumps(body).encode(),
        {"cookie": cookie} if cookie else {},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, context=trusted, timeout=60) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, {k.lower(): v for k, v in error.headers.items()}
