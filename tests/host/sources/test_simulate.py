"""The simulate:// source: what is asked for comes, at its pace, with clock errors that hold and every hole told."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.errors import SourceError
from evenside.simulator import Piece, advance, day_nodes, day_wearer, default_nodes, start
from evenside.sources import (
    LinkEvent,
    NodeStatus,
    SourceItem,
    SourceRequest,
    open_source,
    parse_source_url,
)
from evenside.sources.simulate import open_simulate_with, simulated_items
from evenside.sources.simulate_options import devices_of, simulate_options
from evenside_analysis.types import Block, Floats, Node

NODES = default_nodes()


def items_of(options: str, nodes: tuple[Node, ...] = NODES) -> list[SourceItem]:
    ticks = simulated_items(simulate_options(parse_source_url(f"simulate://?{options}")), nodes)
    return [item for _, items in ticks for item in items]


def truth_of(options: str, nodes: tuple[Node, ...] = NODES) -> Piece:
    """What the simulator says of the same wearer and devices."""
    given_ = simulate_options(parse_source_url(f"simulate://?{options}"))
    devices = devices_of(given_, nodes)
    return advance(given_.wearer, devices, start(given_.wearer, devices), given_.seconds)[1]


def blocks_of(items: list[SourceItem], node: str) -> list[Block]:
    return [item for item in items if isinstance(item, Block) and item.node == node]


def joined(blocks: list[Block]) -> tuple[Floats, Floats]:
    return np.concatenate([block.time_s for block in blocks]), np.concatenate([block.values for block in blocks])


# --- what is yielded --------------------------------------------------------------------------------------------------


def test_every_node_delivers_its_channels_in_its_order() -> None:
    asked = (
        NODES[7],
        replace(NODES[0], channels=("gyr_z", "acc_y"), scale=None),
        replace(NODES[3], rate_hz=50.0),
    )
    items = items_of("script=walk&seconds=5&clock=shared", asked)
    for node, samples in zip(asked, truth_of("script=walk&seconds=5&clock=shared", asked).samples, strict=True):
        time_s, values = joined(blocks_of(items, node.id))
        assert values.shape == (round(5 * node.rate_hz), len(node.channels))
        np.testing.assert_array_equal(values, samples.values)
        np.testing.assert_array_equal(time_s, np.arange(time_s.size) / node.rate_hz)


def test_blocks_span_what_was_asked_and_nodes_take_turns() -> None:
    items = items_of("script=walk&seconds=10&clock=shared&block_s=0.5")
    blocks = [item for item in items if isinstance(item, Block)]
    assert [block.node for block in blocks] == [node.id for node in NODES] * 20
    assert all(block.time_s.size == 50 for block in blocks)


@settings(max_examples=6, deadline=None)
@given(st.floats(0.25, 20.0), st.sampled_from(("1", "7", "40", "max")))
def test_neither_speed_nor_length_of_blocks_changes_a_bit(block_s: float, speed: str) -> None:
    options = "script=demo&seconds=40&loss=0.03&outage_every_s=20&outage_s=3"
    reference, other = items_of(options), items_of(f"{options}&block_s={block_s}&speed={speed}")
    for node in NODES:
        for one, two in zip(_rows(reference, node.id), _rows(other, node.id), strict=True):
            np.testing.assert_array_equal(one, two)
    longest = max(item.time_s.size for item in other if isinstance(item, Block))
    assert longest <= 100 * max(block_s + 0.25, 0.5)


@settings(max_examples=6, deadline=None)
@given(st.floats(0.05, 20.0))
def test_the_length_of_blocks_changes_no_sample_of_shared_clocks(block_s: float) -> None:
    options = "script=demo&seconds=20&clock=shared&loss=0.03"
    reference, other = items_of(options), items_of(f"{options}&block_s={block_s}")
    for node in NODES:
        rows, others = _rows(reference, node.id), _rows(other, node.id)
        # Only when it is told that nothing was heard may depend on the block.
        heard, heard_too = np.isfinite(rows[1][:, 0]), np.isfinite(others[1][:, 0])
        for one, two in zip(rows, others, strict=True):
            np.testing.assert_array_equal(one[heard], two[heard_too])


def _rows(items: list[SourceItem], node: str) -> tuple[Floats, Floats, Floats]:
    """Times, values and stated errors of each row."""
    blocks = blocks_of(items, node)
    errors = np.repeat([block.clock_error_s for block in blocks], [block.time_s.size for block in blocks])
    return (*joined(blocks), errors)


def test_a_seed_fixes_every_bit_of_aligned_clocks_too() -> None:
    first, second = (items_of("script=demo&seconds=30&seed=9&loss=0.02") for _ in range(2))
    assert len(first) == len(second)
    for one, two in zip(first, second, strict=True):
        if isinstance(one, Block):
            assert isinstance(two, Block)
            assert one.clock_error_s == two.clock_error_s
            np.testing.assert_array_equal(one.time_s, two.time_s)
            np.testing.assert_array_equal(one.values, two.values)
        elif isinstance(one, LinkEvent):
            assert one == two
    other = items_of("script=demo&seconds=30&seed=10&loss=0.02")
    one_values, other_values = (joined(blocks_of(found, "left_insole"))[1] for found in (first, other))
    assert not np.array_equal(one_values[:500], other_values[:500])


def test_a_source_begins_with_its_links_and_ends_with_them() -> None:
    items = items_of("script=demo")
    events = [item for item in items if isinstance(item, LinkEvent)]
    assert [event.kind for event in events] == ["connected"] * 8 + ["ended"] * 8
    assert {event.node for event in events[:8]} == {node.id for node in NODES}
    assert all(event.time_s == 120.0 for event in events[8:])


def test_each_node_reports_its_state() -> None:
    items = items_of("script=walk&seconds=60&loss=0.1")
    statuses = [item for item in items if isinstance(item, NodeStatus) and item.node == "right_foot"]
    assert len(statuses) >= 6
    last = statuses[-1]
    assert 95.0 < last.battery_percent <= 100.0
    assert last.frames == pytest.approx(last.time_s * 100 / 8, abs=2)
    assert last.frames_lost == pytest.approx(0.1 * last.frames, rel=0.5)
    assert 0.0 < last.clock_error_s < 0.002


def test_a_repeated_script_goes_on_until_the_seconds_are_over() -> None:
    time_s, _ = joined(blocks_of(items_of("script=demo&repeat=yes&seconds=300&clock=shared"), "left_foot"))
    assert time_s[-1] == 299.99


# --- clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("drift_ppm", "jitter_ms", "offset_ms"), [(15, 1, 3.7), (-60, 5, -800), (0, 0, 0)])
@pytest.mark.parametrize("block_s", [0.25, 5.0])
def test_the_stated_clock_error_covers_the_true_one(
    drift_ppm: int, jitter_ms: int, offset_ms: float, block_s: float
) -> None:
    options = (
        f"script=walk&seconds=240&seed=2&block_s={block_s}"
        f"&drift_ppm={drift_ppm}&jitter_ms={jitter_ms}&offset_ms={offset_ms}"
    )
    insoles = NODES[2:4]
    items = items_of(options, insoles)
    covered, total, largest_s = 0, 0, 0.0
    for node, samples in zip(insoles, truth_of(options, insoles).samples, strict=True):
        blocks = blocks_of(items, node.id)
        time_s, values = joined(blocks)
        np.testing.assert_array_equal(values, samples.values)
        stated_s = np.repeat([block.clock_error_s for block in blocks], [block.time_s.size for block in blocks])
        wrong_s = np.abs(time_s - samples.true_s)
        covered, total = covered + int((wrong_s <= stated_s).sum()), total + wrong_s.size
        largest_s = max(largest_s, float(wrong_s.max()))
        assert np.isfinite(stated_s).all()
        assert stated_s.max() < 0.001 + 1.5e-3 * jitter_ms
    assert covered >= 0.95 * total
    assert largest_s < 0.001 + 1e-3 * jitter_ms


def test_clocks_really_run_apart() -> None:
    items_options = "script=walk&seconds=200&drift_ppm=50&offset_ms=500"
    left, right = truth_of(items_options, NODES[2:4]).samples
    later_us = right.device_us[[0, -1]] - left.device_us[[0, -1]]
    sooner_s = right.true_s[[0, -1]] - left.true_s[[0, -1]]
    ahead_s = later_us / 1e6 - sooner_s
    assert ahead_s[0] == pytest.approx(0.5 - 100.0 * 1e-4, abs=1e-3)
    assert ahead_s[1] - ahead_s[0] == pytest.approx(-200.0 * 1e-4, abs=1e-3)


def test_shared_clocks_have_no_error() -> None:
    blocks = [item for item in items_of("script=walk&seconds=5&clock=shared") if isinstance(item, Block)]
    assert {block.clock_error_s for block in blocks} == {0.0}


def test_nodes_of_one_device_have_the_same_times() -> None:
    items = items_of("script=walk&seconds=60")
    foot_s, _ = joined(blocks_of(items, "left_foot"))
    insole_s, _ = joined(blocks_of(items, "left_insole"))
    np.testing.assert_allclose(foot_s, insole_s, atol=1e-4)


# --- losses -----------------------------------------------------------------------------------------------------------


def test_of_each_hole_one_row_is_told_right_before_the_next_sample() -> None:
    options = "script=walk&seconds=60&clock=shared&loss=0.08&burst_s=0.05"
    items = items_of(options, NODES[2:3])
    (samples,) = truth_of(options, NODES[2:3]).samples
    time_s, values = joined(blocks_of(items, "left_insole"))
    silent = np.isnan(values[:, 0])
    np.testing.assert_array_equal(time_s[~silent], np.round(samples.true_s[~samples.lost], 6))
    np.testing.assert_array_equal(values[~silent], samples.values[~samples.lost])
    ends = np.flatnonzero(samples.lost[:-1] & ~samples.lost[1:])
    np.testing.assert_array_equal(time_s[silent], np.round(samples.true_s[ends], 6))
    assert ends.size > 50


def test_a_lost_link_is_told_and_time_passes_on_until_it_is_back() -> None:
    options = "script=walk&seconds=100&outage_every_s=50&outage_s=12"
    items = items_of(options, NODES[2:3])
    events = [item for item in items if isinstance(item, LinkEvent)]
    assert [event.kind for event in events] == ["connected", *["lost", "connected"] * 2, "ended"]
    for lost, back in ((events[1], events[2]), (events[3], events[4])):
        assert 9.0 < back.time_s - lost.time_s < 12.5
    time_s, values = joined(blocks_of(items, "left_insole"))
    silent = np.isnan(values[:, 0])
    assert np.diff(time_s).max() < 1.6
    assert 20 <= silent.sum() <= 28
    assert (np.diff(time_s) > 0.0).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 0.5), st.floats(0.02, 3.0), st.floats(0.02, 3.0))
def test_times_increase_whatever_is_lost(seed: int, loss: float, burst_s: float, block_s: float) -> None:
    options = f"script=walk&seconds=40&seed={seed}&loss={loss}&burst_s={burst_s}&block_s={block_s}&outage_every_s=15"
    items = items_of(options, NODES[2:3])
    (samples,) = truth_of(options, NODES[2:3]).samples
    time_s, values = joined(blocks_of(items, "left_insole"))
    assert (np.diff(time_s) > 0.0).all()
    np.testing.assert_array_equal(time_s, np.round(time_s * 1e6) / 1e6)
    heard = ~np.isnan(values[:, 0])
    np.testing.assert_array_equal(values[heard], samples.values[~samples.lost])


# --- pace -------------------------------------------------------------------------------------------------------------


class FakeTime:
    """A session clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    async def sleep(self, span_s: float) -> None:
        self.now_s += span_s


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_nothing_is_told_before_it_is_due(speed: float) -> None:
    clock = FakeTime()

    async def run() -> Iterator[tuple[float, SourceItem]]:
        url = parse_source_url(f"simulate://?script=walk&seconds=8&clock=shared&speed={speed:g}")
        request = SourceRequest(url, NODES[:1], now_s=lambda: clock.now_s)
        async with open_simulate_with(request, clock.sleep) as items:
            return iter([(clock.now_s, item) async for item in items])

    for told_s, item in asyncio.run(run()):
        if isinstance(item, Block):
            newest_s = float(item.time_s[-1]) / speed
            assert newest_s <= told_s <= newest_s + 0.26
    assert clock.now_s == pytest.approx(8.0 / speed)


