"""A recording that speaks as a serial line with one node for each recorded one. Bytes and moments in, bytes out.

Strategy: the recording is cut into short pieces, and a piece is framed only when everything before it has been taken,
so that however slow a host is, nothing waits here but one piece and the bounded rings of the nodes. Device time is the
recorded session time, values are 64-bit floats, and each sample carries its clock error: what the host makes of it has
the recorded bits. It waits for the START of every node (or ``settle_s`` after the last, should the host not want all),
rests while nobody listens, and goes on where it was. What this never does: read a clock, touch a port, or skip a sample
of a node that was started.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable

import numpy as np

from evenside.errors import EvensideError, SourceError
from evenside.readers import Recording
from evenside.sources.replay_options import SHOWN_EVERY_S
from evenside.sources.replay_pieces import pieces_of
from evenside.wire import (
    CLOCK_ERROR,
    FRAME_BYTES_MAX,
    ClockKind,
    LineModel,
    NodeModel,
    NodeSettings,
    NodeState,
    SampleType,
    Schema,
    SchemaChannel,
)
from evenside_analysis.types import Block, Ints, Node

__all__ = ["LinePlayer"]

SETTLE_S = 2.0
PIECE_MAX_S = 1.0  # of session time
RING_BYTES_MAX = 1 << 20
SLOT_US = 1000
NEAR_S = 600.0  # device time, and what can be sent again, stay so near the samples that no host unwraps a tick wrongly
_SCHEMA = 128
_PERIOD_US_MAX = 0xFFFF
_SERIAL_BYTES_MAX = 32
_FIRMWARE = "replay"
_STARTED = NodeState.SAMPLING | NodeState.SENDING


def _nobody_watches(bytes_done: int, bytes_total: int) -> None:
    """Progress nobody watches."""


class LinePlayer:
    """One playing of a recording. ``now_s`` is any clock that goes forward; ``speed`` is session seconds a second."""

    def __init__(
        self,
        recording: Recording,
        speed: float,
        boot_id: int,
        *,
        settle_s: float = SETTLE_S,
        progress: Callable[[int, int], None] = _nobody_watches,
    ) -> None:
        """Raises SourceError where a channel is none that can be sent, and what reading the first samples raises."""
        self.failure: EvensideError | None = None  # why the recording could not be read to its end
        self._speed, self._settle_s = speed, settle_s
        self._models = [_model(node, recording, boot_id) for node in recording.nodes]
        self._by_node = {node.id: model for node, model in zip(recording.nodes, self._models, strict=True)}
        self._line = LineModel(dict(enumerate(self._models)))
        self._bytes_total = recording.bytes_total
        self._progress = progress
        self._blocks = recording.read(self._read)
        self._pieces = pieces_of(self._blocks, min(SHOWN_EVERY_S * speed, PIECE_MAX_S))
        self._next = self._fetch()
        if self.failure is not None and self._next is None:
            raise self.failure
        self._position_us = 0 if self._next is None else int(_microseconds(self._next)[0])
        self._device_us = self._position_us
        self._moved_s: float | None = None  # when the position last moved
        self._listened = 0  # nodes that were started and not stopped
        self._started_s = 0.0  # when one was started last
        self._anchor: tuple[float, int] | None = None  # moment and position from which the speed is counted
        self.ended = False

    # The line

    def receive(self, data: bytes, now_s: float) -> None:
        """Bytes from the host."""
        self._line.receive(data, self._now_us(now_s))
        listened = sum(_STARTED in model.state for model in self._models)
        if listened > self._listened:
            self._started_s = now_s
        if not listened:
            self._anchor = None
        self._listened = listened

    def send(self, now_s: float) -> bytes:
        """What leaves now. Ask again when all of it has been taken."""
        if self._due_s(now_s) <= now_s:
            self._play(now_s)
        return self._line.send(self._now_us(now_s))

    def wait_s(self, now_s: float) -> float:
        """How long nothing will be due by itself; inf where only the host can change that."""
        return max(0.0, self._due_s(now_s) - now_s)

    def lost(self) -> None:
        """The host has gone."""
        for model in self._models:
            model.link_lost()
        self._listened = 0
        self._anchor = None

    def close(self) -> None:
        """Let go of the recording."""
        self._blocks.close()

    # The recording

    def _due_s(self, now_s: float) -> float:
        """When the next piece, or the end, is due."""
        if self.ended or not self._listened:
            return math.inf
        if self._anchor is None:
            settled_s = self._started_s + (self._settle_s if self._listened < len(self._models) else 0.0)
            if now_s < settled_s:
                return settled_s
            self._anchor = now_s, self._position_us
        if self._next is None or math.isinf(self._speed):
            return now_s
        since_s, since_us = self._anchor
        return since_s + (int(_microseconds(self._next)[-1]) - since_us) / 1e6 / self._speed

    def _play(self, now_s: float) -> None:
        piece = self._next
        if piece is None:
            self._end()
            return
        model, t_us = self._by_node[piece.node], _microseconds(piece)
        error_s = np.full((t_us.size, 1), piece.clock_error_s)
        if model.sample(t_us, np.concatenate([piece.values, error_s], axis=1)):
            model.sampler.close()  # nothing may wait for a sample to come: it could lie beyond a wrap of the ticks
        self._position_us = max(self._position_us, int(t_us[-1]))
        self._moved_s = now_s
        self._next = self._fetch()

    def _end(self) -> None:
        self.ended = True
        for model in self._models:
            model.end(self._position_us)

    def _fetch(self) -> Block | None:
        """The next piece; None at the end, also where the rest cannot be read."""
        try:
            piece = next(self._pieces, None)
            if piece is not None:
                _microseconds(piece)
            return piece
        except EvensideError as error:
            self.failure = error
            return None

    def _read(self, bytes_done: int) -> None:
        self._progress(bytes_done, self._bytes_total)

    def _now_us(self, now_s: float) -> int:
        """Device time: the position, and beyond it real time as long as nothing moves."""
        if self._moved_s is None:
            self._moved_s = now_s
        rested_s = min(max(0.0, now_s - self._moved_s), NEAR_S)
        self._device_us = max(self._device_us, self._position_us + round(rested_s * 1e6))
        return self._device_us


def _microseconds(block: Block) -> Ints:
    """Times as the whole microseconds which they are.

    Raises:
        SourceError: one lies before the start of the session, which no device time can say.
    """
    t_us: Ints = np.rint(block.time_s * 1e6).astype(np.int64)
    if t_us[0] < 0:
        raise SourceError(
            f"node {block.node}: the sample at {block.time_s[0]} s lies before the start of the session",
            mend="replay it without --pty",
        )
    return t_us


def _model(node: Node, recording: Recording, boot_id: int) -> NodeModel:
    period_us = round(1e6 / node.rate_hz)
    try:
        channels = [SchemaChannel.named(name, SampleType.F64) for name in (*node.channels, CLOCK_ERROR)]
        schema = Schema.of(_SCHEMA, channels)
    except ValueError as error:
        raise SourceError(
            f"{recording.name}: node {node.id} cannot be played as a device: {error}",
            mend="replay it without --pty",
        ) from error
    error_us = recording.clock_error_s * 1e6
    return NodeModel(
        NodeSettings(
            serial=_serial(node, recording),
            boot_id=boot_id,
            schemas=(schema,),
            period_us=period_us if period_us <= _PERIOD_US_MAX else 0,
            firmware=_FIRMWARE,
            side=node.side,
            site=node.site,
            clock_kind=ClockKind.SESSION,
            clock_error_us=math.ceil(error_us) if error_us < 0xFFFF_FFFF else None,
            frame_bytes=FRAME_BYTES_MAX,
            frame_samples=255,
            ring_bytes=max(FRAME_BYTES_MAX, min(round(NEAR_S * node.rate_hz) * schema.sample_bytes, RING_BYTES_MAX)),
            slot_us=SLOT_US,
        )
    )


def _serial(node: Node, recording: Recording) -> str:
    """Names the node and the recording, and no other one."""
    text = f"{node.id}@{recording.name}"
    if len(text.encode()) <= _SERIAL_BYTES_MAX:
        return text
    return f"played-{zlib.crc32(text.encode()):08x}"
