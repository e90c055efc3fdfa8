"""What a source has to tell, from many tasks to the one that listens: in order, and bounded by whoever fills it.

``put`` never waits, so that ticks and arrivals need no lock between them; whoever is about to make more looks at
``full`` first, or waits for ``room``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from evenside.sources import SourceItem

__all__ = ["Outbox"]


class Outbox:
    """Belongs to one event loop."""

    def __init__(self, items_max: int = 512) -> None:
        self._items_max = items_max
        self._items: deque[SourceItem] = deque()
        self._filled, self._roomy = asyncio.Event(), asyncio.Event()
        self._roomy.set()

    @property
    def full(self) -> bool:
        return len(self._items) >= self._items_max

    def put(self, items: Iterable[SourceItem]) -> None:
        self._items.extend(items)
        if self._items:
            self._filled.set()
        if self.full:
            self._roomy.clear()

    def wake(self) -> None:
        """Let ``take`` return, though there may be nothing."""
        self._filled.set()

    async def room(self) -> None:
        """Wait until the listener has caught up."""
        await self._roomy.wait()

    async def take(self) -> list[SourceItem]:
        """Everything that waits, once something does or ``wake`` was called."""
        await self._filled.wait()
        items = list(self._items)
        self._items.clear()
        self._filled.clear()
        self._roomy.set()
        return items
