"""Fields of a measurement as text, fast: the catalogue is looked at once, and every line is then a single format.

Strategy: nearly always every number is known. Whatever is unusual (a NaN, a text, a difference) goes the slow way of
``lines``. Numbers have ``DIGITS`` significant digits, more than anything measured: writing out all 17 would cost more
than everything else together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite, isnan
from operator import attrgetter

from evenside.catalogue import OTHER, Field, Measurement, field_values
from evenside.series.lines import DIGITS, fields_text

__all__ = ["field_form"]


def field_form(measurement: Measurement, *, texts: bool) -> Callable[[object], str]:
    """A function from the source of a line to its fields, "" where it has none; see ``catalogue.field_values``.

    An empty text is left out.
    """
    numbers = [field for field in measurement.fields if _is_number(field)]
    codes = [field for field in measurement.fields if field.codes is not None]
    others = [field for field in measurement.fields if not _is_number(field) and field.codes is None]
    get = _getter([field.of for field in numbers])
    words = [(attrgetter(field.of), field.codes or {}) for field in codes]
    factors = [(place, field.factor) for place, field in enumerate(numbers) if field.factor != 1.0]
    form = ",".join(f"{field.name}=%.{DIGITS}g" for field in (*numbers, *codes))
    all_slow = replace(measurement, fields=(*numbers, *codes))
    rest_slow = replace(measurement, fields=tuple(field for field in others if texts or not field.text))

    def text(source: object) -> str:
        cells = get(source)
        if isfinite(sum(cells)):
            for place, factor in factors:
                cells[place] *= factor
            for word, code in words:
                cells.append(_code(word(source), code))
            known = form % tuple(cells)
        else:
            known = fields_text(field_values(all_slow, source, texts=texts))
        if not rest_slow.fields:
            return known
        more = fields_text(pair for pair in field_values(rest_slow, source, texts=texts) if pair[1] != "")
        return f"{known},{more}" if known and more else known or more

    return text


def _is_number(field: Field) -> bool:
    plain = bool(field.of) and "-" not in field.of and not field.text and field.codes is None
    return plain and isnan(field.absent)


def _code(word: str, codes: Mapping[str, int]) -> float:
    return codes.get(word, OTHER)


def _getter(names: list[str]) -> Callable[[object], list[float]]:
    if len(names) < 2:  # then attrgetter gives no tuple
        return lambda source: [attrgetter(name)(source) for name in names]
    several = attrgetter(*names)
    return lambda source: list(several(source))
