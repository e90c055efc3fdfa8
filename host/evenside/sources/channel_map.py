"""From what a device offers to the channels that a node is configured with.

A schema fits if it has every channel by name; ``force`` may also be the sum of its cells ``force_1``, ``force_2``, ….
The first schema that fits is taken, the device lists its preferred one first. What this never does: invent a channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenside.wire import CLOCK_ERROR, Schema, decode_samples
from evenside_analysis.types import FORCE, Floats, Node

__all__ = ["ChannelMap", "map_channels", "offer_text"]


@dataclass(frozen=True, slots=True)
class ChannelMap:
    """Which columns of ``schema`` add up to each channel of the node."""

    schema: Schema
    columns: tuple[tuple[int, ...], ...]

    def values(self, payload: bytes) -> tuple[Floats, Floats | None]:
        """Samples (n, channels of the node) in SI units, and the clock error (n,) of each where the device tells it.

        Raises ValueError unless the samples are whole.
        """
        samples = decode_samples(self.schema, payload)
        names = self.schema.names
        errors_s = samples[:, names.index(CLOCK_ERROR)] if CLOCK_ERROR in names else None
        return self._mapped(samples), errors_s

    def _mapped(self, samples: Floats) -> Floats:
        if self.columns == tuple((column,) for column in range(samples.shape[1])):
            return samples
        out = np.empty((samples.shape[0], len(self.columns)))
        for place, columns in enumerate(self.columns):
            out[:, place] = samples[:, columns[0]]
            for column in columns[1:]:
                out[:, place] += samples[:, column]
        return out


def map_channels(channels: Sequence[str], schemas: Sequence[Schema]) -> ChannelMap | None:
    """How the first schema that can deliver all ``channels`` does it, or None."""
    for schema in schemas:
        columns = tuple(_columns(name, schema.names) for name in channels)
        if all(columns):
            return ChannelMap(schema, columns)
    return None


def offer_text(node: Node, schemas: Sequence[Schema]) -> str:
    """What the node wants and what the device has, for a person who has to make them agree."""
    offers = "; ".join(f"schema {schema.id}: {', '.join(schema.names)}" for schema in schemas) or "nothing"
    return (
        f"the configuration wants {', '.join(node.channels)}, the device offers {offers}: "
        f"name channels of one schema in `channels` of this node in evenside.toml"
    )


def _columns(name: str, names: tuple[str, ...]) -> tuple[int, ...]:
    if name in names:
        return (names.index(name),)
    if name != FORCE:
        return ()
    return tuple(at for at, offered in enumerate(names) if offered.removeprefix("force_").isdecimal())
