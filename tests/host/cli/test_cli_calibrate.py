"""``evenside calibrate``: tare, scale, static, swap and list, as a person and as a program use them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evenside.calibration.file import add_calibrations, read_calibrations
from evenside.cli import main
from evenside.cli.live_toml import config_toml
from evenside.config import Config, NodeConfig, WearerConfig
from evenside.readers import open_recording
from evenside.store import Reader
from evenside_analysis.calibration import CalibratedDevice, Calibration
from evenside_analysis.types import ACC, FORCE, GRAVITY_M_S2, GYR, Node, Side

if TYPE_CHECKING:
    from tests.host.cli.conftest import Terminal

SIDES: tuple[Side, Side] = ("left", "right")
RATE_HZ = 50
KG_N = 9.80665
WALK = "simulate://?script=walk&speed=max&seconds=60&gain_right=1.06"


def bench(folder: Path, kind: str, rows: np.ndarray, speed: str = "max") -> str:
    """The URL of a table of two straps (N), or of two feet (m/s², rad/s), and its layout beside it."""
    channels = (FORCE,) if kind == "strap" else (*ACC, *GYR)
    units = ("N",) if kind == "strap" else ("m/s2",) * 3 + ("rad/s",) * 3
    names = [f"{side}_{channel}" for side in ("left", "right") for channel in channels]
    table = np.column_stack([np.arange(len(rows)) / RATE_HZ, rows])
    np.savetxt(folder / "bench.csv", table, fmt="%.6f", delimiter=",", header=",".join(["t", *names]), comments="")
    gravity = "" if kind == "strap" else "gravity = true\n"
    nodes = "".join(
        f'[node.{side}_{kind}]\nsite = "{kind}"\nside = "{side}"\n{gravity}[node.{side}_{kind}.channels]\n'
        + "".join(
            f'{channel} = {{ column = "{side}_{channel}", unit = "{unit}" }}\n'
            for channel, unit in zip(channels, units, strict=True)
        )
        for side in ("left", "right")
    )
    layout = folder / "bench.toml"
    layout.write_text(
        'name = "bench"\nsummary = "a bench"\n[table]\nseparator = "comma"\nheader = "line"\n'
        f'[time]\ncolumn = "t"\nunit = "s"\nrate_hz = {RATE_HZ}\n{nodes}'
    )
    return f"replay://{folder / 'bench.csv'}?layout={layout}&speed={speed}"


def levels(*parts: tuple[float, Sequence[float] | np.ndarray], noise: float = 0.05) -> np.ndarray:
    """One part after the other, each so many seconds at these readings."""
    rows = np.concatenate([np.tile(np.asarray(level, float), (round(span_s * RATE_HZ), 1)) for span_s, level in parts])
    return rows + np.random.default_rng(3).normal(0.0, noise, rows.shape)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(one) for one in ("calibrate", *arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture(autouse=True)
def no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands that run in this process have no keys, and find no configuration by themselves."""
    monkeypatch.setenv("EVENSIDE_CONFIG", str(tmp_path / "evenside.toml"))
    with (tmp_path / "nobody").open("w+") as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        yield


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_a_tare_is_told_and_kept(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = bench(tmp_path, "strap", levels((20.0, (3.0, -1.5))))
    code, out, err = run(capsys, "tare", "--source", source, "--data", data)
    (kept,) = read_calibrations(data)
    assert (code, err) == (0, "")
    assert "strap: left_strap reads 3.00 N empty" in out
    assert f"kept in {data / 'calibrations.toml'} as {kept.id}" in out
    assert [device.zero[0] for device in kept.devices] == pytest.approx([3.0, -1.5], abs=0.02)
    assert (kept.kind, kept.wearer) == ("tare", "me")


def test_json_is_one_object_with_everything(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = bench(tmp_path, "strap", levels((20.0, (3.0, -1.5))))
    code, out, _ = run(capsys, "tare", "--source", source, "--data", data, "--at", 2, "--node", "left_strap", "--json")
    (found,) = json.loads(out)["calibrations"]
    assert code == 0
    assert (found["kind"], found["site"], found["fresh"], found["holds"]) == ("tare", "strap", True, None)
    (device,) = found["devices"]
    assert device["node"] == "left_strap"
    assert device["zero"] == pytest.approx([3.0], abs=0.02)
    assert device["ln_gain_sd"] is None


@pytest.mark.parametrize(
    ("level", "noise", "said", "mend"),
    [
        ((60.0, 0.0), 0.05, "left_strap reads 60.0 N: that is no empty strap", "calibrate scale"),
        ((0.0, 0.0), 6.0, "left_strap was not still: it varied by", "leave it alone"),
    ],
)
def test_a_tare_of_what_is_not_empty_or_not_still_is_refused_and_nothing_kept(
    tmp_path: Path,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    level: Sequence[float],
    noise: float,
    said: str,
    mend: str,
) -> None:
    source = bench(tmp_path, "strap", levels((20.0, level), noise=noise))
    code, out, err = run(capsys, "tare", "--source", source, "--data", data)
    assert (code, out) == (7, "")
    assert said in err
    assert mend in err.split("mend: ")[1]
    assert read_calibrations(data) == ()


GAIN, ZERO_N = (1.04, 0.98), (45.0, -2.0)


def weighed(*weights_n: float) -> np.ndarray:
    """Empty, then each weight on the left strap and on the right one, each for 12 s."""
    loads = [(0.0, 0.0), *((weight, 0.0) if left else (0.0, weight) for weight in weights_n for left in (True, False))]
    return levels(
        *((12.0, [zero + gain * load for zero, gain, load in zip(ZERO_N, GAIN, pair, strict=True)]) for pair in loads)
    )


def moments(count: int) -> list[str]:
    return [word for step in range(count) for word in ("--at", str(12.0 * step))]


def test_dead_weights_give_gain_and_zero_even_where_the_zero_is_far_off(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = bench(tmp_path, "strap", weighed(10 * KG_N, 20 * KG_N))
    weights = ("--weight", "10kg", "--weight", "20 kg")
    code, out, err = run(capsys, "scale", "--source", source, "--data", data, *weights, *moments(5))
    assert code == 0, err
    assert "1 of 5: take all load off left_strap, right_strap" in err
    assert "5 of 5: set 20 kg on right_strap alone" in err
    assert "strap: left_strap gain 0.9615" in out
    (kept,) = read_calibrations(data)
    for device, gain, zero_n in zip(kept.devices, GAIN, ZERO_N, strict=True):
        assert device.gain[0] == pytest.approx(1.0 / gain, rel=2e-3)
        assert device.zero[0] == pytest.approx(zero_n, abs=0.1)


@pytest.mark.parametrize(
    ("weight", "steps", "code", "said"),
    [
        ("20", 3, 2, "'20' is no weight: write it with its unit"),
        ("-3kg", 3, 2, "'-3kg' is no weight"),
        ("nankg", 3, 2, "'nankg' is no weight"),
        ("20kg", 2, 2, "2 moments for 3 steps"),
        ("20kg", 0, 2, "say at which second each of the 3 steps begins"),
        ("90kg", 3, 7, "would need a gain of"),
    ],
)
def test_weights_and_moments_that_cannot_be_are_refused(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str], weight: str, steps: int, code: int, said: str
) -> None:
    source = bench(tmp_path, "strap", weighed(20 * KG_N))
    found, _, err = run(capsys, "scale", "--source", source, "--data", data, "--weight", weight, *moments(steps))
    assert found == code
    assert said in err
    assert read_calibrations(data) == ()


def faces(count: int) -> np.ndarray:
    """Both feet on one face after the other, for 10 s each, with a gyroscope and an accelerometer that are off."""
    parts = []
    for place in range(count):
        up = np.zeros(3)
        up[place // 2 % 3] = GRAVITY_M_S2 * (1.0 if place % 2 == 0 else -1.0)
        one = np.concatenate([up / [1.01, 0.99, 1.0] + [0.1, 0.0, -0.1], [0.02, 0.0, -0.01]])
        parts.append((10.0, np.tile(one, 2)))
    return levels(*parts, noise=0.003)


def test_a_gyroscope_at_rest_tells_its_bias(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = bench(tmp_path, "foot", faces(2))
    code, out, _ = run(capsys, "static", "--source", source, "--data", data, "--seconds", 5)
    assert code == 0
    assert "foot: left_foot off by 1.1" in out
    (kept,) = read_calibrations(data)
    assert kept.devices[0].channels == GYR
    assert kept.devices[1].zero == pytest.approx((0.02, 0.0, -0.01), abs=1e-3)


def test_six_faces_tell_the_accelerometer_too(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = bench(tmp_path, "foot", faces(6))
    at = [word for step in range(6) for word in ("--at", str(10 * step))]
    code, out, err = run(capsys, "static", "--source", source, "--data", data, "--seconds", 6, "--positions", 6, *at)
    assert code == 0, err
    assert "acceleration gains 1.01" in out
    assert read_calibrations(data)[0].devices[0].gain[:3] == pytest.approx((1.01, 0.99, 1.0), abs=1e-3)


def test_six_times_the_same_face_tells_nothing(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = bench(tmp_path, "foot", np.tile(faces(1), (6, 1)))
    at = [word for step in range(6) for word in ("--at", str(10 * step))]
    code, _, err = run(capsys, "static", "--source", source, "--data", data, "--seconds", 6, "--positions", 6, *at)
    assert code == 7
    assert "the positions are too much alike" in err
    assert "lay it on each of its six faces in turn" in err


def test_a_swap_of_two_sources_parts_wearer_and_gains(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After the exchange the left node is on the right: what is the wearer's turns round, not what is the sensors'."""
    sources = ("--source", f"{WALK}&load_ai=4", "--source", f"{WALK}&load_ai=-4&seed=1")
    code, out, err = run(capsys, "swap", *sources, "--data", data, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["true_ai"] == pytest.approx(4.0, abs=0.3)
    assert math.exp(found["ln_gain"]) == pytest.approx(1.06, abs=0.006)
    assert (found["metric"], len(found["sessions"])) == ("load_share", 2)
    (kept,) = read_calibrations(data)
    assert kept.id == found["calibrations"][0]["id"]
    with Reader(data / "store.sqlite") as reader:
        assert [one.start.name for one in reader.sessions()] == ["swap after 1", "swap before 1"]

    code, out, err = run(capsys, "swap", "swap before 1", "swap after 1", "--data", data)
    assert code == 0
    assert re.search(r"insole: right_insole reads 1\.0[56]\d+ times as much as left_insole", out)
    assert re.search(r"the wearer's own load_share: (3\.[789]|4\.\d) right \(AI\)", out)
    assert "note: 1 swap pair: the error is" in err


def test_what_was_measured_corrects_the_next_session_and_stays_with_its_recording(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    devices = tuple(
        CalibratedDevice(f"{side}_insole", (FORCE,), (gain,)) for side, gain in (("left", 1.06), ("right", 1.0))
    )
    add_calibrations(data, Calibration("scale-1", "scale", "insole", "me", 1_767_268_800_000_000_000, devices))
    shares = {}
    for name, wearer in (("corrected", "me"), ("raw", "somebody else")):
        source = f"{WALK}&load_ai=0"
        assert (
            main(["capture", name, "--source", source, "--data", str(data), "--seconds", "60", "--wearer", wearer]) == 0
        )
        with Reader(data / "store.sqlite") as reader:
            session = reader.sessions()[0].start.id
            figures = [one.row.figure for one in reader.last_figures(session, "session")]
        (shares[name],) = [one.ai for one in figures if one.metric == "impulse" and one.site == "insole"]
        corrections = open_recording(data / "recordings" / session).in_force.corrections
        assert [one.ids for one in corrections] == ([("scale-1",)] * 2 if wearer == "me" else [])
    capsys.readouterr()
    assert shares["raw"] - shares["corrected"] == pytest.approx(50 * math.log(1.06), abs=0.05)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("swap",), 2, "name two sessions: evenside calibrate swap BEFORE AFTER"),
        (("swap", "--source", "simulate://"), 2, "give --source twice"),
        (("swap", "a", "b", "--source", "simulate://"), 2, "leave out one of them"),
        (("swap", "a", "b", "--data", "DATA"), 5, "there is no store at"),
        (("swap", "a", "b", "--data", "DATA", "--metric", "step_time"), 2, "Invalid value for '--metric'"),
        (("tare", "--data", "DATA"), 2, "--data is for --source"),
        (("tare", "--source", "nothing://", "--data", "DATA"), 4, "no source for scheme 'nothing'"),
        (("tare", "--source", WALK, "--data", "DATA", "--site", "plate"), 2, "no sensor of force at the plate"),
        (("tare", "--source", WALK, "--data", "DATA", "--node", "x"), 2, "me has no node 'x'"),
        (("scale", "--source", WALK, "--data", "DATA", "--site", "foot", "--weight", "1kg"), 2, "no sensor of force"),
        (("tare", "--config", "DATA"), 2, "there is no such file"),
        (("list", "--config", "DATA"), 2, "there is no such file"),
    ],
)
def test_what_cannot_be_is_refused_with_the_mend(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: Sequence[str], code: int, said: str
) -> None:
    found, out, err = run(capsys, *(str(data) if word == "DATA" else word for word in arguments))
    assert (found, out) == (code, "")
    assert said in err
    assert "mend: " in err or "Usage: " in err


def made(id_: str, serials: tuple[str, str], days: float) -> Calibration:
    import time

    devices = tuple(
        CalibratedDevice(node, (FORCE,), zero=(1.0,), serial=serial)
        for node, serial in zip(("left_strap", "right_strap"), serials, strict=True)
    )
    return Calibration(
        id_, "tare", "strap", "me", time.time_ns() - round(86_400e9 * days), devices, words=f"it is {id_}"
    )


def test_the_list_tells_what_holds_for_the_sensors_of_the_configuration(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_calibrations(data, made("old", ("A", "B"), 50.0), made("other", ("C", "D"), 2.0), made("new", ("A", "B"), 40.0))
    nodes = tuple(
        NodeConfig(Node(f"{side}_strap", "strap", side, (FORCE,), 80.0), "simulate://?speed=max", serial)
        for side, serial in zip(SIDES, "AB", strict=True)
    )
    path = tmp_path / "my.toml"
    path.write_text(config_toml(Config(path, data, (WearerConfig("me", nodes),))))
    code, out, _ = run(capsys, "list", "--config", path)
    rows = [line.split() for line in out.splitlines()]
    assert code == 0
    assert [row[-1] for row in rows[1:]] == ["other", "new", "old"]  # the latest first
    assert ["yes" in row for row in rows[1:]] == [False, True, False]
    assert [" repeat it " in line for line in out.splitlines()[1:]] == [False, True, True]

    code, out, _ = run(capsys, "list", "--config", path, "--json")
    found: dict[str, Any] = json.loads(out)
    assert found["file"] == str(data / "calibrations.toml")
    assert {one["id"]: (one["holds"], one["fresh"]) for one in found["calibrations"]} == {
        "old": (False, False),
        "other": (False, True),
        "new": (True, False),
    }
    assert "?" in run(capsys, "list", "--data", data)[1]


def test_a_list_without_a_configuration_looks_where_calibrations_are_kept_by_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVENSIDE_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "list")
    assert (code, out) == (0, f"there is no calibration in {tmp_path / 'share' / 'evenside' / 'calibrations.toml'}\n")
    add_calibrations(tmp_path / "share" / "evenside", made("mine", ("A", "B"), 1.0))
    assert "it is mine" in run(capsys, "list")[1]


def test_a_damaged_file_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data.mkdir()
    (data / "calibrations.toml").write_text("[[calibration]]\nid = 3\n")
    code, _, err = run(capsys, "list", "--data", data)
    assert code == 7
    assert f"{data / 'calibrations.toml'}: calibration[1].id: expected text in quotes, got 3" in err


def test_on_a_terminal_each_step_begins_by_key(tmp_path: Path, data: Path, terminal: Callable[..., Terminal]) -> None:
    source = bench(tmp_path, "strap", levels((2000.0, (3.0, -1.5))), speed="4")
    shown = terminal("calibrate", "tare", "--source", source, "--data", str(data), "--seconds", "3")
    shown.wait_for_text("Enter begins, q gives up")
    assert "1 of 1: take all load off left_strap, right_strap" in shown.text
    shown.press("\n")
    shown.wait_for_text("left_strap 3.0 N still")
    assert shown.end() == 0
    assert "hands off: " in shown.text
    assert "left_strap reads 3.0" in shown.text
    assert shown.mode == shown.before
    assert len(read_calibrations(data)) == 1


def test_a_step_that_went_wrong_may_be_done_again(
    tmp_path: Path, data: Path, terminal: Callable[..., Terminal]
) -> None:
    """A hand lies on it for the first minute, two seconds at this speed."""
    rows = np.concatenate([levels((60.0, (0.0, 0.0)), noise=6.0), levels((2000.0, (3.0, -1.5)))])
    source = bench(tmp_path, "strap", rows, speed="30")
    shown = terminal("calibrate", "tare", "--source", source, "--data", str(data), "--seconds", "4")
    pressed: list[str] = []
    goes_on = lambda text: text.count("Enter begins") > len(pressed) or "kept in" in text  # noqa: E731
    while "kept in" not in shown.wait_for(goes_on):
        pressed.append("\n")
        shown.press("\n")
    assert shown.end() == 0
    assert "was not still: it varied by" in shown.text
    (kept,) = read_calibrations(data)
    assert kept.devices[0].zero[0] == pytest.approx(3.0, abs=0.05)


def test_who_gives_up_keeps_nothing_and_gets_the_terminal_back(
    tmp_path: Path, data: Path, terminal: Callable[..., Terminal]
) -> None:
    source = bench(tmp_path, "strap", weighed(20 * KG_N), speed="1")
    shown = terminal("calibrate", "scale", "--source", source, "--data", str(data), "--weight", "20kg")
    shown.wait_for_text("Enter begins, q gives up")
    shown.press("q")
    assert shown.end() == 130
    assert shown.mode == shown.before
    assert read_calibrations(data) == ()


def test_a_swap_on_a_terminal_says_what_is_to_be_exchanged(
    tmp_path: Path, data: Path, terminal: Callable[..., Terminal]
) -> None:
    """Nobody exchanges anything here, but this wearer is even: what differs is the sensors."""
    nodes = tuple(
        NodeConfig(Node(f"{side}_insole", "insole", side, (FORCE,), 100.0), f"{WALK}&load_ai=0", serial)
        for side, serial in zip(SIDES, "AB", strict=True)
    )
    path = tmp_path / "my.toml"
    path.write_text(config_toml(Config(path, data, (WearerConfig("me", nodes),))))
    shown = terminal("calibrate", "swap", "--config", str(path), "--seconds", "60")
    shown.wait_for_text("Enter begins 60 s")
    assert "Wear both sensors as usual" in shown.text
    shown.press("\n")
    shown.wait_for_text("Exchange the two sensors")
    shown.wait_for(lambda text: text.count("Enter begins 60 s") == 2)
    shown.press("\n")
    assert shown.end() == 0
    assert re.search(r"right_insole reads 1\.0[56]\d+ times as much", shown.text)
    assert [device.serial for device in read_calibrations(data)[0].devices] == ["A", "B"]
