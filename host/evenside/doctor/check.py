"""What one look at the machine found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "State"]

State = Literal["ok", "warn", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Check:
    """``words`` is what was found, ``mend`` what to do ("" where nothing need be done)."""

    name: str
    state: State
    words: str
    mend: str = ""
