"""A message that the wearer shall feel: which of the wearer's nodes lights up and buzzes, and the way there.

The node is one of the loaded side: at the site that the message is about where there is one, else all of that side;
what has no side is told by the first node. It comes at once or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evenside.daemon.intake import Inlet
from evenside.notify.message import Message
from evenside.sources import Prompt, Prompts
from evenside_analysis.types import Node

__all__ = ["Prompting", "prompted"]

LATE_S = 5.0


class Prompting:
    """The boxes of all sources. ``show`` belongs to the event loop."""

    def __init__(self, inlets: Sequence[Inlet], now_s: Callable[[], float]) -> None:
        self.boxes = {inlet.url: Prompts() for inlet in inlets}
        self._now_s = now_s
        self._nodes: dict[str, list[tuple[Node, Prompts]]] = {}
        for inlet in inlets:
            for entry in inlet.nodes:
                wearer = inlet.wearer_of[entry.node.id]
                self._nodes.setdefault(wearer, []).append((entry.node, self.boxes[inlet.url]))

    def show(self, message: Message) -> None:
        """Let a node of the wearer tell of it."""
        there = self._nodes.get(message.wearer, [])
        chosen = {node.id for node in prompted(message, [node for node, _ in there])}
        for node, box in there:
            if node.id in chosen:
                box.put(node.id, Prompt(self._now_s() + LATE_S))


def prompted(message: Message, nodes: Sequence[Node]) -> list[Node]:
    """The nodes that shall tell of a message."""
    if message.side not in ("left", "right"):
        return list(nodes[:1])
    facts = dict(message.facts)
    sites = str(facts.get("site") or facts.get("place") or "").split("+")
    of_side = [node for node in nodes if node.side == message.side]
    return [node for node in of_side if node.site in sites or node.id in sites] or of_side
