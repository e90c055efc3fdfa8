"""Contacts of real feet after what may happen to a node: ``python tests/host/validation/robustness.py ../shared/data``.

The same walks are looked at as they are, turned in space, mirrored, at half the rate, and with 5 % lost in runs of five
samples. Told is how far each contact moved from where it is found in the walk as it is: all of them, and those that did
not have to be guessed from the habit of the foot (figures use no others).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.stats import special_ortho_group

from evenside.readers import open_recording
from evenside_analysis.foot_imu import FootImuState, foot_imu_step
from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.types import ACC, GYR, Contacts, Event, Flag, Floats, Node

NEAR_S = 0.2
Signal = tuple[float, Floats, Floats, Floats]  # rate, times, accelerations, rates of rotation
Change = Callable[[np.random.Generator, Signal], Signal]


def rotated(rng: np.random.Generator, signal: Signal) -> Signal:
    rate_hz, time_s, acc, gyr = signal
    turn = special_ortho_group.rvs(3, random_state=rng)
    return rate_hz, time_s, acc @ turn, gyr @ turn


def mirrored(_: np.random.Generator, signal: Signal) -> Signal:
    rate_hz, time_s, acc, gyr = signal
    return rate_hz, time_s, acc * [1.0, -1.0, 1.0], gyr * [-1.0, 1.0, -1.0]


def halved(_: np.random.Generator, signal: Signal) -> Signal:
    rate_hz, time_s, *both = signal
    smooth = [gaussian_filter1d(_bridged(time_s, values), 0.8, axis=0)[::2] for values in both]
    return rate_hz / 2.0, time_s[::2], smooth[0], smooth[1]


def lossy(rng: np.random.Generator, signal: Signal) -> Signal:
    rate_hz, time_s, acc, gyr = signal
    lost = np.zeros(time_s.size, np.bool_)
    for first in rng.integers(0, time_s.size - 8, time_s.size // 100).tolist():
        lost[first : first + 5] = True
    return rate_hz, time_s, np.where(lost[:, np.newaxis], np.nan, acc), np.where(lost[:, np.newaxis], np.nan, gyr)


CHANGES: dict[str, Change] = {"rotated": rotated, "mirrored": mirrored, "half rate": halved, "5 % lost": lossy}


def main(data: Path) -> None:
    rng = np.random.default_rng(1)
    moved: dict[tuple[str, str, bool], list[float]] = {}
    marked = 0
    for node, signal in feet(data):
        plain = found(node, signal)
        marked += plain.time_s.size
        for name, change in CHANGES.items():
            other = found(node, change(rng, signal))
            for event, moves, guessed in compared(plain, other):
                for without in (False, True):
                    kept = moves[~guessed] if without else moves
                    moved.setdefault((name, event, without), []).extend(kept.tolist())
    print(f"{'':10s} {'':8s} {'':16s} {'mean, ms':>9s} {'SD':>6s} {'p95':>6s} {'kept':>6s}")
    for (name, event, without), moves_ms in sorted(moved.items()):
        ms = np.array(moves_ms)
        which = "none guessed" if without else "all"
        print(
            f"{name:10s} {event:8s} {which:16s} {ms.mean():9.2f} {ms.std():6.1f} {np.percentile(np.abs(ms), 95):6.1f} "
            f"{ms.size:6d}"
        )
    print(f"of {marked} events found in the recordings as they are, heel rises and flat feet among them")


def feet(data: Path) -> Iterator[tuple[Node, Signal]]:
    """Of the walks of ``ipol-497`` and the level one of ``gaitmap``."""
    stems = sorted(path.with_suffix("") for path in (data / "ipol_gait_voisard2023_agpl").glob("*.json"))
    recordings = [(stem, "ipol-497") for stem in stems] + [(data / "gaitmap_feet" / "imu_sample.csv.gz", "gaitmap")]
    for path, layout in recordings:
        recording = open_recording(path, layout, 1e9)
        blocks = list(recording.read())
        for node in recording.nodes:
            acc, gyr = node.columns(ACC), node.columns(GYR)
            if node.site != "foot" or acc is None or gyr is None:
                continue
            time_s = np.concatenate([block.time_s for block in blocks if block.node == node.id])
            values = np.concatenate([block.values for block in blocks if block.node == node.id])
            yield node, (node.rate_hz, time_s, values[:, acc], values[:, gyr])


def found(node: Node, signal: Signal) -> Contacts:
    rate_hz, time_s, acc, gyr = signal
    settings = FootSettings(rate_hz, node.acc_range_m_s2, node.gyr_range_rad_s)
    state, first = foot_imu_step(
        settings,
        node.gravity,
        FootImuState.start(settings),
        time_s,
        np.ascontiguousarray(acc),
        np.ascontiguousarray(gyr),
    )
    silence = np.full((1, 3), np.nan)
    _, rest = foot_imu_step(settings, node.gravity, state, time_s[-1:] + 10.0, silence, silence)
    return first.followed_by(rest)


def compared(
    plain: Contacts, other: Contacts
) -> Iterator[tuple[str, Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    """For toe-offs and contacts: how far each moved (ms), and whether it was guessed, of those that are still there."""
    for event, name in ((Event.TC, "toe-off"), (Event.IC, "contact")):
        before_s = plain.time_s[plain.kind == event]
        after_s, flags = other.time_s[other.kind == event], other.flags[other.kind == event]
        if not (before_s.size and after_s.size):
            continue
        nearest = np.abs(after_s[np.newaxis] - before_s[:, np.newaxis]).argmin(axis=1)
        moves_s = after_s[nearest] - before_s
        near = np.abs(moves_s) <= NEAR_S
        guessed = (flags[nearest] & int(Flag.GUESSED)) != 0
        yield name, 1e3 * moves_s[near], guessed[near]


def _bridged(time_s: Floats, values: Floats) -> Floats:
    there = np.isfinite(values).all(axis=1)
    return np.stack([np.interp(time_s, time_s[there], column[there]) for column in values.T], axis=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
