"""The indices against values worked out by hand (fractions and closed forms), the published tables, and their laws."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from evenside_analysis import indices
from evenside_analysis.trials import normalised_symmetry_index
from evenside_analysis.types import Floats, Reason

Index = Callable[[ArrayLike, ArrayLike], Floats]
NAN, INF = math.nan, math.inf


def single_trial_nsi(left: ArrayLike, right: ArrayLike) -> Floats:
    return normalised_symmetry_index(np.asarray(left)[..., np.newaxis], np.asarray(right)[..., np.newaxis])


def wusi_1(left: ArrayLike, right: ArrayLike) -> Floats:
    return indices.weighted_universal_symmetry_index(left, right, 1.0)


INDICES: dict[str, Index] = {
    "sr": indices.symmetry_ratio,
    "ai": indices.asymmetry_index,
    "si": indices.robinson_index,
    "spd": indices.percentage_difference,
    "sa": indices.symmetry_angle,
    "ga": indices.gait_asymmetry,
    "nsi": single_trial_nsi,
    "usi": indices.universal_symmetry_index,
    "wusi": wusi_1,
}

# The table as published: L, R, then the indices above, None where it is blank. Two entries follow the text beside it:
# GA at 0/10 is its limit +inf (the table has NaN, because its calculation asked for L R > 0), WUSI at 0/0 is NaN.
PUBLISHED: list[tuple[str, str, list[float | None]]] = [
    ("20", "25", [1.25, 11.1111, 22.2222, 20, 7.0447, 22.3144, 20, 0.11043, 0.10556]),
    ("25", "20", [0.8, -11.1111, -22.2222, -20, -7.0447, -22.3144, -20, -0.11043, -0.10556]),
    ("100", "110", [1.1, 4.7619, 9.5238, 9.0909, 3.0292, 9.5310, 9.0909, 0.04757, 0.04711]),
    ("0.55", "0.50", [0.9091, -4.7619, -9.5238, -9.0909, -3.0292, -9.5310, -9.0909, -0.04757, -0.00546]),
    ("0", "10", [INF, 100, 200, 100, 50, INF, 100, 0.70711, 0.60809]),
    ("1", "9", [9, 80, 160, 88.889, 42.955, 219.72, 88.889, 0.62470, 0.52830]),
    ("0", "0", [NAN] * 9),
    ("-1", "-2", [2, 33.33, 66.67, 100, 20.48, 69.31, -50, -0.3162, -0.1472]),
    ("-1", "2", [-2, 300, 600, 150, 79.517, NAN, 100, 0.9487, None]),
    ("-2", "1", [-0.5, -300, -600, None, -79.517, NAN, 100, 0.9487, None]),
    ("-1", "1", [-1, NAN, NAN, 200, 100, NAN, 100, 1, None]),
    ("-0.9", "1.0", [None, 1900, 3800, None, 96.65, NAN, 100, 0.9986, None]),
]


def over(top: Fraction, bottom: Fraction, at_pole: float = NAN) -> float:
    if bottom:
        return float(top / bottom)
    return at_pole if top else NAN


def exact(left: str, right: str) -> list[float]:
    """The same table from fractions of the decimal numbers, with one irrational step at the end where there is one."""
    zero, low, high = Fraction(0), Fraction(left), Fraction(right)
    sum_, difference = high + low, high - low
    ai = over(100 * difference, sum_)
    norm2 = low**2 + high**2
    usi = math.copysign(math.sqrt(difference**2 / (2 * norm2)), difference) if norm2 else NAN
    same_side = low * high > 0
    return [
        over(high, low, INF),
        ai,
        2 * ai,
        over(100 * difference, max(low, high)),
        exact_angle(low, high),
        100 * math.log(high / low) if same_side else (INF if low == 0 and high > 0 else NAN),
        over(100 * difference, max(zero, low, high) - min(zero, low, high)),
        usi,
        (1 - 1 / math.sqrt(1 + norm2 / 2)) * usi if norm2 else NAN,
    ]


def exact_angle(left: Fraction, right: Fraction) -> float:
    """The direction of the point (R, L), measured from the diagonal; the pole R = -L counts as +100."""
    if not left and not right:
        return NAN
    from_even = math.pi / 4 - math.atan2(left, right)
    while from_even > math.pi / 2 + 1e-12:
        from_even -= math.pi
    while from_even <= -math.pi / 2 + 1e-12:
        from_even += math.pi
    return from_even * 200 / math.pi


@pytest.mark.parametrize(("left", "right", "published"), PUBLISHED)
def test_every_index_meets_its_vector(left: str, right: str, published: list[float | None]) -> None:
    got = [float(index(float(left), float(right))) for index in INDICES.values()]
    assert got == pytest.approx(exact(left, right), rel=1e-9, abs=1e-9, nan_ok=True)
    for name, value, printed in zip(INDICES, got, published, strict=True):
        if printed is not None:
            tolerance = 6e-3 if abs(printed) > 3 else 6e-5
            assert value == pytest.approx(printed, abs=tolerance, nan_ok=True), name


def test_the_weight_of_wusi_falls_with_sigma() -> None:
    assert float(indices.weighted_universal_symmetry_index(-0.9, 1.0, 2.0)) == pytest.approx(0.0968, abs=5e-5)
    assert float(indices.weighted_universal_symmetry_index(20, 25, 0.0)) == pytest.approx(
        5 / math.sqrt(2050), abs=1e-12
    )
    with pytest.raises(ValueError, match="sigma"):
        indices.weighted_universal_symmetry_index(1.0, 2.0, -1.0)


def test_a_published_table_is_reproduced() -> None:
    """omicsonline JPMR 2-201 table 1, S1; its symmetry angle has the sides the other way round."""
    left, right = 0.25, 0.39
    got = [
        indices.robinson_index(left, right),
        indices.asymmetry_index(left, right),
        -indices.symmetry_angle(left, right),
        indices.symmetry_ratio(left, right),
        indices.percentage_difference(left, right),
    ]
    assert [round(float(value), 2) for value in got] == [43.75, 21.88, -13.71, 1.56, 35.90]


def test_values_of_public_reference_code_are_met() -> None:
    assert float(indices.symmetry_angle(1.0, 1.1)) == pytest.approx(3.029234437673622, abs=1e-13)
    assert float(indices.robinson_index(1.0, 1.1)) == pytest.approx(9.52380952380953, abs=1e-13)


def test_the_indices_without_a_column_in_the_table() -> None:
    assert float(indices.symmetry_ratio_folded(25.0, 20.0)) == float(indices.symmetry_ratio_folded(20.0, 25.0)) == 1.25
    assert float(indices.bilateral_strength_asymmetry(25.0, 20.0)) == 20.0
    assert float(indices.si_min(20.0, 25.0)) == 25.0
    assert float(indices.si_min(10.0, 0.0)) == -INF
    assert float(indices.reference_index(20.0, 25.0)) == 25.0
    assert float(indices.reference_index(25.0, 20.0)) == pytest.approx(-20.0)
    assert float(indices.limb_symmetry_index(90.0, 100.0)) == 90.0
    assert float(indices.right_share_percent(48.0, 52.0)) == 52.0


def test_ratios_of_single_strides_must_not_be_averaged() -> None:
    left, right = np.array([10.0, 20.0]), np.array([20.0, 10.0])
    assert indices.symmetry_ratio(left, right).mean() == 1.25
    assert float(indices.asymmetry_index(left.mean(), right.mean())) == 0.0
    assert indices.gait_asymmetry(left, right).mean() == 0.0


POSITIVE = st.floats(1e-3, 1e3)


@given(POSITIVE, POSITIVE)
def test_for_positive_sides_all_indices_say_the_same(left: float, right: float) -> None:
    a = float(indices.asymmetry_index(left, right)) / 100
    want = {
        "si": 200 * a,
        "spd": 200 * a / (1 + abs(a)),
        "sa": 200 / math.pi * math.atan(a),
        "ga": 200 * math.atanh(a),
        "nsi": 200 * a / (1 + abs(a)),
        "usi": a / math.sqrt(1 + a * a),
    }
    got = {name: float(INDICES[name](left, right)) for name in want}
    assert got == pytest.approx(want, rel=1e-8, abs=1e-8)
    assert float(indices.right_share_percent(left, right)) == pytest.approx(50 + 50 * a, abs=1e-8)
    assert float(indices.limb_symmetry_index(right, left)) == pytest.approx(100 * (1 + a) / (1 - a), rel=1e-8)


@pytest.mark.parametrize("name", ["ai", "si", "spd", "sa", "ga", "nsi", "usi", "wusi"])
@given(left=POSITIVE, right=POSITIVE, scale=POSITIVE)
def test_invariances(name: str, left: float, right: float, scale: float) -> None:
    index = INDICES[name]
    value = float(index(left, right))
    assert float(index(right, left)) == pytest.approx(-value, rel=1e-9, abs=1e-9)
    assert float(index(left, left)) == pytest.approx(0, abs=1e-12)
    if name != "wusi":  # its sigma has a unit: it must not be invariant
        assert float(index(scale * left, scale * right)) == pytest.approx(value, rel=1e-9, abs=1e-8)


def test_wusi_is_not_scale_invariant_and_three_indices_are_not_antisymmetric() -> None:
    assert float(wusi_1(20, 25)) != pytest.approx(float(wusi_1(200, 250)), rel=1e-3)
    for index in (indices.symmetry_ratio, indices.reference_index, indices.limb_symmetry_index):
        assert float(index(20.0, 25.0)) != pytest.approx(-float(index(25.0, 20.0)), rel=1e-3)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_ai_never_leaves_its_range_and_is_exact_at_its_ends(left: float, right: float) -> None:
    value = float(indices.asymmetry_index(left, right))
    assert math.isnan(value) if left + right == 0 else -100.0 <= value <= 100.0
    if right > 0:
        assert float(indices.asymmetry_index(0.0, right)) == 100.0 == -float(indices.asymmetry_index(right, -0.0))


def test_a_negative_zero_is_a_zero() -> None:
    for name, index in INDICES.items():
        assert float(index(-0.0, 10.0)) == float(index(0.0, 10.0)), name
        assert float(index(10.0, -0.0)) == float(index(10.0, 0.0)), name


def test_indices_broadcast() -> None:
    left = np.array([[1.0], [2.0]])
    right = np.array([1.0, 2.0, 3.0])
    for name, index in INDICES.items():
        got = index(left, right)
        assert got.shape == (2, 3)
        for i, low in enumerate(left[:, 0].tolist()):
            assert got[i].tolist() == [float(index(low, high)) for high in right.tolist()], name


def test_asymmetry_withholds_with_a_reason() -> None:
    left = np.array([20.0, 0.0, 10.0, 0.0, 0.1, -1.0, NAN, 5.0, NAN, INF])
    right = np.array([25.0, 10.0, 0.0, 0.0, 0.1, 5.0, 5.0, NAN, NAN, 5.0])
    values, reasons = indices.asymmetry(left, right, floor=1.0)
    assert reasons.tolist() == [
        *(Reason.NONE, Reason.NONE, Reason.NONE),
        *(Reason.BELOW_FLOOR, Reason.BELOW_FLOOR, Reason.DOMAIN),
        *(Reason.ONE_SIDE_MISSING, Reason.ONE_SIDE_MISSING, Reason.TOO_FEW, Reason.ONE_SIDE_MISSING),
    ]
    assert values[:3] == pytest.approx([100 / 9, 100.0, -100.0])
    assert np.isnan(values[3:]).all()


def test_asymmetry_without_a_floor_still_refuses_nothing_against_nothing() -> None:
    value, reason = indices.asymmetry(0.0, 0.0, floor=0.0)
    assert math.isnan(float(value))
    assert str(reason) == Reason.BELOW_FLOOR
    for floor in (-1.0, NAN, INF):
        with pytest.raises(ValueError, match="floor"):
            indices.asymmetry(1.0, 2.0, floor=floor)


@given(st.floats(), st.floats(), st.floats(0, 1e3))
def test_asymmetry_gives_a_value_or_a_reason_and_never_both(left: float, right: float, floor: float) -> None:
    with np.errstate(over="ignore"):
        value, reason = indices.asymmetry(left, right, floor=floor)
    if math.isfinite(left + right):
        assert math.isnan(float(value)) == (str(reason) != Reason.NONE)
