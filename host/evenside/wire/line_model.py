"""A serial line with modelled nodes on it: one for each address, or one hub that speaks for many.

Bytes come in as they were cut, bytes go out as packets. A packet that is damaged is counted and nobody answers it.
"""

from __future__ import annotations

from collections.abc import Mapping

from evenside.wire.codes import BROADCAST_ADDRESS
from evenside.wire.frames import Command, encode_frame
from evenside.wire.node_model import NodeModel
from evenside.wire.serial_codec import Decoder, wrap_frame

__all__ = ["LineModel"]


class LineModel:
    """The device end of a line. ``nodes`` by address, 0 to 254; a single node has address 0."""

    def __init__(self, nodes: Mapping[int, NodeModel]) -> None:
        if not nodes or not all(0 <= address < BROADCAST_ADDRESS for address in nodes):
            raise ValueError(f"addresses {sorted(nodes)}, expected some of 0 to {BROADCAST_ADDRESS - 1}")
        self.nodes = dict(nodes)
        self.decoder = Decoder()

    def receive(self, data: bytes, now_us: int) -> None:
        """Bytes from the host. What is no command, or for nobody here, is left."""
        for address, frame in self.decoder.feed(data):
            if isinstance(frame, Command):
                for own, node in self.nodes.items():
                    if address in (own, BROADCAST_ADDRESS):
                        node.receive(encode_frame(frame), now_us)

    def send(self, now_us: int) -> bytes:
        """What leaves now. The nodes take turns frame by frame, so that none waits for another's backlog."""
        waiting = [(address, node.send(now_us)) for address, node in self.nodes.items()]
        longest = max(len(frames) for _, frames in waiting)
        turns = (
            (address, frames[turn]) for turn in range(longest) for address, frames in waiting if turn < len(frames)
        )
        return b"".join(wrap_frame(address, frame) for address, frame in turns)
