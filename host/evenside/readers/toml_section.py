"""A table of a TOML file, read key by key, so that every complaint names the dotted key and what was expected there.

Strategy: each key is taken once, by the kind of value it must have; ``finish`` refuses the keys nobody took. What it
never does: fill in a value that stands there with the wrong type.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from math import isfinite

from evenside.errors import LayoutError

__all__ = ["Section"]


class Section:
    """One table. ``place`` is the file, ``path`` the dotted key of the table ("" at the top)."""

    def __init__(self, place: str, path: str, values: Mapping[str, object]) -> None:
        self.place = place
        self.path = path
        self._values = values
        self._taken: set[str] = set()

    def key(self, name: str) -> str:
        """The dotted path of a key."""
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, expected: str, *, mend: str = "") -> LayoutError:
        """The error for this key: what was expected, and what stands there."""
        found = f"got {self._values[name]!r}" if name in self._values else "it is missing"
        return LayoutError(f"{self.place}: {self.key(name)}: expected {expected}, {found}", mend=mend)

    def has(self, name: str) -> bool:
        """Whether the key stands there."""
        return name in self._values

    def _take(self, name: str) -> object:
        self._taken.add(name)
        return self._values.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """A string; without a default it must be there and not be empty."""
        value = self._take(name)
        if value is None and default is not None and not self.has(name):
            return default
        if not isinstance(value, str) or (not value and default is None):
            raise self.wrong(name, "text in quotes")
        return value

    def choice(self, name: str, allowed: Collection[str], default: str | None = None) -> str:
        """One of the allowed words."""
        value = self._take(name)
        if value is None and default is not None and not self.has(name):
            return default
        if not isinstance(value, str) or value not in allowed:
            close = get_close_matches(value, allowed, 1) if isinstance(value, str) else []
            mend = f"{name} = {close[0]!r}".replace("'", '"') if close else ""
            raise self.wrong(name, "one of " + ", ".join(f'"{word}"' for word in allowed), mend=mend)
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:
        """True or false."""
        value = self._take(name)
        if value is None and default is not None and not self.has(name):
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def number(self, name: str, expected: str = "a number", *, above: float = float("-inf")) -> float | None:
        """A finite number above a bound, or None where the key is absent."""
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value <= above:
            raise self.wrong(name, expected)
        return float(value)

    def whole(self, name: str, least: int, expected: str) -> int | None:
        """A whole number of at least ``least``, or None where the key is absent."""
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.wrong(name, expected)
        return value

    def column(self, name: str, *, required: bool = True) -> str | int | None:
        """A column: its name in the header, or its number counted from 1."""
        value = self._take(name)
        if value is None and not required:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise self.wrong(name, "a column: its name in the header, or its number counted from 1")
        if isinstance(value, int) and value < 1:
            raise self.wrong(name, "a column number of 1 or more (columns are counted from 1)")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; empty where the key is absent."""
        value = self._take(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(name, 'a list of texts such as ["-", "NA"]')
        return tuple(value)

    def section(self, name: str, *, required: bool = True) -> Section:
        """A table inside this one; an empty one where it is absent and need not be there."""
        value = self._take(name)
        if value is None and not required and not self.has(name):
            value = {}
        if not isinstance(value, dict):
            raise self.wrong(name, f"a table, written [{self.key(name)}]")
        return Section(self.place, self.key(name), value)

    def sections(self) -> tuple[tuple[str, Section], ...]:
        """Every key of this table as a table of its own, in the order of the file."""
        return tuple((name, self.section(name)) for name in self._values)

    def finish(self) -> None:
        """Refuse what nobody asked for.

        Raises:
            LayoutError: there is a key that has no meaning here.
        """
        for name in self._values:
            if name not in self._taken:
                known = sorted(self._taken)
                close = get_close_matches(name, known, 1)
                mend = f"write {close[0]}" if close else f"known here: {', '.join(known)}"
                raise LayoutError(f"{self.place}: {self.key(name)}: no such key", mend=mend)
