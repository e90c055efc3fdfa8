"""Charts are well-formed, show everything there is, and say what it is."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from evenside.errors import ReadError
from evenside.validation.charts import Dot, agreement_chart, error_chart
from evenside.validation.plots import write_plots
from evenside.validation.svg import Frame, axes, document, round_step, text, ticks
from evenside.validation.validating import validate

SVG = "{http://www.w3.org/2000/svg}"


def drawn(content: str) -> ElementTree.Element:
    """The picture; everything in it lies on the paper and is a number."""
    root = ElementTree.fromstring(content)
    assert root.tag == f"{SVG}svg"
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for element in root.iter():
        for key, limit in (("x", width), ("cx", width), ("x1", width), ("y", height), ("cy", height), ("y1", height)):
            if key in element.attrib:
                assert 0.0 <= float(element.attrib[key]) <= limit
    return root


def words(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_words_of_strangers_do_not_break_the_picture() -> None:
    root = drawn(document(100, 50, "<a> & b", [text(1, 2, 'x < "y" & z', anchor="middle")]))
    assert words(root) == ['x < "y" & z']
    assert root.find(f"{SVG}title") is not None


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 10.0, [0, 2, 4, 6, 8, 10]),
        (-0.3, 0.31, [-0.2, 0, 0.2]),
        (-7.0, 6.5, [-5, 0, 5]),
        (3e5, 9e5, [4e5, 6e5, 8e5]),
    ],
)
def test_ticks_are_round_and_inside(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high, 5) == pytest.approx(expected)


@pytest.mark.parametrize(("least", "step"), [(1.0, 1.0), (1.2, 2.0), (4.0, 5.0), (7.0, 10.0), (0.03, 0.05)])
def test_steps_are_one_two_or_five(least: float, step: float) -> None:
    assert round_step(least) == pytest.approx(step)


def test_a_frame_puts_values_where_its_axes_say() -> None:
    frame = Frame((0.0, 10.0), (-1.0, 1.0))
    assert (frame.at_x(0.0), frame.at_x(10.0)) == (frame.left, frame.right)
    assert (frame.at_y(-1.0), frame.at_y(1.0)) == (frame.bottom, frame.top)
    drawn(document(720, 456, "t", axes(frame, "seconds", "AI")))


def test_agreement_shows_every_trial_with_bias_and_limits() -> None:
    dots = [Dot(0.0, 1.0, "1-1", "Healthy"), Dot(2.0, 2.0, "1-2", "Healthy"), Dot(-4.0, -2.0, "2-1", "A & B")]
    root = drawn(agreement_chart("Asymmetry", "3 trials", "AI points", dots))
    hints = [element.findtext(f"{SVG}title") for element in root.iter(f"{SVG}circle")]
    assert [hint for hint in hints if hint] == [
        "1-1: annotated +0.00, found +1.00 AI points",
        "1-2: annotated +2.00, found +2.00 AI points",
        "2-1: annotated −4.00, found −2.00 AI points",
    ]
    said = words(root)
    assert {"bias +1.00", "limit −0.96", "limit +2.96", "Healthy", "A & B"} <= set(said)
    assert {"mean of found and annotated, AI points", "found − annotated, AI points"} <= set(said)


def test_two_equal_trials_make_a_picture_too() -> None:
    drawn(agreement_chart("t", "s", "AI points", [Dot(1.0, 1.0, "a", ""), Dot(1.0, 1.0, "b", "")]))


def test_a_histogram_counts_every_error_of_both_feet() -> None:
    rng = np.random.default_rng(1)
    left, right = rng.normal(5.0, 10.0, 400), np.append(rng.normal(-5.0, 10.0, 299), 900.0)
    root = drawn(error_chart("Errors", "2 persons", [("left", left), ("right", right)]))
    bars = [element for element in root.iter(f"{SVG}rect") if element.attrib["fill-opacity"] == "0.5"]
    scale = max(float(bar.attrib["height"]) for bar in bars) / max_count(left, right, root)
    counted = sum(float(bar.attrib["height"]) for bar in bars) / scale
    assert counted == pytest.approx(700, rel=0.01)
    assert {"left, n 400", "right, n 300"} <= set(words(root))
    assert any(word.startswith("events in ") for word in words(root))


def max_count(left: np.ndarray, right: np.ndarray, root: ElementTree.Element) -> float:
    """The tallest bar, from the numbers beside the axis: the frame is 300 high and leaves 8 % above it."""
    numbers = [
        (float(one.attrib["y"]) - 4.0, one.text)
        for one in root.iter(f"{SVG}text")
        if one.attrib["text-anchor"] == "end"
    ]
    (zero_y, _), (top_y, top) = numbers[0], numbers[-1]
    return float(top or "nan") / (zero_y - top_y) * 300.0 / 1.08


def test_errors_that_are_all_alike_make_a_picture() -> None:
    drawn(error_chart("t", "s", [("left", np.zeros(3))]))
    drawn(error_chart("t", "s", [("left", np.full(3, 12.0))]))


def test_every_set_that_is_marked_is_drawn(annotated_sets: Path, tmp_path: Path) -> None:
    written = write_plots(validate(annotated_sets, jobs=1), tmp_path / "deep" / "plots")
    names = {path.name for path in written}
    assert {
        "ipol-265_motion_agreement.svg",
        "ipol-265_heel_rise_errors.svg",
        "ipol-497_contact_errors.svg",
        "gaitmap_toe_off_errors.svg",
        "moticon_contact_errors.svg",
    } <= names
    for path in written:
        root = drawn(path.read_text(encoding="utf-8"))
        assert all(not math.isnan(float(dot.attrib["cx"])) for dot in root.iter(f"{SVG}circle"))
        assert any("person" in word for word in words(root))


def test_a_place_that_cannot_be_written_is_an_error(annotated_sets: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReadError, match="give a folder"):
        write_plots(validate(annotated_sets / "walks" / "activity", jobs=1), tmp_path / "file")
