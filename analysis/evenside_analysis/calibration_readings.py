"""Readings of a sensor that is left alone: their mean and its error, whether it really was left alone, and what its
gain and zero follow to be.

Strategy: a stretch of samples becomes means of half a second; these tell mean, error and drift without being fooled by
noise that hangs together. Every stretch is checked before it is believed, because a calibration made of a foot that
moved would spoil all sessions after it. What this never does: repair a stretch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from evenside_analysis.types import ACC, FORCE, GRAVITY_M_S2, GYR, POWER, Floats, Node, Site

__all__ = [
    "TARE_MIN_S",
    "Fault",
    "Reading",
    "ScaleFit",
    "SixPositions",
    "accelerometer_fit",
    "load_channel",
    "loaded_fault",
    "rest_fault",
    "scale_fit",
    "still_reading",
    "unloaded_fault",
]

Fault = Literal["", "short", "moving", "drifting", "loaded", "turning", "gravity"]
"""Why a stretch cannot be used; "" if it can."""

TARE_MIN_S = 3.0
_PIECE_S = 0.5
_HEARD_SHARE = 0.8

# Of one second of an unloaded or a standing load: noise and vibration of the floor stay below.
_FORCE_SD_N: dict[Site, float] = {"insole": 5.0, "plate": 5.0, "strap": 2.0, "grip": 2.0}
# What an unloaded sensor may read: beyond this something lies on it. Insoles are bent by the shoe.
_FORCE_ZERO_N: dict[Site, float] = {"insole": 50.0, "plate": 50.0, "strap": 20.0, "grip": 20.0}
_OTHER_SD_N, _OTHER_ZERO_N = 5.0, 30.0
_LOADED_SD_SHARE = 0.02  # of the load: a person who stands sways
_GYR_SD_RAD_S, _ACC_SD_M_S2 = 0.03, 0.2  # somebody who stands at ease is within half of this
_GYR_BIAS_RAD_S = 0.2  # 11 degrees a second: cheap sensors stay below 10 as sold
_GRAVITY_SHARE = 0.1  # |acc| at rest, for a sensor that is not broken

_REST_SHARE = 0.001  # of gravity: how well a reading at rest is one, on tables that are not still
# A gain from dead weights is no better than the hysteresis, creep and tilt of cheap cells, 0.05 to 0.1 % of full scale
# each, at a few tenths of full scale.
_SCALE_LN_SD = 0.004


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Of one node that was left alone for ``span_s``: ``n`` samples were heard."""

    node: Node
    n: int
    span_s: float
    mean: Floats  # (channels,)
    sd: Floats  # (channels,), of samples
    sem: Floats  # (channels,), of the mean: from means of half a second
    drift: Floats  # (channels,), second half minus first half

    def of(self, channel: str) -> float:
        """The mean of a channel."""
        return float(self.mean[self.node.channels.index(channel)])


def still_reading(node: Node, time_s: Floats, values: Floats) -> Reading:
    """What samples (n,), (n, channels) come to; rows of NaN were not heard, and none at all gives NaN."""
    heard = np.isfinite(values).all(axis=1)
    time_s, values = time_s[heard], values[heard]
    count = int(time_s.size)
    nothing = np.full(len(node.channels), np.nan)
    if count < 4:
        return Reading(node, count, 0.0, nothing, nothing, nothing, nothing)
    span_s = float(time_s[-1] - time_s[0]) + 1.0 / node.rate_hz
    pieces = max(2, int(span_s / _PIECE_S))
    edges = np.linspace(0, count, pieces + 1).astype(np.int64)
    means = np.array([values[first:end].mean(axis=0) for first, end in pairwise(edges.tolist())])
    half = count // 2
    return Reading(
        node,
        count,
        span_s,
        values.mean(axis=0),
        values.std(axis=0, ddof=1),
        means.std(axis=0, ddof=1) / math.sqrt(pieces),
        values[half:].mean(axis=0) - values[:half].mean(axis=0),
    )


def unloaded_fault(reading: Reading, least_s: float = TARE_MIN_S) -> Fault:
    """Whether a force sensor had nothing on it, and stood still, for at least ``least_s``."""
    site = reading.node.site
    sd_n = _FORCE_SD_N.get(site, _OTHER_SD_N)
    return (
        _short(reading, least_s)
        or _unsteady(reading, (FORCE,), sd_n)
        or ("loaded" if abs(reading.of(FORCE)) > _FORCE_ZERO_N.get(site, _OTHER_ZERO_N) else "")
    )


def loaded_fault(reading: Reading, load_n: float, least_s: float = TARE_MIN_S) -> Fault:
    """Whether a load lay still on a force sensor for at least ``least_s``."""
    sd_n = _FORCE_SD_N.get(reading.node.site, _OTHER_SD_N)
    return _short(reading, least_s) or _unsteady(reading, (FORCE,), math.hypot(sd_n, _LOADED_SD_SHARE * load_n))


def rest_fault(reading: Reading, least_s: float) -> Fault:
    """Whether an IMU lay still for at least ``least_s``, with a bias and a gravity that a whole sensor can have."""
    channels = reading.node.channels
    fault = _short(reading, least_s)
    gyr = tuple(channel for channel in GYR if channel in channels)
    acc = tuple(channel for channel in ACC if channel in channels)
    fault = fault or _unsteady(reading, gyr, _GYR_SD_RAD_S) or _unsteady(reading, acc, _ACC_SD_M_S2)
    if fault:
        return fault
    if any(abs(reading.of(channel)) > _GYR_BIAS_RAD_S for channel in gyr):
        return "turning"
    if len(acc) == 3 and reading.node.gravity:
        size = math.hypot(*(reading.of(channel) for channel in acc))
        return "gravity" if abs(size / GRAVITY_M_S2 - 1.0) > _GRAVITY_SHARE else ""
    return ""


