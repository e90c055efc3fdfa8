"""Blocks are put together without a sample lost, moved, or given another clock error."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenside.daemon.gathering import Gathering
from evenside_analysis.types import Block

PARTS = st.lists(
    st.tuples(st.sampled_from("lr"), st.integers(1, 60), st.sampled_from([0.0, 0.001, np.inf]), st.booleans()),
    max_size=30,
)


@given(PARTS)
def test_what_comes_out_is_what_went_in(parts: list[tuple[str, int, float, bool]]) -> None:
    gathering = Gathering(1.0)
    ticks = {"l": 0, "r": 0}
    put: dict[str, list[tuple[float, float, float]]] = {"l": [], "r": []}
    got: dict[str, list[tuple[float, float, float]]] = {"l": [], "r": []}

    def note(kept: dict[str, list[tuple[float, float, float]]], block: Block) -> None:
        kept[block.node] += [
            (time, value, block.clock_error_s)
            for time, value in zip(block.time_s.tolist(), block.values[:, 0].tolist(), strict=True)
        ]

    for node, count, error_s, take in parts:
        times = (np.arange(count) + ticks[node]) * 20_000 / 1e6
        ticks[node] += count
        block = Block(node, times, np.arange(count, dtype=float)[:, np.newaxis], error_s)
        note(put, block)
        done = gathering.add(block) + (gathering.take() if take else [])
        for joined in done:
            note(got, joined)
            assert joined.time_s[-1] - joined.time_s[0] < 1.0 + 60 * 0.02
    for joined in gathering.take():
        note(got, joined)
    assert got == put
    assert gathering.take() == []


def test_blocks_of_one_clock_error_become_one() -> None:
    gathering = Gathering(1.0)
    blocks = [Block("l", np.array([0.25 * place]), np.array([[1.0]]), 0.001) for place in range(5)]
    assert [gathering.add(block) for block in blocks[:4]] == [[]] * 4
    (joined,) = gathering.add(blocks[4])
    assert joined.time_s.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_nodes_that_somebody_waits_for_are_passed_on_sooner() -> None:
    gathering = Gathering(1.0, ["strap"], 0.005)
    for place in range(3):
        times = np.array([2.0 * place, 2.0 * place + 1.0]) * 0.01
        packet = {node: Block(node, times, np.ones((2, 1)), 0.0) for node in ("foot", "strap")}
        assert gathering.add(packet["foot"]) == []
        (soon,) = gathering.add(packet["strap"])
        assert soon is packet["strap"]
