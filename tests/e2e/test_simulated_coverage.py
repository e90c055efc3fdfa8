"""The 95 % interval of a session covers what was set on the simulated wearer as often as it says."""

from __future__ import annotations

import numpy as np
import pytest

from evenside.simulator import Asymmetry, Device, Stand, Walk, Wearer, advance, default_nodes, start
from evenside_analysis import monitor
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Block, Figure

LEVELS_AI = (0.0, 3.0, -3.0, 10.0, -10.0)
RUNS = 100  # at each level
SPAN_S = 75.0
NODES = tuple(node for node in default_nodes() if node.site in ("foot", "insole"))
TOLD = (("insole", "stance_time"), ("insole", "step_time"), ("insole", "swing_time"), ("insole", "peak_force"))


def session(seed: int, asymmetry: Asymmetry) -> tuple[dict[tuple[str, str], Figure], Wearer]:
    wearer = Wearer((Stand(4.0), Walk(SPAN_S - 4.0, asymmetry)), seed=seed)
    devices = tuple(Device(node) for node in NODES)
    _, piece = advance(wearer, devices, start(wearer, devices), SPAN_S)
    settings = MonitorSettings(NODES)
    state = monitor.start(settings)
    for node, samples in zip(NODES, piece.samples, strict=True):
        block = Block(node.id, np.round(samples.true_s * 1e6) / 1e6, samples.values)
        state, _ = monitor.step(settings, state, block)
    state, _ = monitor.finish(settings, state)
    figures = monitor.summary(settings, state).figures
    return {(figure.site, figure.metric): figure for figure in figures}, wearer


def held(level_ai: float, run: int) -> dict[tuple[str, str], tuple[bool, bool]]:
    """For each figure of one run, whether its interval holds the truth, and whether it does beside its bias budget."""
    asymmetry = Asymmetry(stance_time=level_ai, step_time=level_ai, peak_force=level_ai)
    figures, wearer = session(1000 * LEVELS_AI.index(level_ai) + run, asymmetry)
    out = {}
    for key, figure in figures.items():
        # A load is of a session that also stands; nobody set how hard the simulated foot lands.
        if key[1] not in ("load_share", "loading_rate", "impact"):
            truth = wearer.truth(1).asymmetry(key[1])
            budget = figure.bias_budget_ai
            inside = figure.ai_lo <= truth <= figure.ai_hi
            out[key] = inside, figure.ai_lo - budget <= truth <= figure.ai_hi + budget
    return out


@pytest.mark.slow
def test_the_interval_covers_the_truth_in_92_to_97_percent_of_500_runs() -> None:
    found = [held(level_ai, run) for level_ai in LEVELS_AI for run in range(RUNS)]
    share = {key: np.mean([one[key] for one in found], axis=0) for key in found[0]}
    for key in TOLD:
        assert 0.92 <= share[key][0] <= 0.97, (key, share)
    # Contacts of a foot IMU are told where annotators see them, which scales an asymmetry: that is in the budget.
    for metric in ("step_time", "stance_time", "swing_time"):
        assert share["foot", metric][1] >= 0.92, (metric, share)
