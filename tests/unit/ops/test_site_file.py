from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from builders import camera, fence, panning, radar, site, straight_line, write_site
from watchline.domain.errors import BadInput
from watchline.domain.site import ActionCard, Area, Barrier, Place, Reference, Road, Site, Synthetic
from watchline.ops.site_check import check_site
from watchline.ops.site_file import parse_site, read_site, site_text
from watchline.ops.site_new import new_site
from watchline.sources.geojson import write_geojson


def _rich() -> Site:
    return msgspec.structs.replace(
        site(camera(), panning(), radar(), fence()),
        name='Ügly "name" = [x]\n#\t\\ \u0634\u0645\u0627\u0644',
        barriers=(Barrier(id="b", kind="wire", from_km=0.0, to_km=1e-3, delay_walker_s=30, delay_vehicle_s=1e4),),
        places=(Place(id="w", kind="well", name="", lon_deg=42.0, lat_deg=33.6),),
        roads=(Road(file="roads.geojson", surface="paved"),),
        areas=(Area(id="m", kind="mines", file="m.geojson"),),
        action_cards=(ActionCard(alert="crossing", check="a\nb", call="c", do_not="d"),),
    )


def _parsed(directory: Path, text: str) -> tuple[Site, list[str]]:
    path = directory / "site.toml"
    path.write_text(text, encoding="utf-8")
    parsed, faults, _ = parse_site(path)
    return parsed, [str(fault) for fault in faults]


def test_a_site_written_and_read_is_the_same_site(tmp_path: Path) -> None:
    assert _parsed(tmp_path, site_text(_rich())) == (_rich(), [])


def test_a_valid_site_has_no_fault(tmp_path: Path) -> None:
    path = write_site(tmp_path, site(camera(), radar(), fence()))
    assert [f for f in check_site(path) if f.severity == "fault"] == []


def test_reading_a_site_gives_its_line_and_ground(tmp_path: Path) -> None:
    loaded = read_site(write_site(tmp_path, site(camera())))
    assert loaded.line.length_m == pytest.approx(10_000.0, abs=0.01)
    assert float(loaded.terrain().height_at([0.0, 0.0])) == 200.0


def test_a_directory_stands_for_the_site_in_it(tmp_path: Path) -> None:
    write_site(tmp_path, site(camera()))
    assert read_site(tmp_path).site == read_site(tmp_path / "site.toml").site


def test_the_digest_changes_with_the_line(tmp_path: Path) -> None:
    before = read_site(write_site(tmp_path, site(camera()))).digest
    write_geojson(tmp_path / "line.geojson", "LineString", [straight_line(9000.0).lonlat_deg])
    assert read_site(tmp_path).digest != before


# Faults of very different kinds, each as (search, replacement, field, part of the rule).
FAULTS = {
    "unknown key": ('name = "Test line"', 'name = "Test line"\ncolour = "red"', "colour", "not a field"),
    "wrong type": ("outside_depth_m = 4000.0", 'outside_depth_m = "wide"', "line.outside_depth_m", "float"),
    "bad choice": ('kind = "radar"', 'kind = "sonar"', "sensors[radar].kind", "must be one of"),
    "missing field": ('file = "terrain.tif"', "", "terrain.file", "is missing"),
    "dangling post": (
        'post = "tower"\nmast_m = 30.0',
        'post = "towr"\nmast_m = 30.0',
        "sensors[cam].post",
        "not a post",
    ),
    "dangling force": (
        'kind = "fence_sensor"\norganisation = "own"',
        'kind = "fence_sensor"\norganisation = "them"',
        "sensors[fence].organisation",
        "not an organisation",
    ),
    "out of range": ("netd_k = 0.03", "netd_k = -3.0", "sensors[cam].netd_k", "must be within"),
    "past the end": ("to_km = 9.9", "to_km = 99.0", "sensors[fence].from_km", "reaches past the line"),
    "no zone": ('start = "2018-01-23T00:00:00Z"', 'start = "2018-01-23"', "simulation.start", "with zone"),
    "not finite": ("max_range_m = 6000.0", "max_range_m = nan", "sensors[radar].max_range_m", "finite"),
    "gap in sectors": (
        '[[sectors]]\nid = "S1"\nfrom_km = 0.0',
        '[[sectors]]\nid = "S1"\nfrom_km = 2.0',
        "sectors[S1].from_km",
        "nobody answers",
    ),
    "unknown clock": ("schema = 1", "schema = 1", "clock.timezone", "not a time zone"),
    "place far away": (
        'post = "tower"\n',
        'post = "tower"\nlat_deg = 60.0\nlon_deg = 10.0\n',
        "units[patrol-1].lon_deg",
        "from the line",
    ),
}


