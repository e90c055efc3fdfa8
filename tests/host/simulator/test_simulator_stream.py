"""The stream: the same bits for any cut, what is lost and when, counts of a real sensor, and an end."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.readers.evenside_recording.blobs import counts_of
from evenside.simulator import (
    PAGE_S,
    SCRIPTS,
    Asymmetry,
    Device,
    Loss,
    Oscillator,
    Piece,
    Samples,
    Sensor,
    Sit,
    Stairs,
    Stand,
    Turn,
    Walk,
    Wearer,
    advance,
    default_nodes,
    outages,
    start,
    true_time_s,
)
from evenside_analysis.types import Contacts, Node

SCRIPT = (
    *(Stand(4.0), Walk(25.0, Asymmetry(stance_time=4.0, strap=60.0), bag_n=40.0), Turn(), Walk(15.0)),
    *(Stairs(8.0), Sit(8.0), Stand(5.0), Walk(70.0)),
)
WEARER = Wearer(SCRIPT, seed=3)
DEVICES = tuple(
    Device(node, Sensor(), Oscillator(7.0 + 0.0017 * place, 30.0 - 9.0 * place), Loss(0.02, 0.1))
    for place, node in enumerate(default_nodes())
)


def whole(wearer: Wearer, devices: tuple[Device, ...], until_s: float = math.inf) -> Piece:
    return advance(wearer, devices, start(wearer, devices), until_s)[1]


def same(one: Samples, other: Samples) -> bool:
    pairs = ((one.device_us, other.device_us), (one.true_s, other.true_s), (one.values, other.values))
    return all(np.array_equal(a, b) for a, b in pairs) and np.array_equal(one.lost, other.lost)


def same_contacts(one: Contacts, parts: list[Contacts]) -> bool:
    columns = ("time_s", "kind", "flags", "peak_force_n", "impulse_n_s")
    return all(
        np.array_equal(getattr(one, name), np.concatenate([getattr(part, name) for part in parts]), equal_nan=True)
        for name in columns
    )


REFERENCE = whole(WEARER, DEVICES)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(0.0, 140.0), max_size=12), st.booleans())
def test_any_cut_gives_the_same_bits(cuts: list[float], pickled: bool) -> None:
    state = start(WEARER, DEVICES)
    pieces = []
    for until_s in (*sorted(cuts), math.inf):
        state, piece = advance(WEARER, DEVICES, state, until_s)
        pieces.append(piece)
        if pickled:
            state = pickle.loads(pickle.dumps(state))
    for place in range(len(DEVICES)):
        assert same(Samples.joined([piece.samples[place] for piece in pieces]), REFERENCE.samples[place])
    for side in (0, 1):
        assert same_contacts(REFERENCE.contacts[side], [piece.contacts[side] for piece in pieces])


def test_asking_twice_of_one_state_answers_the_same() -> None:
    state, _ = advance(WEARER, DEVICES, start(WEARER, DEVICES), 70.0)
    one, other = (advance(WEARER, DEVICES, state, 130.0)[1] for _ in range(2))
    for a, b in zip(one.samples, other.samples, strict=True):
        assert same(a, b)


def test_a_device_reports_the_same_whatever_else_is_worn() -> None:
    for place in (0, 3, 7):
        assert same(whole(WEARER, (DEVICES[place],)).samples[0], REFERENCE.samples[place])


def test_another_seed_is_another_person() -> None:
    other = whole(Wearer(SCRIPT, seed=4), DEVICES)
    assert not np.array_equal(other.contacts[0].time_s, REFERENCE.contacts[0].time_s)
    assert not np.array_equal(other.samples[2].values[:100], REFERENCE.samples[2].values[:100])


def test_samples_are_taken_on_the_ticks_of_the_device() -> None:
    for device, samples in zip(DEVICES, REFERENCE.samples, strict=True):
        np.testing.assert_array_equal(np.diff(samples.device_us), 10_000)
        np.testing.assert_array_equal(samples.device_us % 10_000, 0)
        np.testing.assert_array_equal(samples.true_s, true_time_s(device, samples.device_us))
        reads_s = (samples.true_s + device.oscillator.offset_s) * (1.0 + device.oscillator.drift_ppm * 1e-6)
        np.testing.assert_allclose(reads_s, samples.device_us / 1e6, atol=1e-9)
        assert 0.0 <= samples.true_s[0] < 0.0101
        assert WEARER.duration_s - 0.0101 <= samples.true_s[-1] < WEARER.duration_s


def test_the_stream_ends_with_the_script() -> None:
    state, _ = advance(WEARER, DEVICES, start(WEARER, DEVICES), math.inf)
    _, piece = advance(WEARER, DEVICES, state, math.inf)
    assert all(samples.true_s.size == 0 for samples in piece.samples)
    assert all(foot.time_s.size == 0 for foot in piece.contacts)


def test_a_repeated_script_goes_on_with_new_chance_and_the_same_plan() -> None:
    wearer = Wearer((Stand(5.0), Walk(25.0)), seed=1, repeat=True)
    assert wearer.duration_s == math.inf
    piece = whole(wearer, DEVICES[:3], 300.0)
    assert piece.samples[0].true_s[-1] > 299.98
    for foot in piece.contacts:
        assert (foot.time_s % 30.0 > 5.0).all()
        assert foot.time_s[-1] > 290.0
        rounds = [foot.time_s[foot.time_s > 30.0 * number + 20.0][0] - 30.0 * number for number in range(10)]
        assert len(np.unique(np.round(rounds, 9))) == 10


def test_memory_does_not_grow_with_time() -> None:
    wearer = Wearer(SCRIPTS["day"](Asymmetry(stance_time=5.0)), repeat=True)
    devices = tuple(Device(node) for node in default_nodes(25.0))
    state, sizes = start(wearer, devices), []
    for until_s in np.arange(1, 240) * PAGE_S:
        state, _ = advance(wearer, devices, state, float(until_s))
        sizes.append(len(pickle.dumps(state)))
    assert max(sizes[120:]) <= 1.02 * max(sizes[:120])


# --- losses -----------------------------------------------------------------------------------------------------------


def test_the_share_that_is_lost_and_its_bursts_are_as_set() -> None:
    wearer = Wearer((Stand(4000.0),), seed=5)
    device = Device(default_nodes()[2], loss=Loss(0.05, 0.1))
    lost = whole(wearer, (device,)).samples[0].lost
    edges = np.diff(lost.astype(int), prepend=0, append=0)
    bursts = np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)
    assert lost.mean() == pytest.approx(0.05, rel=0.08)
    # A burst of mean 0.1 s that hits no sample is none: mean of those that hit, in samples of 10 ms.
    assert bursts.mean() == pytest.approx(1.0 / (1.0 - math.exp(-0.1)), rel=0.08)


def test_outages_take_every_sample_of_their_time() -> None:
    wearer = Wearer((Stand(600.0),), seed=5)
    device = Device(default_nodes()[2], loss=Loss(outage_every_s=100.0, outage_s=20.0))
    samples = whole(wearer, (device,)).samples[0]
    expected = np.zeros(samples.lost.size, np.bool_)
    spans = outages(device, wearer.seed, 0.0, 600.0)
    for start_s, end_s in spans:
        expected |= (samples.true_s >= start_s) & (samples.true_s < end_s)
    assert len(spans) == 6
    np.testing.assert_array_equal(samples.lost, expected)
    assert samples.lost.mean() == pytest.approx(0.2, abs=0.01)


def test_loss_changes_no_value() -> None:
    plain = tuple(Device(device.node, device.sensor, device.oscillator) for device in DEVICES)
    for one, other in zip(whole(WEARER, plain).samples, REFERENCE.samples, strict=True):
        assert not one.lost.any()
        np.testing.assert_array_equal(one.values, other.values)


# --- sensors ----------------------------------------------------------------------------------------------------------


def test_values_are_counts_of_a_sixteen_bit_sensor() -> None:
    for device, samples in zip(DEVICES, REFERENCE.samples, strict=True):
        rows = counts_of(samples.device_us, samples.values, device.node.scale)
        assert rows.encoding == "i2"


def test_readings_are_clipped_at_the_range() -> None:
    node = default_nodes()[0]
    narrow = Node("n", "foot", "left", node.channels, 100.0, acc_range_m_s2=20.0, gyr_range_rad_s=2.0, scale=node.scale)
    values = whole(WEARER, (Device(narrow),)).samples[0].values
    for columns, range_ in ((slice(0, 3), 20.0), (slice(3, 6), 2.0)):
        largest = np.abs(values[:, columns]).max()
        assert range_ - 0.01 < largest <= range_


def test_gain_zero_and_noise_are_as_set() -> None:
    wearer = Wearer((Stand(300.0, sway=0.0),), seed=1)
    node = default_nodes()[2]
    plain, off = (
        whole(wearer, (Device(node, sensor),)).samples[0].values[:, 0]
        for sensor in (Sensor(force_noise_n=2.0), Sensor(gain=1.03, force_zero_n=-7.0, force_noise_n=2.0))
    )
    assert plain.mean() == pytest.approx(350.0, abs=0.1)
    assert plain.std() == pytest.approx(2.0, rel=0.03)
    assert off.mean() == pytest.approx(350.0 * 1.03 - 7.0, abs=0.1)


def test_channels_come_in_the_order_that_is_asked_for() -> None:
    node = default_nodes()[0]
    turned = Node(node.id, "foot", "left", ("gyr_z", "acc_x"), 100.0)
    aligned = Sensor(acc_noise_m_s2=0.0, gyr_noise_rad_s=0.0)
    full = whole(WEARER, (Device(node, aligned),)).samples[0].values
    some = whole(WEARER, (Device(turned, aligned),)).samples[0].values
    np.testing.assert_array_equal(some, full[:, [5, 0]])


@pytest.mark.parametrize("rate_hz", [25.0, 60.0, 200.0])
def test_other_rates_sample_the_same_movement(rate_hz: float) -> None:
    quiet = Sensor(force_noise_n=0.0)
    slow, fast = (whole(WEARER, (Device(default_nodes(rate)[2], quiet),)).samples[0] for rate in (rate_hz, 1000.0))
    assert np.diff(slow.true_s).mean() == pytest.approx(1.0 / rate_hz, rel=1e-4)
    np.testing.assert_allclose(np.interp(slow.true_s, fast.true_s, fast.values[:, 0]), slow.values[:, 0], atol=2.0)


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (Node("a", "shank", "left", ("acc_x",), 100.0), "no sensor at site shank; there are foot"),
        (Node("b", "foot", "centre", ("acc_x",), 100.0), "nothing is worn in the centre"),
        (Node("d", "pelvis", "left", ("acc_x",), 100.0), "pelvis is worn in the centre"),
        (Node("c", "insole", "left", ("acc_x",), 100.0), "no channel acc_x at site insole; there are force"),
    ],
)
def test_nodes_that_the_wearer_has_not_are_refused(node: Node, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        start(WEARER, (Device(node),))


@pytest.mark.parametrize("loss", [(0.6, 0.1), (0.1, 0.0)])
def test_losses_that_cannot_be_are_refused(loss: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="loss"):
        Loss(*loss)
    with pytest.raises(ValueError, match="outage_s"):
        Loss(outage_every_s=10.0, outage_s=6.0)
