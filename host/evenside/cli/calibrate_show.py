"""Calibrations as a person reads them, and as a program does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from evenside.calibration.file import calibrations_path, made_at
from evenside.cli.text import duration_text, table_text
from evenside_analysis.calibration import FRESH_DAYS, Calibration

__all__ = ["calibration_json", "made_text", "table_of"]


def made_text(made: Sequence[Calibration], data: Path) -> str:
    """What was found, and where it is kept."""
    found = [f"{one.site}: {words}" for one in made for words in one.words.split("; ")]
    return "\n".join([*found, f"kept in {calibrations_path(data)} as {', '.join(one.id for one in made)}"])


def table_of(known: Sequence[Calibration], holding: Collection[str] | None, now_ns: int) -> str:
    """One row each, the latest first. ``holding``: ids of those that correct something; None where nobody can tell."""
    header = ("made", "kind", "site", "devices", "holds", "age", "found")
    rows = [
        (
            f"{made_at(one).astimezone():%Y-%m-%d %H:%M}",
            one.kind,
            one.site,
            ", ".join(device.serial or device.node for device in one.devices),
            _holds(one, holding),
            _age(one, now_ns),
            one.words,
        )
        for one in sorted(known, key=lambda one: -one.made_ns)
    ]
    return table_text(header, rows)


def calibration_json(one: Calibration, holding: Collection[str] | None, now_ns: int) -> dict[str, object]:
    """All that is known of one; NaN where nothing was measured."""
    return {
        "id": one.id,
        "kind": one.kind,
        "site": one.site,
        "wearer": one.wearer,
        "made_ns": one.made_ns,
        "age_days": one.age_days(now_ns),
        "fresh": one.age_days(now_ns) <= FRESH_DAYS,
        "holds": None if holding is None else one.id in holding,
        "ln_gain_sd": one.ln_gain_sd,
        "pairs": one.pairs,
        "devices": one.devices,
        "words": one.words,
    }


def _holds(one: Calibration, holding: Collection[str] | None) -> str:
    return "?" if holding is None else "yes" if one.id in holding else "no"


def _age(one: Calibration, now_ns: int) -> str:
    age = duration_text(86_400.0 * one.age_days(now_ns))
    return f"{age}, repeat it" if one.age_days(now_ns) > FRESH_DAYS else age
