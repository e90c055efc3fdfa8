"""The law: any cut into blocks, any interleaving of nodes, any telling of a silence, any resumption: the same bits."""

from __future__ import annotations

import pickle
from dataclasses import astuple
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.simulator import Asymmetry, Device, Stand, Walk, Wearer, advance, default_nodes
from evenside.simulator import start as start_wearer
from evenside_analysis.conversions import Threshold
from evenside_analysis.limits import Limit
from evenside_analysis.monitor import MonitorState, start, step, summary
from evenside_analysis.report import Report, Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import ACC, Block, Floats, Node

SPAN_S = 48.0
WORN = tuple(node for node in default_nodes() if node.site in ("foot", "insole"))
NODES = (*WORN, Node("back", "pelvis", "centre", ACC, 25.0))
SCRIPT = (
    Stand(4.0),
    Walk(20.0, Asymmetry(stance_time=6.0)),
    Stand(3.0),
    Walk(17.0),
    Stand(4.0),
)
TAPS_S = (1.7, 2.0)
LATE_S = 0.012  # the right foot's clock, which states a tenth of it
ALERT = Limit("longer stance", "stance_time", "foot", Threshold(2.0, "ai"), Threshold(1.5, "ai"), 0.0, 0.0, "either", 0)
SETTINGS = MonitorSettings(NODES, window_s=10.0, hop_s=2.5, limits=(ALERT,))


def tapped(time_s: Floats, values: Floats) -> Floats:
    """With what both feet feel of somebody who taps them while they lie still."""
    felt = values.copy()
    for at_s in TAPS_S:
        since_s = np.maximum(time_s - at_s, 0.0)
        ring = np.sin(2.0 * np.pi * 20.0 * since_s) * since_s / 0.02 * np.exp(1.0 - since_s / 0.02)
        felt[:, :3] += 40.0 * ring[:, np.newaxis] * np.array([0.3, 0.5, 0.8])
    return felt


@cache
def recording(seed: int) -> dict[str, tuple[Floats, Floats, Floats]]:
    """Times, values and clock errors of each node: standing and walking twice, with holes of all lengths."""
    rng = np.random.default_rng(seed)
    wearer = Wearer(SCRIPT, seed=seed)
    devices = tuple(Device(node) for node in WORN)
    _, piece = advance(wearer, devices, start_wearer(wearer, devices), SPAN_S)
    signals = {node.id: (samples.true_s, samples.values) for node, samples in zip(WORN, piece.samples, strict=True)}
    times = np.arange(0.0, SPAN_S, 0.04)
    signals["back"] = times, rng.normal(0.0, 1.0, (times.size, 3)) + np.array([0.0, 0.0, 9.81])
    out = {}
    for node in NODES:
        time_s, values = signals[node.id]
        if node.site == "foot":
            values = tapped(time_s, values)
            time_s = time_s + (LATE_S if node.side == "right" else 0.0)
        n = time_s.size
        time_s = np.round((time_s + rng.uniform(0.0, 0.1, n) / node.rate_hz) * 1e6) / 1e6
        heard = np.ones(n, bool)
        for at in rng.integers(0, n, 4):
            heard[at : at + int(rng.integers(1, 4))] = False
        hole = int(rng.integers(0, n))
        heard[hole : hole + int(rng.choice([3, 20, 400]))] = False
        errors = np.where(time_s < 15.0, 0.0004, 0.0011)
        out[node.id] = (time_s[heard], values[heard], errors[heard])
    return out


def told(data: st.DataObject, node: Node, samples: tuple[Floats, Floats, Floats], silence: bool) -> list[Block]:
    """The samples of one node in blocks, with rows of NaN in the holes as some source or other would tell them."""
    time_s, values, errors = samples
    if silence:
        grid = np.arange(0.0, SPAN_S + 5.0, data.draw(st.sampled_from([0.013, 0.05, 0.7]), f"telling of {node.id}"))
        nearest = np.searchsorted(time_s, grid).clip(1, time_s.size - 1)
        gap = np.minimum(np.abs(time_s[nearest] - grid), np.abs(time_s[nearest - 1] - grid))
        extra = np.round(grid[gap > 1.2 / node.rate_hz] * 1e6) / 1e6
        time_s = np.concatenate([time_s, extra])
        values = np.concatenate([values, np.full((extra.size, values.shape[1]), np.nan)])
        errors = np.concatenate([errors, np.zeros(extra.size)])
        order = np.argsort(time_s, kind="stable")
        time_s, values, errors = time_s[order], values[order], errors[order]
        fresh = np.append(True, np.diff(time_s) > 0.0)
        time_s, values, errors = time_s[fresh], values[fresh], errors[fresh]
    cuts = data.draw(st.lists(st.integers(1, time_s.size - 1), max_size=12), f"cuts of {node.id}")
    cuts += [cut + 1 for cut in cuts[:3] if cut + 1 < time_s.size]  # blocks of one sample
    edges = sorted({0, time_s.size, *cuts, *(np.flatnonzero(np.diff(errors)) + 1).tolist()})
    return [Block(node.id, time_s[a:b], values[a:b], float(errors[a])) for a, b in pairwise(edges)]


def ended(time_s: float) -> list[Block]:
    """Time passes on every node, so that all is decided that will be."""
    return [Block(node.id, np.array([time_s]), np.full((1, len(node.channels)), np.nan)) for node in NODES]