def test_the_source_is_found_by_its_scheme_and_ends() -> None:
    async def run() -> list[SourceItem]:
        request = SourceRequest(parse_source_url("simulate://?script=demo&speed=max&clock=shared"), NODES)
        async with open_source(request) as items:
            return [item async for item in items]

    items = asyncio.run(run())
    assert isinstance(items[-1], LinkEvent)
    assert items[-1].kind == "ended"


def test_a_source_can_be_left_at_any_moment() -> None:
    async def run() -> SourceItem:
        request = SourceRequest(parse_source_url("simulate://?script=walk&repeat=yes&speed=max"), NODES)
        async with open_source(request) as items:
            async for item in items:
                if isinstance(item, Block):
                    return item
        raise AssertionError("the source ended")

    assert isinstance(asyncio.run(run()), Block)


# --- options ----------------------------------------------------------------------------------------------------------


def test_options_reach_the_wearer_and_the_sensors() -> None:
    options = simulate_options(
        parse_source_url(
            "simulate://?stance_ai=5&load_ai=-4&strap_ai=30&step_ai=2&seed=7&scatter=0.5&phi=0&weight_n=900"
        )
    )
    truth = options.wearer.truth(1)
    for metric, points in (("stance_time", 5.0), ("load_share", -4.0), ("step_time", 2.0)):
        assert truth.asymmetry(metric) == pytest.approx(points)
    assert truth.asymmetry("load_share", "strap") == pytest.approx(30.0)
    assert sum(truth.means("load_share")) == pytest.approx(950.0)  # with a bag, since there is a strap
    assert (options.wearer.seed, options.wearer.variability.phi) == (7, 0.0)
    assert options.wearer.variability.stance_time == pytest.approx(0.01)
    right = devices_of(simulate_options(parse_source_url("simulate://?gain_right=1.05&zero_right_n=6&noise=0")), NODES)
    assert [(device.sensor.gain, device.sensor.force_zero_n) for device in right[2:4]] == [(1.0, 0.0), (1.05, 6.0)]
    assert right[0].sensor.acc_noise_m_s2 == 0.0