def _with_fence() -> str:
    return site_text(site(camera(), radar(), fence(to_km=9.9))) + '\n[clock]\ntimezone = "UTC"\n'


def _seeded(names: list[str]) -> str:
    text = _with_fence()
    for name in names:
        search, replacement, *_ = FAULTS[name]
        if name == "unknown clock":
            search, replacement = 'timezone = "UTC"', 'timezone = "Mars/Base"'
        if name == "place far away":
            head, tail = text.split("[[units]]")
            text = head + "[[units]]" + tail.replace(search, replacement, 1)
            continue
        assert search in text, (name, text)
        text = text.replace(search, replacement, 1)
    return text


def _checked(directory: Path, text: str) -> list[tuple[str, str]]:
    path = write_site(directory, site(camera()))
    path.write_text(text, encoding="utf-8")
    return [(f.field, f.rule) for f in check_site(path) if f.severity == "fault"]


@pytest.mark.parametrize("name", FAULTS)
def test_one_seeded_fault_is_the_one_reported(tmp_path: Path, name: str) -> None:
    found = _checked(tmp_path, _seeded([name]))
    field, rule = FAULTS[name][2:]
    assert any(f == field and rule in r for f, r in found), found
    assert len(found) == 1, found


def test_all_faults_in_one_file_are_reported_together(tmp_path: Path) -> None:
    found = _checked(tmp_path, _seeded(list(FAULTS)))
    hidden = [
        name for name, (_, _, field, rule) in FAULTS.items() if not any(f == field and rule in r for f, r in found)
    ]
    assert hidden == [], found


