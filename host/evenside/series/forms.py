"""Lines of a measurement, many at once: the catalogue is looked at once, all numbers are written out as one matrix.

Strategy: writing out numbers costs more than all else, and costs least for a whole matrix of float32. The numbers are
then laid between constant pieces, and one join makes the body. First in a line stand fields that are always known, then
numbers, then texts. What is unusual (a number not known, or too large) is mended in its row alone. A line is, byte for
byte, what ``fields_text`` makes of its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from math import isfinite, isnan
from operator import attrgetter

import numpy as np
import orjson

from evenside.catalogue import OTHER, Field, Measurement, field_values
from evenside.series.lines import SINGLE_MAX, SINGLE_MIN, fields_text, number_text
from evenside_analysis.types import Bools, Floats

__all__ = ["LineForm", "plain_fields"]

_Sources = Sequence[object]


class LineForm:
    """Of one measurement. ``texts``: whether the server keeps text."""

    def __init__(self, measurement: Measurement, *, texts: bool) -> None:
        self._measurement, self._texts = measurement, texts
        known, numbers, said = _in_order(measurement, texts=texts)
        self._matrix, self._n_numbers, self._known = _matrix(numbers), len(numbers), bool(known)
        # The pieces of a row: its series, a space, what is known, a name before each number, texts, its time.
        self._first = 2 + len(known)
        names = [b"%s%s=" % (b"," * bool(place or known), field.name.encode()) for place, field in enumerate(numbers)]
        cells = [*chain.from_iterable((name, b"") for name in names), *([b""] * len(said))]
        self._row = [b"", b" ", *([b""] * len(known)), *cells, b""]
        self._width = len(self._row)
        self._told = [
            *((2 + place, _known(field, b"," * bool(place))) for place, field in enumerate(known)),
            *((self._width - 1 - len(said) + place, _said(field)) for place, field in enumerate(said)),
        ]

    def body(self, series: Sequence[bytes], sources: _Sources, times_ms: Sequence[int]) -> bytes:
        """Of each line its series, what it is about, and its time; a line without a field is left out."""
        values = self._matrix(sources)
        size = np.abs(values)
        odd = ~((size < SINGLE_MAX) & ((size >= SINGLE_MIN) | (size == 0.0)))
        unusual = bool(odd.any())
        cells = _written(np.where(odd, 0.0, values) if unusual else values)
        pieces, width = self._row * len(sources), self._width
        pieces[::width] = series
        for place, told in self._told:
            pieces[place::width] = told(sources)
        for place in range(self._n_numbers):
            pieces[self._first + 2 * place + 1 :: width] = cells[place :: self._n_numbers]
        pieces[width - 1 :: width] = [b" %d\n" % time_ms for time_ms in times_ms]
        if unusual:
            self._mend(pieces, sources, values, odd)
        return b"".join(pieces)[:-1]

    def _mend(self, pieces: list[bytes], sources: _Sources, values: Floats, odd: Bools) -> None:
        if not self._known:  # what is left out may be the first, or all there is
            for row in np.flatnonzero(odd.any(axis=1)).tolist():
                begin, end = row * self._width, (row + 1) * self._width
                fields = plain_fields(self._measurement, sources[row], texts=self._texts).encode()
                kept = [pieces[begin], b" ", fields, pieces[end - 1]] if fields else []
                pieces[begin:end] = kept + [b""] * (self._width - len(kept))
            return
        rows, places = np.nonzero(odd)
        begins = rows * self._width + self._first + 2 * places
        for begin, number in zip(begins.tolist(), values[rows, places].tolist(), strict=True):
            if isfinite(number):
                pieces[begin + 1] = number_text(number).encode()
            else:
                pieces[begin] = pieces[begin + 1] = b""


def plain_fields(measurement: Measurement, source: object, *, texts: bool) -> str:
    """The fields of one line in their order, one by one; "" where it has none."""
    known, numbers, said = _in_order(measurement, texts=texts)
    ordered = replace(measurement, fields=(*known, *numbers, *said))
    return fields_text(pair for pair in field_values(ordered, source, texts=texts) if pair[1] != "")


def _in_order(measurement: Measurement, *, texts: bool) -> tuple[list[Field], list[Field], list[Field]]:
    """Fields that are always known, those that are numbers, and texts where there shall be any."""
    known = [field for field in measurement.fields if not field.text and (field.codes is not None or not field.of)]
    numbers = [field for field in measurement.fields if not field.text and field not in known]
    return known, numbers, [field for field in measurement.fields if field.text and texts]


def _known(field: Field, comma: bytes) -> Callable[[_Sources], list[bytes]]:
    if not field.of:
        constant = comma + f"{field.name}={number_text(1.0)}".encode()
        return lambda sources: [constant] * len(sources)
    get = attrgetter(field.of)
    cells = {word: comma + f"{field.name}={number_text(code)}".encode() for word, code in (field.codes or {}).items()}
    other = comma + f"{field.name}={number_text(OTHER)}".encode()
    return lambda sources: [cells.get(get(source), other) for source in sources]


def _said(field: Field) -> Callable[[_Sources], list[bytes]]:
    get = attrgetter(field.of)

    @lru_cache(256)
    def cell(text: str) -> bytes:
        return b"," + fields_text([(field.name, text)]).encode() if text else b""

    return lambda sources: [cell(str(get(source))) for source in sources]


def _matrix(fields: Sequence[Field]) -> Callable[[_Sources], Floats]:
    """A function that takes the numbers from the sources: (n_sources, n_fields), NaN where one is not known."""
    names = list(dict.fromkeys(name for field in fields for name in field.of.split("-")))
    taken = [[names.index(name) for name in field.of.split("-")] for field in fields]
    get: Callable[[object], tuple[float, ...]] = (
        attrgetter(*names) if len(names) > 1 else lambda source: tuple(attrgetter(name)(source) for name in names)
    )
    plain = taken == [[place] for place in range(len(names))]
    absent = [(place, field.absent) for place, field in enumerate(fields) if not isnan(field.absent)]
    factors = np.array([field.factor for field in fields])

    def matrix(sources: _Sources) -> Floats:
        found = np.fromiter(chain.from_iterable(map(get, sources)), np.float64).reshape(len(sources), len(names))
        with np.errstate(over="ignore", invalid="ignore"):  # what is no number any more is left out
            if not plain:
                found = np.column_stack([found[:, at[0]] - (found[:, at[1]] if len(at) > 1 else 0.0) for at in taken])
            for place, value in absent:
                found[found[:, place] == value, place] = np.nan
            found *= factors
        return found

    return matrix


def _written(values: Floats) -> list[bytes]:
    """Row by row."""
    return orjson.dumps(values.astype(np.float32).ravel(), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
