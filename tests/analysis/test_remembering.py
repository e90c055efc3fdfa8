"""An exponential memory of the rows that qualify: by its definition, as of every row, and the same for any cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.remembering import remembered
from evenside_analysis.types import Bools, Floats

KEEP, GAIN = 0.9, 0.1


def rows(seed: int) -> tuple[Floats, Bools]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(40, 3)), rng.random(40) < 0.4


def test_it_is_the_recursion_at_chosen_rows_and_holds_at_the_others() -> None:
    values, chosen = rows(0)
    state, wanted = np.zeros(3), []
    for value, counts in zip(values, chosen, strict=True):
        state = KEEP * state + GAIN * value if counts else state
        wanted.append(state)
    found, last = remembered(np.zeros((1, 3)), values, chosen, KEEP, GAIN)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    np.testing.assert_array_equal(last, found[-1:])


@given(st.integers(0, 9), st.lists(st.integers(0, 40), max_size=6))
def test_any_cut_gives_the_same_bits(seed: int, cuts: list[int]) -> None:
    values, chosen = rows(seed)
    whole, _ = remembered(np.zeros((1, 3)), values, chosen, KEEP)
    carry, parts = np.zeros((1, 3)), []
    for part in np.split(np.arange(40), sorted(cuts)):
        found, carry = remembered(carry, values[part], chosen[part], KEEP)
        parts.append(found)
    assert np.concatenate(parts).tobytes() == whole.tobytes()
