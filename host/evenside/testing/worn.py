"""Our own nodes on a simulated wearer: what they feel is the simulator's, what they say goes over the emulated radio.

The simulator takes its samples at the very ticks of the emulated node's clock, so that the truth of the wearer holds
for what is heard, in session time. What this never does: lose a sample by itself; losses are the affair of the radio.
"""

from __future__ import annotations

import numpy as np

from evenside.simulator import Device, Oscillator, Samples, Wearer, advance, start
from evenside.testing.emulators.evenside_node import NodeEmulator, NodeMake
from evenside.wire import SampleType, SchemaChannel
from evenside_analysis.types import Floats, Node

__all__ = ["worn_node"]

AHEAD_S = 1.0  # computed at once


def worn_node(
    wearer: Wearer, node: Node, serial: str, *, zero_s: float, ppm: float = 0.0, interval_s: float = 0.015, boot_id: int
) -> NodeEmulator:
    """A node with this serial number. ``zero_s``: what the clock that the emulator is told by shows when the script
    begins.

    Raises:
        ValueError: the wearer cannot wear such a node.
    """
    scale = node.scale or (1.0,) * len(node.channels)
    kind = SampleType.S16 if node.scale else SampleType.F32
    make = NodeMake(
        serial,
        tuple(SchemaChannel.named(name, kind, value) for name, value in zip(node.channels, scale, strict=True)),
        rate_hz=node.rate_hz,
        side=node.side,
        site=node.site,
        ppm=ppm,
        interval_s=interval_s,
        boot_id=boot_id,
    )
    felt = _Felt(wearer, node, ppm, zero_s)
    emulator = NodeEmulator(make, felt)
    felt.emulator = emulator
    return emulator


class _Felt:
    """A ``NodeSignal``."""

    def __init__(self, wearer: Wearer, node: Node, ppm: float, zero_s: float) -> None:
        self.emulator: NodeEmulator | None = None
        self._wearer, self._node, self._ppm, self._zero_s = wearer, node, ppm, zero_s
        self._period_us = round(1e6 / node.rate_hz)
        self._device = Device(node)
        self._state = start(wearer, (self._device,))  # refuses now what it cannot be
        self._there = Samples.none(node)
        self._until_s: float | None = None  # nothing was asked for yet

    def __call__(self, since_made_s: Floats) -> Floats:
        if self._until_s is None:
            self._until_s = self._begin()
        rate = 1.0 + 1e-6 * self._ppm
        wanted_us = np.rint(since_made_s * rate * 1e6 / self._period_us).astype(np.int64) * self._period_us
        while self._there.device_us.size == 0 or self._there.device_us[-1] < wanted_us[-1]:
            if not self._more():
                break
        first = int(np.searchsorted(self._there.device_us, wanted_us[0]))
        self._there = self._there.rows(first, self._there.device_us.size)
        values = np.full((wanted_us.size, len(self._node.channels)), np.nan)  # once the script is over
        at = np.searchsorted(self._there.device_us, wanted_us)
        there = at < self._there.device_us.size
        there[there] = self._there.device_us[at[there]] == wanted_us[there]
        values[there] = self._there.values[at[there]]
        return values

    def _begin(self) -> float:
        """The session time of its first sample, once the zero of its clock is known."""
        assert self.emulator is not None
        made_s = self.emulator.true_s(0.0) - self._zero_s  # session time at which its clock showed 0
        self._device = Device(self._node, oscillator=Oscillator(-made_s, self._ppm))
        self._state = start(self._wearer, (self._device,))
        return max(0.0, made_s)

    def _more(self) -> bool:
        """Another stretch; False where the script is over."""
        assert self._until_s is not None
        if self._until_s >= self._wearer.duration_s:
            return False
        self._until_s += AHEAD_S
        self._state, piece = advance(self._wearer, (self._device,), self._state, self._until_s)
        self._there = Samples.joined((self._there, *piece.samples))
        return True
