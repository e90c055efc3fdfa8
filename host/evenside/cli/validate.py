"""``evenside validate``: what the product finds in annotated recordings, against what is marked in them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from evenside.cli.output import print_json
from evenside.cli.progress import progress_bar
from evenside.cli.validate_text import validation_text
from evenside.errors import ReadError
from evenside.validation import Validation, as_json, write_plots
from evenside.validation import validate as validated

__all__ = ["validate"]


class _Rate(click.ParamType[tuple[str, float]]):
    """NAME=HZ."""

    name = "NAME=HZ"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        recording, _, rate = str(value).rpartition("=")
        try:
            rate_hz = float(rate)
        except ValueError:
            rate_hz = 0.0
        if not recording or not 0.1 <= rate_hz <= 10_000:
            self.fail(f"{value!r} is not a recording, = and 0.1 to 10000 samples a second", param, ctx)
        return recording, rate_hz


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_object", is_flag=True, help="One JSON object, down to the single recording.")
@click.option("--plots", metavar="DIR", type=click.Path(path_type=Path), help="Write charts to this folder, as SVG.")
@click.option("--every", is_flag=True, help="Show all people and recordings, not only those that agree least.")
@click.option("--jobs", type=click.IntRange(1, 256), help="How many processes share the work; one a core if left out.")
@click.option(
    "--rate", "rates", type=_Rate(), multiple=True, help="Samples a second of a recording that does not tell its rate."
)
def validate(
    folder: Path,
    as_object: bool,
    plots: Path | None,
    every: bool,
    jobs: int | None,
    rates: tuple[tuple[str, float], ...],
) -> None:
    """Score the detectors against annotated recordings: by event, by asymmetry, by person.

    DIR holds recordings with their annotations, in any folders: foot activity or foot events in JSON as in the IPOL
    sets 265 and 497, stride_events_NAME.csv and stride_borders_NAME.csv beside imu_NAME.csv as in gaitmap, Moticon
    exports with their gait_report_….xlsx; gaitpdb, pedal and plate recordings, in which nothing is marked, are looked
    through too. What cannot be read is told and passed over. Beside each figure stands what is asked of it.
    """
    with progress_bar("validate", 1.0) as bar:

        def progress(done: float, of: float) -> None:
            bar(done / of if of else 1.0)

        found = validated(folder, rates_hz=dict(rates), jobs=jobs, progress=progress)
    written = write_plots(found, plots) if plots is not None else ()
    if as_object:
        print_json(as_json(found))
    else:
        click.echo(validation_text(found, every))
    _tell(found, plots, len(written))
    if found.problems:
        sys.exit(ReadError.exit_code)


def _tell(found: Validation, plots: Path | None, written: int) -> None:
    for problem in found.problems:
        click.echo(f"error: {problem.text}", err=True)
    if plots is not None:
        click.echo(f"{written} charts in {plots}", err=True)
