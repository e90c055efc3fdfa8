"""Bad input: the message names the place, what was found and the mend; what is good is kept."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from evenside.errors import LayoutError, ReadError
from evenside.readers import Note, Recording, open_recording

PEDAL = "t_s,power,cadence,left_right_balance,right_pct\n"


def ride(count: int) -> list[str]:
    return [PEDAL.strip()] + [f"{i}.0,{100 + i},90,178,50.0" for i in range(count)]


def write(tmp_path: Path, data: list[str] | str | bytes, name: str = "ride.csv") -> Path:
    path = tmp_path / name
    if isinstance(data, list):
        data = "\n".join(data) + "\n"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(path: Path) -> tuple[Recording, int, tuple[Note, ...]]:
    recording = open_recording(path)
    heard = sum(int(np.isfinite(block.values[:, 0]).sum()) for block in recording.read() if block.node == "left_pedal")
    return recording, heard, recording.notes()


def test_a_cell_that_is_no_number_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    table = ride(40)
    table[7] = "6.0,abc,90,178,50.0"
    table[9] = "8.0,108"
    _, heard, notes = read(write(tmp_path, table))
    bad = next(note for note in notes if note.kind == "bad_line")
    assert heard == 38
    assert (bad.place, bad.count) == ("ride.csv:8", 2)
    assert "line 8: column 2: expected a number, found 'abc'" in bad.words
    assert 'write lost = ["abc"] in [table]' in bad.words


def test_a_last_line_that_is_cut_off_is_left_out(tmp_path: Path) -> None:
    _, heard, notes = read(write(tmp_path, "\n".join(ride(5))[:-9]))
    assert heard == 4
    assert [(note.kind, note.place) for note in notes] == [("truncated", "ride.csv:6")]


def test_a_last_line_without_its_end_is_kept(tmp_path: Path) -> None:
    assert read(write(tmp_path, "\n".join(ride(5))))[1:] == (5, ())


def test_a_wrong_check_sum_says_that_any_row_may_be_wrong(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress("\n".join(ride(40)).encode(), mtime=0))
    packed[-8] ^= 1
    _, heard, notes = read(write(tmp_path, bytes(packed), "ride.csv.gz"))
    (note,) = (note for note in notes if note.kind == "truncated")
    assert heard == 39  # who knows whether the last line is whole
    assert note.words == "the check sum of the gzip data is wrong, so any row may be; the 39 rows before were kept"


def test_bad_lines_of_a_damaged_file_are_blamed_on_the_damage(tmp_path: Path) -> None:
    table = ride(40)
    table[20:] = ["?"] * 20
    packed = bytearray(gzip.compress("\n".join(table).encode(), mtime=0))
    packed[-8] ^= 1
    with pytest.raises(ReadError, match=r"check sum(.|\n)*lines are wrong(.|\n)*mend: copy the file again"):
        read(write(tmp_path, bytes(packed), "ride.csv.gz"))


def test_too_many_bad_lines_are_refused(tmp_path: Path) -> None:
    table = ride(40)
    table[5:15] = ["?"] * 10
    with pytest.raises(ReadError, match=r"10 of 40 lines are wrong; the first, line 6: expected 5 values, found 1"):
        read(write(tmp_path, table))


def test_times_that_repeat_or_run_backwards_are_left_out_and_counted(tmp_path: Path) -> None:
    table = ride(60)
    table[20] = table[19]
    table[30], table[31] = table[31], table[30]
    table[40] = "1e6,140,90,178,50.0"
    _, heard, notes = read(write(tmp_path, table))
    note = next(note for note in notes if note.kind == "time")
    assert (note.count, note.place, heard) == (3, "ride.csv:21", 57)


def test_a_second_recording_in_the_same_file_is_refused(tmp_path: Path) -> None:
    table = ride(40)
    with pytest.raises(
        ReadError, match=r"repeats \(1\), runs backwards \(39\)(.|\n)*first at line 42(.|\n)*split the file"
    ):
        read(write(tmp_path, table + table[1:]))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\n\n \n", "is empty"),
        (b"\x1f\x8b", "gzip data ends early"),
        (b"\x1f\x8bbroken gzip here", "damaged gzip"),
        (PEDAL.encode(), "no line of data"),
        (b"t_s,power\0\x01\x02\n" * 9, "not a text file"),
        (b"PK\x03\x04" + bytes(range(40)), "workbook"),
        (bytes(range(1, 256)) * 20, "control characters"),
        (b'{"LeftFootEvents": [[1, 2], [3, 4]]}', "JSON or XML, not a table"),
        (b"x" * (1 << 21), "a line of more than"),
        (b"hello\nworld\n", "no built-in layout fits; its first line is 'hello'"),
    ],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = write(tmp_path, data)
    with pytest.raises(ReadError) as raised:
        open_recording(path)
    assert words in str(raised.value)
    assert str(path) in raised.value.what
    assert raised.value.mend


def test_a_header_without_data_is_told_with_the_layout_given(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="a header and no line of data"):
        open_recording(write(tmp_path, PEDAL), "pedal-balance")


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for layout in (None, "gaitmap"):
        with pytest.raises(ReadError, match=r"absent\.csv: no such"):
            open_recording(tmp_path / "absent.csv", layout)
        with pytest.raises(ReadError, match=r"is a folder(.|\n)*common stem"):
            open_recording(tmp_path, layout)


def test_a_path_without_gz_finds_the_packed_file(tmp_path: Path) -> None:
    write(tmp_path, gzip.compress("\n".join(ride(5)).encode()), "ride.csv.gz")
    assert read(tmp_path / "ride.csv")[1] == 5


def test_the_wrong_layout_names_the_missing_column_and_the_layout_that_fits(tmp_path: Path) -> None:
    with pytest.raises(LayoutError) as raised:
        open_recording(write(tmp_path, ride(5)), "ipol-265")
    assert "there is no column 'LAX' (node.left_foot.channels.acc_x.column of layout ipol-265)" in raised.value.what
    assert "'t_s', 'power'" in raised.value.what
    assert "built-in layout pedal-balance fits" in raised.value.mend


def test_a_missing_column_names_the_nearest_ones(tmp_path: Path) -> None:
    table = ride(5)
    table[0] = table[0].replace("right_pct", "right_percent")
    with pytest.raises(LayoutError, match=r"no column 'right_pct'.*nearest in the file: 'right_percent'"):
        open_recording(write(tmp_path, table), "pedal-balance")


def test_a_header_with_fewer_names_than_values_is_refused(tmp_path: Path) -> None:
    table = ride(5)
    table[0] = table[0].removesuffix(",right_pct")
    with pytest.raises(LayoutError, match=r"ride\.csv:2: lines have 5 values, but the header has 4 names"):
        open_recording(write(tmp_path, table), "pedal-balance")


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    table = ride(5)
    table[0] = table[0].replace("cadence", "power")
    with pytest.raises(LayoutError, match=r"two columns are called 'power', at 2 and 3"):
        open_recording(write(tmp_path, table), "pedal-balance")


def test_a_unit_of_time_that_is_off_by_a_thousand_is_refused(tmp_path: Path) -> None:
    table = [PEDAL.strip()] + [f"{1000 * i},100,90,178,50" for i in range(9)]
    with pytest.raises(LayoutError, match=r"time column in s gives 0\.001 Hz, not the stated 1 Hz(.|\n)*time\.unit"):
        open_recording(write(tmp_path, table), "pedal-balance")


def test_a_side_that_was_never_heard_is_told_and_the_other_is_read(tmp_path: Path) -> None:
    sides = ("left", "right")
    names = [f"{side} total force[N]" for side in sides]
    table = ["# Duration: 00:01", "# time\t" + "\t".join(names)] + [f"{i / 100:.2f}\t\t{400 + i}.00" for i in range(50)]
    recording = open_recording(write(tmp_path, table, "x.txt"))
    blocks = list(recording.read())
    assert recording.layout == "moticon-opengo"
    assert [node.channels for node in recording.nodes] == [("force",), ("force",)]
    assert np.isnan(blocks[0].values).all()
    assert blocks[1].values[:, 0].tolist() == [400.0 + i for i in range(50)]
    never = [note for note in recording.notes() if note.kind == "absent" and note.count]
    assert [(note.node, note.count) for note in never] == [("left_insole", 50)]


def test_columns_of_one_side_only_are_read(tmp_path: Path) -> None:
    table = ["# time\tright total force[N]"] + [f"{i / 100:.2f}\t{400 + i}" for i in range(50)]
    recording = open_recording(write(tmp_path, table, "x.txt"))
    assert [node.id for node in recording.nodes] == ["right_insole"]
    list(recording.read())
    assert ("absent", "left_insole") in {(note.kind, note.node) for note in recording.notes()}


def test_pedal_samples_without_a_known_side_are_lost(tmp_path: Path) -> None:
    table = ride(20)
    table[3] = "2.0,200,90,50,50.0"  # bit 7 is clear
    table[4] = "3.0,29,90,178,50.0"  # too little power
    table[5] = "4.0,200,90,178,150"  # no share at all
    assert read(write(tmp_path, table))[1] == 17


def test_numbers_that_make_no_sense_are_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, ride(3))
    for block_s in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="block_s"):
            open_recording(path, block_s=block_s)
    with pytest.raises(ValueError, match="rate_hz"):
        open_recording(path, rate_hz=0.0)
