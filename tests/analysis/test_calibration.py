"""What all calibrations together mean for the sensors that are worn: whose, since when, how far they are trusted."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from evenside_analysis.calibration import (
    FRESH_DAYS,
    CalibratedDevice,
    Calibration,
    CalibrationKind,
    InForce,
    WornDevice,
    calibrated,
    in_force,
)
from evenside_analysis.correction import Correction
from evenside_analysis.settings import DEFAULT_TRUST, MonitorSettings, Trust
from evenside_analysis.types import ACC, FORCE, GYR, Node, Side, Site

DAY_NS = 86_400_000_000_000
NOW_NS = 1_780_000_000_000_000_000
HOUR_S = 3600.0


def worn(site: Site = "strap", serials: tuple[str, str] = ("A", "B")) -> tuple[WornDevice, ...]:
    sides: tuple[Side, Side] = ("left", "right")
    return tuple(
        WornDevice(Node(f"{side}_{site}", site, side, (FORCE,), 100.0), serial)
        for side, serial in zip(sides, serials, strict=True)
    )


def device(serial: str, node: str = "x", **known: object) -> CalibratedDevice:
    return CalibratedDevice(node, (FORCE,), serial=serial, **known)  # type: ignore[arg-type]


def calibration(
    kind: CalibrationKind,
    *devices: CalibratedDevice,
    days: float = 0.0,
    id_: str = "",
    site: Site = "strap",
    **known: object,
) -> Calibration:
    made_ns = NOW_NS - round(days * DAY_NS)
    return Calibration(id_ or f"{kind}-{days:g}", kind, site, "me", made_ns, devices, **known)  # type: ignore[arg-type]


def swap(days: float = 0.0, gains: tuple[float, float] = (1.03, 1.0 / 1.03), sd: float = 0.01) -> Calibration:
    devices = (device("A", gain=(gains[0],)), device("B", gain=(gains[1],)))
    return calibration("swap", *devices, days=days, ln_gain_sd=sd, pairs=3)


def tare(serial: str, zero: float, days: float = 0.0) -> Calibration:
    return calibration("tare", device(serial, zero=(zero,), zero_sd=0.1), days=days, id_=f"tare-{serial}-{days:g}")


def scale(serial: str, gain: float, zero: float, days: float = 0.0) -> Calibration:
    found = device(serial, gain=(gain,), zero=(zero,), ln_gain_sd=0.003, zero_sd=0.2)
    return calibration("scale", found, days=days, id_=f"scale-{serial}-{days:g}")


def force(*known: Calibration, who: tuple[WornDevice, ...] | None = None, hold_s: float = HOUR_S) -> InForce:
    return in_force(worn() if who is None else who, "me", known, NOW_NS, hold_s)


def test_without_calibrations_nothing_is_corrected_and_nothing_narrowed() -> None:
    assert force() == InForce()


def test_a_swap_corrects_both_devices_and_narrows_the_trust_in_their_gains() -> None:
    found = force(swap())
    assert found.corrections == (
        Correction("left_strap", (FORCE,), (1.03,), (0.0,), ("swap-0",)),
        Correction("right_strap", (FORCE,), (1.0 / 1.03,), (0.0,), ("swap-0",)),
    )
    assert found.trust == (("strap", Trust(0.01, dict(DEFAULT_TRUST)["strap"].zero_error_n)),)
    assert found.ids == ("swap-0",)


def test_a_calibration_is_of_the_device_and_not_of_its_side() -> None:
    exchanged = force(swap(), who=worn(serials=("B", "A")))
    assert [one.gain[0] for one in exchanged.corrections] == [1.0 / 1.03, 1.03]


@pytest.mark.parametrize("serials", [("A", "C"), ("C", "D"), ("", ""), ("A", "")])
def test_a_swap_holds_only_while_both_devices_are_worn(serials: tuple[str, str]) -> None:
    assert force(swap(), who=worn(serials=serials)) == InForce()


def test_devices_without_a_serial_go_by_wearer_site_and_node() -> None:
    known = calibration("tare", device("", "left_strap", zero=(4.0,), zero_sd=0.1))
    nameless = worn(serials=("", ""))
    assert [one.node for one in force(known, who=nameless).corrections] == ["left_strap"]
    assert in_force(nameless, "you", [known], NOW_NS, HOUR_S) == InForce()
    assert force(replace(known, site="grip"), who=nameless) == InForce()
    assert force(known) == InForce()  # the device has a serial now: nobody knows that it is the same


def test_the_latest_gain_and_the_latest_zero_hold_each_for_itself() -> None:
    known = (tare("A", 5.0, days=1.0), scale("A", 1.1, 2.0, days=3.0), swap(days=2.0), tare("A", 9.0, days=4.0))
    (left, right) = force(*known).corrections
    assert (left.gain, left.zero, left.ids) == ((1.03,), (5.0,), ("swap-2", "tare-A-1"))
    assert (right.gain, right.zero) == ((1.0 / 1.03,), (0.0,))


def test_dead_weights_narrow_the_gains_once_both_sides_were_weighed() -> None:
    assert force(scale("A", 1.01, 0.0)).trust == ()
    ((site, trust),) = force(scale("A", 1.01, 0.0), scale("B", 0.99, 0.0)).trust
    assert site == "strap"
    assert trust.ln_gain_sd == pytest.approx(math.hypot(0.003, 0.003))


def test_a_gain_measured_against_another_partner_vouches_for_nothing() -> None:
    mixed = force(swap(days=2.0), scale("A", 1.01, 0.0, days=1.0))
    assert [one.gain[0] for one in mixed.corrections] == [1.01, 1.0 / 1.03]
    assert mixed.trust == ()


def test_after_a_month_it_still_corrects_but_narrows_nothing() -> None:
    fresh, old = force(swap(days=FRESH_DAYS - 0.1)), force(swap(days=FRESH_DAYS + 0.1))
    assert [one.gain for one in old.corrections] == [one.gain for one in fresh.corrections]
    assert fresh.trust
    assert old.trust == ()


def test_a_zero_is_known_best_right_after_the_tare_and_no_better_than_usual_a_day_later() -> None:
    daily_n = dict(DEFAULT_TRUST)["strap"].zero_error_n

    def error_n(days: float, hold_s: float = HOUR_S) -> float | None:
        trust = force(tare("A", 3.0, days), tare("B", -2.0, days), hold_s=hold_s).trust
        return trust[0][1].zero_error_n if trust else None

    at_once, later = error_n(0.0), error_n(0.5)
    assert at_once is not None
    assert later is not None
    assert 0.1 < at_once < later < math.hypot(0.1, daily_n)
    assert error_n(1.0) is None
    assert error_n(0.0, hold_s=86_400.0) is None  # a monitor that runs all day
    assert force(tare("A", 3.0)).trust == ()  # one side alone vouches for nothing


def test_a_calibration_of_tomorrow_is_as_good_as_one_of_now() -> None:
    assert force(swap(days=-400.0)).trust == force(swap()).trust


def test_accelerometer_gains_of_both_sides_narrow_their_site() -> None:
    feet = tuple(
        WornDevice(Node(f"{side}_foot", "foot", side, (*ACC, *GYR), 100.0), side) for side in ("left", "right")
    )
    found = [
        CalibratedDevice("f", (*ACC, *GYR), (1.01,) * 3 + (1.0,) * 3, (0.1,) * 3 + (0.02,) * 3, side, 0.002, 0.02)
        for side in ("left", "right")
    ]
    known = [calibration("static", one, site="foot", id_=one.serial) for one in found]
    both = in_force(feet, "me", known, NOW_NS, HOUR_S)
    assert both.trust == (("foot", Trust(math.hypot(0.002, 0.002), 0.0)),)
    assert both.corrections[0].channels == (*ACC, *GYR)
    assert in_force(feet, "me", known[:1], NOW_NS, HOUR_S).trust == ()


def test_channels_that_a_node_does_not_send_are_passed_over() -> None:
    gyr = CalibratedDevice("f", GYR, zero=(0.01, 0.02, 0.03), serial="L", zero_sd=0.001)
    node = Node("left_foot", "foot", "left", ("gyr_z", "acc_x"), 100.0)
    found = in_force([WornDevice(node, "L")], "me", [calibration("static", gyr, site="foot")], NOW_NS, HOUR_S)
    assert found.corrections == (Correction("left_foot", ("gyr_z",), (1.0,), (0.03,), ("static-0",)),)


def test_what_evenside_toml_says_of_a_site_outranks_what_was_measured() -> None:
    nodes = tuple(one.node for one in worn())
    own = calibrated(MonitorSettings(nodes, trust=(("strap", Trust(0.5, 9.0)),)), force(swap()))
    assert own.trust_of("strap") == Trust(0.5, 9.0)
    assert own.corrections == force(swap()).corrections
    assert calibrated(MonitorSettings(nodes), force(swap())).trust_of("strap").ln_gain_sd == 0.01
    assert calibrated(MonitorSettings(nodes), InForce()) == MonitorSettings(nodes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"gain": (1.0, 1.0)},
        {"gain": (0.0,)},
        {"zero": (math.inf,)},
        {},
    ],
)
def test_a_device_that_tells_nothing_sensible_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="node x"):
        device("A", **wrong)  # type: ignore[arg-type]


def test_a_swap_takes_two_gains_and_an_error() -> None:
    with pytest.raises(ValueError, match="two devices"):
        calibration("swap", device("A", gain=(1.0,)), ln_gain_sd=0.01)
    with pytest.raises(ValueError, match="their error"):
        calibration("swap", device("A", gain=(1.0,)), device("B", gain=(1.0,)))
