"""The samples of one node of another maker on their way to blocks: timed, gathered, with every hole told.

Samples with a device clock are timed by the line under their arrivals. Without one, the number of the sample at its
nominal rate is the clock, and the same line finds its true rate: nothing arrives before it was measured, so the
earliest arrivals of the last two minutes tell when samples are taken. When arrivals fall behind that line they wait:
either they catch up, then the radio was late and every sample keeps its time; or they do not, then samples were lost,
the numbers jump by what is missing, and the hole is told. Samples that come but a few times a second are taken to be
of the moment in which they come. What no clock can know is declared as the error of the kind.
What this never does: ask for samples again, or hand out a time before one that was handed out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from evenside.devices import Samples, Timing
from evenside.sources.block_rows import BlockRows
from evenside.sources.timekeeping import DeviceClock
from evenside_analysis.clock import ClockSettings
from evenside_analysis.clock_timeline import Timeline
from evenside_analysis.types import Block, Floats, Ints, Node

__all__ = ["SampleStream", "arrival_clock", "device_clock"]

SILENCE_EVERY_S = 1.0
SLOW_HZ = 5.0
RATE_LIMIT_PPM = 20_000.0  # how far a sensor without a clock may be off its nominal rate


def device_clock(timing: Timing) -> DeviceClock:
    """Of a device that stamps its samples and answers no requests."""
    return DeviceClock(settings=ClockSettings(arrivals_error_s=timing.error_s))


def session_clock(timing: Timing) -> DeviceClock:
    """Of samples that are stamped with the session time of their arrival."""
    clock = DeviceClock(shared=True)
    clock.declare(round(timing.error_s * 1e6))
    return clock


def arrival_clock(timing: Timing) -> DeviceClock:
    """Of a device whose only clock is the number of its samples."""
    return DeviceClock(settings=ClockSettings(arrivals_error_s=timing.error_s, rate_limit_ppm=RATE_LIMIT_PPM))


@dataclass(frozen=True, slots=True)
class _Batch:
    """Samples with their place on the clock."""

    device_us: Ints
    values: Floats
    arrived_s: float
    hole: bool


class SampleStream:
    """Of one configured node over all connections; blocks are fetched with ``take``."""

    def __init__(self, node: Node, timing: Timing, *, gather_s: float, settle_s: float) -> None:
        self.node = node
        self.late_samples = 0
        self._timing, self._settle_s = timing, settle_s
        self._clock: DeviceClock | None = None
        self._own_clock = self._by_arrival = False
        self._begun_s = 0.0
        self._settled_s = math.inf  # from then on the line under the arrivals is to be trusted
        self._settled = False
        self._next = 0  # number of the next sample
        self._waiting: list[_Batch] = []
        self._gap = False  # what waits comes behind samples that are known to be lost
        self._hole = False
        self._timeline = Timeline()
        self._rows = BlockRows(node, gather_s)
        self._told_s = -math.inf

    @property
    def period_us(self) -> float:
        return 1e6 / self.node.rate_hz

    @property
    def error_s(self) -> float:
        """How far session times may be off; inf before the first arrival."""
        return math.inf if self._clock is None else self._timing.error_s

    def begin(self, clock: DeviceClock | None, now_s: float) -> None:
        """A clock begins: that of the device, or, None, the numbers of the samples that come from now on."""
        self.cut()
        self._by_arrival = clock is None and self.node.rate_hz <= SLOW_HZ
        self._own_clock = clock is None and not self._by_arrival
        if clock is None:
            clock = session_clock(self._timing) if self._by_arrival else arrival_clock(self._timing)
        self._clock = clock
        self._timeline = self._timeline.resumed()
        self._begun_s = now_s
        self._settled_s, self._settled = now_s + (0.0 if self._by_arrival else self._settle_s), False
        self._next = 0
        self._hole = math.isfinite(self._timeline.last_session_s)

    def receive(self, samples: Samples) -> None:
        """Samples in the order in which they were taken; those with a device clock on the one that ``begin`` named."""
        assert self._clock is not None
        count = samples.values.shape[0]
        if not count:
            return
        if self._by_arrival:
            last_us = round(samples.arrived_s * 1e6)
            device_us = np.rint(last_us + np.arange(1 - count, 1) * self.period_us).astype(np.int64)
        elif samples.device_us is None:
            device_us = np.rint((self._next + np.arange(count)) * self.period_us).astype(np.int64)
            self._next += count
        else:
            device_us = samples.device_us
            self._clock.arrived(int(device_us[-1]), samples.arrived_s)
        self._waiting.append(_Batch(device_us, samples.values, samples.arrived_s, samples.lost))
        self._gap |= samples.lost and self._own_clock
        self._proceed(samples.arrived_s)

    def missed(self) -> None:
        """Something that had come could not be kept: what comes next does not follow it."""
        if self._clock is not None:
            self._gap = self._own_clock
            self._hole = True

    def cut(self) -> None:
        """Nothing follows what has come: the connection is over, or the clock is."""
        self._release()
        self.flush()
        self._clock = None
        self._gap = False

    def silence(self, now_s: float) -> None:
        """Nothing can be heard of this node: say so, once a second, for the time that is over."""
        row_s = round((now_s - self._settle_s) * 1e6) / 1e6
        last_s = self._timeline.last_session_s
        if self._clock is not None or not math.isfinite(last_s) or row_s < last_s + SILENCE_EVERY_S:
            return
        self._rows.silence(row_s, math.inf)
        self._timeline = replace(self._timeline, last_session_s=row_s)
        self._told_s = row_s
        self._hole = False

    def gathered(self, now_s: float) -> None:
        """Let go what has waited long enough, for its clock or for its block."""
        if self._waiting:
            self._proceed(now_s)
        self._rows.gathered(now_s)

    def take(self) -> list[Block]:
        return self._rows.take()

    def flush(self) -> None:
        """Complete the block at hand."""
        self._rows.flush()

    # --- numbers ------------------------------------------------------------------------------------------------------

    def _proceed(self, now_s: float) -> None:
        """Let go what waits, if it is known where it belongs."""
        if now_s < self._settled_s:
            return
        late = self._own_clock and self._settled
        if late and (self._gap or self._lateness_s(self._waiting[-1]) > self._tolerance_s):
            if now_s - self._waiting[0].arrived_s < self._settle_s:
                return
            self._jump(min(self._lateness_s(batch) for batch in self._waiting))
        self._release()

    @property
    def _tolerance_s(self) -> float:
        return max(self._timing.error_s, 2e-6 * self.period_us)

    def _lateness_s(self, batch: _Batch) -> float:
        """How long after the line this arrived."""
        assert self._clock is not None
        return batch.arrived_s - float(self._clock.session_s(batch.device_us[-1:])[0])

    def _jump(self, by_s: float) -> None:
        """Samples are missing before those that wait: so many that the least late of them comes in time."""
        missing = max(0, round(by_s * 1e6 / self.period_us))
        ahead_us = round(missing * self.period_us)
        self._next += missing
        self._waiting = [replace(batch, device_us=batch.device_us + ahead_us) for batch in self._waiting]
        self._hole |= missing > 0
        self._gap = False

    # --- times --------------------------------------------------------------------------------------------------------

    def _release(self) -> None:
        if self._own_clock and self._clock is not None:
            for batch in self._waiting:
                self._clock.arrived(int(batch.device_us[-1]), batch.arrived_s)
        if not self._settled and self._waiting and self._clock is not None:
            self._clock.renew()
            self._settled = True
        for batch in self._waiting:
            self._hole |= batch.hole
            self._append(batch)
        self._waiting = []

    def _append(self, batch: _Batch) -> None:
        assert self._clock is not None
        device_us, values = batch.device_us, batch.values
        due = device_us / 1e6 > self._timeline.last_device_s
        due[1:] &= device_us[1:] > np.maximum.accumulate(device_us)[:-1]  # a clock that steps back is not believed
        if math.isfinite(self._told_s):
            due &= self._clock.session_s(device_us) > self._told_s
        if not due.all():
            self.late_samples += int(np.count_nonzero(~due))
            device_us, values = device_us[due], values[due]
        if not device_us.size:
            return
        before_s = self._timeline.last_session_s
        self._timeline, times, error_s = self._clock.times(self._timeline, device_us, batch.arrived_s)
        if self._own_clock:  # at first the rate is known no better than the arrivals scatter over the time so far
            error_s += self._timing.error_s * self._settle_s / max(batch.arrived_s - self._begun_s, self._settle_s)
        if self._hole and math.isfinite(before_s):
            self._rows.hole(before_s, float(times[0]), self.period_us / 1e6, error_s)
        self._hole = False
        self._rows.add(times, values, error_s, batch.arrived_s, self.period_us / 1e6)
