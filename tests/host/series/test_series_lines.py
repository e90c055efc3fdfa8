"""Line protocol, read back by a parser that knows nothing of ours: character by character, as the servers do it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.series.lines import TEXT_MAX, fields_text, number_text, series_text


def parsed(text: str) -> tuple[str, dict[str, str], dict[str, float | str], int]:
    """Measurement, tags, fields, time. Raises ValueError or IndexError for whatever is no line."""
    place = 0

    def name(stops: str) -> str:
        nonlocal place
        found = ""
        while text[place] not in stops:
            if text[place] == "\\" and text[place + 1] in ", =":
                place += 1
            found += text[place]
            place += 1
        return found

    def quoted() -> str:
        nonlocal place
        found = ""
        place += 1
        while text[place] != '"':
            if text[place] == "\\" and text[place + 1] in '"\\':
                place += 1
            found += text[place]
            place += 1
        place += 1
        return found

    measurement, tags = name(", "), dict[str, str]()
    while text[place] == ",":
        place += 1
        key = name("=, ")
        assert text[place] == "="
        place += 1
        tags[key] = name(", ")
        assert tags[key]
    fields = dict[str, float | str]()
    while not fields or text[place] == ",":
        place += 1
        key = name("=")
        place += 1
        if text[place] == '"':
            fields[key] = quoted()
        else:
            fields[key] = float(name(", "))
    assert text[place] == " "
    return measurement, tags, fields, int(text[place + 1 :])


WORDS = st.text(max_size=12)
NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=6)


@given(
    WORDS.filter(str.strip),
    st.dictionaries(NAMES, WORDS, max_size=4),
    st.dictionaries(NAMES, st.floats() | WORDS, max_size=4),
    st.integers(0, 1 << 42),
)
def test_whatever_goes_in_comes_out_but_for_control_characters_and_backslashes(
    measurement: str, tags: dict[str, str], fields: dict[str, float | str], ts_ms: int
) -> None:
    text = fields_text(fields.items())
    known = {name: value for name, value in fields.items() if isinstance(value, str) or math.isfinite(value)}
    assert bool(text) == bool(known)
    if not text:
        return
    text = f"{series_text(measurement, tags.items())} {text} {ts_ms}"
    assert text.encode().decode() == text
    assert not any(character in text for character in "\n\r\0\x85\u2028")
    found_measurement, found_tags, found_fields, found_ms = parsed(text)
    assert found_ms == ts_ms
    if measurement.isprintable():
        assert found_measurement == measurement.replace("\\", "/")
    assert set(found_tags) == {name for name, value in tags.items() if value}
    assert set(found_fields) == set(known)
    for name, value in known.items():
        if isinstance(value, float):
            assert found_fields[name] == pytest.approx(value, rel=2.0**-24, abs=0.0)
            assert math.copysign(1.0, value) == math.copysign(1.0, float(found_fields[name]))
    for name, value in tags.items():
        if value and value.isprintable():
            assert found_tags[name] == value.replace("\\", "/")
    for name, value in fields.items():
        if isinstance(value, str) and value.isprintable():
            assert found_fields[name] == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a b", r"m,t=a\ b"),
        ("a,b=c", r"m,t=a\,b\=c"),
        ("a\nb", r"m,t=a\ b"),
        ("end\\", "m,t=end/"),
        ("", "m"),
        ("Jürgen", "m,t=Jürgen"),
        ("\ud800", r"m,t=\ "),
    ],
)
def test_tags_are_escaped(value: str, written: str) -> None:
    assert series_text("m", [("t", value)]) == written


def test_numbers_are_floats_and_what_is_no_number_is_left_out() -> None:
    assert fields_text([("n", 3), ("x", 0.1), ("y", math.nan), ("z", -math.inf)]) == "n=3.0,x=0.1"
    assert fields_text([("y", math.nan)]) == ""
    assert fields_text([("n", 123456789012), ("x", 0.123456789)]) == "n=123456789012.0,x=0.12345679"


@given(st.integers(-(2**53), 2**53) | st.sampled_from([2**24 - 1, 2**24, 2**24 + 1, -(2**24) - 1]))
def test_whole_numbers_are_exact(number: int) -> None:
    assert float(number_text(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_is_written_with_more_digits_than_it_needs(value: float) -> None:
    text = number_text(value)
    assert float(text) == pytest.approx(value, rel=2.0**-23, abs=0.0)  # rounded twice, to binary and to decimal
    digits = len(text.lower().partition("e")[0].replace(".", "").replace("-", "").strip("0"))
    assert digits <= (9 if 1e-30 <= abs(value) < 2.0**24 else 17)


def test_long_texts_are_cut() -> None:
    assert len(fields_text([("t", "x" * 5000)])) == TEXT_MAX + len('t=""')
