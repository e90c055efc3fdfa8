"""Scripts that come with the simulator, by name: a walk, an ordinary hour, and a demonstration of two minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from evenside.simulator.script import EVEN, Asymmetry, Script, Segment, Sit, Stairs, Stand, Turn, Walk

__all__ = ["DEMO_ASYMMETRY", "SCRIPTS", "day", "demo", "walk"]

DEMO_ASYMMETRY = Asymmetry(stance_time=5.0, load_share=8.0, strap=100.0)


def walk(asymmetry: Asymmetry = EVEN) -> Script:
    """An hour straight ahead, after three seconds of standing."""
    return (Stand(3.0, asymmetry), Walk(3597.0, asymmetry, bag_n=_bag_n(asymmetry)))


def demo(asymmetry: Asymmetry = DEMO_ASYMMETRY) -> Script:
    """Two minutes: uneven, with a bag on one shoulder, then even, with the bag on both."""
    return (Stand(3.0, bag_n=60.0), Walk(57.0, asymmetry, bag_n=60.0), Stand(2.0, bag_n=60.0), Walk(58.0, bag_n=60.0))


def day(asymmetry: Asymmetry = EVEN) -> Script:
    """An hour with something of everything: 43 minutes sitting, 7 standing, and walks with turns, stairs and a bag."""
    bag = replace(asymmetry, strap=asymmetry.strap or 100.0)
    there: Script = (
        *(Stand(20.0, asymmetry), Walk(90.0, bag, bag_n=50.0), Stairs(14.0, True, "right", asymmetry=bag, bag_n=50.0)),
        *(Walk(40.0, bag, bag_n=50.0), Turn(3.0, 90.0, bag, bag_n=50.0), Walk(60.0, bag, bag_n=50.0)),
        Stand(40.0, asymmetry),
    )
    back: Script = (
        *(Stand(60.0, asymmetry), Walk(120.0, asymmetry), Turn(3.0, -180.0, asymmetry), Walk(100.0, asymmetry)),
        *(Stairs(13.0, False, "left", asymmetry=asymmetry), Walk(60.0, asymmetry), Stand(57.0, asymmetry)),
    )
    around: Script = tuple(
        leg for turn in (180.0, -180.0, 180.0, 90.0) for leg in _there_and_back(25.0, turn, asymmetry)
    )
    return (*there, Sit(1200.0), *back, Sit(700.0), Stand(240.0, asymmetry), *around, Sit(668.0))


def _there_and_back(walk_s: float, turn_deg: float, asymmetry: Asymmetry) -> tuple[Segment, ...]:
    return (Walk(walk_s, asymmetry), Turn(3.0, turn_deg, asymmetry))


def _bag_n(asymmetry: Asymmetry) -> float:
    return 50.0 if asymmetry.strap else 0.0


ScriptName = Literal["walk", "day", "demo"]

SCRIPTS: Mapping[str, Callable[[Asymmetry], Script]] = MappingProxyType({"walk": walk, "day": day, "demo": demo})
"""Each takes the asymmetry of its uneven parts."""
