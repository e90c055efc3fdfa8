"""A side swap from stored sessions: which stood before the exchange, and what they say of the two devices' gains."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pytest

from evenside.calibration.swap_sessions import find_sessions
from evenside.calibration.swapping import Swap, swap_of
from evenside.errors import CalibrationError
from evenside.store import FigureRow, Reader, Row, SessionEnd, SessionRow, Store
from evenside_analysis.correction import Correction
from evenside_analysis.types import FORCE, Figure, Node, Side

GAIN_A, GAIN_B = 1.0, 1.06  # of the readings
TRUE_AI = 4.0
NOW_NS = 1_767_268_800_000_000_000


def node(side: Side, name: str = "") -> Node:
    return Node(name or f"{side}_insole", "insole", side, (FORCE,), 100.0)


def figure(ai: float, metric: str = "load_share", site: str = "insole", half: float = 0.5, reason: str = "") -> Figure:
    shown = math.nan if reason else ai
    return Figure(
        *(metric, site, 0.0, 60.0, 40, 40, 350.0, 9.0, 40, 350.0, 9.0, 0.0),
        *(shown, shown - half, shown + half, 5.0, math.nan, 2, "none", reason, 1.0, 1.0, math.nan),
    )


def seen_ai(true_ai: float, left_gain: float, right_gain: float) -> float:
    """What sensors with those gains on the left and the right of the figures make of it."""
    return 100.0 * math.tanh(math.atanh(true_ai / 100.0) + 0.5 * math.log(right_gain / left_gain))


@dataclass
class Sessions:
    """A store and what is put into it. ``count``: sessions so far, each a minute later."""

    store: Store
    count: int = 0
    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        ai: float,
        *,
        name: str = "",
        serials: Sequence[str] = ("A", "B"),
        corrections: Sequence[Correction] = (),
        figures: Sequence[Figure] | None = None,
        wearer: str = "me",
        nodes: Sequence[Node] = (node("left"), node("right")),
        settings: str | None = None,
    ) -> str:
        id_ = f"s{self.count}"
        said = {
            "corrections": [asdict(one) for one in corrections],
            "serials": {one.id: serial for one, serial in zip(nodes, serials, strict=False) if serial},
        }
        begun_ns = NOW_NS + 60_000_000_000 * self.count
        start = SessionRow(
            id_,
            wearer,
            "capture",
            begun_ns,
            "0",
            name,
            tuple(nodes),
            json.dumps(said) if settings is None else settings,
        )
        made = [figure(ai)] if figures is None else figures
        rows: list[Row] = [start, *(FigureRow(id_, "session", one) for one in made), SessionEnd(id_, 60.0)]
        self.store.submit(rows).result(10)
        self.count += 1
        return id_

    def found(self, *names: str, **more: object) -> Swap:
        with self.store.reader() as reader:
            return swap_of(reader, find_sessions(reader, names), NOW_NS, **more)  # type: ignore[arg-type]


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    with Store.open(tmp_path / "store.sqlite") as store:
        yield Sessions(store)


def exchanged_on_the_body(sessions: Sessions, **more: object) -> tuple[str, str]:
    """evenside.toml stays: after the exchange the left node is on the right."""
    before = sessions.add(seen_ai(TRUE_AI, GAIN_A, GAIN_B), **more)  # type: ignore[arg-type]
    return before, sessions.add(seen_ai(-TRUE_AI, GAIN_A, GAIN_B), **more)  # type: ignore[arg-type]


def check(found: Swap) -> None:
    assert found.estimate.ai == pytest.approx(TRUE_AI, abs=1e-9)
    assert found.estimate.ln_gain == pytest.approx(math.log(GAIN_B / GAIN_A), abs=1e-9)
    gains = [device.gain[0] * reads for device, reads in zip(found.calibration.devices, (GAIN_A, GAIN_B), strict=True)]
    assert gains[0] == pytest.approx(gains[1], abs=1e-9)  # corrected, both read alike


def test_sensors_exchanged_on_the_body_tell_wearer_and_gains(sessions: Sessions) -> None:
    found = sessions.found(*exchanged_on_the_body(sessions))
    check(found)
    assert [device.serial for device in found.calibration.devices] == ["A", "B"]
    assert [device.channels for device in found.calibration.devices] == [(FORCE,), (FORCE,)]
    assert (found.metric, found.calibration.site, found.calibration.pairs) == ("load_share", "insole", 1)
    assert "right_insole reads 1.0600 times as much as left_insole" in found.calibration.words
    assert any("3 pairs or more" in note for note in found.notes)


def test_sensors_exchanged_in_the_configuration_tell_the_same(sessions: Sessions) -> None:
    before = sessions.add(seen_ai(TRUE_AI, GAIN_A, GAIN_B))
    after = sessions.add(seen_ai(TRUE_AI, GAIN_B, GAIN_A), serials=("B", "A"))
    check(sessions.found(before, after))


def test_nodes_without_serial_numbers_go_by_their_names(sessions: Sessions) -> None:
    found = sessions.found(*exchanged_on_the_body(sessions, serials=()))
    check(found)
    assert any("no serial number" in note for note in found.notes)
    other = sessions.add(3.0, serials=(), nodes=(node("left", "new"), node("right")))
    with pytest.raises(CalibrationError, match=r"was made with new and right_insole, the first one with left_insole"):
        sessions.found("s0", other)


def test_corrections_that_were_in_force_are_taken_back(sessions: Sessions) -> None:
    """Whatever the sessions were corrected with, readings and not figures are compared."""
    nodes = (node("left"), node("right"))
    corrections = [Correction(one.id, (FORCE,), (gain,), (3.0,)) for one, gain in zip(nodes, (1.3, 0.9), strict=True)]
    before = sessions.add(seen_ai(TRUE_AI, 1.3 * GAIN_A, 0.9 * GAIN_B), corrections=corrections)
    after = sessions.add(seen_ai(-TRUE_AI, GAIN_A, GAIN_B))
    found = sessions.found(before, after)
    check(found)
    level = math.sqrt(math.prod(device.gain[0] for device in found.calibration.devices))
    assert level == pytest.approx(math.sqrt(1.3 * 0.9))  # how much both read together is not for a swap to say


def test_more_pairs_make_the_error_smaller(sessions: Sessions) -> None:
    one = sessions.found(*exchanged_on_the_body(sessions))
    names = [name for _ in range(3) for name in exchanged_on_the_body(sessions)]
    three = sessions.found(*names)
    check(three)
    assert three.estimate.sd < 0.6 * one.estimate.sd
    assert not three.notes


def test_the_metric_is_the_first_that_all_sessions_have(sessions: Sessions) -> None:
    both = [figure(5.0), figure(5.0, "impulse")]
    withheld = [figure(5.0, reason="too_few"), figure(-3.0, "impulse")]
    names = sessions.add(0.0, figures=both), sessions.add(0.0, figures=withheld)
    assert sessions.found(*names).metric == "impulse"
    with pytest.raises(CalibrationError, match=r"load_share of the insole cannot be compared \(too_few\)"):
        sessions.found(*names, metric="load_share")
    with pytest.raises(CalibrationError, match=r"peak_force"):
        sessions.found(*names, metric="peak_force")
    with pytest.raises(CalibrationError, match=r"stance_time says nothing of a gain"):
        sessions.found(*names, metric="stance_time")


def test_several_sites_must_be_told_apart(sessions: Sessions) -> None:
    sides: tuple[Side, Side] = ("left", "right")
    straps = tuple(Node(f"{side}_strap", "strap", side, (FORCE,), 100.0) for side in sides)
    nodes = (node("left"), node("right"), *straps)
    names = [
        sessions.add(0.0, nodes=nodes, serials="ABCD", figures=[figure(sign * 5.0), figure(sign * 5.0, site="strap")])
        for sign in (1.0, -1.0, 1.0, -1.0, 1.0, -1.0)
    ]
    with pytest.raises(CalibrationError, match=r"insole, strap[\s\S]*--site insole"):
        sessions.found(*names)
    assert [device.serial for device in sessions.found(*names, site="strap").calibration.devices] == ["C", "D"]
    with pytest.raises(CalibrationError, match="has no plate on both sides"):
        sessions.found(*names, site="plate")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"wearer": "ann"}, "these are sessions of ann, me"),
        ({"serials": ("A", "C")}, "was made with A and C, the first one with A and B"),
        ({"figures": []}, "no site has figures of a load in all of these sessions"),
        ({"settings": "[]"}, "its settings cannot be read"),
        ({"settings": '{"corrections": 3}'}, "its settings cannot be read"),
        ({"settings": "{"}, "its settings cannot be read"),
    ],
)
def test_sessions_that_do_not_go_together_are_refused(sessions: Sessions, more: dict[str, object], said: str) -> None:
    before = sessions.add(5.0)
    after = sessions.add(-3.0, **more)  # type: ignore[arg-type]
    with pytest.raises(CalibrationError, match=said) as caught:
        sessions.found(before, after)
    assert caught.value.mend


def test_one_session_is_no_pair_and_none_counts_twice(sessions: Sessions) -> None:
    before, after = exchanged_on_the_body(sessions)
    for names, said in (((before,), "1 sessions are no pairs"), ((before, before), "a session is named twice")):
        with pytest.raises(CalibrationError, match=said):
            sessions.found(*names)
    third, fourth = sessions.add(5.0, serials=("B", "A")), sessions.add(5.0)
    with pytest.raises(CalibrationError, match="was to be before the exchange"):
        sessions.found(before, after, third, fourth)


def test_a_device_that_measures_both_sides_cannot_be_exchanged(sessions: Sessions) -> None:
    with pytest.raises(CalibrationError, match="A measures both sides"):
        sessions.found(*exchanged_on_the_body(sessions, serials=("A", "A")))


def test_gains_beyond_belief_and_ones_known_no_better_than_by_default_are_refused(sessions: Sessions) -> None:
    far = sessions.add(60.0), sessions.add(60.0)
    with pytest.raises(CalibrationError, match=r"would read 4\.0 times as much"):
        sessions.found(*far)
    vague = [sessions.add(0.0, figures=[figure(5.0, half=40.0)]) for _ in range(2)]
    with pytest.raises(CalibrationError, match=r"they are trusted to 10\.0 % as they are[\s\S]*pairs or more"):
        sessions.found(*vague)


def test_sessions_are_found_by_id_name_or_the_beginning_of_an_id(sessions: Sessions) -> None:
    for name in ("walk", "walk", "other"):
        sessions.add(0.0, name=name)
    sessions.add(0.0, name="walk", wearer="ann")
    with sessions.store.reader() as reader:
        assert [one.start.id for one in find_sessions(reader, ("walk", "s0", "other"))] == ["s3", "s0", "s2"]
        assert [one.start.id for one in find_sessions(reader, ("walk",), "me")] == ["s1"]
        with pytest.raises(CalibrationError, match=r"4 sessions begin with 's'"):
            find_sessions(reader, ("s",))
        with pytest.raises(CalibrationError, match=r"no session 'x'[\s\S]*the latest are: walk, other"):
            find_sessions(reader, ("x",))


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    Store.open(path).close()
    with Reader(path) as reader, pytest.raises(CalibrationError, match="the latest are: none"):
        find_sessions(reader, ("x",))


def test_the_time_it_was_made_is_when_it_was_computed(sessions: Sessions) -> None:
    found = sessions.found(*exchanged_on_the_body(sessions))
    assert found.calibration.made_ns == NOW_NS
    assert replace(found.calibration, id="x").kind == "swap"
