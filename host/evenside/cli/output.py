"""What a program reads: one JSON object a line, in plain ASCII, with null for NaN and for the infinities."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from math import isfinite
from os import PathLike, fspath

import click

__all__ = ["json_text", "print_json"]


def json_text(value: object) -> str:
    """One line of strict JSON. Dataclasses become objects, tuples lists, arrays lists, paths text."""
    return json.dumps(_plain(value), allow_nan=False)


def print_json(value: object) -> None:
    """The same on stdout."""
    click.echo(json_text(value))


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "tolist"):  # an array or a number of numpy, which is not imported for this
        return _plain(value.tolist())
    raise TypeError(f"{type(value).__name__} has no place in JSON: {value!r:.80}")
