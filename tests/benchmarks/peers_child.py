"""gaitmap or scikit-digital-health over arrays, in whatever interpreter has them; needs nothing of evenside.

``python peers_child.py which`` prints what is installed, ``python peers_child.py gaitmap|skdh FILE.npz...`` what it
found and its CPU seconds, as JSON. The work is done once on a small part before it is timed: compilers are not counted,
nor are imports and reading.

What finds strides is not in gaitmap but in gaitmap_mad, under another licence (AGPL), which is not used: strides are
given to gaitmap. skdh looks at the lower back alone and knows no left and right.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

PACKAGES = {"gaitmap": "gaitmap", "skdh": "scikit-digital-health"}
SIDES = ("left", "right")
WARM_UP_S = 60.0
HEIGHT_M = 1.7  # skdh asks for it; no time depends on it


def main(what: str, *files: str) -> None:
    warnings.simplefilter("ignore")
    if what == "which":
        print(json.dumps({name: _version(package) for name, package in PACKAGES.items()}))
        return
    with_arrays = [dict(np.load(file)) for file in files]
    print(json.dumps(_gaitmap(with_arrays[0]) if what == "gaitmap" else _skdh(with_arrays)))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _timed(work: Callable[[], Any], times: int = 1) -> tuple[float, Any]:
    """CPU seconds, the least of some times, and what was found."""
    spans_s, found = [], None
    for _ in range(times):
        begun_s = time.process_time()
        found = work()
        spans_s.append(time.process_time() - begun_s)
    return min(spans_s), found


def _gaitmap(arrays: dict[str, Any]) -> dict[str, Any]:
    """Contacts, ways and stride parameters of both feet, from strides whose borders are given."""
    rate_hz = float(arrays["rate_hz"])
    few = {side: arrays[f"{side}_offs"][: round(WARM_UP_S)] for side in SIDES}
    _gaitmap_run(arrays, few, rate_hz)
    cpu_s, stances = _timed(lambda: _gaitmap_run(arrays, {side: arrays[f"{side}_offs"] for side in SIDES}, rate_hz))
    return {
        "cpu_s": cpu_s,
        "strides": {side: len(stances[side]) for side in SIDES},
        "stance_s": {side: float(np.mean(stances[side])) for side in SIDES},
    }


def _gaitmap_run(arrays: dict[str, Any], offs: dict[str, Any], rate_hz: float) -> dict[str, Any]:
    pandas, consts = import_module("pandas"), import_module("gaitmap.utils.consts")
    to_body = import_module("gaitmap.utils.coordinate_conversion").convert_to_fbf
    events = import_module("gaitmap.event_detection").HerzerEventDetection
    trajectory = import_module("gaitmap.trajectory_reconstruction").StrideLevelTrajectory
    parameters = import_module("gaitmap.parameters")
    data, strides = {}, {}
    for side in SIDES:
        end = int(offs[side][-1]) + round(2.0 * rate_hz)
        values = arrays[side][:end].copy()
        values[:, 3:] = np.degrees(values[:, 3:])
        data[side] = pandas.DataFrame(values, columns=consts.SF_COLS)
        rows = {"s_id": np.arange(len(offs[side]) - 1), "start": offs[side][:-1], "end": offs[side][1:]}
        strides[side] = pandas.DataFrame(rows).set_index("s_id")
    body = to_body(data, left_like="left", right_like="right")
    found = events().detect(body, stride_list=strides, sampling_rate_hz=rate_hz).min_vel_event_list_
    path = trajectory().estimate(data, stride_event_list=found, sampling_rate_hz=rate_hz)
    parameters.SpatialParameterCalculation().calculate(
        stride_event_list=found, positions=path.position_, orientations=path.orientation_, sampling_rate_hz=rate_hz
    )
    times = parameters.TemporalParameterCalculation().calculate(stride_event_list=found, sampling_rate_hz=rate_hz)
    return {side: times.parameters_[side]["stance_time"].dropna().to_numpy() for side in SIDES}


def _skdh(recordings: list[dict[str, Any]]) -> dict[str, Any]:
    """Steps of each recording of a lower back: all of it is called walking, as it is."""
    lumbar = import_module("skdh.gait").GaitLumbar

    def steps(arrays: dict[str, Any]) -> int:
        found = lumbar().predict(
            time=arrays["time_s"] + 1.6e9,
            accel=arrays["acc_g"],
            gyro=arrays["gyr_rad_s"],
            fs=float(arrays["rate_hz"]),
            height=HEIGHT_M,
            gait_pred=True,
        )
        return len(found["IC Timestamp"])

    steps(recordings[0])
    cpu_s, found = _timed(lambda: [steps(arrays) for arrays in recordings], times=3)
    return {"cpu_s": cpu_s, "steps": found}


if __name__ == "__main__":
    main(*sys.argv[1:])
