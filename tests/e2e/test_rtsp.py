"""Live pictures from a real RTSP server (GStreamer's, H.264), also across a restart of it."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from small_site import write_small_site
from watchline.domain.errors import BadInput
from watchline.ops.replay import replay
from watchline.sources.pictures import open_pictures
from watchline.sources.rtsp import RtspPictures
from watchline.vision import init, step

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("rtsp_server.py")
PROBE = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"


def _can_serve():
    try:
        return subprocess.run([SYSTEM_PYTHON, "-c", PROBE], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


pytestmark = [
    pytest.mark.slow,
    # Where the tests are gated (CI=true) a missing server is a failure, not a skip.
    pytest.mark.skipif(
        os.environ.get("CI") != "true" and not _can_serve(),
        reason="skipped: no GStreamer RTSP server (gir1.2-gst-rtsp-server-1.0, python3-gi)",
    ),
]


def _free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, port):
        self.port, self.url = port, f"rtsp://127.0.0.1:{port}/thermal"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [SYSTEM_PYTHON, str(SERVER), str(self.port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.process.stdout.readline() == b"ready\n", "the RTSP server did not start"

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def server():
    running = Server(_free_port())
    yield running
    running.stop()


def test_live_pictures_go_through_vision(server):
    state = init()
    with open_pictures(server.url) as pictures:
        assert pictures.size == (320, 256)
        assert pictures.count is None
        for frame in pictures:
            state, result = step(state, frame, frame.t_s)
            if frame.number == 20:
                break
    assert frame.pixels.shape == (256, 320)
    assert result.health.state in ("ok", "learning", "disturbed")


def test_a_restarted_camera_is_found_again(server):
    with RtspPictures(server.url, camera_id="cam", give_up_s=25.0) as pictures:
        for frame in pictures:
            if frame.number == 5:
                server.stop()
                server.start()
            if pictures.reconnects and frame.number > 10:
                break
        assert pictures.reconnects >= 1


def test_a_stream_that_ends_for_good_ends_the_reading(server):
    with RtspPictures(server.url, camera_id="cam", give_up_s=1.0) as pictures:
        seen = 0
        for frame in pictures:
            seen = frame.number
            if seen == 5:
                server.stop()
    assert seen >= 5


def test_an_address_nobody_answers_is_one_clear_error():
    with pytest.raises(BadInput, match="no video stream answers") as caught:
        open_pictures(f"rtsp://user:secret@127.0.0.1:{_free_port()}/none")
    assert "secret" not in str(caught.value)


def test_a_live_stream_is_one_towers_camera_beside_simulated_ones(server, tmp_path):
    site = write_small_site(tmp_path / "site", input=server.url, width_px=320, height_px=256, rate_hz=10.0)
    command = [sys.executable, "-m", "watchline", "run", str(site), "--headless", "--fidelity", "detections"]
    ran = subprocess.run(
        [*command, "--for", "15", "--json", "--ledger", str(tmp_path / "ledger")],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    counts = json.loads(ran.stdout)
    assert counts["frames"] > 40
    assert 0.8 < counts["times_real_time"] < 1.2  # a live camera sets the pace
    assert replay(tmp_path / "ledger").picture.health == {}  # nobody fell silent
