"""What each arm does while its wearer walks, stands or sits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["FREE_ARMS", "ArmUse", "Arms"]

ArmUse = Literal["free", "bag", "shoulder", "strap", "phone", "rail", "pocket", "desk"]
"""Swings or rests; hangs with a bag in its hand; swings less, beside a bag on its shoulder; holds the strap on its
shoulder; holds a phone before the face; slides along a rail; is in a pocket; types at a desk."""


@dataclass(frozen=True, slots=True)
class Arms:
    """Left and right. With "bag" what is carried hangs from that hand, and not from the shoulder straps."""

    left: ArmUse = "free"
    right: ArmUse = "free"

    def of(self, side: int) -> ArmUse:
        """0 is left."""
        return self.right if side else self.left

    @property
    def hand(self) -> int | None:
        """The side whose hand holds the bag."""
        return 0 if self.left == "bag" else 1 if self.right == "bag" else None


FREE_ARMS = Arms()
