"""``evenside rules test``: what rules would have said of a recording, on what grounds, and how near they came."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evenside.cli import main
from evenside.config import example_config

RULE = """
[[wearer.alert]]
rule = "{name}"
metric = "stance_time"
site = "insole"
raise = {{ value = {value}, formula = "ai" }}
clear = {{ value = 1, formula = "ai" }}
dwell_s = 10
clear_dwell_s = 10
"""
SITTING = '[[wearer.nudge]]\nrule = "long sitting"\nhabit = "sitting"\n'


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    """Two minutes with a stance of 0.66 s on the left and 0.72 s on the right, as a table with its layout."""
    rows = []
    for sample in range(12_000):
        forces = [
            700.0 + sample % 7 if sample / 100 > 3.0 and (sample / 100 / 1.1 + phase) % 1.0 < stance / 1.1 else 0.0
            for phase, stance in ((0.0, 0.66), (0.5, 0.72))
        ]
        rows.append(f"{sample / 100:.2f},{forces[0]},{forces[1]}")
    (tmp_path / "walk.csv").write_text("\n".join(["t,left,right", *rows, ""]))
    nodes = "".join(
        f'[node.{side}]\nsite = "insole"\nside = "{side}"\n'
        f'[node.{side}.channels]\nforce = {{ column = "{side}", unit = "N" }}\n'
        for side in ("left", "right")
    )
    head = 'name = "lab"\nsummary = "two insoles"\n[table]\nseparator = "comma"\nheader = "line"\n'
    (tmp_path / "lab.toml").write_text(f'{head}[time]\ncolumn = "t"\nunit = "s"\nrate_hz = 100\n{nodes}')
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], walk: Path, rules: str, *more: str, code: int = 0) -> str:
    example = example_config()
    (walk / "evenside.toml").write_text(example[: example.index("[[wearer.alert]]")] + rules)
    files = [str(walk / "walk.csv"), "--layout", str(walk / "lab.toml"), "--rules", str(walk / "evenside.toml")]
    assert main(["rules", "test", *files, *more]) == code
    said = capsys.readouterr()
    return said.out + said.err


def test_a_rule_that_fires_is_told_with_its_grounds(capsys: pytest.CaptureFixture[str], walk: Path) -> None:
    rules = RULE.format(name="longer", value=3) + RULE.format(name="much longer", value=30) + SITTING
    found = json.loads(asked(capsys, walk, rules, "--json"))
    (message,) = found["messages"]
    assert (message["rule"], message["active"], message["side"]) == ("longer", True, "right")
    facts = message["facts"]
    lo, hi = facts["interval_ai"]
    assert lo < facts["value_ai"] < hi
    assert facts["value_ai"] == pytest.approx(100 * 0.06 / 1.38, abs=1.0)
    assert (facts["context"], facts["claim"] >= 1, facts["n"] > 20) == ("straight walking", True, True)
    assert facts["completeness"] == [1.0, 1.0]
    fired, silent, sitting = found["rules"]
    assert (fired["raised"], fired["beyond"], silent["raised"], silent["beyond"]) == (1, fired["figures"], 0, 0)
    assert silent["nearest"]["ai"] == pytest.approx(facts["value_ai"], abs=1.0)
    assert (sitting["rule"], sitting["raised"], sitting["bouts"]) == ("long sitting", 0, 0)


def test_people_read_when_and_why(capsys: pytest.CaptureFixture[str], walk: Path) -> None:
    text = asked(capsys, walk, RULE.format(name="longer", value=3))
    assert "alert longer raised: stance time" in text
    assert "straight walking, heard 100 % left and 100 % right, claim" in text
    assert "longer: raised 1×;" in text
    text = asked(capsys, walk, RULE.format(name="longer", value=30))
    assert "nothing would have been said" in text
    assert "longer: raised 0×; 0 of" in text
    assert "beyond 30.0 % (AI), 1 withheld; the nearest: stance time" in text


def test_there_must_be_a_rule(capsys: pytest.CaptureFixture[str], walk: Path) -> None:
    assert "me has no rule" in asked(capsys, walk, "", code=2)
    rules = RULE.format(name="longer", value=3)
    assert "take one of me" in asked(capsys, walk, rules, "--wearer", "you", code=2)
