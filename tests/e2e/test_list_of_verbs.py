"""The list of verbs says of each what it is for, and a verb's own help still says the whole of it."""

from __future__ import annotations

import pytest

from watchline.cli import GROUPS, VERBS, main


def shown(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as done:
        main(argv)
    assert done.value.code == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("argv", [[], ["--help"]])
def test_every_verb_stands_in_its_group_with_what_it_is_for(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(argv, capsys)
    for group, verbs in GROUPS.items():
        assert group in text
        for verb, (_, about) in verbs.items():
            assert f"{verb} {about[:30]}" in text.replace("│ ", "")


def test_a_verbs_own_help_is_not_the_lists_line(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(["backup", "--help"], capsys)
    assert GROUPS["Keep"]["backup"][1] not in text
    assert "last durable batch" in text


def test_no_verb_is_named_twice() -> None:
    assert len(set(VERBS)) == len(VERBS) == sum(len(verbs) for verbs in GROUPS.values())


def test_a_verb_that_is_not_there_is_told_in_one_line_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["bakup"])
    said = capsys.readouterr().err
    assert done.value.code == 2
    assert said.count("\n") == 1
    assert '"backup"' in said
