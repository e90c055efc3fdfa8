"""The pages of the README on devices: every kind is named, the worked example is a kind that works."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evenside.devices as folder
from evenside.devices import Advert, Heard, Hopeless, Started, Subscribe, Write, kind_named, known_kinds, recognise
from evenside.devices.line_layout import parse_line_layout
from evenside.devices.nordic_uart import NOTIFY, kind_of
from evenside_analysis.types import Node

README = (Path(__file__).resolve().parents[3] / "README.md").read_text("utf-8")


def test_every_kind_is_named() -> None:
    section = README.split("\n## Devices\n")[1].split("\n### ")[0]
    assert set(re.findall(r"`([a-z]+-[a-z-]+|witmotion)`", section)) == {kind.id for kind in known_kinds()}


def test_the_layout_of_lines_is_one_that_reads(play: Any, nodes_of: Any, opened: Any, samples: Any) -> None:
    (text,) = re.findall(r"(?s)```toml\n(name = \"my-shoe\".*?)```", README)
    kind = kind_of(parse_line_layout(text, "README.md"))
    shoe = play(kind, nodes_of(kind))
    assert [doing.data for doing in shoe.tell(opened()) if isinstance(doing, Write)] == [b"go 100\n"]
    (run,) = samples(shoe.tell(Heard(1.0, NOTIFY, b"\n65530,0,-20\n4,0,-25\n")))
    assert run.device_us.tolist() == [65_530_000, 65_540_000]
    np.testing.assert_allclose(run.values, [[2.0], [2.5]])


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The worked example as a file in a folder of devices."""
    (code,) = re.findall(r"(?s)```python\n(.*?)```", README.split("\n### Add a device\n")[1])
    (tmp_path / "acme_strap_of_readme.py").write_text(code, "utf-8")
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    known_kinds.cache_clear()
    yield
    known_kinds.cache_clear()


def test_a_file_in_the_folder_is_a_kind(example: Any) -> None:
    found = recognise(Advert("ACME strap 7"))
    assert found is not None
    assert found is kind_named("acme-strap")


def test_the_worked_example_decodes_what_its_device_sends(example: Any, play: Any, opened: Any, samples: Any) -> None:
    kind = kind_named("acme-strap")
    assert kind is not None
    strap = play(kind, (Node("l", "strap", "left", ("force",), 100.0),))
    asked = strap.tell(opened())
    assert [type(doing) for doing in asked] == [Subscribe, Write, Started]
    uuid = asked[0].uuid
    data = b"".join(struct.pack("<Ih", 10 * at, 5 * at) for at in range(3))
    (run,) = samples(strap.tell(Heard(1.0, uuid, data)))
    assert run.device_us.tolist() == [0, 10_000, 20_000]
    np.testing.assert_allclose(run.values, [[0.0], [0.5], [1.0]])
    assert samples(strap.tell(Heard(1.1, uuid, struct.pack("<Ih", 60, 5))))[0].lost
    assert strap.tell(Heard(1.2, uuid, b"\x01\x02"), Heard(1.3, uuid, b"")) == []


def test_the_worked_example_refuses_what_it_cannot_be(example: Any, play: Any, opened: Any) -> None:
    kind = kind_named("acme-strap")
    assert kind is not None
    (hopeless,) = play(kind, (Node("l", "strap", "left", ("acc_x",), 100.0),)).tell(opened())
    assert isinstance(hopeless, Hopeless)
