"""``evenside rules test``: what the rules would have said of a recording, and how near each of them came."""

from __future__ import annotations

from pathlib import Path

import click

from evenside.cli.output import print_json
from evenside.cli.progress import progress_bar
from evenside.cli.text import duration_text
from evenside.config import Config, WearerConfig, load_config
from evenside.errors import ConfigError
from evenside.offline.rule_trial import Nearest, RuleTrial, Tried, try_rules
from evenside.readers import Recording, open_recording
from evenside_analysis.calibration import calibrated
from evenside_analysis.metrics import figure_words
from evenside_analysis.settings import MonitorSettings

__all__ = ["rules"]

_BLOCK_S = 120.0


@click.group()
def rules() -> None:
    """The rules of evenside.toml: [[wearer.alert]] and [[wearer.nudge]]."""


@rules.command("test")
@click.argument("recording", type=click.Path(path_type=Path))
@click.option("--rules", "rules_path", type=click.Path(path_type=Path), help="Another evenside.toml with the rules.")
@click.option("--wearer", help="Whose rules, where there are several wearers.")
@click.option("--layout", metavar="NAME|FILE.toml", help="How to read the file; without it the built-in that fits.")
@click.option(
    "--rate", "rate_hz", type=click.FloatRange(0.1, 10_000), help="Samples a second, where the file says none."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def rules_test(
    recording: Path,
    rules_path: Path | None,
    wearer: str | None,
    layout: str | None,
    rate_hz: float | None,
    as_json: bool,
) -> None:
    """What the rules would have said of RECORDING, when, and on what grounds.

    Limits, dwells, claims and cooldowns of nudges are those of live. Quiet hours, snoozes and the budget are of the day
    on which something is said, and not asked here.
    """
    config = load_config(rules_path)
    chosen = _wearer(config, wearer)
    opened = open_recording(recording, layout, _BLOCK_S, rate_hz=rate_hz)
    settings = _settings(opened, config, chosen)
    if not (settings.limits or settings.nudges):
        raise ConfigError(f"{config.path}: {chosen.id} has no rule", mend="add a [[wearer.alert]] or [[wearer.nudge]]")
    with progress_bar(opened.name, opened.bytes_total) as progress:
        found = try_rules(opened, settings, chosen.id, progress)
    if as_json:
        print_json(_object(opened, chosen, found))
    else:
        click.echo(_text(opened, found, settings))


def _wearer(config: Config, wearer: str | None) -> WearerConfig:
    found = next((one for one in config.wearers if wearer in (None, one.id)), None)
    if found is None:
        known = ", ".join(one.id for one in config.wearers)
        raise ConfigError(f"{config.path}: there is no wearer {wearer!r}", mend=f"take one of {known}")
    return found


def _settings(recording: Recording, config: Config, wearer: WearerConfig) -> MonitorSettings:
    """Our own recordings tell how their session corrected the samples."""
    figures = config.figures
    settings = MonitorSettings(
        *(recording.nodes, figures.window_s, figures.hop_s, wearer.limits, config.trust), nudges=wearer.nudges
    )
    return calibrated(settings, recording.in_force)


def _text(recording: Recording, found: RuleTrial, settings: MonitorSettings) -> str:
    lines = [f"{recording.name} (layout {recording.layout})"]
    for tried in found.messages:
        lines += [f"{duration_text(tried.time_s):>12}  {tried.message.text}", f"{'':>12}  {_grounds(tried)}"]
    if not found.messages:
        lines.append("nothing would have been said")
    limits = {limit.rule: limit.raise_ai for limit in settings.limits}
    lines += [_near(rule, limits.get(rule.rule)) for rule in found.rules]
    return "\n".join(lines)


def _grounds(tried: Tried) -> str:
    facts = dict(tried.message.facts)
    if tried.message.kind == "nudge":
        return f"{facts['habit']} by {facts['place']}, confidence {facts['confidence']:.2f}, for {facts['lasted']}"
    left, right = (100.0 * share for share in _pair(facts["completeness"]))
    lo, hi = _pair(facts["interval_ai"])
    return (
        f"AI {facts['value_ai']:+.1f} [{lo:+.1f}, {hi:+.1f}], n {facts['n']}, {facts['context']},"
        f" heard {left:.0f} % left and {right:.0f} % right, claim {facts['claim']}"
    )


def _pair(value: object) -> tuple[float, float]:
    """Two numbers of the facts of a message."""
    assert isinstance(value, list)
    first, second = value
    return float(first), float(second)


def _near(rule: Nearest, limit_ai: float | None) -> str:
    if limit_ai is None:
        return f"{rule.rule}: raised {rule.raised}×; {rule.bouts} bouts, the longest {duration_text(rule.longest_s)}"
    text = f"{rule.rule}: raised {rule.raised}×; {rule.beyond} of {rule.figures} figures beyond {limit_ai:.1f} % (AI)"
    text += f", {rule.withheld} withheld" if rule.withheld else ""
    return text + (f"; the nearest: {figure_words(rule.nearest)}" if rule.nearest is not None else "")


def _object(recording: Recording, wearer: WearerConfig, found: RuleTrial) -> dict[str, object]:
    messages = [
        {
            "time_s": tried.time_s,
            "rule": tried.message.rule,
            "kind": tried.message.kind,
            "active": tried.message.active,
            "side": tried.message.side,
            "words": tried.message.text,
            "facts": dict(tried.message.facts),
        }
        for tried in found.messages
    ]
    return {"recording": recording.name, "wearer": wearer.id, "messages": messages, "rules": found.rules}
