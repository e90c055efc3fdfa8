"""Hours and days as the wearer lives them: from a moment to the hour or day that it belongs to, and back.

Days begin at local midnight and have 23, 24 or 25 hours where the clocks change. An hour that the clocks give twice is
two hours here, each with a beginning of its own. Times are UTC nanoseconds throughout.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["Span", "Stretch", "local_zone_name", "stretch_of", "zone_named"]

Span = Literal["quarter", "hour", "day"]  # of an hour, that is

SECOND_NS = 1_000_000_000
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Stretch:
    """[start_ns, end_ns), and what a person calls it: "2026-05-01" or "2026-05-01 14:00"."""

    start_ns: int
    end_ns: int
    name: str


@lru_cache(maxsize=64)
def zone_named(name: str) -> tzinfo:
    """A zone of the IANA database ("Europe/Berlin"), or a fixed offset from UTC ("+05:30"); UTC for "".

    Raises:
        ValueError: this machine knows no such zone.
    """
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        size = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-size if offset[1] == "-" else size)
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"this machine knows no time zone {name!r}") from error


def local_zone_name(environ: Mapping[str, str] = os.environ, etc: Path = Path("/etc")) -> str:
    """The zone of this machine: of TZ, of /etc/localtime or /etc/timezone, else its present offset from UTC."""
    candidates = [environ.get("TZ", "").removeprefix(":")]
    try:
        candidates.append(str((etc / "localtime").resolve()).partition("zoneinfo/")[2])
        candidates.append((etc / "timezone").read_text("ascii").strip())
    except (OSError, UnicodeDecodeError):
        pass
    for name in candidates:
        try:
            if name and zone_named(name):
                return name
        except ValueError:
            continue
    return _offset_name()


def stretch_of(span: Span, zone: tzinfo, ts_ns: int) -> Stretch:
    """The quarter of an hour, hour or day that a moment belongs to."""
    local = datetime.fromtimestamp(ts_ns // SECOND_NS, zone)
    if span != "day":
        length_s = 3600 if span == "hour" else 900
        into_s = (local.minute * 60 + local.second) % length_s
        start_ns = (ts_ns // SECOND_NS - into_s) * SECOND_NS
        begun = local - timedelta(seconds=into_s)
        return Stretch(start_ns, start_ns + length_s * SECOND_NS, f"{begun:%Y-%m-%d %H:%M}")
    first = datetime(local.year, local.month, local.day, tzinfo=zone)
    after = local.date() + timedelta(days=1)
    last = datetime(after.year, after.month, after.day, tzinfo=zone)
    start_ns, end_ns = (round(moment.timestamp()) * SECOND_NS for moment in (first, last))
    return Stretch(start_ns, end_ns, f"{local:%Y-%m-%d}")


def _offset_name() -> str:
    offset = datetime.now().astimezone().utcoffset() or timedelta(0)
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
