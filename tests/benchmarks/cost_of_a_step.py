"""``monitor.step`` by itself: how long one block takes, for short and long blocks, walking and standing."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from evenside.simulator import Asymmetry, Device, Stand, Walk, Wearer, advance, default_nodes, start
from evenside_analysis import monitor
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Block

NODES = tuple(node for node in default_nodes() if node.site in ("foot", "insole"))
SPAN_S = 120.0


def run(folder: Path, hours: float, seconds: float) -> None:
    print("two foot IMUs and two insoles at 100 Hz; a second of them is four nodes times 1 / block steps")
    for what, script in (("walking", Walk(SPAN_S, Asymmetry(stance_time=3.0))), ("standing", Stand(SPAN_S))):
        wearer = Wearer((script,), seed=1)
        devices = tuple(Device(node) for node in NODES)
        _, piece = advance(wearer, devices, start(wearer, devices), SPAN_S)
        for block_s in (0.1, 0.25, 1.0, 30.0):
            took, cpu = [], process_time()
            settings = MonitorSettings(NODES)
            state = monitor.start(settings)
            for edge in range(round(SPAN_S / block_s)):
                for node, samples in zip(NODES, piece.samples, strict=True):
                    rows = slice(*np.searchsorted(samples.true_s, (edge * block_s, (edge + 1) * block_s)))
                    block = Block(node.id, np.round(samples.true_s[rows] * 1e6) / 1e6, samples.values[rows])
                    begun = perf_counter()
                    state, _ = monitor.step(settings, state, block)
                    took.append(1000.0 * (perf_counter() - begun))
            share = (process_time() - cpu) / SPAN_S
            p50, p99 = np.percentile(took, [50, 99])
            print(
                f"{what:8}  blocks of {block_s:5.2f} s: {p50:6.2f} ms median, {p99:6.2f} ms p99, "
                f"{100.0 * share:.2f} % of a core live, {1.0 / share:.0f} x real time"
            )
