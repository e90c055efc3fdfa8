"""From what is to be felt to what a device reports: mounting, gain, zero, noise, range and counts; ticks and losses.

All of it is a function of the device and of a page of time. A page is a fixed stretch of the session (``PAGE_S``), with
random numbers of its own for each device; so a device reports the same whatever the other devices are, however the
stream is cut, and without what came before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenside.simulator.body_felt import thigh, trunk
from evenside.simulator.chance import generator
from evenside.simulator.curves import Curve
from evenside.simulator.devices import (
    ACC_RANGE_M_S2,
    COUNTS,
    GYR_RANGE_RAD_S,
    IMU_SCALE,
    INSOLE_SCALE,
    STRAP_SCALE,
    Device,
    Loss,
)
from evenside.simulator.off_body import lying_about, off_curve, worn_share
from evenside.simulator.signals import Scene
from evenside.simulator.turning import Felt
from evenside.simulator.wearer import Wearer
from evenside_analysis.types import ACC, FORCE, GYR, Bools, Floats, Ints, Node

__all__ = ["PAGE_S", "Samples", "check_node", "read_page", "true_time_s"]

PAGE_S = 60.0
_NEVER_S = 1e12

_IMU, _ONE_FORCE = (*ACC, *GYR), (FORCE,)
_LIMBS = {"foot": _IMU, "wrist": _IMU, "insole": _ONE_FORCE, "strap": _ONE_FORCE, "thigh": _IMU}
_TRUNK = dict.fromkeys(("pelvis", "sternum", "upper_back"), _IMU)
_CHANNELS = {**_LIMBS, **_TRUNK}


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Of one device in the order of time. ``lost`` ones were taken, and never arrived."""

    device_us: Ints  # (n,), the device's own clock
    true_s: Floats  # (n,), the session time at which they were taken
    values: Floats  # (n, channels)
    lost: Bools  # (n,)

    @staticmethod
    def none(node: Node) -> Samples:
        """No sample yet."""
        return Samples(np.empty(0, np.int64), np.empty(0), np.empty((0, len(node.channels))), np.empty(0, np.bool_))

    @staticmethod
    def joined(parts: Sequence[Samples]) -> Samples:
        """One after the other."""
        if len(parts) == 1:
            return parts[0]
        return Samples(
            np.concatenate([part.device_us for part in parts]),
            np.concatenate([part.true_s for part in parts]),
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.lost for part in parts]),
        )

    def rows(self, first: int, end: int) -> Samples:
        """Some of them, end not included."""
        return Samples(self.device_us[first:end], self.true_s[first:end], self.values[first:end], self.lost[first:end])


def check_node(node: Node) -> None:
    """Raises ValueError, with what there is, for a site, side or channel that the simulated wearer has not."""
    if node.site not in _CHANNELS:
        raise ValueError(f"node {node.id}: no sensor at site {node.site}; there are {', '.join(_CHANNELS)}")
    if node.site in _LIMBS and node.side == "centre":
        raise ValueError(f"node {node.id}: nothing is worn in the centre at site {node.site}; there are left and right")
    if node.site in _TRUNK and node.side != "centre":
        raise ValueError(f"node {node.id}: site {node.site} is worn in the centre, not on the {node.side}")
    for channel in node.channels:
        if channel not in _CHANNELS[node.site]:
            there = ", ".join(_CHANNELS[node.site])
            raise ValueError(f"node {node.id}: no channel {channel} at site {node.site}; there are {there}")


def period_us(node: Node) -> int:
    """Whole microseconds of its own clock from sample to sample."""
    return round(1e6 / node.rate_hz)


def true_time_s(device: Device, device_us: Ints) -> Floats:
    """Session times (n,) at which the device's clock stood at these microseconds."""
    return device_us / 1e6 / device.oscillator.rate - device.oscillator.offset_s


def read_page(device: Device, wearer: Wearer, page: int, scene: Scene) -> Samples:
    """What the device takes from ``page * PAGE_S`` to the end of that page, or of the script."""
    step_us, seed = period_us(device.node), wearer.seed
    start_s, end_s = page * PAGE_S, (page + 1) * PAGE_S
    first = _tick_from(device, step_us, start_s)
    end = _tick_from(device, step_us, min(end_s, wearer.duration_s))
    device_us = np.arange(first, max(first, end), dtype=np.int64) * step_us
    true_s = true_time_s(device, device_us)
    rng = generator(seed, "noise", device.node.id, page)
    values = np.empty((device_us.size, len(device.node.channels)))
    felt = _felt(device, seed, scene, off_curve(wearer, device.node.site, start_s, end_s), true_s)
    for column, channel in enumerate(device.node.channels):
        values[:, column] = _reading(device, channel, column, felt[channel], rng)
    return Samples(device_us, true_s, values, _lost(device, seed, page, true_s))


def _tick_from(device: Device, step_us: int, time_s: float) -> int:
    """Number of the first sample at or after a session time."""
    return math.ceil((time_s + device.oscillator.offset_s) * device.oscillator.rate * 1e6 / step_us - 1e-6)


