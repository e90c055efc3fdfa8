"""Running and shuffling feet at all rates: every stride found, running told, never compared with walking; the law."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.simulator import Device, Run, Script, Sensor, Stand, Walk, Wearer, advance, default_nodes, start
from evenside_analysis import monitor
from evenside_analysis.report import Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.strides import Strides
from evenside_analysis.types import GRAVITY_M_S2, Block, Bools, Contacts, Event, Flag, Floats, Node

RATES_HZ = [50.0, 100.0, 200.0, 250.0]
RUN_S = (14.6, 42.4)  # within the run of ``mixed``


def mixed(speed_m_s: float = 3.0, stride_s: float = 0.7) -> Script:
    return (Stand(3.0), Walk(10.0), Run(30.0, speed_m_s=speed_m_s, stride_s=stride_s), Walk(20.0), Stand(3.0))


@dataclass(frozen=True)
class Found:
    """Of both feet, left first."""

    truth: tuple[Contacts, Contacts]
    contacts: tuple[Contacts, ...]
    strides: tuple[Strides, ...]
    summary: Summary
    largest: tuple[float, float]  # acceleration in g, rate in rad/s


def nodes_of(rate_hz: float, acc_range_g: float = 16.0, gyr_range_dps: float = 2000.0) -> tuple[Node, ...]:
    ranges = {"acc_range_m_s2": acc_range_g * GRAVITY_M_S2, "gyr_range_rad_s": float(np.radians(gyr_range_dps))}
    return tuple(replace(node, **ranges) for node in default_nodes(rate_hz) if node.site == "foot")  # type: ignore[arg-type]


@cache
def worn(script: Script, nodes: tuple[Node, ...], cut: int | None = None) -> Found:
    wearer = Wearer(script, seed=4)
    devices = tuple(Device(node, Sensor()) for node in nodes)
    piece = advance(wearer, devices, start(wearer, devices), wearer.duration_s)[1]
    config = MonitorSettings(nodes)
    state, reports = monitor.start(config), []
    for node, samples in zip(nodes, piece.samples, strict=True):
        time_s = np.rint(samples.true_s * 1e6) / 1e6
        for first, end in pairwise([0, *([cut] if cut else []), time_s.size]):
            state = pickle.loads(pickle.dumps(state))
            state, report = monitor.step(config, state, Block(node.id, time_s[first:end], samples.values[first:end]))
            reports.append(report)
    state, report = monitor.finish(config, state)
    reports.append(report)
    contacts, strides = [], []
    for node in nodes:
        told = [one.contacts for every in reports for one in every.contacts if one.node == node.id]
        runs = [one.strides for every in reports for one in every.strides if one.node == node.id]
        all_contacts, all_strides = Contacts.none(-np.inf), Strides.none()
        for one in told:
            all_contacts = all_contacts.followed_by(one)
        for other in runs:
            all_strides = all_strides.followed_by(other)
        contacts.append(all_contacts)
        strides.append(all_strides)
    largest = (np.abs(one.values[:, :3]).max() for one in piece.samples)
    fastest = (np.abs(one.values[:, 3:]).max() for one in piece.samples)
    summary = monitor.summary(config, state)
    return Found(
        piece.contacts, tuple(contacts), tuple(strides), summary, (max(largest) / GRAVITY_M_S2, float(max(fastest)))
    )


def times(contacts: Contacts, kind: Event, span_s: tuple[float, float]) -> Floats:
    time_s = contacts.time_s[contacts.kind == kind]
    return np.asarray(time_s[(time_s > span_s[0]) & (time_s < span_s[1])])


def within(strides: Strides, span_s: tuple[float, float]) -> Bools:
    return np.asarray((strides.start_s > span_s[0]) & (strides.end_s < span_s[1]))


def running(strides: Strides) -> Bools:
    return np.asarray((strides.flags & int(Flag.RUNNING)) != 0)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize(("speed_m_s", "stride_s"), [(2.2, 0.75), (3.0, 0.70), (4.0, 0.66)])
def test_every_stride_of_a_run_is_found_once_and_told_as_running(
    speed_m_s: float, stride_s: float, rate_hz: float
) -> None:
    found = worn(mixed(speed_m_s, stride_s), nodes_of(rate_hz))
    assert found.largest[0] > 8.0  # g: a runner's heel
    for truth, contacts, strides in zip(found.truth, found.contacts, found.strides, strict=True):
        want_s = times(truth, Event.IC, RUN_S)
        got_s = times(contacts, Event.IC, (RUN_S[0] - 0.05, RUN_S[1] + 0.05))
        assert want_s.size >= 36
        assert abs(got_s.size - want_s.size) <= 1
        apart_s = np.abs(want_s[:, np.newaxis] - got_s).min(axis=1)
        assert np.count_nonzero(apart_s > 0.05) <= 1
        inside = within(strides, RUN_S)
        assert running(strides)[inside].mean() >= 0.9
        outside = (strides.end_s < 13.0) | (strides.start_s > 44.5)
        assert np.count_nonzero(outside) > 20
        assert not running(strides)[outside].any()
        assert not strides.stairs.any()


@pytest.mark.parametrize("rate_hz", [100.0, 200.0])
def test_the_figures_are_those_of_walking_alone_and_the_run_is_counted_apart(rate_hz: float) -> None:
    found = worn(mixed(), nodes_of(rate_hz))
    figures = {one.metric: one for one in found.summary.figures}
    walked = [int((~running(one)).sum()) for one in found.strides]
    assert 10 < figures["stride_time"].n <= min(walked)
    assert figures["stride_time"].left_mean == pytest.approx(1.1, abs=0.02)
    assert figures["double_support"].left_mean > 0.05
    number = {one.id: one for one in found.summary.numbers}["running_strides"]
    assert number.value == sum(int(running(one).sum()) for one in found.strides)
    assert "not compared" in number.words


def test_a_run_alone_gives_no_figure_of_double_support() -> None:
    found = worn((Stand(3.0), Run(40.0), Stand(3.0)), nodes_of(100.0))
    double = next((one for one in found.summary.figures if one.metric == "double_support"), None)
    assert double is None or double.reason
    assert all(one.n <= 3 for one in found.summary.figures)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_sensor_of_a_runner_is_not_blamed(rate_hz: float) -> None:
    """A foot that lands hard reaches the range: that is told, and nothing else."""
    for node in worn(mixed(), nodes_of(rate_hz)).summary.nodes:
        assert set(node.faults) <= {"clip"}


def test_where_the_range_is_too_small_strides_are_found_and_flagged() -> None:
    nodes = nodes_of(100.0, acc_range_g=8.0, gyr_range_dps=500.0)
    found = worn(mixed(), nodes)
    assert found.largest == pytest.approx((8.0, np.radians(500.0)), rel=0.01)
    for truth, strides in zip(found.truth, found.strides, strict=True):
        want_s = times(truth, Event.IC, RUN_S)
        apart_s = np.abs(want_s[:, np.newaxis] - strides.end_s).min(axis=1)
        assert np.count_nonzero(apart_s > 0.05) <= 2
        inside = within(strides, RUN_S)
        assert (strides.flags[inside] & int(Flag.CLIPPED)).all()


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize(("speed_m_s", "stride_s"), [(0.2, 1.6), (0.3, 1.5), (0.4, 1.4)])
def test_every_stride_of_a_slow_shuffle_is_found_once(speed_m_s: float, stride_s: float, rate_hz: float) -> None:
    walk = Walk(40.0, speed_m_s=speed_m_s, stride_s=stride_s, shuffling=True)
    found = worn((Stand(3.0), walk, Stand(3.0)), nodes_of(rate_hz))
    assert 1.8 < found.largest[1] < 3.2  # rad/s, of one axis
    for truth, contacts, strides in zip(found.truth, found.contacts, found.strides, strict=True):
        want_s, got_s = (times(one, Event.IC, (0.0, 50.0)) for one in (truth, contacts))
        assert got_s.size == want_s.size
        np.testing.assert_allclose(got_s, want_s, atol=0.06)
        assert not np.any(strides.flags & int(Flag.RUNNING | Flag.STAIRS))
        assert np.count_nonzero(contacts.flags & int(Flag.GUESSED)) <= 2


@settings(max_examples=6, deadline=None)
@given(st.integers(1, 6500))
def test_any_cut_of_a_run_gives_the_same_bits(cut: int) -> None:
    whole, parts = worn(mixed(), nodes_of(100.0)), worn(mixed(), nodes_of(100.0), cut)
    for one, other in zip(whole.contacts + whole.strides, parts.contacts + parts.strides, strict=True):
        assert one.flags.tobytes() == other.flags.tobytes()
    for one, other in zip(whole.strides, parts.strides, strict=True):
        for name in ("start_s", "toe_off_s", "end_s", "climb_m", "stairs"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
