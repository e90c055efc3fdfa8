"""One foot with an IMU on it: its contacts, and how hard it lands."""

from __future__ import annotations

from dataclasses import dataclass, field

from evenside_analysis.foot_contacts import FootState, detect_foot_contacts
from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.impact import ImpactState, with_impacts
from evenside_analysis.types import Contacts, Floats

__all__ = ["FootImuState", "foot_imu_step"]


@dataclass(frozen=True, slots=True, eq=False)
class FootImuState:
    """Plain data: it can be pickled, and resumed on another day."""

    contacts: FootState
    impacts: ImpactState = field(default_factory=ImpactState)

    @staticmethod
    def start(settings: FootSettings) -> FootImuState:
        """The state before the first row."""
        return FootImuState(FootState.start(settings))


def foot_imu_step(
    settings: FootSettings, gravity: bool, state: FootImuState, time_s: Floats, acc: Floats, gyr: Floats
) -> tuple[FootImuState, Contacts]:
    """Feed rows (n,), (n, 3), (n, 3) as ``detect_foot_contacts`` takes them; ``gravity``: whether it is in ``acc``.

    Returns the events that are now final, each IC with its impact.
    """
    contact_state, contacts = detect_foot_contacts(settings, state.contacts, time_s, acc, gyr)
    impacts, contacts = with_impacts(settings, gravity, state.impacts, time_s, acc, contacts)
    return FootImuState(contact_state, impacts), contacts
