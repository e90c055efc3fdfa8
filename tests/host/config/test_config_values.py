"""What a configuration means: every key where it belongs, every default where it was left out."""

from __future__ import annotations

from math import inf, pi
from pathlib import Path

import pytest

from evenside.config import FigureConfig, NodeConfig, RecordingConfig, StoreConfig, example_config, parse_config
from evenside_analysis.conversions import Threshold
from evenside_analysis.limits import Limit
from evenside_analysis.settings import MonitorSettings, Trust
from evenside_analysis.types import ACC, GRAVITY_M_S2, GYR, Node

NODE = """
[[wearer]]
id = "me"
[[wearer.node]]
id = "strap"
site = "strap"
side = "left"
source = "serial:///dev/ttyS0"
channels = ["force"]
rate_hz = 80
"""


def test_what_is_left_out_takes_its_default(tmp_path: Path) -> None:
    config = parse_config(NODE, tmp_path / "evenside.toml", environ={"XDG_DATA_HOME": "/var/data"})
    (wearer,) = config.wearers
    assert wearer.id == "me"
    assert wearer.nodes == (NodeConfig(Node("strap", "strap", "left", ("force",), 80.0), "serial:///dev/ttyS0"),)
    assert wearer.limits == ()
    assert (config.figures, config.store, config.recording) == (FigureConfig(), StoreConfig(), RecordingConfig())
    assert config.trust == ()
    assert config.data == Path("/var/data/evenside")
    assert config.store_path == Path("/var/data/evenside/store.sqlite")
    assert config.recordings_path == Path("/var/data/evenside/recordings")
    assert wearer.monitor(config) == MonitorSettings((wearer.nodes[0].node,))


def test_without_a_data_home_it_is_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    for environ in ({}, {"XDG_DATA_HOME": ""}, {"XDG_DATA_HOME": "not/absolute"}):
        config = parse_config(NODE, Path("evenside.toml"), environ=environ)
        assert config.data == Path("/home/ann/.local/share/evenside")


FULL = """
data = "here"
[figures]
window_s = 30
hop_s = 2.5
[store]
path = "~/figures.sqlite"
max_mb = 500
[recording]
enabled = false
path = "/raw"
max_mb = 0.5
[trust.insole]
ln_gain_sd = 0.05
[trust.pelvis]
ln_gain_sd = 0
zero_error_n = inf
[[wearer]]
id = "ann"
[[wearer.node]]
id = "left_foot"
site = "foot"
side = "left"
source = "replay:///walk.csv?speed=2"
serial = "EV-1"
device = "evenside"
channels = ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]
rate_hz = 102.4
gravity = false
right_handed = true
acc_range = { value = 16, unit = "g" }
gyr_range = { value = 2000, unit = "deg/s" }
scale = [0.01, 0.01, 0.01, 0.001, 0.001, 0.001]
clock = "hub"
[[wearer.node]]
id = "foot (rechts)"
site = "foot"
side = "left"
side_confirmed = true
source = "simulate://"
channels = ["force", "quantity_77"]
rate_hz = 100
[[wearer.alert]]
rule = "long"
metric = "stance_time"
site = "foot"
raise = { value = 10, formula = "percent_difference" }
clear = { value = 1.1, formula = "ratio" }
dwell_s = 0
clear_dwell_s = 5
side = "right"
min_claim = 0
patience_s = 60
[[wearer]]
id = "bob"
"""


def test_every_key_reaches_its_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    second = NODE.replace('[[wearer]]\nid = "me"', "")
    text = FULL.replace('side = "left"\nside_confirmed', 'side = "right"\nside_confirmed') + second
    config = parse_config(text.replace('"foot (rechts)"', '"foot (links)"'), tmp_path / "evenside.toml")
    assert config.path == tmp_path / "evenside.toml"
    assert config.data == tmp_path / "here"
    assert config.figures == FigureConfig(30.0, 2.5)
    assert config.store == StoreConfig(Path("/home/ann/figures.sqlite"), 500.0)
    assert config.recording == RecordingConfig(enabled=False, path=Path("/raw"), max_mb=0.5)
    # What is not said about a site stays as it is known.
    assert dict(config.trust) == {"insole": Trust(0.05, 10.0), "pelvis": Trust(0.0, inf)}
    ann, bob = config.wearers
    left = Node(
        id="left_foot",
        site="foot",
        side="left",
        channels=ACC + GYR,
        rate_hz=102.4,
        gravity=False,
        right_handed=True,
        acc_range_m_s2=16 * GRAVITY_M_S2,
        gyr_range_rad_s=2000 * (pi / 180),
        scale=(0.01,) * 3 + (0.001,) * 3,
        clock="hub",
    )
    assert ann.nodes[0] == NodeConfig(left, "replay:///walk.csv?speed=2", "EV-1", "evenside")
    assert (ann.nodes[1].node.side, ann.nodes[1].node.channels) == ("right", ("force", "quantity_77"))
    raise_at, clear_at = Threshold(10.0, "percent_difference"), Threshold(1.1, "ratio")
    assert ann.limits == (
        Limit("long", "stance_time", "foot", raise_at, clear_at, 0.0, 5.0, "right", min_claim=0, patience_s=60.0),
    )
    assert [entry.node.id for entry in bob.nodes] == ["strap"]
    settings = ann.monitor(config)
    assert (settings.window_s, settings.hop_s, settings.limits) == (30.0, 2.5, ann.limits)
    assert settings.trust_of("insole") == Trust(0.05, 10.0)


def test_the_example_is_a_configuration() -> None:
    config = parse_config(example_config(), Path("evenside.toml"))
    (wearer,) = config.wearers
    assert [(entry.node.site, entry.node.side) for entry in wearer.nodes] == [("foot", "left"), ("foot", "right")]
    assert [limit.metric for limit in wearer.limits] == ["stance_time"]
