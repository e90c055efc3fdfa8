"""Whether the nodes of a configuration are what a device can be, and which of its channels they want.

What this never does: fit something that does not fit. The words name the key of evenside.toml that has to change.
"""

from __future__ import annotations

from collections.abc import Sequence

from evenside.devices.kind import Hopeless
from evenside_analysis.types import Floats, Node, Side

__all__ = ["picked", "side_mismatch", "unfit"]


def unfit(
    nodes: Sequence[Node], what: str, channels: Sequence[str], rates_hz: Sequence[float] = (), *, most: int = 1
) -> Hopeless | None:
    """Why ``what``, which offers these channels and rates (none: any rate), cannot be these nodes, at most ``most``."""
    if len(nodes) > most:
        names = " and ".join(node.id for node in nodes)
        return Hopeless(f"{names} name the same {what}: give each the serial of its own device in evenside.toml")
    for node in nodes:
        missing = [name for name in node.channels if name not in channels]
        if missing:
            return Hopeless(
                f"a {what} does not measure {', '.join(missing)}: "
                f"name some of {', '.join(channels)} in channels of node {node.id} in evenside.toml"
            )
        if rates_hz and node.rate_hz not in rates_hz:
            offer = ", ".join(f"{rate_hz:g}" for rate_hz in sorted(rates_hz))
            return Hopeless(
                f"a {what} cannot send {node.rate_hz:g} Hz: "
                f"set rate_hz of node {node.id} in evenside.toml to one of {offer}"
            )
    return None


def side_mismatch(node: Node, said: Side, what: str) -> Hopeless | None:
    """A device that knows its side contradicts the configuration, unless it agrees."""
    if said == node.side:
        return None
    return Hopeless(
        f"the {what} says that it is on the {said}, node {node.id} is on the {node.side}: "
        f"exchange the serials of the two nodes in evenside.toml, or correct its side"
    )


def picked(values: Floats, offered: Sequence[str], node: Node) -> Floats:
    """The columns (n, channels of the node) out of those that the device offers (n, offered)."""
    columns = [offered.index(name) for name in node.channels]
    return values if columns == list(range(values.shape[1])) else values[:, columns]
