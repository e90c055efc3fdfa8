"""Both ends of an imaginary line: what was sampled arrives bit for bit, each frame once, whatever damages the bytes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
import pytest

from evenside import wire
from evenside.wire import commands as ask
from evenside_analysis.types import Floats, Ints

POLL_US = 20_000
SCHEMA = wire.Schema.of(
    150, [wire.SchemaChannel.named(name, wire.SampleType.F64) for name in ("acc_x", "acc_y", "force")]
)


def _model(address: int) -> wire.NodeModel:
    kind = wire.ClockKind.SESSION
    return wire.NodeModel(
        wire.NodeSettings(f"ES-{address}", 9, (SCHEMA,), 10_000, clock_kind=kind, slot_us=POLL_US, ring_bytes=10**6)
    )


@dataclass
class Ear:
    """A host that hears one node: what came, and what to ask for."""

    sequence: wire.SequenceState = field(default_factory=lambda: wire.SequenceState(next_frame=0))
    frames: dict[int, wire.DataFrame] = field(default_factory=dict)
    token: int = 0

    def hear(self, frame: wire.Frame) -> None:
        if isinstance(frame, wire.StatusFrame):
            self.sequence = wire.announce(self.sequence, frame.frame_counter)
        if isinstance(frame, wire.DataFrame):
            backfill = wire.FrameFlag.BACKFILL in frame.flags
            self.sequence, seen = wire.place(self.sequence, frame.seq, backfill=backfill)
            if seen.kind != "repeated":
                assert seen.frame not in self.frames
                self.frames[seen.frame] = frame

    def wish(self) -> wire.Command | None:
        """Ask for the oldest hole."""
        if not self.sequence.missing:
            return None
        first, end = self.sequence.missing[0]
        self.token += 1
        return ask.backfill(self.token, first, end - first)

    def bits(self) -> bytes:
        rows = []
        for _, frame in sorted(self.frames.items()):
            ticks = frame.t_first_us + frame.period_us * np.arange(frame.count, dtype=np.int64)
            rows.append(np.column_stack([ticks, wire.decode_samples(SCHEMA, frame.payload)]))
        return np.concatenate(rows).tobytes()


def _recording(rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Three seconds of about 120 Hz with pauses, and a NaN here and there."""
    t_us = np.cumsum(rng.choice([8333, 8334, 10_000, 70_000], 250, p=[0.6, 0.25, 0.1, 0.05])).astype(np.int64)
    values = rng.standard_normal((250, 3))
    values[rng.random(values.shape) < 0.02] = np.nan
    return t_us, values


def _damaged(data: bytes, chance: random.Random, share: float) -> bytes:
    """Some bytes changed, dropped or put in: some packets lost."""
    spoilt = bytearray(data)
    for at in range(len(data)):
        if chance.random() < share:
            spoilt[at : at + chance.choice([0, 1, 1, 30])] = bytes((chance.randrange(256),))
    return bytes(spoilt)


# Fixed seeds: of 65536 damaged packets one passes a CRC of 16 bits, and a test must not.
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.0, 0.001, 0.004])
def test_what_was_sampled_arrives_bit_for_bit_over_a_damaging_line(seed: int, share: float) -> None:
    chance = random.Random(seed)
    line = wire.LineModel({address: _model(address) for address in (0, 1)})
    host, ears = wire.Decoder(), {address: Ear() for address in line.nodes}
    played = {address: _recording(np.random.default_rng((seed, address))) for address in line.nodes}
    line.receive(wire.encode_packet(wire.BROADCAST_ADDRESS, ask.start(200, SCHEMA.id)), 0)
    for now_us in range(0, 60_000_000, POLL_US):
        for address, (t_us, values) in played.items():
            due = (t_us >= now_us) & (t_us < now_us + POLL_US)
            line.nodes[address].sample(t_us[due], values[due])
            if t_us[-1] < now_us and wire.NodeState.ENDED not in line.nodes[address].state:
                line.nodes[address].end(now_us)
        for address, frame in host.feed(_damaged(line.send(now_us), chance, share)):
            if address in ears:
                ears[address].hear(frame)
        if now_us % 500_000 == 0:
            for address, ear in ears.items():
                wish = ear.wish()
                if wish:
                    line.receive(_damaged(wire.encode_packet(address, wish), chance, share), now_us)
        over = all(wire.NodeState.ENDED in node.state for node in line.nodes.values())
        if over and all(len(ear.frames) == line.nodes[a].sampler.ring.next_frame for a, ear in ears.items()):
            break

    for address, (t_us, values) in played.items():
        assert ears[address].bits() == np.column_stack([t_us, values]).tobytes()
    if share:
        assert sum(host.counts.values()) + sum(line.decoder.counts.values()) > 0
