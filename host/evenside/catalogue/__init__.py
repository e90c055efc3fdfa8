"""The catalogue of the series: one table of what is kept over time, in which measurement, field and unit, in words.

Lines for other databases are written by it; dashboards, alert rules and `evenside query` read by it, so that the words
of a panel and what is stored under them cannot drift apart. Measurements, fields, tags and codes are only ever added:
what a server holds for years must keep its meaning. What this never does: open, send or draw anything.
"""

from __future__ import annotations

from evenside.catalogue.codes import CLAIM_WORDS, HABIT_SIDE_CODES, OTHER, REASON_CODES, SIDE_CODES, code_words
from evenside.catalogue.series import (
    ALERT,
    EVENT,
    FIGURE,
    HABIT,
    MEASUREMENTS,
    NODE,
    SESSION,
    Field,
    Measurement,
    field_values,
    victoria_name,
)

__all__ = [
    "ALERT",
    "CLAIM_WORDS",
    "EVENT",
    "FIGURE",
    "HABIT",
    "HABIT_SIDE_CODES",
    "MEASUREMENTS",
    "NODE",
    "OTHER",
    "REASON_CODES",
    "SESSION",
    "SIDE_CODES",
    "Field",
    "Measurement",
    "code_words",
    "field_values",
    "victoria_name",
]