def test_who_sets_one_of_a_tied_pair_does_not_keep_the_default_of_the_other() -> None:
    truth = simulate_options(parse_source_url("simulate://?script=demo&swing_ai=-3&peak_ai=2")).wearer.truth(1)
    assert truth.asymmetry("swing_time") == pytest.approx(-3.0)
    assert truth.asymmetry("peak_force") == pytest.approx(2.0)


def test_the_demo_is_uneven_first_and_even_later() -> None:
    wearer = simulate_options(parse_source_url("simulate://?script=demo")).wearer
    assert wearer.truth(1).asymmetry("load_share") > 5.0
    assert wearer.truth(1).asymmetry("load_share", "strap") == 100.0
    for site in ("feet", "strap"):
        assert wearer.truth(3).asymmetry("load_share", site) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("url", "what", "mend"),
    [
        ("simulate://?sped=2", "option 'sped'", "script"),
        ("simulate://demo", "simulate://demo", "simulate://?script=walk"),
        ("simulate://?script=dance", "script=dance", "walk, day, demo"),
        ("simulate://?repeat=maybe", "repeat=maybe", "yes, no"),
        ("simulate://?clock=atomic", "clock=atomic", "aligned, shared"),
        ("simulate://?speed=0", "speed=0", "or max"),
        ("simulate://?speed=fast", "speed=fast", "or max"),
        ("simulate://?loss=0.9", "loss=0.9", "from 0 to 0.5"),
        ("simulate://?seed=-1", "seed=-1", "number from 0"),
        ("simulate://?seed=nan", "seed=nan", "number from 0"),
        ("simulate://?clock=shared&drift_ppm=5", "clock=shared", "leave out"),
        ("simulate://?stance_ai=3&swing_ai=3", "add up to the stride", "change that option"),
        ("simulate://?stance_ai=39", "no room for a swing", "change that option"),
        ("simulate://?outage_every_s=10&outage_s=8", "outage_s", "change that option"),
    ],
)
def test_options_that_cannot_be_are_refused_with_a_mend(url: str, what: str, mend: str) -> None:
    with pytest.raises(SourceError) as caught:
        simulate_options(parse_source_url(url))
    assert what in caught.value.what
    assert mend in caught.value.mend


