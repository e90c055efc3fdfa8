"""analysis/VALIDATION.md says what the command says of the real recordings, to the last digit but one."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from evenside.cli import main

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or ROOT.parent / "shared" / "data")
DOCUMENT = (ROOT / "analysis" / "VALIDATION.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


def written() -> list[str]:
    """The tables of the document."""
    (block,) = re.findall(
        r"<!-- evenside validate \.\./shared/data -->\n```\n(.*?)```\n<!-- end -->", DOCUMENT, re.DOTALL
    )
    return str(block).splitlines()


def headings(lines: list[str]) -> list[str]:
    """Which sets there are, with how many persons and recordings."""
    return [line for line in lines if re.fullmatch(r"\S+: \d+ persons?, \d+ recordings?", line)]


def close(one: str, other: str) -> bool:
    """The same words, and numbers that differ by one in their last digit at most: platforms round differently."""
    if NUMBER.sub("#", one).split() != NUMBER.sub("#", other).split():
        return False
    for first, second in zip(NUMBER.findall(one), NUMBER.findall(other), strict=True):
        step = 10.0 ** -len(first.partition(".")[2]) if "." in first else 0.0
        if abs(float(first) - float(second)) > 1.01 * step:
            return False
    return True


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("bias  1.5  ms yes", "bias 1.6 ms yes", True),
        ("bias  1.5  ms yes", "bias 1.7 ms yes", False),
        ("n  12", "n 13", False),
        ("met  yes", "met NO", False),
        ("[-0.10, 0.20]", "[-0.11, 0.19]", True),
    ],
)
def test_what_counts_as_the_same(one: str, other: str, same: bool) -> None:
    assert close(one, other) is same


def test_it_names_every_set_that_it_describes() -> None:
    assert [line.partition(":")[0] for line in headings(written())] == [
        *("ipol-265", "ipol-497", "gaitmap", "moticon", "gaitpdb", "loads")
    ]


@pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)
def test_the_tables_are_those_that_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    main(["validate", str(DATA), "--jobs", "1"])
    found = capsys.readouterr().out.splitlines()
    if headings(found) != headings(written()):
        pytest.skip(f"other real recordings than those of the document: {', '.join(headings(found))}")
    different = [
        f"written  {one}\nfound    {other}"
        for one, other in zip(written(), found, strict=False)
        if not close(one, other)
    ]
    hint = "after a look at them: python tests/host/validation/write_document.py"
    assert not different, "\n".join([*different, hint])
    assert len(written()) == len(found), hint
