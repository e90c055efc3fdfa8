"""``evenside dashboards``: a provisioning folder for Grafana."""

from __future__ import annotations

from pathlib import Path

import click

from evenside.cli.output import print_json
from evenside.config import load_config
from evenside.dashboards import InfluxQL, Language, Place, PromQL, Sqlite, provisioning_files
from evenside.errors import ConfigError
from evenside.local_time import local_zone_name, zone_named

__all__ = ["dashboards"]

_URLS = {"influxdb": "http://localhost:8086", "victoriametrics": "http://localhost:8428"}


@click.command()
@click.option(
    "--datasource",
    type=click.Choice(["influxdb", "victoriametrics", "sqlite"]),
    required=True,
    help="Where the series are.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder.")
@click.option("--url", help="Of the server, or the path of the store, as Grafana sees it.")
@click.option("--bucket", default="evenside", show_default=True, help="The bucket or database of InfluxDB.")
@click.option("--token-file", default="", help="A file with the token, as Grafana sees it.")
@click.option("--timezone", "zone", help="Of the days of InfluxDB; that of this machine by default.")
@click.option(
    "--kind",
    type=click.Choice(["run", "capture", "demo", "replay", "analyse"]),
    default="run",
    show_default=True,
    help="The sessions that are shown first.",
)
@click.option("--mounted", help="Where Grafana sees OUTPUT; its own provisioning folder by default.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="The evenside.toml to use.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with the files that were written.")
def dashboards(
    datasource: str,
    output: Path,
    url: str | None,
    bucket: str,
    token_file: str,
    zone: str | None,
    kind: str,
    mounted: str | None,
    config_path: Path | None,
    as_json: bool,
) -> None:
    """Write dashboards, data source and alert rules for Grafana into a folder.

    Give the folder to Grafana as its provisioning folder. Over `sqlite` Grafana needs the plugin
    frser-sqlite-datasource and may read the store's folder; the others need nothing. Files of the same names are
    replaced, others stay.
    """
    if url is None:
        url = str(load_config(config_path).store_path.resolve()) if datasource == "sqlite" else _URLS[datasource]
    zone = zone or local_zone_name()
    try:
        zone_named(zone)
    except ValueError as error:
        raise ConfigError(str(error), mend='give one such as --timezone "Europe/Berlin"') from error
    place = Place(url, bucket, token_file)
    if mounted is not None:
        place = Place(url, bucket, token_file, f"{mounted.rstrip('/')}/dashboards/evenside")
    files = provisioning_files(_language(datasource, zone), place, kind=kind)
    try:
        for name, content in files.items():
            file = output / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, "utf-8")
    except OSError as error:
        raise ConfigError(
            f"{output} cannot be written: {error.strerror}", mend="give a folder that this user can write"
        ) from error
    if as_json:
        print_json({"folder": output, "files": sorted(files)})
    else:
        click.echo("\n".join(sorted(str(output / name) for name in files)))


def _language(datasource: str, zone: str) -> Language:
    match datasource:
        case "influxdb":
            return InfluxQL("" if zone[0] in "+-" else zone)
        case "victoriametrics":
            return PromQL()
        case _:
            return Sqlite()
