"""KLV beside real H.264 in a transport stream made by GStreamer's mpegtsmux: every packet is found."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from watchline.domain.records import GeoPoint, VideoGeometry
from watchline.links.air import klv, mpegts
from watchline.links.contract import Settings

GST = shutil.which("gst-launch-1.0")
PACKETS = 15

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    if GST is None:
        if os.environ.get("CI"):
            pytest.fail("gst-launch-1.0 is missing: .ci/run installs it")
        pytest.skip("skipped: no GStreamer")
    directory: Path = tmp_path_factory.mktemp("mux")
    geometry = VideoGeometry(
        id="x", t_s=1_516_665_600.0, source="d", platform="drone-7", sensor="IR",
        place=GeoPoint(lon_deg=42.0, lat_deg=33.6, msl_m=800.0), hfov_rad=0.2, vfov_rad=0.15,
    )  # fmt: skip
    (directory / "one.klv").write_bytes(klv.encode(geometry))
    pipeline = (
        f"multifilesrc location={directory}/one.klv num-buffers={PACKETS} caps=meta/x-klv,parsed=true ! queue ! mux. "
        f"videotestsrc num-buffers=30 ! x264enc ! h264parse ! queue ! mux. "
        f"mpegtsmux name=mux ! filesink location={directory}/out.ts"
    )
    subprocess.run([GST, "-q", *pipeline.split()], check=True, timeout=60, capture_output=True)
    return (directory / "out.ts").read_bytes()


def test_every_packet_beside_the_video_is_found(stream: bytes) -> None:
    state, records, errors = mpegts.decode(mpegts.init(Settings("ts")), stream)
    assert errors == ()
    assert len(records) == PACKETS
    assert isinstance(state, mpegts.TsState)
    assert len(state.streams) == 1
    first = records[0]
    assert isinstance(first, VideoGeometry)
    assert first.place is not None
    assert first.place.lat_deg == pytest.approx(33.6, abs=1e-7)
    assert first.pts_s == 3600.0  # GStreamer's clock begins there


def test_it_is_the_same_in_pieces(stream: bytes) -> None:
    state, found = mpegts.init(Settings("ts")), 0
    for k in range(0, len(stream), 1316):  # seven packets, as they come by UDP
        state, records, errors = mpegts.decode(state, stream[k : k + 1316])
        assert errors == ()
        found += len(records)
    assert found == PACKETS
