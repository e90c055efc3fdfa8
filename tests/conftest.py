"""What all tests share: programs that may not be installed, and what a skip means where nothing may be missing.

``@pytest.mark.program("socat")`` skips a test whose program is not there and says how to install it. Where
EVENSIDE_REQUIRE_ALL=1 is set, as in CI, every skip is a failure, with one exception: the real recordings lie beside the
repository and may stay away. A test that needs them names "real recordings" in the reason of its skip.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

# A busy machine fails no law. Hypothesis sees by itself that it runs in CI, and has a profile of its own for that.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if "CI" not in os.environ:
    settings.load_profile("patient")

REQUIRE_ALL = os.environ.get("EVENSIDE_REQUIRE_ALL") == "1"
EXCUSED = re.compile(r"real recording|shared/data|EVENSIDE_TEST_DATA")
# Debian packages that are not called like their program.
PACKAGES = {
    "systemd-analyze": "systemd",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "script": "bsdutils",
    "influxd": "influxdb",
    "nginx": "nginx-light",
}

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("program"):
        for name in mark.args:
            if shutil.which(name) is None:
                pytest.skip(f"{name} is not installed: apt install {PACKAGES.get(name, name)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _judged((yield))


def _judged(report: Report) -> Report:
    if REQUIRE_ALL and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not EXCUSED.search(reason):
            report.outcome = "failed"
            report.longrepr = f"EVENSIDE_REQUIRE_ALL=1 allows no skip. {reason}"
    return report
