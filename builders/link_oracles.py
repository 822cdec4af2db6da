"""Build what other programs make of a drone's, a radar's and a camera's bytes: tests/oracle/links/*.json.

python builders/link_oracles.py   in an environment with libasterix==0.36.3 (MIT), klvdata==0.0.3 (MIT) and
pymavlink==2.4.50 (LGPL, never needed by the product), with src/ and its dependencies on PYTHONPATH.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import asterix.base as base
import asterix.generated as specs
import klvdata
from pymavlink.dialects.v20 import common

from watchline.domain.records import GeoPoint, VideoGeometry
from watchline.links.air import asterix, klv, mavlink

OUT = Path(__file__).parents[1] / "tests/oracle/links"
EDITIONS = {34: specs.Cat_034_1_29, 48: specs.Cat_048_1_32, 62: specs.Cat_062_1_20}
RECORDS = 120  # of each category


def random_item(length: asterix.Length, rng: random.Random) -> bytes:
    """Return an item of that form, its content at random."""
    if isinstance(length, int):
        return rng.randbytes(length)
    if isinstance(length, tuple):
        there = [n for n, part in enumerate(length) if part != 0 and rng.random() < 0.4] or [0]
        return specification(there) + b"".join(random_item(length[n], rng) for n in there)
    size = int(length[1:] or 1)
    if length[0] == "o":
        return rng.randbytes(1)
    if length[0] == "e":
        n = rng.randint(2, 9)
        return bytes([n]) + rng.randbytes(n - 1)
    if length[0] == "r":
        n = rng.randint(1, 3)
        return bytes([n]) + rng.randbytes(n * size)
    parts = [bytearray(rng.randbytes(size)) for _ in range(rng.randint(1, 2))]
    for k, part in enumerate(parts):
        part[-1] = (part[-1] & 0xFE) | (k < len(parts) - 1)
    return b"".join(bytes(part) for part in parts)


def specification(present: list[int]) -> bytes:
    """Return the bits of a field specification."""
    out = bytearray(max(present) // 7 + 1)
    for n in present:
        out[n // 7] |= 0x80 >> n % 7
    for k in range(len(out) - 1):
        out[k] |= 1
    return bytes(out)


def random_record(category: int, rng: random.Random) -> bytes:
    """Return a record of a category, items and content at random."""
    profile = asterix.PROFILES[category]
    there = [n for n, (name, _) in enumerate(profile) if name and (name == "010" or rng.random() < 0.3)]
    return specification(there) + b"".join(random_item(profile[n][1], rng) for n in there)


def cases_of(category: int, rng: random.Random) -> list[dict[str, object]]:
    """Return bodies and what libasterix cuts them into: item number to bytes, or null where it refuses."""
    edition = EDITIONS[category]
    record = edition.cv_record if hasattr(edition, "cv_record") else edition.cv_uap.cv_record
    names = [name for name, _ in asterix.PROFILES[category] if name not in ("", "RE", "SP")]
    out = []
    for k in range(RECORDS):
        body = random_record(category, rng)
        if k % 4 == 3:
            body = body[: rng.randint(1, len(body) - 1)]
        parsed = record.parse(base.ParsingMode.StrictParsing, base.Bits.from_bytes(body))
        if isinstance(parsed, ValueError):
            out.append({"body": body.hex(), "items": None})
            continue
        found, rest = parsed
        items = {name: found.get_item(name) for name in names}
        kept = {name: item.unparse().to_bytes().hex() for name, item in items.items() if item is not None}
        out.append({"body": body.hex(), "items": kept, "rest": len(rest.to_bytes())})
    return out


def asterix_cases() -> dict[str, object]:
    """Return the cases of all three categories, and plots with their values."""
    rng = random.Random(20180123)
    cases = {str(category): cases_of(category, rng) for category in EDITIONS}
    plots = []
    for _ in range(40):
        values = {"010": ((("SAC", 0), ("SIC", 1))), "140": rng.randrange(86_400 * 128)}
        values["040"] = (("RHO", (rng.uniform(0, 200), "NM")), ("THETA", (rng.uniform(0, 359), "°")))
        record = EDITIONS[48].cv_record.create(values)
        block = EDITIONS[48].create([record]).unparse().to_bytes()
        polar = record.get_item("040").variation
        plots.append(
            {
                "block": block.hex(),
                "rho_nm": polar.get_item("RHO").variation.content.as_quantity("NM"),
                "theta_deg": polar.get_item("THETA").variation.content.as_quantity("°"),
                "tod_s": record.get_item("140").variation.content.as_quantity("s"),
            }
        )
    return {"program": "libasterix 0.36.3", "cases": cases, "plots": plots}


def klv_cases() -> dict[str, object]:
    """Return packets of ours and what klvdata reads in them, by tag."""
    rng = random.Random(601)
    cases = []
    for k in range(30):
        lon, lat = rng.uniform(-179, 179), rng.uniform(-89, 89)
        record = VideoGeometry(
            id="x", t_s=1_516_665_600.0 + k, source="d", platform="drone-7", sensor="IR",
            place=GeoPoint(lon_deg=lon, lat_deg=lat, msl_m=rng.uniform(-800, 18_000)),
            heading_rad=rng.uniform(0, 6.28), pitch_rad=rng.uniform(-1.5, 1.5), roll_rad=rng.uniform(-1.5, 1.5),
            camera_azimuth_rad=rng.uniform(0, 6.28), camera_elevation_rad=rng.uniform(-3.1, 3.1),
            hfov_rad=rng.uniform(0, 3), vfov_rad=rng.uniform(0, 3), slant_range_m=rng.uniform(0, 4e6),
            frame_centre=GeoPoint(lon_deg=lon, lat_deg=-lat, msl_m=100.0),
        )  # fmt: skip
        packet = klv.encode(record)
        read = next(iter(klvdata.StreamParser(packet))).MetadataList()
        numbers = {}
        for tag, value in read.items():
            text = value[3] if len(value) > 3 else value[0]
            try:
                numbers[str(tag)] = float(text)
            except (TypeError, ValueError):
                continue
        cases.append({"packet": packet.hex(), "numbers": numbers})
    return {"program": "klvdata 0.0.3", "cases": cases}


def mavlink_cases() -> dict[str, object]:
    """Return the CRC bytes of pymavlink's definitions, and frames of its own with their values."""
    extras = {str(n): [common.mavlink_map[n].msgname, common.mavlink_map[n].crc_extra] for n in mavlink.LAYOUTS}
    link = common.MAVLink(None, srcSystem=7, srcComponent=1)
    messages = [
        common.MAVLink_heartbeat_message(2, 3, 0x81, 4, 4, 3),
        common.MAVLink_attitude_message(1000, 0.1, -0.2, 1.5, 0.0, 0.0, 0.0),
        common.MAVLink_global_position_int_message(1000, 336000001, 420000002, 850123, 50456, 300, 400, -10, 5313),
        common.MAVLink_mission_item_int_message(1, 1, 513, 6, 16, 0, 1, 0.0, 5.0, 0.0, 0.0, 336000001, -1, 50.5, 1),
        common.MAVLink_battery_status_message(0, 0, 1, 0, [0] * 10, -1, -1, -1, 57),
        common.MAVLink_statustext_message(6, b"ready"),
        common.MAVLink_gimbal_device_attitude_status_message(0, 0, 1, 0, [1.0, 0.0, 0.0, 0.0], 0.0, 0.0, 0.0, 0),
    ]
    frames = []
    for message in messages:
        raw = message.pack(link)
        frames.append({"frame": raw.hex(), "name": message.get_type(), "values": _plain(message.to_dict())})
    return {"program": "pymavlink 2.4.50", "extras": extras, "frames": frames}


def _plain(values: dict[str, object]) -> dict[str, object]:
    return {k: v.decode() if isinstance(v, bytes) else v for k, v in values.items() if k != "mavpackettype"}


def main() -> None:
    """Write all three files."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name, value in (("asterix", asterix_cases()), ("klv", klv_cases()), ("mavlink", mavlink_cases())):
        (OUT / f"{name}.json").write_text(json.dumps(value, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