@pytest.mark.parametrize(
    ("nodes", "what"),
    [
        ((), "no node"),
        ((Node("t", "shank", "left", ("acc_x",), 100.0),), "no sensor at site shank"),
        ((Node("p", "foot", "centre", ("acc_x",), 100.0),), "in the centre"),
        ((Node("i", "insole", "left", ("force", "cop_x"), 100.0),), "no channel cop_x"),
    ],
)
def test_nodes_that_cannot_be_simulated_are_refused_on_entering(nodes: tuple[Node, ...], what: str) -> None:
    async def enter() -> None:
        request = SourceRequest(parse_source_url("simulate://?speed=max"), nodes)
        async with open_source(request):
            raise AssertionError("the source opened")

    with pytest.raises(SourceError) as caught:
        asyncio.run(enter())
    assert what in caught.value.what
    assert caught.value.mend


def test_an_hour_of_everything_has_finite_numbers_only() -> None:
    items = items_of("script=day&speed=max&clock=shared&seconds=3600", NODES)
    for node in NODES:
        time_s, values = joined(blocks_of(items, node.id))
        assert time_s.size == 360_000
        assert np.isfinite(values).all()
    assert math.isfinite(sum(block.clock_error_s for block in blocks_of(items, "left_foot")))


def test_the_day_of_a_seed_is_that_of_the_simulator_and_reaches_every_node() -> None:
    url = "script=whole_day&seed=3&speed=max&clock=shared&seconds=150&step_ai=4"
    options = simulate_options(parse_source_url(f"simulate://?{url}"))
    assert options.wearer == day_wearer(3, asymmetry=replace(options.wearer.script[1].asymmetry, strap=0.0))
    assert options.wearer.script[1].asymmetry.step_time == 4.0
    items = items_of(url, day_nodes())
    for node, samples in zip(day_nodes(), truth_of(url, day_nodes()).samples, strict=True):
        time_s, values = joined(blocks_of(items, node.id))
        assert time_s.size == 150 * node.rate_hz
        np.testing.assert_array_equal(values, samples.values)
        assert np.isfinite(values).all()
