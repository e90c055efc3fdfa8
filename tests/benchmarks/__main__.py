"""What evenside costs: CPU seconds, memory and latency. ``python tests/benchmarks [--hours 24] [PART …]``.

Nothing is asserted: machines differ. What can be compared stands side by side in one run, as a ratio.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import import_module
from pathlib import Path

PARTS = {
    "start": "cost_of_starting",
    "step": "cost_of_a_step",
    "live": "cost_of_being_live",
    "alert": "alert",
    "ble": "ble",
    "day": "cost_of_a_day",
    "look": "cost_of_looking",
    "series": "series",
    "peers": "beside_peers",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--hours", type=float, default=24.0, help="length of the day, 24 by default")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long to be live, 30 by default")
    parser.add_argument(
        "--peers-python",
        metavar="PATH",
        default=sys.executable,
        help="a Python that has gaitmap and skdh; this one by default",
    )
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.parts) - PARTS.keys())
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; parts are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="evenside-bench-") as folder:
        for name in chosen.parts or PARTS:
            print(f"\n== {name}", flush=True)
            # A child begins with the peak memory of whoever started it: this process stays small.
            part = import_module(PARTS[name])
            if name == "peers":
                part.run(Path(folder), chosen.peers_python)
            else:
                part.run(Path(folder), chosen.hours, chosen.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
