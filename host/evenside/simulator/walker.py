"""The wearer's steps, one after the other: when each foot lands and leaves, where, and under how much load.

Strategy: go through the script in time, each step drawing from its own row of random numbers, and write down a plan:
movements of the feet, knots of the forces, the arms and the bag, and the true contacts. Samples are never looked at.
However far one asks at once, the same settings and the same ``Walker`` go on the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from copy import copy
from dataclasses import replace

from evenside.simulator.chance import StepDraws, correlated, factor_of
from evenside.simulator.curves import Knot
from evenside.simulator.footing import Foot, Walker, beside, contacts_of, first_side, height_of, movement_to
from evenside.simulator.limbs import joining, landing, setting_off
from evenside.simulator.plan import (
    ARM,
    BAG,
    FORCE,
    HEADING,
    LOAD,
    QUIET,
    SWAY,
    THIGH,
    Plan,
    Pose,
)
from evenside.simulator.posture import held_in
from evenside.simulator.script import Cycle, Gait, Lie, Sit, Turn, Wear
from evenside.simulator.step_force import (
    SETTLE_S,
    Humps,
    first_lift_knots,
    first_support_knots,
    last_landing_knots,
    last_support_knots,
    stance_knots,
)
from evenside.simulator.targets import SWING_MIN_S, Targets, targets
from evenside.simulator.wearer import Wearer

__all__ = ["Walker", "plan"]

_FROM_CHAIR_S, _FROM_STAND_S = 1.8, 0.6  # until the first foot is lifted
_STAIR_REACH_M = 0.3
_OFF_FEET = Sit | Lie | Cycle | Wear


def plan(wearer: Wearer, walker: Walker, until_s: float) -> tuple[Walker, Plan]:
    """Decide everything before ``until_s``, and a little more."""
    planner = _Planner(wearer, copy(walker))
    while planner.walker.settled_s <= until_s:
        planner.go_on()
    return planner.walker, planner.plan


class _Planner:
    def __init__(self, wearer: Wearer, walker: Walker) -> None:
        self.wearer, self.walker, self.plan = wearer, walker, Plan()
        self._draws = StepDraws(wearer.seed)

    def go_on(self) -> None:
        """By a segment or by a step."""
        walker = self.walker
        segment = self.wearer.segment(walker.segment)
        if walker.segment < 0:
            self._begin()
        elif segment is None:
            walker.settled_s = math.inf
        elif walker.walking:
            self._step()
        elif isinstance(segment, Gait):
            self._set_off(segment)
        else:
            self._next_segment()
            walker.settled_s = walker.start_s

    # --- segments -------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """The very first moment: everything has its value without a change."""
        self.walker.held = held_in(self.wearer.script[0], self.wearer.weight_n)
        for track, value in zip((*BAG, *ARM, LOAD, QUIET, *FORCE), (*self.walker.held, 1.0, 0.0, 0.0), strict=True):
            self._knot(track, 0.0, value)
        for track in (*THIGH, SWAY, HEADING):
            self._knot(track, 0.0, 0.0)
        self._next_segment()

    def _next_segment(self) -> None:
        walker, present = self.walker, self.wearer.segment(self.walker.segment)
        walker.segment += 1
        walker.start_s = self.wearer.start_of(walker.segment)
        segment = self.wearer.segment(walker.segment)
        if segment is None:
            return
        held = held_in(segment, self.wearer.weight_n)
        span_s = 1.0 if isinstance(segment, _OFF_FEET) != isinstance(present, _OFF_FEET) else 0.4
        for place, track in enumerate((*BAG, *ARM, LOAD)):
            # The next steps take swinging arms to where they are to be.
            if held[place] != walker.held[place] and not (walker.walking and track in ARM):
                self._change(track, walker.start_s, span_s, walker.held[place], held[place])
        walker.held = held
        walker.aim, walker.climbing, walker.turn_left = None, False, 0.0
        if isinstance(segment, Gait):
            walker.aim = targets(segment, self.wearer.variability)
        if isinstance(segment, Turn):
            walker.turn_left = math.radians(segment.angle_deg)

    def _weight_n(self) -> float:
        segment = self.wearer.segment(self.walker.segment)
        return self.wearer.weight_n + (segment.bag_n if segment else 0.0)

    def _goes_on(self) -> bool:
        return isinstance(self.wearer.segment(self.walker.segment + 1), Gait)

    def _end_s(self) -> float:
        return self.wearer.start_of(self.walker.segment + 1)

    # --- steps ----------------------------------------------------------------------------------------------------

    def _set_off(self, segment: Gait) -> None:
        """From standing: one foot is unloaded and takes half a step, the other one follows."""
        walker, aim, weight_n = self.walker, self._aim(), self._weight_n()
        from_chair = isinstance(self.wearer.segment(walker.segment - 1), _OFF_FEET)
        lift_s = walker.start_s + (_FROM_CHAIR_S if from_chair else _FROM_STAND_S)
        side = first_side(segment)
        other = 1 - side
        ic_s = lift_s + aim.swing_s[side]
        tc_s = ic_s + max(aim.stance_s[other] - aim.step_s[side], 0.02)
        self.plan.knots[FORCE[side]].extend(first_lift_knots(lift_s, weight_n))
        self.plan.knots[FORCE[other]].extend(first_support_knots(lift_s, tc_s, weight_n))
        self._change(QUIET, lift_s - SETTLE_S, SETTLE_S, 1.0, 0.0)
        self._rest_arms(lift_s - 0.1)
        self._take(setting_off(lift_s, walker.heading))
        self._set(side, ic_s=lift_s, tc_s=lift_s, gain=0.0)
        self._set(other, ic_s=lift_s, tc_s=tc_s, gain=0.0)
        walker.side, walker.walking = side, True
        self._draw()
        self._land(ic_s, 0.7 * aim.step_m)
        walker.settled_s = lift_s - SETTLE_S - 0.1

    def _step(self) -> None:
        """The next foot lands, or comes beside the other one where nothing more is to be walked."""
        walker = self.walker
        previous_s = walker.feet[1 - walker.side].ic_s
        while previous_s >= self._end_s() and self._goes_on():
            self._next_segment()
        self._draw()
        aim, side = self._aim(), walker.side
        ic_s = previous_s + aim.step_s[side] * self._factor(side, 0)
        self._lift(side, ic_s)
        if not self._goes_on() and ic_s + 1.15 * aim.step_s[1 - side] + SETTLE_S + 0.1 > self._end_s():
            self._join(ic_s)
        else:
            self._land(ic_s, aim.step_m * math.exp(0.03 * self._chance()[3]))
        walker.settled_s = min(foot.ic_s for foot in walker.feet) - 0.1

    def _lift(self, side: int, ic_s: float) -> None:
        """End the stance of the foot that is to land at ``ic_s``."""
        foot = self._set(side, tc_s=min(self.walker.feet[side].tc_s, ic_s - SWING_MIN_S))
        if foot.gain > 0.0:
            self.plan.knots[FORCE[side]].extend(
                stance_knots(foot.ic_s, foot.tc_s, foot.weight_n, foot.gain, foot.humps)
            )

    def _land(self, ic_s: float, step_m: float) -> None:
        """The foot whose turn it is lands, and its stance begins."""
        walker, aim, side = self.walker, self._aim(), self.walker.side
        swing_s, from_stand = (walker.feet[side].tc_s, ic_s), walker.feet[side].tc_s == walker.feet[side].ic_s
        self._move(ic_s, step_m, self._height(side))
        stance_s = aim.stance_s[side] * self._factor(side, 1)
        gain = aim.gain[side] * self._factor(side, 2)
        self._set(side, tc_s=ic_s + stance_s, weight_n=self._weight_n(), gain=gain, humps=aim.humps)
        held, at = (walker.held[2], walker.held[3]), (walker.segment, walker.step)
        self._take(landing(self.wearer, *at, aim, side, swing_s, from_stand, held, walker.heading))
        walker.side, walker.step = 1 - side, walker.step + 1

    def _join(self, ic_s: float) -> None:
        """The foot whose turn it is comes beside the other one, and both stand."""
        walker, side = self.walker, self.walker.side
        still, tc_s = walker.feet[1 - side], walker.feet[side].tc_s
        self._move(ic_s, 0.0, still.pose.z)
        self._take(joining(side, tc_s, ic_s, walker.heading))
        knots = last_support_knots(still.ic_s, still.tc_s - still.ic_s, ic_s, still.weight_n, still.gain)
        self.plan.knots[FORCE[1 - side]].extend(knots)
        self.plan.knots[FORCE[side]].extend(last_landing_knots(ic_s, self._weight_n()))
        self._change(QUIET, ic_s, SETTLE_S, 0.0, 1.0)
        self._rest_arms(ic_s + SETTLE_S)
        walker.step += 1
        walker.walking = False
        self._next_segment()

    def _move(self, ic_s: float, step_m: float, height_m: float) -> None:
        """The swing of the foot whose turn it is, from its planned toe-off to ``ic_s``."""
        walker, aim, side = self.walker, self._aim(), self.walker.side
        foot, other = walker.feet[side], walker.feet[1 - side]
        stairs = height_m != foot.pose.z or height_m != other.pose.z
        walker.heading += self._turn(ic_s)
        reach_m = min(step_m, _STAIR_REACH_M) if stairs else step_m
        walker.point = (
            walker.point[0] + reach_m * math.cos(walker.heading),
            walker.point[1] + reach_m * math.sin(walker.heading),
        )
        pose = beside(walker.point, walker.heading, side, height_m)
        segment = self.wearer.segment(walker.segment)
        movement = movement_to(foot, pose, ic_s, aim.pace, stairs, segment, self._chance()[4:])
        self.plan.movements[side].append(movement)
        self.plan.contacts[side].extend(contacts_of(foot, movement, stairs))
        self._set(side, pose=pose, ic_s=ic_s, flat_s=movement.flat_s)

    def _height(self, side: int) -> float:
        walker = self.walker
        beside_m = walker.feet[1 - side].pose.z
        walker.climbing, height_m = height_of(self.wearer.segment(walker.segment), side, walker.climbing, beside_m)
        return height_m

    def _turn(self, ic_s: float) -> float:
        """What this step turns of what is left."""
        walker = self.walker
        if walker.turn_left == 0.0:
            return 0.0
        more = round((self._end_s() - ic_s) / (self._aim().stride_s / 2.0)) - (not self._goes_on())
        turn = walker.turn_left / (1 + max(more, 0))
        walker.turn_left -= turn
        return turn

    # --- small things ---------------------------------------------------------------------------------------------

    def _chance(self) -> list[float]:
        numbers: list[float] = self._draws.of(self.walker.step).tolist()
        return numbers

    def _draw(self) -> None:
        """The scatter of the next step."""
        side = self.walker.side
        before, news = self.walker.feet[side].scatter, self._chance()[:3]
        self._set(side, scatter=correlated(before, news, self.wearer.variability.phi))

    def _factor(self, side: int, quantity: int) -> float:
        scatter = self.wearer.variability
        cv = (scatter.step_time, scatter.stance_time, scatter.force)[quantity]
        return factor_of(self.walker.feet[side].scatter[quantity], cv)

    def _aim(self) -> Targets:
        assert self.walker.aim is not None
        return self.walker.aim

    def _set(self, side: int, **changes: float | Pose | Humps | tuple[float, ...]) -> Foot:
        foot = replace(self.walker.feet[side], **changes)  # type: ignore[arg-type]
        self.walker.feet = (foot, self.walker.feet[1]) if side == 0 else (self.walker.feet[0], foot)
        return foot

    def _rest_arms(self, time_s: float) -> None:
        for side, track in enumerate(ARM):
            self._knot(track, time_s, self.walker.held[2 + side])

    def _take(self, knots: Iterable[tuple[int, Knot]]) -> None:
        for track, knot in knots:
            self.plan.knots[track].append(knot)

    def _knot(self, track: int, time_s: float, value: float, acceleration: float = 0.0) -> None:
        self.plan.knots[track].append((time_s, value, 0.0, acceleration))

    def _change(self, track: int, start_s: float, span_s: float, before: float, after: float) -> None:
        self._knot(track, start_s, before)
        self._knot(track, start_s + span_s, after)
