"""``calibrations.toml`` in the data folder: every calibration that was ever made here, the newest at the end.

A person may read it, and take one out. It is written as a whole beside its place and renamed, under a lock, so that two
programs that calibrate at once lose nothing; numbers come back with the same bits. What this never does: change or drop
what stands there already.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast, get_args

from evenside.errors import CalibrationError
from evenside.readers.toml_section import Section
from evenside.recording.files import make_folders, write_whole
from evenside_analysis.calibration import CalibratedDevice, Calibration, CalibrationKind
from evenside_analysis.types import Site

__all__ = ["add_calibrations", "calibrations_path", "calibrations_to_toml", "made_at", "read_calibrations"]

_LATEST_NS = 2**63 - 1

HEAD = """\
# Calibrations of the sensors, made by `evenside calibrate`; `evenside calibrate list` says which hold now.
# value = gain * (reading - zero), in SI units. To take one back, delete its table.
"""
_MEND = "mend or delete that table; the file may be deleted altogether, the sensors are then as uncalibrated"


def calibrations_path(data: Path) -> Path:
    """Where they are kept."""
    return data / "calibrations.toml"


def read_calibrations(data: Path) -> tuple[Calibration, ...]:
    """All of them; none where there is no file.

    Raises:
        CalibrationError: the file cannot be read, or something in it is wrong.
    """
    path = calibrations_path(data)
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise CalibrationError(f"{path}: {error}", mend="make it readable for this user, or restore it") from error
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CalibrationError(f"{path}: not valid TOML: {error}", mend=_MEND) from error
    top = Section(str(path), "", found, CalibrationError)
    calibrations = tuple(_calibration(section) for section in top.tables("calibration", "id"))
    top.finish()
    ids = [calibration.id for calibration in calibrations]
    for id_ in ids:
        if ids.count(id_) > 1:
            raise CalibrationError(f'{path}: two calibrations are called "{id_}"', mend=_MEND)
    return calibrations


def add_calibrations(data: Path, *new: Calibration) -> None:
    """Put them at the end; on return they are on the disk.

    Raises:
        CalibrationError: the file cannot be written, or what stands there cannot be read.
    """
    path = calibrations_path(data)
    try:
        make_folders(data)
        with _alone(data):
            whole = (*read_calibrations(data), *new)
            write_whole(path, calibrations_to_toml(whole).encode())
    except OSError as error:
        raise CalibrationError(f"{path}: {error.strerror}", mend="make the data folder writable") from error


def calibrations_to_toml(calibrations: tuple[Calibration, ...]) -> str:
    """The file as a text."""
    return "\n".join([HEAD, *(line for one in calibrations for line in _lines(one))])


def made_at(calibration: Calibration) -> datetime:
    """When, in UTC, to the second."""
    return datetime.fromtimestamp(calibration.made_ns // 1_000_000_000, UTC)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    handle = os.open(data / "calibrations.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _lines(one: Calibration) -> list[str]:
    lines = [
        "[[calibration]]",
        f"id = {_text(one.id)}",
        f"kind = {_text(one.kind)}",
        f"site = {_text(one.site)}",
        f"wearer = {_text(one.wearer)}",
        f"made_ns = {one.made_ns}  # {made_at(one):%Y-%m-%d %H:%M} UTC",
        f"words = {_text(one.words)}",
    ]
    if one.kind == "swap":
        lines += [f"ln_gain_sd = {one.ln_gain_sd!r}", f"pairs = {one.pairs}"]
    for device in one.devices:
        lines += ["", "[[calibration.device]]", f"node = {_text(device.node)}"]
        lines += [f"serial = {_text(device.serial)}"] if device.serial else []
        lines += [f"channels = {json.dumps(list(device.channels))}"]
        lines += [f"gain = {list(device.gain)!r}"] if device.gain else []
        lines += [f"zero = {list(device.zero)!r}"] if device.zero else []
        lines += [f"ln_gain_sd = {device.ln_gain_sd!r}"] if math.isfinite(device.ln_gain_sd) else []
        lines += [f"zero_sd = {device.zero_sd!r}"] if math.isfinite(device.zero_sd) else []
    return [*lines, ""]


def _calibration(section: Section) -> Calibration:
    id_ = section.text("id")
    kind = cast(CalibrationKind, section.choice("kind", get_args(CalibrationKind)))
    site = cast(Site, section.choice("site", get_args(Site)))
    wearer = section.text("wearer", "")
    made_ns = section.whole("made_ns", 0, "nanoseconds since 1970, UTC")
    if made_ns is None or made_ns > _LATEST_NS:
        raise section.wrong("made_ns", "nanoseconds since 1970, UTC")
    words = section.text("words", "")
    sd = section.number("ln_gain_sd", "a number of 0 or more", least=0)
    pairs = section.whole("pairs", 1, "how many swap pairs") or 0
    devices = tuple(_device(inner) for inner in section.tables("device", "node"))
    section.finish()
    try:
        return Calibration(id_, kind, site, wearer, made_ns, devices, math.nan if sd is None else sd, pairs, words)
    except ValueError as error:
        raise section.refuse("device", str(error), mend=_MEND) from error


def _device(section: Section) -> CalibratedDevice:
    node, serial = section.text("node"), section.text("serial", "")
    channels = section.texts("channels")
    gain = section.numbers("gain", "a list of numbers above 0, one for each channel", above=0)
    zero = section.numbers("zero", "a list of numbers, one for each channel")
    sds = [section.number(name, "a number of 0 or more", least=0) for name in ("ln_gain_sd", "zero_sd")]
    section.finish()
    gain_sd, zero_sd = (math.nan if sd is None else sd for sd in sds)
    try:
        return CalibratedDevice(node, channels, gain, zero, serial, gain_sd, zero_sd)
    except ValueError as error:
        raise section.refuse("channels", str(error), mend=_MEND) from error


def _text(text: str) -> str:
    # A TOML string may be written as a JSON one, but for two things.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
