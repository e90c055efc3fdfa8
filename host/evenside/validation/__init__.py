"""Annotated recordings in, one table out: how well the product finds what people and other systems marked.

::

    folder ─► discover ─► trials with their marks ─► follow ─► score ─► rows ─► table, JSON, charts
                                                     (monitor.step, monitor.finish)

Strategy: annotation readers and scoring are pure; recordings go through the very path of the product. Every figure is
made by trial and by person and says of how many it is made; strides of one person are never pooled as if they were
independent. What it never does: fit anything to what it scores.
"""

from __future__ import annotations

from evenside.validation.plots import write_plots
from evenside.validation.result_json import as_json
from evenside.validation.rows import Row
from evenside.validation.set_rows import COMPARED
from evenside.validation.trial_facts import Fact, trial_facts
from evenside.validation.validating import Group, SetResult, Validation, validate

__all__ = [
    "COMPARED",
    "Fact",
    "Group",
    "Row",
    "SetResult",
    "Validation",
    "as_json",
    "trial_facts",
    "validate",
    "write_plots",
]
