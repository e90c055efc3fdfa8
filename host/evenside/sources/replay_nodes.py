"""Which recorded node plays which node that was asked for, and whether it can.

By id, else by site and side. A recorded side that contradicts the configuration is refused: it would turn every figure
around. What this never does: invent a channel, resample, or exchange sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evenside.errors import SourceError
from evenside.readers import Recording
from evenside_analysis.types import ACC, Block, Node

__all__ = ["Part", "cast_nodes"]

RATE_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Part:
    """A node that was asked for, and the columns of its recorded one."""

    node: Node
    columns: tuple[int, ...]

    def block(self, recorded: Block) -> Block:
        """The same samples as those of the node that was asked for."""
        whole = self.columns == tuple(range(recorded.values.shape[1]))
        values = recorded.values if whole else recorded.values.take(self.columns, axis=1)
        return Block(self.node.id, recorded.time_s, values, recorded.clock_error_s)


def cast_nodes(wanted: Sequence[Node], recording: Recording) -> dict[str, Part]:
    """The parts by the ids of the recorded nodes.

    Raises:
        SourceError: a node is not in the recording, or was recorded on another side, without a channel, at another
            rate, or with gravity removed where it should be there (or the reverse).
    """
    parts: dict[str, Part] = {}
    for node in wanted:
        free = [recorded for recorded in recording.nodes if recorded.id not in parts]
        there = [recorded for recorded in free if recorded.id == node.id]
        there += [recorded for recorded in free if (recorded.site, recorded.side) == (node.site, node.side)]
        # A node that is asked for by its own id is not given away for its place.
        named = {other.id for other in wanted if other.id != node.id}
        there = [recorded for recorded in there if recorded.id not in named]
        if not there:
            raise SourceError(
                f"{recording.name}: there is no node {node.id} ({node.side} {node.site}) in this recording",
                mend=f"recorded are {_list(recording.nodes)}: take id, or site and side, from there in evenside.toml",
            )
        parts[there[0].id] = _part(node, there[0], recording.name)
    return parts


def _part(node: Node, recorded: Node, name: str) -> Part:
    def wrong(what: str, mend: str) -> SourceError:
        return SourceError(f"{name}: node {node.id}: {what}", mend=f"{mend} for this node in evenside.toml")

    if node.side != recorded.side:
        raise wrong(f"the recording says {recorded.side}, evenside.toml {node.side}", f'set side = "{recorded.side}"')
    columns = recorded.columns(node.channels)
    if columns is None:
        missing = ", ".join(channel for channel in node.channels if channel not in recorded.channels)
        listed = ", ".join(f'"{channel}"' for channel in recorded.channels)
        raise wrong(f"{missing} was not recorded", f"set channels = [{listed}] or some of them")
    if abs(node.rate_hz / recorded.rate_hz - 1.0) > RATE_TOLERANCE:
        raise wrong(
            f"recorded at {recorded.rate_hz:g} Hz, not at {node.rate_hz:g} Hz", f"set rate_hz = {recorded.rate_hz:g}"
        )
    if node.gravity != recorded.gravity and not set(ACC).isdisjoint(node.channels):
        state = "still holds gravity" if recorded.gravity else "holds no gravity"
        raise wrong(f"the recorded acceleration {state}", f"set gravity = {str(recorded.gravity).lower()}")
    return Part(node, columns)


def _list(nodes: Sequence[Node]) -> str:
    return ", ".join(f"{node.id} ({node.side} {node.site})" for node in nodes)
