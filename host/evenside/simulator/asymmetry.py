"""How uneven a simulated wearer is, in AI points, and the check that every number of a script goes through."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EVEN", "Asymmetry", "within"]


def within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} {value} must lie in {low:g} to {high:g}")


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """AI points of each quantity. None: it follows from the others.

    ``stance_time`` and ``swing_time`` are tied by the stride, which is equally long on both sides; ``load_share`` (of
    the mean force under the feet, in walking and in standing) and ``peak_force`` (of a step) by the shape of a step.
    Where neither is given, stances are equally long, and both feet tread equally hard. ``strap``: of the force in
    the two shoulder straps; ±100 is a bag on one shoulder.

    Raises:
        ValueError: both of a pair are given, or a number lies beyond ±40 (±100 for the strap).
    """

    stance_time: float | None = None
    swing_time: float | None = None
    step_time: float = 0.0
    load_share: float | None = None
    peak_force: float | None = None
    strap: float = 0.0

    def __post_init__(self) -> None:
        if self.stance_time is not None and self.swing_time is not None:
            raise ValueError("stance_time and swing_time add up to the stride: set one of them")
        if self.load_share is not None and self.peak_force is not None:
            raise ValueError("load_share follows from peak_force and stance_time: set one of load_share and peak_force")
        for name in ("stance_time", "swing_time", "step_time", "load_share", "peak_force"):
            within(name, getattr(self, name) or 0.0, -40.0, 40.0)
        within("strap", self.strap, -100.0, 100.0)


EVEN = Asymmetry()
