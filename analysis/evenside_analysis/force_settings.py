"""Levels and spans by which a vertical force becomes foot contacts."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ForceSettings"]


@dataclass(frozen=True, slots=True)
class ForceSettings:
    """Raises ValueError unless 0 < off_n < on_n < high_n, off_n <= toe_off_n, zero_max_n < loaded_n, and the rest is
    positive.

    Laboratories use 20 N on plates; insoles with a zero error of some newtons need 50. After toe-off a bent shoe goes
    on pressing on an insole with up to 100 N for 10 to 60 ms, hence ``toe_off_n``, which leaves room for the zero; who
    presses for longer than ``press_max_s`` still stands. ``stance_min_s`` lies below the shortest running stance,
    ``swing_min_s`` below the shortest swing, ``swing_max_s`` above the longest.

    For the zero: a foot that bears ``loaded_n`` is on the ground whatever its zero, ``zero_max_n`` is the largest that
    is believed, and half of a swing lies within ``still_n``.
    """

    rate_hz: float
    on_n: float = 50.0
    off_n: float = 30.0
    toe_off_n: float = 110.0
    high_n: float = 100.0
    press_max_s: float = 0.2
    stance_min_s: float = 0.15
    swing_min_s: float = 0.15
    hole_s: float = 0.1
    swing_max_s: float = 1.5
    loaded_n: float = 150.0
    zero_max_n: float = 80.0
    still_n: float = 15.0

    def __post_init__(self) -> None:
        if not 0.0 < self.off_n < self.on_n < self.high_n or self.toe_off_n < self.off_n:
            raise ValueError(
                f"0 < off_n {self.off_n} < on_n {self.on_n} < high_n {self.high_n} must hold, and toe_off_n "
                f"{self.toe_off_n} not lie below off_n"
            )
        if not 0.0 < self.zero_max_n < self.loaded_n:
            raise ValueError(f"0 < zero_max_n {self.zero_max_n} < loaded_n {self.loaded_n} must hold")
        for name in ("rate_hz", "press_max_s", "stance_min_s", "swing_min_s", "hole_s", "swing_max_s", "still_n"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} {getattr(self, name)} must be positive")
