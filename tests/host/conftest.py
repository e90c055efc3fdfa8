"""Annotated recordings in the formats of other people, made by the simulated wearer: its truth is what is marked."""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from evenside.simulator import (
    Asymmetry,
    Device,
    Script,
    Stairs,
    Stand,
    Turn,
    Walk,
    Wearer,
    advance,
    default_nodes,
    start,
)
from evenside.simulator.plan import Movement
from evenside.simulator.walker import Walker, plan
from evenside_analysis.types import GRAVITY_M_S2, Event, Floats, Side

SIDES: tuple[Side, Side] = ("left", "right")
UNEVEN = Asymmetry(swing_time=6.0)
LOST = (700, 703)  # samples of the left foot that never arrived


@dataclass(frozen=True, eq=False)
class Walked:
    """What the sensors of a wearer said, sample k at time k / rate_hz, and what the feet really did."""

    rate_hz: float
    values: dict[str, Floats]  # by node
    movements: dict[Side, list[Movement]]
    contacts: dict[Side, tuple[Floats, Floats]]  # initial and terminal

    def table(self, *columns: tuple[str, int, float]) -> Floats:
        """Columns (node, channel, divided by this) side by side."""
        return np.column_stack([self.values[node][:, channel] / unit for node, channel, unit in columns])


def walked(script: Script, rate_hz: float, seed: int, gravity: bool = True) -> Walked:
    wearer = Wearer(script, seed)
    nodes = [replace(node, gravity=gravity) for node in default_nodes(rate_hz) if node.site in ("foot", "insole")]
    devices = tuple(Device(node) for node in nodes)
    piece = advance(wearer, devices, start(wearer, devices), math.inf)[1]
    steps = plan(wearer, Walker(), wearer.duration_s)[1]
    contacts = {
        side: (told.time_s[told.kind == Event.IC], told.time_s[told.kind == Event.TC])
        for side, told in zip(SIDES, piece.contacts, strict=True)
    }
    values = {node.id: samples.values for node, samples in zip(nodes, piece.samples, strict=True)}
    return Walked(rate_hz, values, dict(zip(SIDES, steps.movements, strict=True)), contacts)


def there_and_back(asymmetry: Asymmetry) -> Script:
    return (Stand(3.0), Walk(14.0, asymmetry), Turn(3.0, 180.0, asymmetry), Walk(14.0, asymmetry), Stand(3.0))


def write_table(path: Path, head: Sequence[str], rows: Floats, separator: str, form: str = "%.5f") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        file.writelines(f"{line}\n" for line in head)
        np.savetxt(file, rows, fmt=form, delimiter=separator)


