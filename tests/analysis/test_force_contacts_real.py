"""Contacts from real insoles against the report that their maker's own software gave of the same recordings."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from evenside.readers import open_recording
from evenside_analysis.force_contacts import ForceSettings, ForceState, detect_force_contacts
from evenside_analysis.types import FORCE, Contacts, Event, Floats

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)
RECORDINGS = ["230927_102114", "230927_102137", "230927_102231"]


def contacts_of(name: str, side: str) -> Contacts:
    recording = open_recording(DATA / "moticon_opengo" / f"{name}.txt.gz")
    (node,) = (node for node in recording.nodes if node.side == side)
    column = node.columns((FORCE,))
    assert column is not None
    blocks = [block for block in recording.read() if block.node == node.id]
    time_s = np.concatenate([block.time_s for block in blocks])
    force_n = np.concatenate([block.values for block in blocks])[:, column[0]]
    return detect_force_contacts(ForceSettings(node.rate_hz), ForceState(), time_s, force_n)[1]


def reported(name: str, side: str) -> Floats:
    """(steps, 3) initial contact, toe-off and stance time in seconds."""
    day, time = name.split("_")
    path = DATA / "moticon_opengo" / f"gait_report_{day}_{time[:2]}_{time[2:4]}_{time[4:]}.xlsx"
    head, *rows = openpyxl.load_workbook(path, data_only=True)[f"{side.capitalize()} Steps"].iter_rows(values_only=True)
    places = [head.index(title) for title in ("Initial contact (s)", "Toe off (s)", "Stance (s)")]
    return np.array([[row[place] for place in places] for row in rows], np.float64)


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_contacts_and_stance_times_are_those_of_the_report(name: str, side: str) -> None:
    found, steps = contacts_of(name, side), reported(name, side)
    contact_s, toe_off_s = found.time_s[found.kind == Event.IC], found.time_s[found.kind == Event.TC]
    ic_s = contact_s[np.abs(contact_s - steps[:, :1]).argmin(axis=1)]
    tc_s = toe_off_s[np.searchsorted(toe_off_s, ic_s)]
    assert len(steps) >= 5
    assert np.abs(ic_s - steps[:, 0]).max() < 0.03
    assert np.abs(tc_s - steps[:, 1]).max() < 0.03
    assert (tc_s - ic_s).mean() == pytest.approx(steps[:, 2].mean(), abs=0.01)
