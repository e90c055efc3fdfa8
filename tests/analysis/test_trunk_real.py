"""Regularity from the lower back of real people, beside the annotated contacts of their feet.

There is no reference for regularity itself. The cadence has one, and the rest must lie where published values of
healthy adults lie: vertical stride regularity above 0.4, improved harmonic ratios of 70 to 99 %.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from evenside.readers import open_recording
from evenside_analysis.regularity import Regularity
from evenside_analysis.trunk_regularity import TrunkSettings, TrunkState, find_regularity
from evenside_analysis.types import ACC, GYR

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
FOLDER = DATA / "ipol_gait_voisard2023_agpl"
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"real recordings are absent: no {FOLDER} (set EVENSIDE_TEST_DATA to where they are)"
)


def found_in(stem: str) -> tuple[float, list[Regularity]]:
    """Time of the first sample, and all bouts."""
    recording = open_recording(FOLDER / stem, "ipol-497", block_s=5.0)
    (node,) = [node for node in recording.nodes if node.site == "pelvis"]
    acc, gyr = node.columns(ACC), node.columns(GYR)
    assert acc is not None
    assert gyr is not None
    settings, state, bouts, times_s = TrunkSettings(node.rate_hz), TrunkState(), list[Regularity](), list[float]()
    for block in recording.read():
        if block.node == node.id:
            values = block.values
            state, more = find_regularity(
                settings, node.id, node.site, state, block.time_s, values[:, acc], values[:, gyr]
            )
            bouts += more
            times_s += [float(block.time_s[0]), float(block.time_s[-1])]
    nothing = np.full((1, 3), np.nan)
    over_s = np.array([times_s[-1] + 2.0])
    state, more = find_regularity(settings, node.id, node.site, state, over_s, nothing, nothing)
    return times_s[0], bouts + list(more)


@pytest.mark.parametrize("stem", ["1-1", "1-2", "2-1", "2-2", "5-1", "5-2", "12-1", "12-2"])
def test_both_ways_of_a_walk_are_told_and_the_half_turn_is_not(stem: str) -> None:
    if not (FOLDER / f"{stem}.json").is_file():
        pytest.skip(f"no {stem}")
    notes = json.loads((FOLDER / f"{stem}.json").read_text(encoding="utf-8"))
    zero_s, bouts = found_in(stem)
    turn_s = np.array(notes["UTurnBoundaries"]) / 100.0 + zero_s
    contacts_s = np.array(notes["LeftFootEvents"], np.float64)[:, 1] / 100.0 + zero_s
    assert len(bouts) == 2
    assert bouts[0].end_s < turn_s[0] < turn_s[1] < bouts[1].start_s
    for bout in bouts:
        inside = contacts_s[(contacts_s > bout.start_s - 0.7) & (contacts_s < bout.end_s + 0.7)]
        assert bout.cadence_per_min == pytest.approx(120.0 / float(np.diff(inside).mean()), rel=0.025)
        assert bout.vertical.ad2 > 0.4
        for name, axis in bout.axes:
            assert 70.0 < axis.ihr < 99.0, name
            assert (axis.ad1 < -0.3) if name == "mediolateral" else (axis.ad1 > 0.3), name