def bits(value: Any) -> Any:
    """Everything in a value, comparable by bit."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, float):
        return np.float64(value).tobytes()
    if isinstance(value, tuple | list):
        return [bits(one) for one in value]
    return value


def by_site(reports: list[Report]) -> dict[str, list[Any]]:
    """What each site and node said, in the order in which it said it."""
    said: dict[str, list[Any]] = {}
    for report in reports:
        for figure in report.figures:
            said.setdefault(f"figure {figure.metric} {figure.site}", []).append(bits(astuple(figure)))
        for alert in report.alerts:
            said.setdefault(f"alert {alert.rule}", []).append(bits(astuple(alert)))
        for contacts in report.contacts:
            found = contacts.contacts
            rows = zip(found.time_s, found.kind, found.flags, found.impulse_n_s, found.peak_force_n, strict=True)
            said.setdefault(f"contacts {contacts.node}", []).extend(bits(row) for row in rows)
        for strides in report.strides:
            one = strides.strides
            strides_rows = zip(one.start_s, one.toe_off_s, one.end_s, one.flags, one.stance_high_s, strict=True)
            said.setdefault(f"strides {strides.node}", []).extend(bits(row) for row in strides_rows)
        for event in report.sync:
            said.setdefault(f"sync {event.site}", []).append(bits(astuple(event)))
        for habit in report.habits:
            said.setdefault(f"habit {habit.kind}", []).append(bits(astuple(habit)))
        for pair in report.rows:
            pairs = zip(pair.rows.end_s, pair.rows.flags, pair.rows.left, pair.rows.right, strict=True)
            said.setdefault(f"rows {pair.site} {pair.metrics[0]}", []).extend(bits(row) for row in pairs)
    return said


def folded(blocks: list[Block], pickle_at: set[int]) -> tuple[list[Report], Summary, MonitorState]:
    state, reports = start(SETTINGS), []
    for number, block in enumerate(blocks):
        if number in pickle_at:
            state = pickle.loads(pickle.dumps(state))
        state, report = step(SETTINGS, state, block)
        reports.append(report)
    return reports, summary(SETTINGS, state), state


@pytest.fixture(scope="module")
def expected() -> dict[int, tuple[dict[str, list[Any]], list[Any]]]:
    out = {}
    for seed in (1, 2, 3):
        whole = recording(seed)
        blocks = [
            Block(node.id, time_s[part], values[part], float(errors[part][0]))
            for node, (time_s, values, errors) in zip(NODES, whole.values(), strict=True)
            for part in (errors == 0.0004, errors == 0.0011)
        ]
        reports, total, _ = folded(blocks + ended(SPAN_S + 20.0), set())
        out[seed] = (by_site(reports), bits(astuple(total)))
    return out


def test_the_recording_of_this_test_has_everything_that_the_law_is_about(
    expected: dict[int, tuple[dict[str, list[Any]], list[Any]]],
) -> None:
    said, _ = expected[1]
    for kind in (
        "figure stance_time insole",
        "figure step_time foot",
        "figure load_share insole",
        "alert longer stance",
    ):
        assert len(said[kind]) >= 2, kind
    assert any("sync foot" in found for found, _ in expected.values())
    for node in ("left_foot", "right_foot", "left_insole", "right_insole"):
        assert len(said[f"strides {node}"]) >= 12, node


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_any_cut_interleaving_silence_and_resumption_give_the_same_bits(
    expected: dict[int, tuple[dict[str, list[Any]], list[Any]]], data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from([1, 2, 3]), "recording")
    whole = recording(seed)
    queues = [told(data, node, whole[node.id], data.draw(st.booleans(), f"{node.id} tells")) for node in NODES]
    order = data.draw(st.permutations([i for i, queue in enumerate(queues) for _ in queue]), "interleaving")
    blocks = [queues[i].pop(0) for i in order]
    pickle_at = set(data.draw(st.lists(st.integers(0, len(blocks)), max_size=3), "resumed before"))
    reports, total, _ = folded(blocks + ended(SPAN_S + 20.0), pickle_at)
    said, summed = expected[seed]
    found = by_site(reports)
    assert found.keys() == said.keys()
    for kind in said:
        assert found[kind] == said[kind], kind
    assert bits(astuple(total)) == summed


def test_a_block_of_a_node_that_nobody_named_is_refused() -> None:
    with pytest.raises(ValueError, match="known are left_foot, right_foot, left_insole, right_insole, back"):
        step(SETTINGS, start(SETTINGS), Block("x", np.array([0.0]), np.zeros((1, 1))))


def test_a_block_with_other_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="2 channels, expected 1"):
        step(SETTINGS, start(SETTINGS), Block("left_insole", np.array([0.0]), np.zeros((1, 2))))


def test_the_state_does_not_grow_with_the_length_of_the_recording() -> None:
    state, sizes = start(SETTINGS), []
    whole = recording(1)
    for round_ in range(12):
        for at in range(0, 48, 4):
            for node in NODES:
                time_s, values, errors = whole[node.id]
                part = (time_s >= at) & (time_s < at + 4)
                if part.any():
                    block = Block(node.id, time_s[part] + 48.0 * round_, values[part], float(errors[part].max()))
                    state, _ = step(SETTINGS, state, block)
        sizes.append(len(pickle.dumps(state)))
    assert max(sizes[4:]) < 1.2 * max(sizes[:4])
