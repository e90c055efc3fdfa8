"""Random numbers, each kind with a seed of its own, and the scatter of a series of strides.

A generator is made from the seed and a key, so what is drawn for one purpose, place and time does not depend on what
was drawn elsewhere or before.
"""

from __future__ import annotations

import math
import zlib

import numpy as np

from evenside_analysis.types import Floats

__all__ = ["StepDraws", "correlated", "factor_of", "generator"]

_STEPS = 64  # in one draw
_NUMBERS = 7  # for one step


def generator(seed: int, *key: int | str) -> np.random.Generator:
    """The random numbers of one purpose and place."""
    words = [zlib.crc32(part.encode()) if isinstance(part, str) else part for part in key]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, *words])))


class StepDraws:
    """Standard normal numbers of each step, by its number."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._batch, self._numbers = -1, np.empty((0, _NUMBERS))

    def of(self, step: int) -> Floats:
        """(7,)"""
        batch, place = divmod(step, _STEPS)
        if batch != self._batch:
            self._batch = batch
            self._numbers = generator(self._seed, "steps", batch).standard_normal((_STEPS, _NUMBERS))
        row: Floats = self._numbers[place]
        return row


def correlated(before: tuple[float, ...], news: list[float], phi: float) -> tuple[float, ...]:
    """The next values of AR(1) series of variance 1; ``before`` is empty where they begin."""
    fresh = math.sqrt(1.0 - phi * phi)
    return tuple(phi * x + fresh * z for x, z in zip(before, news, strict=True)) if before else tuple(news)


def factor_of(scatter: float, cv: float) -> float:
    """Lognormal of mean 1 and this coefficient of variation, from a standard normal number."""
    sd = math.sqrt(math.log1p(cv * cv))
    return math.exp(sd * scatter - 0.5 * sd * sd)
