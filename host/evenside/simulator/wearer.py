"""Who is simulated: the person, what they do and how much it scatters. What is worn stands in ``devices``."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

from evenside.simulator.build import Build
from evenside.simulator.script import Script, Segment, Wear, check_script
from evenside.simulator.targets import Truth, Variability, truth_of

__all__ = ["Wearer"]


@dataclass(frozen=True, slots=True)
class Wearer:
    """A person of ``weight_n`` who does what the script says, once or over and over, and scatters as ``seed`` has it.

    Everything is worn, and heels are flat, until the script takes something off or puts other shoes on.

    Raises:
        ValueError: the script or a number in it cannot be.
    """

    script: Script
    seed: int = 0
    repeat: bool = False
    weight_n: float = 700.0
    variability: Variability = field(default_factory=Variability)
    build: Build = field(default_factory=Build)
    _starts: tuple[float, ...] = field(init=False, repr=False, compare=False)
    _last_wear: tuple[int, ...] = field(init=False, repr=False, compare=False)  # up to each segment; -1: none

    def __post_init__(self) -> None:
        check_script(self.script)
        starts = accumulate((segment.duration_s for segment in self.script), initial=0.0)
        object.__setattr__(self, "_starts", tuple(starts))
        places = (place if isinstance(segment, Wear) else -1 for place, segment in enumerate(self.script))
        object.__setattr__(self, "_last_wear", tuple(accumulate(places, max)))
        if self.seed < 0:
            raise ValueError(f"seed {self.seed} must not be negative")
        if not 200.0 <= self.weight_n <= 2000.0:
            raise ValueError(f"weight_n {self.weight_n} must lie in 200 to 2000")
        for segment in self.script:
            truth_of(segment, self.weight_n, self.variability)

    @property
    def duration_s(self) -> float:
        """Until the script ends; inf where it is repeated."""
        return math.inf if self.repeat else self.start_of(len(self.script))

    def segment(self, number: int) -> Segment | None:
        """The segment of that number, counted on over repetitions; None before the first and after the last."""
        if number < 0 or (number >= len(self.script) and not self.repeat):
            return None
        return self.script[number % len(self.script)]

    def start_of(self, number: int) -> float:
        """When that segment begins, in s; the end of the last one where there is none of that number."""
        rounds, place = divmod(number, len(self.script))
        return rounds * self._starts[-1] + self._starts[place]

    def segment_at(self, time_s: float) -> Segment:
        """The segment that is done at this time; the last one after the end."""
        if time_s >= self.duration_s:
            return self.script[-1]
        within_s = math.fmod(time_s, self._starts[-1])
        return self.script[min(bisect_right(self._starts, within_s), len(self.script)) - 1]

    def number_at(self, time_s: float) -> int:
        """The number of that segment, counted on over repetitions."""
        if time_s >= self.duration_s:
            return len(self.script) - 1
        rounds, within_s = divmod(max(time_s, 0.0), self._starts[-1])
        return int(rounds) * len(self.script) + min(bisect_right(self._starts, within_s), len(self.script)) - 1

    def wear_before(self, number: int) -> Wear | None:
        """What was last taken off or put on before that segment; None where nothing was yet."""
        while number > 0 and self._last_wear[-1] >= 0:
            number -= 1
            place = self._last_wear[number % len(self.script)]
            if place >= 0:
                found = self.script[place]
                assert isinstance(found, Wear)
                return found
            number -= number % len(self.script)
        return None

    def truth(self, number: int = 0) -> Truth:
        """What a perfect detector would find in the long run of that segment."""
        segment = self.segment(number)
        if segment is None:
            raise ValueError(f"the script has no segment {number}")
        return truth_of(segment, self.weight_n, self.variability)
