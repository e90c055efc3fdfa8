"""The corrections and the trust that were in force when something was recorded, as JSON and back, to the bit."""

from __future__ import annotations

import math
from typing import cast, get_args

from evenside_analysis.calibration import InForce
from evenside_analysis.correction import Correction
from evenside_analysis.settings import Trust
from evenside_analysis.types import Site

__all__ = ["corrections_from_json", "in_force_from_json", "in_force_to_json"]


def in_force_to_json(found: InForce) -> dict[str, object]:
    """Infinities as text, because JSON has no word for them."""
    return {
        "corrections": [
            {"node": one.node, "channels": one.channels, "gain": one.gain, "zero": one.zero, "ids": one.ids}
            for one in found.corrections
        ],
        "trust": [
            {"site": site, "ln_gain_sd": _cell(trust.ln_gain_sd), "zero_error_n": _cell(trust.zero_error_n)}
            for site, trust in found.trust
        ],
    }


def in_force_from_json(found: object) -> InForce:
    """The inverse, after a trip through JSON. Raises ValueError where it is anything else."""
    if not isinstance(found, dict):
        raise ValueError(f"expected what calibrations said, found {found!r:.60}")
    try:
        trust = tuple(
            (_site(one["site"]), Trust(float(one["ln_gain_sd"]), float(one["zero_error_n"]))) for one in found["trust"]
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a trust: {error!r}") from error
    return InForce(corrections_from_json(found.get("corrections")), trust)


def corrections_from_json(found: object) -> tuple[Correction, ...]:
    """Corrections as they stand in a recording, or in the settings of a stored session. Raises ValueError."""
    if not isinstance(found, list):
        raise ValueError(f"expected a list of corrections, found {found!r:.60}")
    try:
        return tuple(
            Correction(
                str(one["node"]),
                tuple(map(str, one["channels"])),
                tuple(map(float, one["gain"])),
                tuple(map(float, one["zero"])),
                tuple(map(str, one["ids"])),
            )
            for one in found
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a correction: {error!r}") from error


def _site(found: object) -> Site:
    if found not in get_args(Site):
        raise ValueError(f"no such site: {found!r:.40}")
    return cast(Site, found)


def _cell(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
