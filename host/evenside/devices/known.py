"""Which kinds of devices there are: the files of this folder, and what other packages add.

A file is a kind if it has a constant ``KIND``, or ``KINDS`` for several. Nothing has to be listed anywhere. A layout of
lines in a TOML file is a kind too, named by its path.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import iter_modules

import evenside.devices as folder
from evenside.devices.kind import Advert, DeviceKind
from evenside.devices.line_layout import load_line_layout
from evenside.devices.nordic_uart import kind_of
from evenside.errors import ConfigError

__all__ = ["LAYOUT_SUFFIX", "kind_named", "known_kinds", "recognise"]

GROUP = "evenside.devices"
LAYOUT_SUFFIX = ".toml"


@cache
def known_kinds() -> tuple[DeviceKind, ...]:
    """All kinds, by id.

    Raises:
        ConfigError: a package adds something that cannot be loaded or is no kind, or two kinds have the same id.
    """
    found: dict[str, DeviceKind] = {}
    for kind in _all():
        if kind.id in found:
            raise ConfigError(f'two kinds of devices are called "{kind.id}"', mend="remove the package of one of them")
        found[kind.id] = kind
    return tuple(found[name] for name in sorted(found))


def _all() -> Iterator[DeviceKind]:
    for module in iter_modules(folder.__path__):
        loaded = import_module(f"{folder.__name__}.{module.name}")
        yield from (kind for kind in getattr(loaded, "KINDS", ()) if isinstance(kind, DeviceKind))
        if isinstance(kind := getattr(loaded, "KIND", None), DeviceKind):
            yield kind
    for point in entry_points(group=GROUP):
        yield _added(point)


def _added(point: EntryPoint) -> DeviceKind:
    package = point.dist.name if point.dist is not None else point.value
    try:
        kind = point.load()
    except Exception as error:
        raise ConfigError(
            f'the devices "{point.name}" of the package {package} cannot be loaded: {error}',
            mend="update the package, or remove it",
        ) from error
    if not isinstance(kind, DeviceKind):
        raise ConfigError(f"{point.value} of the package {package} is no DeviceKind", mend="update the package")
    return kind


def kind_named(name: str) -> DeviceKind | None:
    """The kind with this id, or that the layout of lines with this path describes; None where there is none.

    Raises:
        LayoutError: the layout cannot be read, or is wrong.
    """
    if name.endswith(LAYOUT_SUFFIX):
        return kind_of(load_line_layout(Path(name)))
    return next((kind for kind in known_kinds() if kind.id == name), None)


def recognise(advert: Advert) -> DeviceKind | None:
    """What device advertises so; None for a stranger. The first in the order of ids where several would do."""
    return next((kind for kind in known_kinds() if kind.recognises(advert)), None)
