"""evenside.toml and what it leads to on the disk: data folder, free space, store, recordings. Nothing is changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from time import monotonic

from evenside.config import Config, find_config, load_config, notes_on
from evenside.doctor.check import Check
from evenside.errors import EvensideError, StoreError
from evenside.readers.evenside_recording.manifest import manifest_path, read_manifest, spool_path
from evenside.readers.evenside_recording.spool import SpoolReader
from evenside.recording.leftovers import leftover_recordings
from evenside.store.schema import connect_reader, schema_version
from evenside_analysis.settings import pairs_of
from evenside_analysis.types import Node

__all__ = ["check_config", "check_data", "check_disk", "check_recordings", "check_store", "day_bytes"]

# Measured over two hours of feet, one third of them walking: hourly Parquet of counts, and of floats without a scale.
COUNT_BYTES = 1.0
FLOAT_BYTES = 4.3
# Eight metrics of one pair, every ten seconds of a day.
STORE_DAY_BYTES = 20e6
DAY_S = 86_400.0
WARN_DAYS = 7.0
CHECK_S = 20.0


def check_config(path: Path | None) -> tuple[Check, Config | None]:
    """Whether evenside.toml loads; what it costs is in the words."""
    try:
        config = load_config(path)
    except EvensideError as error:
        if path is None and find_config() is None:  # nobody has written one yet
            return Check("config", "warn", error.what, f"{error.mend}; `evenside demo` needs none"), None
        return Check("config", "fail", error.what, error.mend), None
    count = sum(len(wearer.nodes) for wearer in config.wearers)
    who = ", ".join(wearer.id for wearer in config.wearers)
    words = f"{config.path.absolute()}: {who}; {count} node{'s'[: count != 1]}"
    notes = notes_on(config)
    if notes:
        return Check(
            "config", "warn", f"{words}; {'; '.join(notes)}", "add the missing node, or leave it at that"
        ), config
    return Check("config", "ok", words), config


def check_data(folder: Path) -> Check:
    """Whether the data folder can be written, or made."""
    place = _nearest(folder)
    if not place.is_dir():
        return Check(
            "data", "fail", f"{place} is a file, not a folder", "name another folder: data = … in evenside.toml"
        )
    mend = f"make {place} writable for this user, or name another folder: data = … in evenside.toml"
    if place != folder:
        if not os.access(place, os.W_OK | os.X_OK):
            return Check("data", "fail", f"{folder} cannot be made: {place} is not writable", mend)
        return Check("data", "ok", f"{folder} (made at the first run)")
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError as error:
        return Check("data", "fail", f"{folder} cannot be written: {error.strerror}", mend)
    return Check("data", "ok", str(folder))


def day_bytes(config: Config) -> float:
    """What a day of all wearers takes, raw samples and store, if every node sends all day."""
    pairs = sum(len(pairs_of(tuple(entry.node for entry in wearer.nodes))) for wearer in config.wearers)
    return sum(map(_raw_bytes, _recorded(config))) + pairs * STORE_DAY_BYTES


def _recorded(config: Config) -> list[Node]:
    return [entry.node for wearer in config.wearers for entry in wearer.nodes] if config.recording.enabled else []


def _raw_bytes(node: Node) -> float:
    return node.rate_hz * DAY_S * len(node.channels) * (FLOAT_BYTES if node.scale is None else COUNT_BYTES)


def check_disk(folder: Path, config: Config | None) -> Check:
    """Free space against what a day needs."""
    need_bytes = day_bytes(config) if config else 0.0
    try:
        free = shutil.disk_usage(_nearest(folder)).free
    except OSError as error:
        return Check("disk", "unknown", f"{folder}: {error.strerror}")
    if need_bytes <= 0.0:
        return Check("disk", "ok", f"{free / 1e9:.1f} GB free")
    days = free / need_bytes
    words = f"{free / 1e9:.1f} GB free: room for {_days(days)} at {need_bytes / 1e6:.0f} MB a day"
    if config and any(node.scale is None for node in _recorded(config)):
        words += " (a quarter of that with the `scale` of each node)"
    if days >= WARN_DAYS:
        return Check("disk", "ok", words)
    mend = "free some space, put data on another disk, or set [recording] enabled = false"
    return Check("disk", "fail" if days < 1.0 else "warn", words, mend)


def _days(days: float) -> str:
    return f"{days:.1f} days" if days < 10 else f"{days:.0f} days" if days < 1000 else f"{days / 365:.0f} years"


def check_store(path: Path, *, bound_s: float = CHECK_S) -> Check:
    """Whether the store opens, is of this version, and is whole as far as ``bound_s`` allows to look."""
    if not path.exists():
        return Check("store", "ok", f"{path} (made at the first run)")
    try:
        connection = connect_reader(path)
    except StoreError as error:
        return Check("store", "fail", error.what, error.mend)
    size = f"{path}, {path.stat().st_size / 1e6:.1f} MB"
    with closing(connection):
        version = schema_version(connection, path)
        deadline = monotonic() + bound_s
        connection.set_progress_handler(lambda: int(monotonic() > deadline), 10_000)
        try:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return Check(
                    "store", "unknown", f"{size}, version {version}; too large to look through in {bound_s:g} s"
                )
            found = str(error)
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        mend = f"end the monitor, copy {path.name}* away; `sqlite3 {path} .recover` saves what can be saved"
        return Check("store", "fail", f"{path} is damaged: {found}", mend)
    return Check("store", "ok", f"{size}, version {version}, whole")


def check_recordings(folder: Path) -> Check:
    """Damaged recordings, and those that were broken off: their samples are safe, but not in Parquet yet."""
    found = sorted(path.parent for path in folder.glob(f"*/{manifest_path(Path()).name}"))
    damaged = [words for directory in found if (words := _damage(directory))]
    left = leftover_recordings(folder)
    words = f"{len(found)} in {folder}" if found else f"none yet in {folder}"
    if damaged:
        return Check("recordings", "fail", f"{words}; {'; '.join(damaged)}", "restore the damaged file from a copy")
    if left:
        names = ", ".join(directory.name for directory in left[:3]) + (", …" if len(left) > 3 else "")
        return Check(
            "recordings",
            "warn",
            f"{words}, {len(left)} broken off with samples that are not in Parquet yet ({names})",
            f"the next `evenside run` sees to it, or now: python -m evenside.recording.compact {left[0]}",
        )
    return Check("recordings", "ok", words)


def _damage(directory: Path) -> str:
    try:
        read_manifest(directory)
        if spool_path(directory).exists():
            with closing(SpoolReader(directory)) as spool:
                spool.end_mark()
    except EvensideError as error:
        return error.what
    return ""


def _nearest(folder: Path) -> Path:
    """The folder itself, or the first above it that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())