def _short(reading: Reading, least_s: float) -> Fault:
    rate_hz = reading.node.rate_hz
    enough = reading.span_s >= least_s - 1.5 / rate_hz and reading.n >= _HEARD_SHARE * reading.span_s * rate_hz
    return "" if enough else "short"


def _unsteady(reading: Reading, channels: tuple[str, ...], sd_max: float) -> Fault:
    places = [reading.node.channels.index(channel) for channel in channels]
    if not bool(np.all(reading.sd[places] <= sd_max)):
        return "moving"
    return "" if bool(np.all(np.abs(reading.drift[places]) <= sd_max)) else "drifting"


@dataclass(frozen=True, slots=True)
class ScaleFit:
    """``force = gain * (reading - zero)``. ``residual_n``: the largest misfit, 0 for two loads."""

    gain: float
    zero: float
    ln_gain_sd: float
    zero_sd: float
    residual_n: float


def scale_fit(loads_n: Sequence[float], readings: Sequence[Reading]) -> ScaleFit:
    """Line through readings under known loads, of which one may be 0: two points, or least squares through more.

    Loads are taken to be exact: of the same dead weight on both sides the error is the same, and cancels. Raises
    ValueError for fewer than two different loads, or readings that do not rise with them.
    """
    loads = np.array(loads_n)
    read = np.array([reading.of(load_channel(reading.node)) for reading in readings])
    if loads.size != read.size or np.unique(loads).size < 2:
        raise ValueError("a gain takes readings under two different loads, of which one may be none")
    centred = loads - loads.mean()
    slope = float((centred * (read - read.mean())).sum() / (centred * centred).sum())
    if not slope > 0.0:
        raise ValueError("the readings do not rise with the loads")
    zero = float(read.mean() - slope * loads.mean())
    misfit = read - zero - slope * loads
    sem = np.array([reading.sem[reading.node.channels.index(load_channel(reading.node))] for reading in readings])
    noise = math.sqrt(float((sem**2).mean()) + float((misfit**2).sum()) / max(loads.size - 2, 1))
    slope_sd = noise / math.sqrt(float((centred * centred).sum()))
    zero_sd = math.hypot(noise / math.sqrt(loads.size), slope_sd * float(loads.mean()))
    return ScaleFit(
        1.0 / slope, zero, math.hypot(_SCALE_LN_SD, slope_sd / slope), zero_sd, float(np.abs(misfit).max()) / slope
    )


def load_channel(node: Node) -> str:
    """The channel that a load shows in."""
    return FORCE if FORCE in node.channels else POWER


@dataclass(frozen=True, slots=True)
class SixPositions:
    """``acc = gain * (reading - zero)`` for each axis, and the SD of ln gain and of the zeros."""

    gain: tuple[float, float, float]
    zero: tuple[float, float, float]
    ln_gain_sd: float
    zero_sd_m_s2: float


def accelerometer_fit(means: Floats) -> SixPositions:
    """Gain and bias of each axis from mean readings (k, 3) at rest in k >= 6 positions, whatever these are.

    At rest the corrected reading is as long as gravity: an ellipsoid along the axes through the readings, by least
    squares (Frosio, Pedersini & Borghese 2009, without cross-axis terms). Raises ValueError for fewer positions, or
    ones too much alike to part gain from bias.
    """
    if means.ndim != 2 or means.shape[1] != 3 or means.shape[0] < 6:
        raise ValueError("an accelerometer takes means of at least six positions")
    scaled = means / GRAVITY_M_S2
    design = np.concatenate([scaled**2, scaled], axis=1)  # a x² + b x summed over the axes is 1
    u, singular, vt = np.linalg.svd(design, full_matrices=False)
    if not singular[-1] > 0.2 * math.sqrt(means.shape[0] / 6.0):
        raise ValueError("the positions are too much alike: lay the sensor on each of its six faces")
    solved = vt.T @ ((u.T @ np.ones(means.shape[0])) / singular)
    a, b = solved[:3], solved[3:]
    if not bool(np.all(a > 0.0)):
        raise ValueError("the readings lie on no ellipsoid: was it at rest in every position?")
    zero = -b / (2.0 * a)
    gain = np.sqrt(a / (1.0 + float((a * zero * zero).sum())))
    if not bool(np.all((gain > 0.8) & (gain < 1.25) & (np.abs(zero) < 0.3))):
        raise ValueError(f"gains {np.round(gain, 3).tolist()} are beyond what a whole sensor has")
    length = np.sqrt(((gain * (scaled - zero)) ** 2).sum(axis=1))
    freedom = max(means.shape[0] - 6, 1)
    sd = max(math.sqrt(float(((length - 1.0) ** 2).sum()) / freedom), _REST_SHARE)
    # A coefficient of the fit is wrong by 2 sd times its root of the inverse; ln gain by half of that, a bias too.
    spread = np.sqrt(((vt / singular[:, np.newaxis]) ** 2).sum(axis=0))
    return SixPositions(
        (float(gain[0]), float(gain[1]), float(gain[2])),
        (float(zero[0]) * GRAVITY_M_S2, float(zero[1]) * GRAVITY_M_S2, float(zero[2]) * GRAVITY_M_S2),
        sd * float(spread[:3].max()),
        sd * float(spread[3:].max()) * GRAVITY_M_S2,
    )