def _felt(device: Device, seed: int, scene: Scene, off: Curve | None, time_s: Floats) -> dict[str, Floats]:
    node = device.node
    side = 0 if node.side == "left" else 1
    if node.site == "insole":
        return {FORCE: scene.force_n(side, time_s) * worn_share(off, time_s)}
    if node.site == "strap":
        return {FORCE: scene.strap_n(side, time_s) * worn_share(off, time_s)}
    imu = _imu(node, side, scene, time_s)
    if off is not None:
        imu = lying_about(imu, node, seed, off, time_s)
    felt = imu.channels
    if device.sensor.mounting:
        turn = _mounting(seed, node.id)
        felt = (*_turned(turn, felt[:3]), *_turned(turn, felt[3:]))
    return dict(zip((*ACC, *GYR), felt, strict=True))


def _imu(node: Node, side: int, scene: Scene, time_s: Floats) -> Felt:
    if node.site in _TRUNK:
        return trunk(scene, node.site, time_s, node.gravity)
    if node.site == "thigh":
        return thigh(scene, side, time_s, node.gravity)
    ax, ay, az, gx, gy, gz = (scene.foot if node.site == "foot" else scene.wrist)(side, time_s, node.gravity)
    return Felt((ax, ay, az), (gx, gy, gz))


def _mounting(seed: int, node_id: str) -> Floats:
    """A rotation matrix (3, 3), any orientation equally likely: a unit quaternion of normal numbers."""
    quaternion = generator(seed, "mounting", node_id).standard_normal(4)
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _turned(turn: Floats, vector: tuple[Floats, ...]) -> tuple[Floats, ...]:
    # Column by column: a BLAS product of another length may differ in the last bit.
    return tuple(row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2] for row in turn)


def _reading(device: Device, channel: str, column: int, felt: Floats, rng: np.random.Generator) -> Floats:
    sensor, node = device.sensor, device.node
    if channel in GYR:
        noise, zero, gain = sensor.gyr_noise_rad_s, sensor.gyr_zero_rad_s, 1.0
        range_, scale = node.gyr_range_rad_s or GYR_RANGE_RAD_S, IMU_SCALE[3]
    elif channel in ACC:
        noise, zero, gain = sensor.acc_noise_m_s2, sensor.acc_zero_m_s2, sensor.gain
        range_, scale = node.acc_range_m_s2 or ACC_RANGE_M_S2, IMU_SCALE[0]
    else:
        noise, zero, gain = sensor.force_noise_n, sensor.force_zero_n, sensor.gain
        scale = (STRAP_SCALE if node.site == "strap" else INSOLE_SCALE)[0]
        range_ = COUNTS * scale
    scale = node.scale[column] if node.scale else scale
    counts = rng.standard_normal(felt.size) * (noise / scale)
    counts += felt * (gain / scale)
    counts += zero / scale
    np.rint(counts, out=counts)
    counts += 0.0  # no sensor counts a negative zero
    most = math.floor(range_ / scale)
    np.clip(counts, -most, most - 1, out=counts)
    counts *= scale
    return counts


def _lost(device: Device, seed: int, page: int, true_s: Floats) -> Bools:
    lost = np.zeros(true_s.size, np.bool_)
    loss: Loss = device.loss
    if loss.share > 0.0:
        lost |= _bursts(loss, generator(seed, "loss", device.node.id, page), page * PAGE_S, true_s)
    if math.isfinite(loss.outage_every_s):
        for start_s, end_s in outages(device, seed, page * PAGE_S, (page + 1) * PAGE_S):
            lost |= (true_s >= start_s) & (true_s < end_s)
    return lost


def _bursts(loss: Loss, rng: np.random.Generator, start_s: float, time_s: Floats) -> Bools:
    """Alternating heard and lost times, each exponential, so that a page can begin anywhere in them."""
    heard_s = min(loss.burst_s * (1.0 - loss.share) / loss.share, _NEVER_S)
    begins_lost = bool(rng.random() < loss.share)
    pairs = int(2.0 * PAGE_S / (heard_s + loss.burst_s)) + 50
    spans = rng.exponential(1.0, (pairs, 2)) * ((loss.burst_s, heard_s) if begins_lost else (heard_s, loss.burst_s))
    edges = start_s + np.cumsum(spans.ravel())
    odd = np.searchsorted(edges, time_s, side="right") % 2 == 1
    lost: Bools = odd != begins_lost
    return lost


def outages(device: Device, seed: int, start_s: float, end_s: float) -> list[tuple[float, float]]:
    """Outages of the device's link that touch this span: start and end in session time."""
    loss = device.loss
    if not math.isfinite(loss.outage_every_s):
        return []
    found = []
    for number in range(max(0, int(start_s // loss.outage_every_s)), int(end_s // loss.outage_every_s) + 1):
        chance = float(generator(seed, "outage", device.node.id, number).random())
        begin_s = number * loss.outage_every_s + chance * (loss.outage_every_s - loss.outage_s)
        if begin_s < end_s and begin_s + loss.outage_s > start_s:
            found.append((begin_s, begin_s + loss.outage_s))
    return found