@pytest.mark.parametrize("seed", range(6))
def test_faults_do_not_hide_each_other_in_any_combination(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = [str(n) for n in rng.permutation(sorted(FAULTS))[: int(rng.integers(2, 6))]]
    found = _checked(tmp_path, _seeded(names))
    assert all(any(f == FAULTS[n][2] and FAULTS[n][3] in r for f, r in found) for n in names), (names, found)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('sensors = "none"', "sensors"),
        ("line = 5", "line"),
        ("sensors = [1, 2]", "sensors[0]"),
        ("organisations = [{ id = 7 }]", "organisations[0].id"),
        ("[clock]\ntimezone = 3", "clock.timezone"),
        ("desk = { operators = 5 }", "desk.operators"),
        ("[[sensors]]\nid = 'x'\nkind = 'radar'\norganisation = 'o'\npan = 3", "sensors[x].pan"),
    ],
)
def test_a_table_of_the_wrong_form_is_a_fault_and_no_more(tmp_path: Path, text: str, field: str) -> None:
    assert any(f == field for f, _ in _checked(tmp_path, text + "\n"))


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"name = ", "is not TOML"),
        (b"a = 1\na = 2", "is not TOML"),
        (b"\xff\xfe", "not text in UTF-8"),
        (None, "no such"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_bad_input(tmp_path: Path, data: bytes | None, rule: str) -> None:
    if data is not None:
        (tmp_path / "site.toml").write_bytes(data)
    with pytest.raises(BadInput, match=rule) as error:
        check_site(tmp_path / "site.toml")
    assert "\n" not in str(error.value)


def test_a_line_with_a_vertex_far_astray_is_a_fault_and_not_a_crash(tmp_path: Path) -> None:
    path = write_site(tmp_path, site(camera()))
    (tmp_path / "terrain.tif").unlink()
    write_geojson(tmp_path / "line.geojson", "LineString", [np.array([[41.9, 33.6], [4.2, 33.6], [42.1, 33.6]])])
    assert any(f.severity == "fault" for f in check_site(path))


def test_files_that_are_missing_are_named_with_their_field(tmp_path: Path) -> None:
    text = site_text(msgspec.structs.replace(_rich(), name="x"))
    (tmp_path / "a").mkdir()
    fields = {f for f, rule in _checked(tmp_path / "a", text) if "no such file" in rule}
    assert fields == {"roads[0].file", "areas[m].file"}


def test_a_new_site_lacks_only_its_elevation(tmp_path: Path) -> None:
    write_geojson(tmp_path / "mine.geojson", "LineString", [straight_line().lonlat_deg])
    path = new_site(tmp_path / "new", tmp_path / "mine.geojson", None, "left")
    faults = [(f.field, f.rule) for f in check_site(path) if f.severity == "fault"]
    assert faults == [("terrain.file", "terrain.tif no such file")]


def test_a_new_site_with_elevation_passes_its_check(tmp_path: Path) -> None:
    write_site(tmp_path / "old", site(camera()))
    path = new_site(tmp_path / "new", tmp_path / "old" / "line.geojson", tmp_path / "old" / "terrain.tif", "right")
    # Its default depths reach beyond this small elevation, which is a warning.
    assert [f for f in check_site(path) if f.severity == "fault"] == []


def test_a_row_that_cannot_be_used_still_tells_all_its_faults(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(
        'schema = 1\nname = "x"\n[line]\nfile = "l"\nhome_side = "left"\n[terrain]\nfile = "t"\n'
        '[[posts]]\nid = "T"\nkind = "tower"\nlon_deg = 3.0\nlat_deg = 123.0\norganisation = 7\n'
    )
    fields = {fault.field for fault in parse_site(path)[1]}
    assert fields == {"posts[T].kind", "posts[T].lat_deg", "posts[T].organisation"}


def test_reference_objects_are_checked_against_their_camera(tmp_path: Path) -> None:
    spec = camera(input="night.raw", detector="mine.onnx")
    good = Reference(sensor=spec.id, box_px=(10.0, 10.0, 4.0, 6.0), range_m=900.0, contrast_counts=120.0)
    bad = (
        good,
        msgspec.structs.replace(good, sensor="nobody"),
        msgspec.structs.replace(good, box_px=(10.0, 10.0, 99_999.0, 6.0)),
        msgspec.structs.replace(good, contrast_counts=0.0),
        msgspec.structs.replace(good, range_m=-5.0),
    )
    text = site_text(msgspec.structs.replace(site(spec), references=bad))
    found = dict(_checked(tmp_path, text))
    fields = {f for f in found if f.startswith("references")}
    assert fields == {
        "references[1].sensor", "references[2].box_px", "references[3].contrast_counts", "references[4].range_m"
    }  # fmt: skip
    assert found[f"sensors[{spec.id}].detector"] == "mine.onnx no such file"


def test_every_fault_of_synthetic_crossers_is_named(tmp_path: Path) -> None:
    good = Synthetic(sensor="cam", per_12_h=2.0, person_counts=60.0, from_m=400.0, to_m=1500.0)
    bad = (
        good,
        msgspec.structs.replace(good, sensor="nobody"),
        msgspec.structs.replace(good, sensor="pan"),
        msgspec.structs.replace(good, sensor="cam2", per_12_h=500.0, person_counts=0.0, to_m=99_000.0),
        good,
    )
    cameras = (camera(), panning(), camera("cam2"))
    text = site_text(msgspec.structs.replace(site(*cameras), synthetic=bad))
    assert {f for f in dict(_checked(tmp_path, text)) if f.startswith("synthetic")} == {
        "synthetic[1].sensor", "synthetic[2].sensor", "synthetic[3].per_12_h", "synthetic[3].person_counts",
        "synthetic[3].from_m, to_m", "synthetic[cam].sensor",
    }  # fmt: skip


def test_every_fault_of_desks_and_people_is_named(tmp_path: Path) -> None:
    path = write_site(tmp_path, site(camera()))
    text = (
        path.read_text()
        + """
[desk]
seeded_per_12_h = 99.0
phrases = [{ id = "a", what = "radio", text = "" }]

[[desks]]
id = "west"
from_km = 0.0
to_km = 4.0

[[desks]]
id = "east"
from_km = 6.0
to_km = 5.0

[[people]]
name = "one"
role = "auditor"
desk = "north"

[[people]]
name = "one"
role = "maintainer"
"""
    )
    path.write_text(text)
    said = {(fault.severity, fault.field) for fault in check_site(path)}
    assert said >= {
        ("fault", "desk.seeded_per_12_h"),
        ("fault", "desk.phrases[a].text"),
        ("fault", "desks[east].to_km"),
        ("warning", "desks[east].from_km"),
        ("fault", "people[one].name"),
        ("fault", "people[one].desk"),
        ("fault", "people"),
        ("warning", "people"),
    }
