"""Who is who among the devices in reach, for all supervisors of a source: serial numbers by address, and who is taken.

Addresses change (some devices take a new one every quarter of an hour), so nothing here is kept for long or without
bound. What this never does: decide who is accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["Roster"]

KNOWN_MAX = 256


class Roster:
    """A device that one supervisor found not to be its own may be that of another."""

    def __init__(self, shunned_s: float) -> None:
        self._shunned_s = shunned_s
        self._known: dict[str, str] = {}
        self._since_s: dict[str, float] = {}
        self._taken: set[str] = set()

    @property
    def known(self) -> Mapping[str, str]:
        """Serial number by address, of those that said one."""
        return self._known

    @contextmanager
    def taking(self, address: str) -> Iterator[bool]:
        """Whether nobody else is busy with this device; and nobody else will be, meanwhile."""
        if address in self._taken:
            yield False
            return
        self._taken.add(address)
        try:
            yield True
        finally:
            self._taken.discard(address)

    def add(self, address: str, serial: str, now_s: float) -> None:
        """The device at ``address`` said that it is ``serial``; "" where it did not say."""
        self._since_s.pop(address, None)
        if len(self._since_s) >= KNOWN_MAX:
            oldest = next(iter(self._since_s))
            del self._since_s[oldest]
            self._known.pop(oldest, None)
        self._since_s[address] = now_s
        if serial:
            self._known[address] = serial

    def shunned(self, address: str, serial: str, now_s: float) -> bool:
        """Whether whoever looks for ``serial`` had better not connect there now; what is too old is forgotten."""
        if address in self._taken:
            return True
        since_s = self._since_s.get(address)
        if since_s is None:
            return False
        if now_s - since_s >= self._shunned_s:
            del self._since_s[address]
            self._known.pop(address, None)
            return False
        return self._known.get(address) != serial
