"""A table of a TOML file, read key by key, so that every complaint names the dotted key and what was expected there.

Strategy: each key is taken once, by the kind of value it must have; ``finish`` refuses the keys nobody took. What it
never does: fill in a value that stands there with the wrong type.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from math import inf

from evenside.errors import EvensideError, LayoutError
from evenside.readers.units import UNITS, Quantity

__all__ = ["Section"]


class Section:
    """One table. ``place`` is the file, ``path`` the dotted key of the table ("" at the top).

    ``error`` is the kind of error that is raised for whatever is wrong in it.
    """

    def __init__(
        self, place: str, path: str, values: Mapping[str, object], error: type[EvensideError] = LayoutError
    ) -> None:
        self.place = place
        self.path = path
        self._values = values
        self._error = error
        self._taken: set[str] = set()

    def key(self, name: str) -> str:
        """The dotted path of a key."""
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, expected: str, *, mend: str = "") -> EvensideError:
        """The error for this key: what was expected, and what stands there (or a key that may have been meant)."""
        if name in self._values:
            return self.refuse(name, f"expected {expected}, got {self._values[name]!r}", mend=mend)
        meant = get_close_matches(name, self._values.keys() - self._taken, 1)
        return self.refuse(
            name, f"expected {expected}, it is missing", mend=f"write {name} instead of {meant[0]}" if meant else mend
        )

    def refuse(self, name: str, what: str, *, mend: str = "") -> EvensideError:
        """The error for this key, in words of one's own."""
        return self._error(f"{self.place}: {self.key(name)}: {what}", mend=mend)

    def has(self, name: str) -> bool:
        """Whether the key stands there."""
        return name in self._values

    def peek(self, name: str) -> object:
        """What stands there, unread; None where the key is absent."""
        return self._values.get(name)

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

    def number(
        self,
        name: str,
        expected: str = "a number",
        *,
        above: float = -inf,
        least: float = -inf,
        infinite: bool = False,
    ) -> float | None:
        """A number above a bound and not under another, or None where the key is absent; inf only if ``infinite``."""
        value = self._take(name)
        if value is None:
            return None
        number = _number(value)
        if number is None or not (above < number and least <= number) or (number == inf and not infinite):
            raise self.wrong(name, expected)
        return number

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

    def numbers(self, name: str, expected: str, *, above: float = -inf) -> tuple[float, ...]:
        """A list of finite numbers above a bound; empty where the key is absent."""
        value = self._take(name)
        if value is None:
            return ()
        numbers = [_number(item) for item in value] if isinstance(value, list) else [None]
        if not all(number is not None and above < number < inf for number in numbers):
            raise self.wrong(name, expected)
        return tuple(number for number in numbers if number is not None)

    def measure(self, name: str, quantity: Quantity) -> float | None:
        """A size above 0 with its unit, ``{ value = 16, unit = "g" }``, in SI; None where the key is absent."""
        inner = self.section(name, required=False)
        if not self.has(name):
            return None
        value = inner.number("value", "a number above 0", above=0)
        unit = inner.choice("unit", tuple(UNITS[quantity]))
        inner.finish()
        if value is None:
            raise inner.wrong("value", "a number above 0")
        return value * UNITS[quantity][unit]

    def section(self, name: str, *, required: bool = True) -> Section:
        """A table inside this one; an empty one where it is absent and need not be there."""
        value = self._take(name)
        if value is None and not required and not self.has(name):
            value = {}
        if not isinstance(value, dict):
            raise self.wrong(name, f"a table, written [{self.key(name)}]")
        return Section(self.place, self.key(name), value, self._error)

    def tables(self, name: str, label: str) -> tuple[Section, ...]:
        """The tables of a list, written ``[[name]]``; empty where there is none.

        In messages a table goes by the text of its key ``label``, or by its place in the list counted from 1.
        """
        value = self._take(name)
        if value is None:
            return ()
        written = f"[[{self.key(name)}]]"
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.refuse(name, f"expected tables, each written {written}", mend=f"write {written} above each")
        names = [item[label] if isinstance(item.get(label), str) else at for at, item in enumerate(value, 1)]
        return tuple(
            Section(self.place, f"{self.key(name)}[{known}]", item, self._error)
            for known, item in zip(names, value, strict=True)
        )

    def sections(self) -> tuple[tuple[str, Section], ...]:
        """Every key of this table as a table of its own, in the order of the file."""
        return tuple((name, self.section(name)) for name in self._values)

    def finish(self, known: Collection[str] = ()) -> None:
        """Refuse what nobody asked for. ``known`` are keys that might have been there, to be named in the mend.

        Raises:
            EvensideError: there is a key that has no meaning here.
        """
        names = sorted({*self._taken, *known})
        for name in self._values:
            if name not in self._taken:
                close = get_close_matches(name, names, 1)
                mend = f"write {close[0]}" if close else f"known here: {', '.join(names)}"
                raise self.refuse(name, "no such key", mend=mend)


def _number(value: object) -> float | None:
    """The number that a value is, or None where it is none (NaN fails every comparison, as it should)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return None
