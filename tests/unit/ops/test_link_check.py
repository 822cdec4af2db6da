"""Faults of `[[links]]`, and that a site with links is written and read back."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from watchline.domain.site import LinkSpec, LinkTls, Site
from watchline.ops.link_check import check_links
from watchline.ops.site_file import parse_site, site_text
from watchline.sim.demo import demo_site

NODE = "6f582b41-6c88-481c-bb0f-6021a1739f57"


def _site(*links: LinkSpec, **sensor: str) -> Site:
    site = demo_site(1, length_m=12_000.0).site
    sensors = (msgspec.structs.replace(site.sensors[0], **sensor), *site.sensors[1:])
    return msgspec.structs.replace(site, links=links, sensors=sensors)


def _faults(*links: LinkSpec, **sensor: str) -> str:
    found = check_links(_site(*links, **sensor), Path("site.toml"))
    return "; ".join(f"{fault.severity} {fault.field}: {fault.rule}" for fault in found)


def test_a_sound_link_has_no_fault() -> None:
    assert _faults(LinkSpec(id="x", protocol="cot", address="10.0.0.7:8089"), node="x/1") == ""


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"protocol": "telegraph"}, "links[x].protocol"),
        ({"address": "nowhere"}, "links[x].address"),
        ({"address": "h:99999"}, "links[x].address"),
        ({"organisations": ("nobody",)}, "'nobody' is not an organisation"),
        ({"sends": ("tracks",)}, "sends to nobody in particular"),
        ({"direction": "listen", "address": "0.0.0.0:8089"}, "warning links[x].tls"),
        ({"tls": LinkTls(certificate="no.pem", key="no.key", authority="no.ca")}, "links[x].tls.key"),
    ],
)
def test_a_fault_names_its_field(link: dict[str, object], words: str) -> None:
    spec = msgspec.structs.replace(LinkSpec(id="x", protocol="cot", address="h:1"), **link)
    assert words in _faults(spec)


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({}, "fault links[x].tls: another core is only spoken with over mutual TLS"),
        ({"recipient": "border"}, "fault links[x].recipient: another core is told things as a partner"),
        ({"node": ""}, "fault links[x].node: must be a name"),
        ({"role": "child"}, "fault links[x].role"),
        ({"tls": LinkTls(certificate="a", key="b", authority="c")}, "warning links[x].allow: believes everybody"),
    ],
)
def test_a_link_to_another_core_has_a_partner_a_name_and_certificates(link: dict[str, object], words: str) -> None:
    spec = LinkSpec(id="x", protocol="federation", address="10.0.0.7:8700", node="south", recipient="partner")
    assert words in _faults(msgspec.structs.replace(spec, **link))
    sound = msgspec.structs.replace(spec, address="127.0.0.1:8700")
    assert "fault" not in _faults(sound)


def test_a_replay_channel_names_the_live_link_whose_messages_it_carries() -> None:
    pytest.importorskip("sapient_msg")
    live = LinkSpec(id="up", protocol="sapient", address="h:1", role="edge", node=NODE)
    late = LinkSpec(id="late", protocol="sapient_replay", address="h:2", role="node", node=NODE)
    assert "links[late].options.of: None names no link" in _faults(live, late)
    assert _faults(live, msgspec.structs.replace(late, options={"of": "up"})) == ""
    assert "a core does not dial" in _faults(live, msgspec.structs.replace(late, role="core", options={"of": "up"}))


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"role": "boss"}, "no role of SAPIENT"),
        ({"role": "edge", "direction": "listen", "address": "127.0.0.1:1"}, "does not listen"),
        ({"node": NODE.upper()}, "lower-case UUID"),
    ],
)
def test_sapient_knows_its_own_faults(link: dict[str, object], words: str) -> None:
    pytest.importorskip("sapient_msg")
    spec = LinkSpec(id="x", protocol="sapient", address="h:1", role="fusion", node=NODE)
    assert _faults(spec) == ""
    assert words in _faults(msgspec.structs.replace(spec, **link))


def test_a_sensor_names_a_link_that_there_is() -> None:
    assert "names no link" in _faults(node="towers/1")


def test_a_site_with_links_is_written_and_read_back(tmp_path: Path) -> None:
    links = (
        LinkSpec(
            id="a",
            protocol="cot",
            address="h:1",
            tls=LinkTls(certificate="a", key="b", authority="c"),
            organisations=("army",),
            sends=("tracks", "alerts"),
            options={"callsign": "W", "lon_deg": 42.0, "middleware": True, "n": 3},
        ),
        LinkSpec(id="b", protocol="mqtt", address="h:2", enabled=False),
    )
    path = tmp_path / "site.toml"
    path.write_text(site_text(_site(*links)), encoding="utf-8")
    site, faults, _ = parse_site(path)
    assert faults == []
    assert site.links == links
