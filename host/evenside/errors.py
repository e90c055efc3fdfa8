"""Every error that a person can mend. The message names the place, what was found there, and the mend.

Bad input from the air or from one line of a file is not an exception: it is counted and the rest is kept. These are for
the moment when nothing sensible can be done without the person.
"""

from __future__ import annotations

__all__ = [
    "CalibrationError",
    "ConfigError",
    "EvensideError",
    "LayoutError",
    "ReadError",
    "RecordingError",
    "ServiceError",
    "SourceError",
    "StoreError",
]


class EvensideError(Exception):
    """Base of all: the command line prints it without a traceback and exits with ``exit_code``."""

    exit_code = 1

    def __init__(self, what: str, *, mend: str = "") -> None:
        super().__init__(f"{what}\n  mend: {mend}" if mend else what)
        self.what = what
        self.mend = mend


class ConfigError(EvensideError):
    """evenside.toml, an option or an environment variable is wrong."""

    exit_code = 2


class LayoutError(EvensideError):
    """A layout file is wrong, or does not fit the recording."""

    exit_code = 2


class ReadError(EvensideError):
    """A recording cannot be read."""

    exit_code = 3


class SourceError(EvensideError):
    """A source of samples cannot be opened or has failed for good."""

    exit_code = 4


class RecordingError(EvensideError):
    """The raw recording cannot be written or is damaged."""

    exit_code = 5


class StoreError(EvensideError):
    """The store cannot be opened, written or migrated."""

    exit_code = 5


class ServiceError(EvensideError):
    """The service of this user cannot be installed, removed or asked."""

    exit_code = 6


class CalibrationError(EvensideError):
    """Sensors cannot be calibrated as they were held, or what is kept of calibrations is wrong."""

    exit_code = 7
