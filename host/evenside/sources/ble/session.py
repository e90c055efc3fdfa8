"""What a supervisor asks of the conversation with one device, be it one of our own nodes or any other kind."""

from __future__ import annotations

from typing import Protocol

from evenside.sources import SourceItem
from evenside.sources.ble.link import Link

__all__ = ["Session"]


class Session(Protocol):
    """**Protocol:** lives as long as the source, over any number of links; only ``open``, ``converse``, ``leave`` wait.

    ``connected``: samples were under way once at least. ``over``: nothing more will come. ``refusal``: why nothing can
    come of this device as configured, "" while there is hope. ``steady_s``: the moment since which data flows, inf
    while it does not.
    """

    connected: bool
    steady_s: float

    @property
    def over(self) -> bool: ...

    @property
    def refusal(self) -> str: ...

    def take(self) -> list[SourceItem]:
        """What there is to tell, in order."""
        ...

    def tick(self, now_s: float) -> None:
        """Time passes, with or without a link."""
        ...

    def excuse(self, now_s: float) -> None:
        """Not all that has come was dealt with: a silence begins now at the earliest."""
        ...

    async def open(self, link: Link) -> None:
        """A link is there: subscribe. Raises LinkLostError, RefusedError."""
        ...

    async def converse(self, link: Link) -> None:
        """Deal with what arrives next, or with nothing after a short while. Raises as ``open``, and StrangerError."""
        ...

    def lost(self, why: str, now_s: float) -> None:
        """The link is gone."""
        ...

    async def leave(self, link: Link) -> None:
        """The host goes: let the device stop, in bounded time."""
        ...