def write_rows(path: Path, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def truong(folder: Path, code: str, group: str, seed: int, asymmetry: Asymmetry) -> None:
    found = walked(there_and_back(asymmetry), 100.0, seed, gravity=False)
    columns, names = [], []
    for side in SIDES:
        letter = side[0].upper()
        for kind, first, unit in (("A", 0, GRAVITY_M_S2), ("R", 3, math.radians(1.0))):
            names += [f"{letter}{kind}V", *(f"{letter}{kind}{axis}" for axis in "XYZ")]
            columns += [(f"{side}_foot", first + at, unit) for at in (2, 0, 1, 2)]
    write_table(folder / f"{code}.csv.gz", [",".join(names)], found.table(*columns), ",")
    marks = {
        f"{side.capitalize()}FootActivity": [
            [round(move.heel_rise_s * 100), round(move.foot_flat_s * 100)] for move in found.movements[side]
        ]
        for side in SIDES
    }
    notes = {"Subject": int(code.split("-")[0]), "Sensor": "XSens", "PathologyGroup": group, **marks}
    (folder / f"{code}.json").write_text(json.dumps(notes))


def voisard(folder: Path, code: str, seed: int, asymmetry: Asymmetry) -> None:
    found = walked(there_and_back(asymmetry), 100.0, seed)
    head = "\t".join(["PacketCounter", *(f"{kind}_{axis}" for kind in ("Acc", "Gyr") for axis in "XYZ")])
    for side in SIDES:
        rows = found.table(*((f"{side}_foot", channel, 1.0) for channel in range(6)))
        packets = np.arange(len(rows))[:, np.newaxis]
        rows = np.hstack([packets, rows])
        if side == "left":
            rows = np.delete(rows, slice(*LOST), axis=0)
        path = folder / f"{code}_{side[0]}f.txt.gz"
        write_table(path, ["Acquisition frequency: 100 Hz", head], rows, "\t", "%.6f")
    marks: dict[str, object] = {"Subject": int(code.split("-")[0]), "UTurnBoundaries": [1700, 2000]}
    for side in SIDES:
        marks[f"{side.capitalize()}FootEvents"] = [
            [round(move.tc_s * 100), round(move.ic_s * 100)] for move in found.movements[side]
        ]
    moved = [move for side in SIDES for move in found.movements[side]]
    marks["TrialBoundaries"] = [round(100 * min(m.tc_s for m in moved)), round(100 * max(m.ic_s for m in moved))]
    (folder / f"{code}_meta.json").write_text(json.dumps(marks))


def gaitmap(folder: Path) -> None:
    """A level walk at 102.4 Hz that does not tell its rate, and stairs that do."""
    found = walked((Stand(3.0), Walk(25.0, UNEVEN), Stand(3.0)), 102.4, 5)
    _gaitmap_table(folder / "imu_walk.csv.gz", found, seconds=False)
    events: list[Sequence[object]] = [("s_id", "foot", "start", "end", "ic", "tc", "min_vel", "pre_ic")]
    borders: list[Sequence[object]] = [("s_id", "foot", "start", "end", "gsd_id")]
    for side in SIDES:
        moves = found.movements[side][2:-2]  # as often, not all of them
        for before, move in pairwise(moves):
            pre, tc, ic, tc_before = (round(102.4 * at_s) for at_s in (before.ic_s, move.tc_s, move.ic_s, before.tc_s))
            events.append((len(events), side, pre, ic, ic, tc, pre, pre))
            borders.append((len(borders), side, tc_before, tc, 1))
    write_rows(folder / "stride_events_walk.csv", events)
    write_rows(folder / "stride_borders_walk.csv", borders)
    climbed = walked((Stand(3.0), Stairs(12.0), Stand(3.0)), 204.8, 6)
    _gaitmap_table(folder / "imu_stair_up.csv", climbed, seconds=True)


def _gaitmap_table(path: Path, found: Walked, seconds: bool) -> None:
    columns, upper, lower = [], ["sensor"], ["axis"]
    for side in SIDES:
        for channel, axis in enumerate((*(f"acc_{one}" for one in "xyz"), *(f"gyr_{one}" for one in "xyz"))):
            columns.append((f"{side}_foot", channel, 1.0 if channel < 3 else math.radians(1.0)))
            upper.append(f"{side}_sensor")
            lower.append(axis)
    rows = found.table(*columns)
    index = np.arange(len(rows))[:, np.newaxis] / (found.rate_hz if seconds else 1.0)
    write_table(path, [",".join(upper), ",".join(lower)], np.hstack([index, rows]), ",", "%.7g")


def moticon(folder: Path) -> None:
    found = walked((Stand(3.0), Walk(15.0), Stand(3.0)), 100.0, 7)
    head = "# time\tleft total force[N]\tright total force[N]"
    force = found.table(("left_insole", 0, 1.0), ("right_insole", 0, 1.0))
    rows = np.hstack([np.arange(len(force))[:, np.newaxis] / 100.0, force])
    write_table(folder / "230927_102114.txt.gz", ["# Tag: normal", head], rows, "\t", "%.2f")
    book = openpyxl.Workbook()
    for side in SIDES:
        sheet = book.create_sheet(f"{side.capitalize()} Steps")
        sheet.append(["Step", "Initial contact (s)", "Toe off (s)"])
        contact_s, toe_off_s = found.contacts[side]
        for count, ic_s in enumerate(contact_s[:-1].tolist()):
            sheet.append([count + 1, round(ic_s, 3), round(float(toe_off_s[toe_off_s > ic_s][0]), 3)])
    book.save(folder / "gait_report_230927_10_21_14.xlsx")


def unmarked(folder: Path) -> None:
    """Recordings in which nothing is marked: insoles of gaitpdb, pedals, plates."""
    found = walked((Stand(2.0), Walk(30.0), Stand(2.0)), 100.0, 8)
    force = found.table(("left_insole", 0, 1.0), ("right_insole", 0, 1.0))
    rows = np.hstack([np.arange(len(force))[:, np.newaxis] / 100.0, np.zeros((len(force), 16)), force])
    write_table(folder / "GaCo01_01.txt", [], rows, "\t", "%.2f")
    pedals = np.array([[second, 200.0, 85.0, 128 + 52, 52.0] for second in range(60)])
    write_table(folder / "ride.csv", ["t_s,power,cadence,left_right_balance,right_pct"], pedals, ",", "%g")
    names = [f"ground_force{plate}_v{axis}" for plate in (1, 2) for axis in "xyz"]
    time_s = np.arange(3000) / 1000.0
    plates = np.zeros((3000, 7))
    plates[:, 0], plates[:, 2], plates[:, 5] = time_s, 380.0, 420.0
    write_table(folder / "jump.csv", ["Jump", "version=1", "endheader", ",".join(["time", *names])], plates, ",", "%g")


@pytest.fixture(scope="session")
def annotated_sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small set of every kind, some of them deeper than others. Not to be written to."""
    folder = tmp_path_factory.mktemp("annotated")
    for sub in ("walks/activity", "walks/events", "gaitmap", "insoles/wearer", "nothing"):
        (folder / sub).mkdir(parents=True)
    for code, group, seed, asymmetry in (
        ("3-1", "Healthy", 1, Asymmetry()),
        ("3-2", "Healthy", 2, Asymmetry()),
        ("4-1", "Orthopedic", 3, UNEVEN),
    ):
        truong(folder / "walks" / "activity", code, group, seed, asymmetry)
    voisard(folder / "walks" / "events", "1-1", 4, UNEVEN)
    gaitmap(folder / "gaitmap")
    moticon(folder / "insoles" / "wearer")
    unmarked(folder / "nothing")
    return folder
