"""Fields of a measurement as text, fast: the catalogue is looked at once, and every line is then a single format.

Strategy: nearly always every number is known. Whatever is unusual (a NaN, a text, a difference) goes the slow way of
``lines``. Numbers have ``DIGITS`` significant digits, more than anything measured: writing out all 17 would cost more
than everything else together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isnan
from operator import attrgetter

from evenside.catalogue import OTHER, Field, Measurement, field_values
from evenside.series.lines import DIGITS, fields_text

__all__ = ["field_form"]

_COUNTS = frozenset({"n", "n_left", "n_right", "claim"})  # attributes that are whole numbers, and always known


def field_form(measurement: Measurement, *, texts: bool) -> Callable[[object], str]:
    """A function from the source of a line to its fields, "" where it has none; see ``catalogue.field_values``.

    An empty text is left out.
    """
    numbers = [field for field in measurement.fields if _is_number(field)]
    others = [field for field in measurement.fields if not _is_number(field) and (texts or not field.text)]
    at_once = _at_once(replace(measurement, fields=tuple(numbers)))
    rest = replace(measurement, fields=tuple(others))
    if not others:
        return at_once

    said = [attrgetter(field.of) for field in others if field.text]
    only_texts = len(said) == len(others)

    def text(source: object) -> str:
        known = at_once(source)
        if only_texts and not any(found(source) for found in said):  # as it mostly is
            return known
        more = fields_text(pair for pair in field_values(rest, source, texts=texts) if pair[1] != "")
        return f"{known},{more}" if known and more else known or more

    return text


def _at_once(measurement: Measurement) -> Callable[[object], str]:
    """For numbers and words that have a code."""
    fields = measurement.fields
    form = ",".join(f"{field.name}=%{'d' if field.of in _COUNTS or field.codes else f'.{DIGITS}g'}" for field in fields)
    get = _getter([field.of for field in fields])
    factors = [(place, field.factor) for place, field in enumerate(fields) if field.factor != 1.0]
    words = [(place, field.codes) for place, field in enumerate(fields) if field.codes is not None]
    changed = bool(factors or words)

    def text(source: object) -> str:
        cells = get(source)
        known = form % (_changed(cells, factors, words) if changed else cells)
        if "=nan" in known or "=inf" in known or "=-inf" in known:
            return fields_text(field_values(measurement, source, texts=False))
        return known

    return text


def _changed(
    cells: tuple[object, ...], factors: list[tuple[int, float]], words: list[tuple[int, Mapping[str, int]]]
) -> tuple[object, ...]:
    found = list(cells)
    for place, factor in factors:
        found[place] *= factor  # type: ignore[operator]
    for place, codes in words:
        found[place] = codes.get(found[place], OTHER)  # type: ignore[call-overload]
    return tuple(found)


def _is_number(field: Field) -> bool:
    return bool(field.of) and "-" not in field.of and not field.text and isnan(field.absent)


def _getter(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    if len(names) < 2:  # then attrgetter gives no tuple
        return lambda source: tuple(attrgetter(name)(source) for name in names)
    return attrgetter(*names)
