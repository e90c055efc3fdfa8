"""One foot on a force sensor: its zero, its contacts with what each stance carried, and values that were held."""

from __future__ import annotations

from dataclasses import dataclass, field

from evenside_analysis.force_contacts import ForceState, detect_force_contacts
from evenside_analysis.force_held import HeldState, watch_held
from evenside_analysis.force_rise import RiseState, with_loading_rates
from evenside_analysis.force_settings import ForceSettings
from evenside_analysis.force_zero import ZeroState, rezeroed
from evenside_analysis.metrics import metric
from evenside_analysis.types import Contacts, Floats

__all__ = ["ForceFootState", "force_foot_step", "force_words"]

_ZERO_TOLD_N = 5.0
_SWINGS_MIN = 6  # before it is worth a word that they are restless


@dataclass(frozen=True, slots=True, eq=False)
class ForceFootState:
    """``rise`` is None where the rate is too low for loading rates."""

    contacts: ForceState = field(default_factory=ForceState)
    zero: ZeroState = field(default_factory=ZeroState)
    held: HeldState = field(default_factory=HeldState)
    rise: RiseState | None = None

    @staticmethod
    def start(rate_hz: float) -> ForceFootState:
        """The state before the first sample."""
        return ForceFootState(rise=RiseState() if rate_hz >= metric("loading_rate").min_rate_hz else None)


def force_foot_step(
    settings: ForceSettings, state: ForceFootState, time_s: Floats, force_n: Floats
) -> tuple[ForceFootState, Contacts, Floats, Floats]:
    """Feed samples (n,) of one foot as heard, NaN where nothing was.

    Returns the contacts that are now certain, and times and forces (m,) less their zero, those of a swing late.
    """
    held = watch_held(settings, state.held, time_s, force_n)
    zero, zeroed_s, zeroed_n = rezeroed(settings, state.zero, time_s, force_n)
    contact_state, contacts = detect_force_contacts(settings, state.contacts, zeroed_s, zeroed_n)
    rise = state.rise
    if rise is not None:
        rise, contacts = with_loading_rates(settings, rise, zeroed_s, zeroed_n, contacts)
    return ForceFootState(contact_state, zero, held, rise), contacts, zeroed_s, zeroed_n


def force_words(node: str, state: ForceFootState) -> tuple[str, ...]:
    """What a reader of the figures should know of this sensor."""
    words, zero_n = [], state.zero.zero_n
    if abs(zero_n) > _ZERO_TOLD_N:
        words.append(f"{node}: reads {zero_n:.0f} N while the foot is in the air; that is taken off every force of it")
    if state.zero.restless >= _SWINGS_MIN and state.zero.restless > state.zero.still:
        words.append(f"{node}: does not come to rest near zero while the foot is in the air, so its zero is not known")
    if state.held.count:
        times = "once" if state.held.count == 1 else f"{state.held.count} times"
        words.append(f"{node}: repeats the same force under load, {times} for more than 0.1 s")
    return tuple(words)
