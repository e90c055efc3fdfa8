"""From the samples of a simulated device to the blocks of a source, as if they had come over a link.

Whatever a host would know is computed from what it would see: requests and replies with their delays, arrivals, and
device ticks. They go through the same clock as those of a real device, so the stated error is earned. All delays lie in
session time, whatever the speed at which the session passes, and samples arrive in messages of fixed length, however
they are gathered into blocks: so neither changes a time or an error. Of each hole one row of NaN is told, one sample
before the next one that arrived; in a longer silence one every second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evenside.simulator import Device, Oscillator, Samples
from evenside.sources import LinkEvent, NodeStatus, SourceItem
from evenside.sources.timekeeping import DeviceClock
from evenside_analysis.clock_timeline import Timeline
from evenside_analysis.types import Block, Floats, Ints, Node

__all__ = ["DelayModel", "NodeLink", "SimulatedClock", "gathered"]

SILENCE_EVERY_S = 1.0  # also how long a hole lasts that is called a lost link
STATUS_EVERY_S = 10.0
SAMPLES_A_FRAME = 8
_PINGS_BEFORE, _PING_FAST_S, _PING_FAST_FOR_S, _PING_S = 12, 0.25, 10.0, 1.0
_TURNAROUND_S = 0.0002
_ERROR_STEP_S = 1e-4
_BATTERY_HOURS, _TEMPERATURE_C = 30.0, 31.0


@dataclass(frozen=True, slots=True)
class DelayModel:
    """Every message takes ``delay_s`` and an exponential time of mean ``jitter_s`` more."""

    delay_s: float
    jitter_s: float

    def draw_s(self, rng: np.random.Generator) -> float:
        """How long the next message takes."""
        return self.delay_s + self.jitter_s * float(rng.exponential())


class SimulatedClock:
    """One oscillator and what the host makes of it."""

    def __init__(self, oscillator: Oscillator, delays: DelayModel, rng: np.random.Generator, *, shared: bool) -> None:
        self.clock = DeviceClock(shared=shared)
        self._oscillator, self._delays, self._rng = oscillator, delays, rng
        self._next_s = -_PINGS_BEFORE * _PING_FAST_S
        if shared:
            self.clock.declare(0)
            self._next_s = math.inf
        self.ping_until(0.0)

    def ping_until(self, time_s: float) -> None:
        """The exchanges that are due before ``time_s``."""
        while self._next_s < time_s:
            self._ping(self._next_s)
            every_s = _PING_FAST_S if self._next_s < _PING_FAST_FOR_S else _PING_S
            # Dithered, else the phase of a link could lock to it.
            self._next_s += every_s * (0.8 + 0.4 * float(self._rng.random()))

    def arrived(self, device_us: int, taken_s: float) -> float:
        """Something stamped so, and sent at ``taken_s``, is here; when."""
        arrived_s = taken_s + self._delays.draw_s(self._rng)
        self.clock.arrived(device_us, arrived_s)
        return arrived_s

    def _ping(self, sent_s: float) -> None:
        received_s = sent_s + self._delays.draw_s(self._rng)
        replied_s = received_s + _TURNAROUND_S
        arrived_s = replied_s + self._delays.draw_s(self._rng)
        self.clock.exchanged(sent_s, self._reads_us(received_s), self._reads_us(replied_s), arrived_s)

    def _reads_us(self, time_s: float) -> int:
        return int((time_s + self._oscillator.offset_s) * self._oscillator.rate * 1e6)


class NodeLink:
    """One node: its samples in, blocks and events out."""

    def __init__(self, device: Device, clock: SimulatedClock) -> None:
        self.node: Node = device.node
        self._clock = clock
        self._period_us = round(1e6 / device.node.rate_hz)
        self._timeline = Timeline()
        self._hole = False  # the last sample was lost, and nothing was said of it
        self._heard_s = 0.0
        self._told_s = -math.inf
        self._silent = False
        self._status_s = 0.0
        self._taken = self._lost = 0

    def connected(self, time_s: float) -> LinkEvent:
        """What is told first, and after a silence."""
        return LinkEvent(self.node.id, time_s, "connected", f"simulated {self.node.site}, {self.node.rate_hz:g} Hz")

    def items(self, samples: Samples, until_s: float) -> list[SourceItem]:
        """What becomes known of one message by ``until_s``."""
        self._taken += samples.lost.size
        self._lost += int(np.count_nonzero(samples.lost))
        items = self._blocks(samples, until_s)
        if until_s >= self._status_s:
            self._status_s = until_s + STATUS_EVERY_S
            items.append(self._status(until_s))
        return items

    def _blocks(self, samples: Samples, until_s: float) -> list[SourceItem]:
        heard = np.flatnonzero(~samples.lost)
        items: list[SourceItem] = []
        if heard.size:
            first_s, last_s = float(samples.true_s[heard[0]]), float(samples.true_s[heard[-1]])
            if self._silent:
                self._silent = False
                items.append(self.connected(first_s))
            self._clock.ping_until(last_s)
            arrived_s = self._clock.arrived(int(samples.device_us[heard[-1]]), last_s)
            items.append(self._block(samples, arrived_s))
            self._heard_s = last_s
            self._hole = bool(samples.lost[-1])
        elif samples.lost.size:
            self._hole = True
        if until_s - self._heard_s >= SILENCE_EVERY_S and self._hole:
            items += self._silence(samples, until_s)
        return items

    def _block(self, samples: Samples, arrived_s: float) -> Block:
        """What was heard, and a row of NaN before each sample that follows on a lost one."""
        heard = ~samples.lost
        follows = np.zeros(heard.size, np.bool_)
        follows[:-1] = samples.lost[:-1] & heard[1:]
        chosen = heard | follows
        values = np.where(heard[:, np.newaxis], samples.values, np.nan)[chosen]
        device_us = samples.device_us[chosen]
        if self._hole and heard[0]:
            device_us = np.concatenate([device_us[:1] - self._period_us, device_us])
            values = np.concatenate([np.full((1, values.shape[1]), np.nan), values])
        new = device_us / 1e6 > self._timeline.last_device_s
        return self._timed(device_us[new], values[new], arrived_s)

    def _timed(self, device_us: Ints, values: Floats, arrived_s: float) -> Block:
        self._timeline, time_s, error_s = self._clock.clock.times(self._timeline, device_us, arrived_s)
        # Rounded up, so that it stays the same for a while and messages can be gathered.
        stated_s = math.ceil(error_s / _ERROR_STEP_S) * _ERROR_STEP_S if math.isfinite(error_s) else error_s
        return Block(self.node.id, time_s, values, stated_s)

    def _silence(self, samples: Samples, until_s: float) -> list[SourceItem]:
        items: list[SourceItem] = []
        if not self._silent:
            self._silent = True
            items.append(LinkEvent(self.node.id, until_s, "lost", "the simulated link is down"))
        if until_s - self._told_s >= SILENCE_EVERY_S and samples.lost.size and samples.lost[-1]:
            self._told_s, self._hole = until_s, False
            row = np.full((1, samples.values.shape[1]), np.nan)
            items.append(self._timed(samples.device_us[-1:], row, until_s))
        return items

    def _status(self, time_s: float) -> NodeStatus:
        frames, lost = self._taken // SAMPLES_A_FRAME, self._lost // SAMPLES_A_FRAME
        return NodeStatus(
            self.node.id,
            time_s,
            battery_percent=round(100.0 * (1.0 - (time_s / 3600.0 / _BATTERY_HOURS) % 1.0), 1),
            temperature_c=_TEMPERATURE_C,
            clock_error_s=self._clock.clock.error_s,
            frames=frames,
            frames_lost=lost,
            firmware="simulated",
        )


def gathered(items: list[SourceItem]) -> list[SourceItem]:
    """The items of one node in their order, with blocks that follow on each other under the same error as one."""
    out: list[SourceItem] = []
    run: list[Block] = []
    for item in (*items, None):
        if run and not (isinstance(item, Block) and item.clock_error_s == run[-1].clock_error_s):
            times, values = [block.time_s for block in run], [block.values for block in run]
            out.append(Block(run[0].node, np.concatenate(times), np.concatenate(values), run[0].clock_error_s))
            run = []
        if isinstance(item, Block):
            run.append(item)
        elif item is not None:
            out.append(item)
    return out
