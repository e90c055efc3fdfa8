"""Line protocol as bytes: ``measurement,tag=value field=1.5,word="text" 1700000000000``, times in milliseconds.

Strategy: a series (measurement and tags) is written once, its lines are then put together of pieces. All numbers are
floats (``3.0`` is one, ``3i`` would not be), because InfluxDB refuses a field that is now a float and then an integer.
They have the fewest digits that name a float32, which is finer than anything measured; what a float32 cannot hold has
those of a double. What has no number (NaN, infinite) is left out. What this never does: write anything that a server
could misread: no line end, no control character and no lone backslash gets through.

Source of the syntax: InfluxData, line protocol reference, 2024.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from math import isfinite

import numpy as np
import orjson

__all__ = ["SINGLE_MAX", "SINGLE_MIN", "TEXT_MAX", "fields_text", "number_text", "series_text"]

# Between these a float32 holds every whole number exactly, and all others to 24 bits; as does zero.
SINGLE_MAX = 2.0**24
SINGLE_MIN = 1e-30

TEXT_MAX = 1000  # characters of a field that holds text; longer ones are cut

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_IN_NAME = re.compile(r"([, ])")
_IN_TAG = re.compile(r"([,= ])")
_IN_TEXT = re.compile(r'(["\\])')


def series_text(measurement: str, tags: Iterable[tuple[str, str]]) -> str:
    """Measurement and tags, escaped, in the order given; a tag without a value is left out.

    A backslash in a tag becomes a slash: at the end of a value it would swallow what follows.
    """
    parts = [_IN_NAME.sub(r"\\\1", _plain(measurement))]
    parts += [f"{_tag(name)}={_tag(value)}" for name, value in tags if value]
    return ",".join(parts)


def fields_text(fields: Iterable[tuple[str, float | str]]) -> str:
    """Fields with their values, escaped; "" where none has one."""
    parts: list[str] = []
    for name, value in fields:
        if isinstance(value, str):
            text = _CONTROL.sub(" ", value[:TEXT_MAX])
            escaped = _IN_TEXT.sub(r"\\\1", text)
            parts.append(f'{_field(name)}="{escaped}"')
        elif isfinite(value):
            parts.append(f"{_field(name)}={number_text(value)}")
    return ",".join(parts)


def number_text(value: float) -> str:
    """A finite number as a float."""
    single = SINGLE_MIN <= abs(value) < SINGLE_MAX or value == 0.0
    number = np.float32(value) if single else float(value)
    return orjson.dumps(number, option=orjson.OPT_SERIALIZE_NUMPY).decode()


@lru_cache(1024)
def _field(name: str) -> str:
    return _tag(name)


def _tag(text: str) -> str:
    return _IN_TAG.sub(r"\\\1", _plain(text))


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text).replace("\\", "/")
