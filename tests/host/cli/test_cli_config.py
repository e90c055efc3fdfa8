"""What is wrong in evenside.toml, as the person at the command line sees it."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from evenside.cli import evenside, main
from evenside.config import example_config

THERE = evenside.list_commands(click.Context(evenside))
LINES = (["run"], ["status"], ["capture", "a walk", "--seconds", "1"], ["service", "install"])
READERS = [line for line in LINES if line[0] in THERE]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "evenside.toml"
    path.write_text(example_config())
    return path


@pytest.mark.parametrize("command", READERS, ids=" ".join)
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("window_s", "windows_s", "figures.windows_s: no such key\n  mend: write window_s"),
        ('side = "left"', 'side = "right"', 'the node is called "left_foot" but its side is "right"\n  mend: write'),
        ("hop_s = 10", "hop_s = = 10", "line 5: hop_s = = 10"),
    ],
)
def test_each_command_names_the_place_and_the_mend(
    command: list[str], old: str, new: str, said: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(example_config().replace(old, new, 1))
    assert main([*command, "--config", str(config)]) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err.startswith(f"error: {config}: ")
    assert said in heard.err
    assert "Traceback" not in heard.err


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_a_missing_file_says_how_to_make_one(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--config", str(tmp_path / "none.toml")]) == 2
    assert "`evenside scan > evenside.toml` makes one" in capsys.readouterr().err
