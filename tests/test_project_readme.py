"""What the README says is what there is: commands, metrics, configuration, sentences, links."""

from __future__ import annotations

import re
import tomllib
from math import nan
from pathlib import Path

import pytest

from evenside.cli import COMMANDS
from evenside.config import example_config
from evenside.config.reference import KEYS, Key, reference_markdown
from evenside.errors import EvensideError
from evenside_analysis.metrics import METRICS, Metric, figure_words
from evenside_analysis.types import Figure

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_it_opens_with_the_two_commands_and_their_equivalent_without_make() -> None:
    first, second = re.findall(r"(?s)```\n(.*?)```", README)[:2]
    assert [line.split("  ")[0] for line in first.splitlines()] == ["make demo", "make test"]
    assert README.index(first) < README.index("\n## ")
    assert second.splitlines()[-2:] == [".venv/bin/evenside demo", ".venv/bin/python -m pytest"]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make (\w+)", README):
        assert re.search(rf"(?m)^{target}:", makefile), target


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_named(name: str) -> None:
    assert f"| `{name}` | " in README
    assert f"`{name}`" in CHANGELOG


def test_no_other_command_is_named() -> None:
    blocks = "\n".join(re.findall(r"(?s)```\n(.*?)```", README))
    assert set(re.findall(r"(?m)^evenside (\w+)", blocks)) | set(re.findall(r"`evenside (\w+)", README)) <= {
        *COMMANDS,
        "COMMAND",
    }


@pytest.mark.parametrize("row", METRICS, ids=lambda row: row.id)
def test_every_metric_is_named_with_its_unit(row: Metric) -> None:
    clocks = "both sides on one clock" if row.uses_both_clocks else "each side by its own"
    assert f"| `{row.id}` | {row.name}, {row.unit} | {row.larger} | {clocks} |" in README


@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key.table}{key.name}")
def test_every_key_is_named_with_its_default(key: Key) -> None:
    assert f"| `{key.name}` | {key.value} | {key.default} | " in README


def test_the_reference_is_the_one_that_the_code_prints() -> None:
    written = README.split("<!-- python -m evenside.config.reference -->\n")[1].split("<!-- end -->")[0]
    assert written == reference_markdown()


def test_the_example_is_the_one_that_loads() -> None:
    assert f"```toml\n{example_config()}```" in README


def test_every_toml_block_is_toml() -> None:
    for block in re.findall(r"(?s)```toml\n(.*?)```", README):
        assert tomllib.loads(block)


def test_exit_codes_are_those_of_the_errors() -> None:
    codes = {kind.exit_code for kind in EvensideError.__subclasses__()}
    (sentence,) = re.findall(r"(?s)and exit with (.*?); `--debug`", README)
    assert {int(code) for code in re.findall(r"\d", sentence)} == codes


def test_the_sentence_of_a_figure_is_one_that_is_printed() -> None:
    figure = Figure(
        *("stance_time", "foot", 0.0, 60.0, 40, 40, 0.60, 0.02, 40, 0.64, 0.02, 0.04),
        *(3.1, 1.9, 4.3, 0.5, 4.5, 2, "right", "", 1.0, 1.0, nan),
    )
    assert f"```\n{figure_words(figure)}\n```" in README


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target


# What a wellness tool does not say of a person.
@pytest.mark.parametrize("word", ["imbalance", "risk", "abnormal", "injury", "diagnos", "patholog", "clinical"])
def test_wording_stays_with_what_was_measured(word: str) -> None:
    assert word not in README.lower()
