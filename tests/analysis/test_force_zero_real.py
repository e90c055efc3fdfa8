"""A zero that is put off on one real insole leaves every figure where it was; clean insoles are told nothing of."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evenside.readers import open_recording
from evenside_analysis.monitor import finish, start, step, summary
from evenside_analysis.report import PairRows, Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import FORCE

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)
RECORDINGS = [
    *(f"gaitpdb_controls/GaCo{name}.txt.gz" for name in ("01_01", "02_01", "02_02")),
    *(f"moticon_opengo/230927_{name}.txt.gz" for name in ("102114", "102137", "102231")),
]
METRICS = ("step_time", "stance_time", "swing_time", "double_support", "peak_force", "impulse")


def walked(path: str, left_zero_n: float = 0.0, body_mass_kg: float | None = None) -> tuple[Summary, dict[str, float]]:
    """The session, and the AI of the means of all clean pairs."""
    recording = open_recording(DATA / path)
    told = MonitorSettings(recording.nodes, body_mass_kg=body_mass_kg)
    left = next(node for node in recording.nodes if node.side == "left")
    column = left.channels.index(FORCE)
    state, rows = start(told), list[PairRows]()
    for block in recording.read():
        if block.node == left.id:
            values = block.values.copy()
            values[:, column] += left_zero_n
            block = replace(block, values=values)
        state, report = step(told, state, block)
        rows += report.rows
    state, report = finish(told, state)
    rows += report.rows
    metrics = next(pair.metrics for pair in rows if "stance_time" in pair.metrics)
    clean = [(p.rows.left[p.rows.flags == 0], p.rows.right[p.rows.flags == 0]) for p in rows if p.metrics == metrics]
    ai = {}
    for name in METRICS:
        place = metrics.index(name)
        means = [float(np.nanmean(np.concatenate([both[side][:, place] for both in clean]))) for side in (0, 1)]
        ai[name] = 100.0 * (means[1] - means[0]) / (means[1] + means[0])
    return summary(told, state), ai


@pytest.mark.parametrize("path", RECORDINGS)
def test_a_zero_that_is_off_on_one_side_leaves_the_asymmetries_where_they_were(path: str) -> None:
    _, untouched = walked(path)
    for zero_n in (15.0, 40.0, -15.0):
        found, ai = walked(path, zero_n)
        assert ai["stance_time"] == pytest.approx(untouched["stance_time"], abs=0.05), zero_n
        assert ai == pytest.approx(untouched, abs=0.3), zero_n
        (told,) = [words for words in found.checks.words if "in the air" in words]
        read_n = float(told.removeprefix("left_insole: reads ").split(" N ")[0])
        assert read_n == pytest.approx(zero_n, abs=4.0)


@pytest.mark.parametrize("path", RECORDINGS)
def test_nothing_is_said_of_the_zeros_of_clean_insoles(path: str) -> None:
    found, _ = walked(path)
    assert not [words for words in found.checks.words if "in the air" in words or "repeats" in words]


@pytest.mark.parametrize(
    ("name", "mass_kg", "ratio"), [("01_01", 83.0, 1.3), ("02_01", 70.0, 1.24), ("02_02", 70.0, 1.28)]
)
def test_insoles_that_are_not_calibrated_to_the_body_weight_are_told_and_nothing_else_moves(
    name: str, mass_kg: float, ratio: float
) -> None:
    path = f"gaitpdb_controls/GaCo{name}.txt.gz"
    unknown, ai = walked(path)
    known, same = walked(path, body_mass_kg=mass_kg)
    assert same == ai
    assert known.figures == unknown.figures or repr(known.figures) == repr(unknown.figures)
    (told,) = set(known.checks.words) - set(unknown.checks.words)
    assert float(told.split(" bear ")[1].split(" times ")[0]) == pytest.approx(ratio, abs=0.08)
