"""What is found out about each stride of one foot: ways, turns, and how well the sensor's channels fit together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Bools, Flag, Floats, Ints

__all__ = ["NUMBERS", "StrideMotions"]

NUMBERS = 16
"""Columns of ``StrideMotions.numbers``."""


@dataclass(frozen=True, slots=True, eq=False)
class StrideMotions:
    """Strides of one foot from mid-stance to mid-stance, in order; every stride that ends before ``settled_s`` is here.

    ``sound``: the foot rested at both ends, nothing was lost inside, and the stride lasted as long as strides do. Where
    the frame of the foot is not known, what needs it is NaN: way, turn, tilt, closure, frame and features. Of a stride
    that is not sound the numbers are what its samples give.
    """

    numbers: Floats  # (n, 16), in the order of the properties below
    frame: Floats  # (n, 9), left, up, and this stride's main axis of rotation (of either sign), in the sensor's axes
    features: Floats  # (n, 12), side_features.FEATURES
    flags: Ints  # (n,), types.Flag: TURN and GAP of the stride, GUESSED, GAP and CLIPPED of its contacts
    sound: Bools  # (n,)
    settled_s: float

    @staticmethod
    def none(settled_s: float = -np.inf) -> StrideMotions:
        nothing = (np.empty((0, NUMBERS)), np.empty((0, 9)), np.empty((0, 12)))
        return StrideMotions(*nothing, np.empty(0, np.int64), np.empty(0, np.bool_), settled_s)

    @property
    def start_s(self) -> Floats:
        """Mid-stance."""
        return self._number(0)

    @property
    def toe_off_s(self) -> Floats:
        """Terminal contact, of the contact detector."""
        return self._number(1)

    @property
    def contact_s(self) -> Floats:
        """Initial contact, of the contact detector."""
        return self._number(2)

    @property
    def end_s(self) -> Floats:
        """The next mid-stance."""
        return self._number(3)

    @property
    def forward_m(self) -> Floats:
        """Way of the foot, in its own frame at the first mid-stance."""
        return self._number(4)

    @property
    def left_m(self) -> Floats:
        return self._number(5)

    @property
    def up_m(self) -> Floats:
        return self._number(6)

    @property
    def turn_rad(self) -> Floats:
        """Change of heading, positive to the left."""
        return self._number(7)

    @property
    def tilt_rad(self) -> Floats:
        """Angle between up before and after; of a foot that is not level at mid-stance, against its accelerometer."""
        return self._number(8)

    @property
    def closure_m_s2(self) -> Floats:
        """Mean acceleration that cannot have been: what velocity is left at the end, over the time.

        Up is what was learnt, or what the accelerometer says of a foot that is not level, whichever explains more.
        """
        return self._number(9)

    @property
    def gravity_m_s2(self) -> Floats:
        """Mean acceleration along up, as for the closure, which over a stride is gravity alone."""
        return self._number(10)

    @property
    def rest_m_s2(self) -> Floats:
        """Size of the acceleration at the first mid-stance."""
        return self._number(11)

    @property
    def rate_rms_rad_s(self) -> Floats:
        """Root mean square of the rate of rotation."""
        return self._number(12)

    @property
    def acc_lag_s(self) -> Floats:
        """By how much the accelerometer reports later than the gyroscope, as known by then; NaN where unknown."""
        return self._number(13)

    @property
    def net_rad(self) -> Floats:
        """Angle of the net rotation over the stride, whatever the frame."""
        return self._number(14)

    @property
    def anew(self) -> Bools:
        """With which stride the frame was learnt anew, because the last ones showed another mounting."""
        return np.asarray(self._number(15) > 0.0)

    @property
    def straight(self) -> Bools:
        """Sound strides in a known direction that do not turn."""
        straight = self.sound & ((self.flags & int(Flag.TURN)) == 0)
        return np.asarray(straight & np.isfinite(self.forward_m))

    def select(self, chosen: slice | Bools | Ints) -> StrideMotions:
        """The chosen strides, with the same ``settled_s``."""
        return StrideMotions(
            self.numbers[chosen],
            self.frame[chosen],
            self.features[chosen],
            self.flags[chosen],
            self.sound[chosen],
            self.settled_s,
        )

    def followed_by(self, later: StrideMotions) -> StrideMotions:
        """These strides and then the later ones, settled as far as the later ones."""
        settled_s = max(self.settled_s, later.settled_s)
        if not (self.flags.size and later.flags.size):
            one = self if self.flags.size else later
            return StrideMotions(one.numbers, one.frame, one.features, one.flags, one.sound, settled_s)
        return StrideMotions(
            np.concatenate([self.numbers, later.numbers]),
            np.concatenate([self.frame, later.frame]),
            np.concatenate([self.features, later.features]),
            np.concatenate([self.flags, later.flags]),
            np.concatenate([self.sound, later.sound]),
            settled_s,
        )

    def _number(self, column: int) -> Floats:
        return np.asarray(self.numbers[:, column])
