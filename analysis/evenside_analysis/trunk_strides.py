"""The strides of a bout, from the acceleration alone: how long one is, and where each begins.

A stride is the shortest lag at which the signal is like itself again; a step, half of it, is not, since it reverses the
sideways acceleration. From then on each stride is as long as makes it most like the next one. Where in the gait cycle
strides begin does not matter to what is asked of them.
"""

from __future__ import annotations

import math

import numpy as np

from evenside_analysis.regularity import autocovariance
from evenside_analysis.trunk_settings import TrunkSettings
from evenside_analysis.types import Floats

__all__ = ["resampled", "stride_edges", "stride_lag"]


def stride_lag(settings: TrunkSettings, signals: Floats) -> int | None:
    """Samples of a mean stride of levelled signals (3, n); None where nothing repeats itself enough to be walking."""
    n = signals.shape[1]
    lags = min(settings.count(settings.stride_max_s) + 2, n // 2)
    first = settings.count(settings.stride_min_s)
    if lags <= first + 1:
        return None
    found = autocovariance(signals, lags)
    level = found[1] + found[2]
    if not (found[0, 0] > 0.0 and level[0] > 0.0):
        return None
    like = 0.5 * (found[0] / found[0, 0] + level / level[0])
    inner = like[first : lags - 1]
    peak = (inner > like[first - 1 : lags - 2]) & (inner >= like[first + 1 : lags])
    if not peak.any():
        return None
    top = float(inner[peak].max())
    if top < settings.like_min:
        return None
    return first + int(np.flatnonzero(peak & (inner >= settings.like_share * top))[0])


def stride_edges(settings: TrunkSettings, signals: Floats, lag: int) -> Floats:
    """Places between samples (k + 1,) where the k strides of signals (3, n) begin, and the last one ends."""
    n = signals.shape[1]
    slack = max(1, math.ceil(settings.drift_share * lag))
    scale = 1.0 / np.sqrt(np.maximum((signals * signals).sum(axis=1), 1e-12))
    values = signals * scale[:, np.newaxis]  # so that every axis counts alike
    edges, length = [0.0], float(lag)
    while True:
        begin = round(edges[-1])
        if begin + 2 * lag + slack + 1 > n:
            break
        length = _length(values, begin, lag, slack)
        edges.append(edges[-1] + length)
    while edges[-1] + length <= n - 1:  # the last ones have none after them to be like
        edges.append(edges[-1] + length)
    return np.array(edges)


def _length(values: Floats, begin: int, lag: int, slack: int) -> float:
    """By how much the stride from ``begin`` on must be moved to be most like what follows."""
    here = values[:, begin : begin + lag]
    first = begin + lag - slack
    there = np.lib.stride_tricks.sliding_window_view(values[:, first : begin + 2 * lag + slack], lag, axis=1)
    product = np.ascontiguousarray((here[:, np.newaxis] * there).transpose(1, 0, 2)).reshape(there.shape[1], -1)
    power = np.ascontiguousarray((there * there).transpose(1, 0, 2)).reshape(there.shape[1], -1)
    like = product.sum(axis=1) / np.sqrt(np.maximum(power.sum(axis=1), 1e-300))
    best = int(like.argmax())
    if 0 < best < like.size - 1:
        before, top, after = like[best - 1 : best + 2].tolist()
        curve = before - 2.0 * top + after
        if curve < 0.0:
            return float(lag - slack + best + 0.5 * (before - after) / curve)
    return float(lag - slack + best)


def resampled(signals: Floats, edges: Floats, points: int) -> Floats:
    """Each stride of signals (c, n) at ``points`` even places from its beginning on: (strides, c, points).

    Between samples by cubic convolution, Keys (1981), IEEE Trans. Acoust. Speech Signal Process. 29:1153-1160.
    """
    place = edges[:-1, np.newaxis] + np.diff(edges)[:, np.newaxis] * (np.arange(points) / points)
    before = np.floor(place).astype(np.int64)
    share = place - before
    last = signals.shape[1] - 1
    weights = (
        share * (-0.5 + share * (1.0 - 0.5 * share)),
        1.0 + share * share * (-2.5 + 1.5 * share),
        share * (0.5 + share * (2.0 - 1.5 * share)),
        share * share * (-0.5 + 0.5 * share),
    )
    out = np.zeros((len(place), signals.shape[0], points))
    for beside, weight in zip((-1, 0, 1, 2), weights, strict=True):
        taken = signals[:, np.clip(before + beside, 0, last)]
        out += (weight * taken).transpose(1, 0, 2)
    return out
