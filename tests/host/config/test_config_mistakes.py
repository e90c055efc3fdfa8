"""Each mistake in evenside.toml is refused with its dotted place, what stands there, and the mend."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.config import example_config, parse_config
from evenside.errors import ConfigError

EXAMPLE = example_config()
ALERT = "wearer[me].alert[longer on one foot]"
LEFT, RIGHT = "wearer[me].node[left_foot]", "wearer[me].node[right_foot]"
EXCHANGED = EXAMPLE.replace('side = "left"', 'side = "?"').replace('side = "right"', 'side = "left"')
EXCHANGED = EXCHANGED.replace('side = "?"', 'side = "right"')


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, Path("lab/evenside.toml"))
    assert caught.value.what.startswith("lab/evenside.toml: ")
    assert caught.value.exit_code == 2
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "place", "said", "mend"),
    [
        ("[figures]", "[figure]", "figure", "no such key", "write figures"),
        ("window_s = 60", "windows_s = 60", "figures.windows_s", "no such key", "write window_s"),
        ("window_s = 60", 'window_s = "60"', "figures.window_s", "expected seconds above 0, got '60'", ""),
        ("window_s = 60", "window_s = inf", "figures.window_s", "got inf", ""),
        ("window_s = 60", f"window_s = 1{'0' * 400}", "figures.window_s", "got 1000", ""),
        ("hop_s = 10", "hop_s = 7", "figures.window_s", "60 s is not a whole number of hops of 7 s", "window_s = 56"),
        ("hop_s = 10", "hop_s = 90", "figures.window_s", "not a whole number", "window_s = 90"),
        ("hop_s = 10", "hop_s = true", "figures.hop_s", "got True", ""),
        ("hop_s = 10", "hop_s = 1e-320", "figures.window_s", "not a whole number", ""),
        ('id = "me"', "", "wearer[1].id", "it is missing", ""),
        ('id = "me"', 'id = ""', "wearer[].id", "expected text in quotes", ""),
        ("[[wearer]]", "[wearer]", "wearer", "each written [[wearer]]", "above the first [[wearer.node]]"),
        ('[[wearer]]\nid = "me"', "", "wearer", "each written [[wearer]]", '[[wearer]] and id = "me"'),
        ("[[wearer.node]]", "[[wearer.nodes]]", "wearer[me].nodes", "no such key", "write node"),
        ('id = "left_foot"', 'idd = "left_foot"', "wearer[me].node[1].id", "it is missing", "write id instead of idd"),
        ('site = "foot"', 'site = "foots"', f"{LEFT}.site", "got 'foots'", 'site = "foot"'),
        ('side = "left"', 'side = "?"', f"{LEFT}.side", 'one of "left", "right", "centre", got \'?\'', ""),
        ('side = "left"', 'side = "right"', f"{LEFT}.side", 'called "left_foot" but its side is "right"', "rename"),
        ('source = "serial', 'source = "', f"{LEFT}.source", "as a URL", "serial:///dev/ttyUSB0"),
        ('serial = "EV-0001"', "serial = 1", f"{LEFT}.serial", "expected text in quotes, got 1", ""),
        ("EV-0002", "EV-0001", f"{RIGHT}.serial", "is the device of me/left_foot already", "evenside scan"),
        (
            "rate_hz = 100",
            'rate_hz = 100\ndevice = "x"',
            f"{LEFT}.device",
            'no kind of device is called "x"',
            "evenside",
        ),
        ('"acc_x", ', '"accx", ', f"{LEFT}.channels", 'no channel is called "accx"', 'write "acc_x"'),
        ('"acc_x", ', '"zzz", ', f"{LEFT}.channels", 'no channel is called "zzz"', "gyr_z, force"),
        ('"acc_x", ', '"acc_y", ', f"{LEFT}.channels", '"acc_y" stands there more than once', ""),
        ("channels = [", "channel = [", f"{LEFT}.channels", "it is missing", "write channels instead of channel"),
        ("rate_hz = 100", "rate_hz = 0", f"{LEFT}.rate_hz", "0.1 to 10000, got 0", ""),
        ("rate_hz = 100", "rate_hz = nan", f"{LEFT}.rate_hz", "got nan", ""),
        ("rate_hz = 100", "", f"{LEFT}.rate_hz", "it is missing", ""),
        ("rate_hz = 100", "rate_hz = 100\nscale = [1, 2]", f"{LEFT}.scale", "a list of 6 numbers above 0", ""),
        ("rate_hz = 100", "rate_hz = 100\nscale = []", f"{LEFT}.scale", "a list of 6 numbers above 0", ""),
        ("rate_hz = 100", "rate_hz = 100\nscale = [1, 2, 3, 4, 5, 0]", f"{LEFT}.scale", "numbers above 0", ""),
        ("rate_hz = 100", "rate_hz = 100\ngravity = 1", f"{LEFT}.gravity", "expected true or false, got 1", ""),
        ('value = 16, unit = "g"', "value = 16", f"{LEFT}.acc_range.unit", "it is missing", ""),
        ('unit = "g"', 'unit = "G"', f"{LEFT}.acc_range.unit", "got 'G'", ""),
        ("acc_range = { value = 16", "acc_range = { value = -16", f"{LEFT}.acc_range.value", "above 0, got -16", ""),
        ("[[wearer.alert]]", "[[wearer.alarm]]", "wearer[me].alarm", "no such key", "write alert"),
        ('rule = "longer on one foot"', "", "wearer[me].alert[1].rule", "it is missing", ""),
        ("stance_time", "stance", f"{ALERT}.metric", "got 'stance'", 'metric = "stance_time"'),
        ('site = "foot"\nraise', 'site = "ankle"\nraise', f"{ALERT}.site", "got 'ankle'", ""),
        ("raise = {", "rise = {", f"{ALERT}.raise", "a threshold with its formula", "write raise instead of rise"),
        ('raise = { value = 8, formula = "ai" }', "raise = 8", f"{ALERT}.raise", "expected a table", ""),
        ('value = 8, formula = "ai"', "value = 8", f"{ALERT}.raise.formula", "it is missing", ""),
        ('value = 8, formula = "ai"', 'formula = "ai"', f"{ALERT}.raise.value", "it is missing", "value = 10"),
        ("value = 8", "value = 108", f"{ALERT}.raise.value", "outside 0 to 100", ""),
        ("clear = { value = 5", "clear = { value = 9", f"{ALERT}.clear", "must not lie above", "smaller asymmetry"),
        ("dwell_s = 120", "dwell_s = -1", f"{ALERT}.dwell_s", "0 or more, got -1", ""),
        ("dwell_s = 120", "min_claim = 5", f"{ALERT}.min_claim", "a claim level, 0 to 4, got 5", ""),
        ("dwell_s = 120", 'side = "both"', f"{ALERT}.side", "got 'both'", ""),
        ("[figures]", "[trust]\ninsoles = 1\n[figures]", "trust.insoles", "no such key", "write insole"),
        ("[figures]", "[trust.foot]\nln_gain_sd = -1\n[figures]", "trust.foot.ln_gain_sd", "0 or more", ""),
        ("[figures]", '[store]\npath = ""\n[figures]', "store.path", "a folder or file", ""),
        ("[figures]", "[store]\npath = 3\n[figures]", "store.path", "got 3", ""),
        ("[figures]", '[store]\npath = "~nobody-here/x"\n[figures]', "store.path", "a known home", ""),
        ("[figures]", "[store]\nmax_mb = 0\n[figures]", "store.max_mb", "megabytes above 0", ""),
        ("[figures]", '[recording]\nenabled = "no"\n[figures]', "recording.enabled", "true or false", ""),
        ("[figures]", "wearer = 3\n[figures]", "", "not valid TOML", ""),
    ],
)
def test_a_mistake_is_named_with_its_place_and_its_mend(old: str, new: str, place: str, said: str, mend: str) -> None:
    assert old in EXAMPLE
    error = refused(EXAMPLE.replace(old, new, 1))
    assert error.what.removeprefix("lab/evenside.toml: ").startswith(f"{place}: " if place else said)
    assert said in error.what
    assert mend in error.mend


def test_exchanged_sides_are_refused_until_a_person_confirms_them() -> None:
    error = refused(EXCHANGED)
    assert "left_foot" in error.what
    assert '"right"' in error.what
    assert 'side = "left"' in error.mend
    assert "side_confirmed = true" in error.mend
    confirmed = re.sub(r'(?m)^(side = ".*")$', r"\1\nside_confirmed = true", EXCHANGED)
    config = parse_config(confirmed, Path("evenside.toml"))
    assert [(entry.node.id, entry.node.side) for entry in config.wearers[0].nodes] == [
        ("left_foot", "right"),
        ("right_foot", "left"),
    ]


def test_two_nodes_on_one_side_are_named_both() -> None:
    text = EXAMPLE.replace('id = "right_foot"', 'id = "second"').replace('side = "right"', 'side = "left"')
    error = refused(text)
    assert '"left_foot" and "second" are both worn at the left foot' in error.what
    assert "to right" in error.mend


def test_several_nodes_may_be_worn_in_the_centre() -> None:
    text = EXAMPLE.replace("left_foot", "one").replace("right_foot", "two").replace("_foot", "")
    text = re.sub(r'site = "foot"\nside = ".*"', 'site = "pelvis"\nside = "centre"', text)
    assert len(parse_config(text, Path("evenside.toml")).wearers[0].nodes) == 2


def test_ids_that_differ_only_in_capital_letters_are_the_same() -> None:
    text = EXAMPLE.replace('id = "right_foot"', 'id = "Left_Foot"\nside_confirmed = true')
    assert 'two nodes of this wearer are called "Left_Foot"' in refused(text).what
    second = EXAMPLE[EXAMPLE.index("[[wearer]]") :].replace("EV-", "X-").replace('"me"', '"Me"')
    assert 'two wearers are called "Me"' in refused(EXAMPLE + second).what
    alert = EXAMPLE[EXAMPLE.index("[[wearer.alert]]") :]
    assert 'two rules are called "longer on one foot"' in refused(EXAMPLE + alert).what


def test_a_wearer_needs_a_node_and_a_file_a_wearer() -> None:
    error = refused('[[wearer]]\nid = "me"\n')
    assert "wearer[me].node: expected at least one node" in error.what
    assert "evenside scan" in error.mend
    assert "expected at least one [[wearer]]" in refused("").what


def test_broken_toml_is_shown_with_its_line() -> None:
    error = refused(EXAMPLE.replace("hop_s = 10", "hop_s = = 10"))
    assert "not valid TOML: Invalid value (at line 5, column 9)\n  line 5: hop_s = = 10" in error.what
    assert "not valid TOML" in refused('a = "x').what
    assert "not valid TOML" in refused("a = " + "[" * 5000).what


# Whatever is put in the place of a value, the answer is a configuration or a ConfigError.
VALUES = ["1", "-1", "0", "nan", "inf", "1e999", '""', '"x"', "true", "[]", "[1]", '["a"]', "{}", "{ value = 1 }"]
VALUES += ["2024-01-01", "[[]]", "9" * 400, '{ value = 1, unit = "g" }', '{ value = 1, formula = "ai" }', "'?'"]


@settings(max_examples=150)
@given(st.data())
def test_no_value_of_another_kind_gets_past_with_another_error(data: st.DataObject) -> None:
    lines = EXAMPLE.splitlines()
    places = [at for at, line in enumerate(lines) if re.match(r"\w+ = ", line)]
    for at in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3, unique=True)):
        key = lines[at].split(" = ")[0]
        lines[at] = f"{key} = {data.draw(st.sampled_from(VALUES))}"
    with suppress(ConfigError):
        parse_config("\n".join(lines), Path("evenside.toml"))


@given(st.text(max_size=80))
def test_any_text_gives_a_clear_answer(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_config(text, Path("evenside.toml"))
