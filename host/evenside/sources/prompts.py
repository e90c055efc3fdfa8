"""The way back from the daemon to a node on the body: a light or a buzz, for the wearer to feel.

A box with room for one prompt a node: the newest outranks, and one that nobody could deliver in time comes to nothing,
for it is about that moment. A source that has such nodes looks in when it ticks; one that has none never does.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Prompt", "Prompts"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """``times`` times ``duration_ms`` of light, buzz or both. ``until_s``: session time after which it is let be."""

    until_s: float
    lamp: bool = True
    buzz: bool = True
    duration_ms: int = 300
    times: int = 3


class Prompts:
    """Of the nodes of one source. To be used in one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[str, Prompt] = {}

    def put(self, node: str, prompt: Prompt) -> None:
        self._waiting[node] = prompt

    def take(self, node: str, now_s: float) -> Prompt | None:
        """What the node is to show now; each is given once."""
        prompt = self._waiting.pop(node, None)
        return prompt if prompt is not None and now_s <= prompt.until_s else None
