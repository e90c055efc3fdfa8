"""The shank detector on gyroscopes of real feet: nothing it was made for, so it may be wrong, but it must stay sane.

No annotated recording of shanks is at hand. A foot's rate has other lobes, so the times mean nothing here; what must
hold is all that is promised whatever the signal: alternating contacts in order, no more than a leg can make, the same
for any cut, and a small state.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from evenside.readers import open_recording
from evenside_analysis.shank_contacts import ShankSettings, ShankState, detect_shank_contacts
from evenside_analysis.types import GYR, Contacts, Event, Floats

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)
RECORDINGS = (
    ("gaitmap_feet/imu_sample.csv.gz", "gaitmap"),
    ("gaitmap_feet/imu_sample_healthy_stair_up.csv.gz", "gaitmap"),
    ("ipol_gait_voisard2023_agpl/1-1", "ipol-497"),
    ("ipol_gait_voisard2023_agpl/5-2", "ipol-497"),
    ("ipol_gait_truong2019_ncsa/107-2.csv.gz", "ipol-265"),
    ("ipol_gait_truong2019_ncsa/84-1.csv.gz", "ipol-265"),
)


def feet(path: str, layout: str) -> list[tuple[float, Floats, Floats]]:
    """Rate, times and rates of rotation of each foot."""
    recording = open_recording(DATA / path, layout)
    nodes = {node.id: node for node in recording.nodes if node.site == "foot"}
    parts: dict[str, list[tuple[Floats, Floats]]] = {name: [] for name in nodes}
    for block in recording.read():
        if block.node in nodes:
            gyr = nodes[block.node].columns(GYR)
            assert gyr is not None
            parts[block.node].append((block.time_s, block.values[:, gyr]))
    return [
        (
            nodes[name].rate_hz,
            np.concatenate([time_s for time_s, _ in found]),
            np.concatenate([gyr for _, gyr in found]),
        )
        for name, found in parts.items()
    ]


def found_in(rate_hz: float, time_s: Floats, gyr: Floats, size: int) -> Contacts:
    settings, state, found = ShankSettings(rate_hz), ShankState(), Contacts.none(-np.inf)
    for at in range(0, time_s.size, size):
        state, more = detect_shank_contacts(settings, state, time_s[at : at + size], gyr[at : at + size])
        found = found.followed_by(more)
        assert size > 5000 or len(pickle.dumps(state)) < 200_000
    _, more = detect_shank_contacts(settings, state, time_s[-1:] + 3.0, np.full((1, 3), np.nan))
    return found.followed_by(more)


@pytest.mark.parametrize(("path", "layout"), RECORDINGS)
def test_contacts_stay_in_order_and_in_number(path: str, layout: str) -> None:
    if not (DATA / path).is_file() and not (DATA / f"{path}.json").is_file():
        pytest.skip(f"no {path}")
    for rate_hz, time_s, gyr in feet(path, layout):
        whole = found_in(rate_hz, time_s, gyr, 10_000_000)
        pieces = found_in(rate_hz, time_s, gyr, 97)
        assert whole.time_s.tobytes() == pieces.time_s.tobytes()
        assert whole.flags.tobytes() == pieces.flags.tobytes()
        assert whole.time_s.size >= 20
        assert whole.kind.tolist() == [Event.TC, Event.IC] * (whole.time_s.size // 2)
        assert (np.diff(whole.time_s) >= 0.0).all()
        assert time_s[0] <= whole.time_s[0] <= whole.time_s[-1] <= time_s[-1]
        contacts_s = whole.time_s[1::2]
        assert contacts_s.size <= 2.0 * (time_s[-1] - time_s[0])
        swings_s = contacts_s - whole.time_s[::2]
        assert (swings_s > 0.0).all()
        assert (swings_s <= 2.4).all()
