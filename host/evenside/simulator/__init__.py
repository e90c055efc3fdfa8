"""A simulated wearer: what sensors on both sides would report, with the truth beside it. Pure: no I/O, no clock.

Signals come from trajectories of the feet, the arms and the forces, and never from what a detector looks for; this room
shares no code with the detectors. Everything uneven, random or imperfect is set and known. ``advance`` is the stream,
``Wearer.truth`` what a perfect detector would find in the long run, ``habit_truth`` what is done when and on which
side, and ``day_wearer`` a whole day of somebody.
"""

from __future__ import annotations

from evenside.simulator.build import Build
from evenside.simulator.builtin import DEMO_ASYMMETRY, SCRIPTS
from evenside.simulator.devices import Device, Loss, Oscillator, Sensor, body_nodes, day_nodes, default_nodes
from evenside.simulator.habit_truth import HabitTruth, arm_seconds, habit_truth
from evenside.simulator.habits import Habits, Person, habits_of, person_of
from evenside.simulator.script import (
    EVEN,
    Arms,
    Asymmetry,
    Chore,
    Cycle,
    Escalator,
    Gait,
    Gym,
    Lie,
    Lift,
    Run,
    Script,
    Segment,
    Sit,
    Stairs,
    Stand,
    Turn,
    Walk,
    Wear,
    script_s,
)
from evenside.simulator.sensing import PAGE_S, Samples, check_node, outages, true_time_s
from evenside.simulator.stream import Piece, StreamState, advance, start
from evenside.simulator.targets import Truth, Variability
from evenside.simulator.wearer import Wearer
from evenside.simulator.whole_day import day_wearer, whole_day

__all__ = [
    "DEMO_ASYMMETRY",
    "EVEN",
    "PAGE_S",
    "SCRIPTS",
    "Arms",
    "Asymmetry",
    "Build",
    "Chore",
    "Cycle",
    "Device",
    "Escalator",
    "Gait",
    "Gym",
    "HabitTruth",
    "Habits",
    "Lie",
    "Lift",
    "Loss",
    "Oscillator",
    "Person",
    "Piece",
    "Run",
    "Samples",
    "Script",
    "Segment",
    "Sensor",
    "Sit",
    "Stairs",
    "Stand",
    "StreamState",
    "Truth",
    "Turn",
    "Variability",
    "Walk",
    "Wear",
    "Wearer",
    "advance",
    "arm_seconds",
    "body_nodes",
    "check_node",
    "day_nodes",
    "day_wearer",
    "default_nodes",
    "habit_truth",
    "habits_of",
    "outages",
    "person_of",
    "script_s",
    "start",
    "true_time_s",
    "whole_day",
]
