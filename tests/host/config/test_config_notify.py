"""``[[notify]]``, ``[alerts]`` and ``[[wearer.nudge]]``: who is told, when, and what is timed."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenside.config import Config, Route, example_config, parse_config
from evenside.errors import ConfigError
from evenside_analysis.nudge import NudgeSettings

PATH = Path("/somewhere/evenside.toml")
HOOK = '[[notify]]\nid = "hook"\nkind = "webhook"\nurl = "https://host:8000/a?b=c"\n'


def parsed(*parts: str) -> Config:
    return parse_config("\n".join((example_config(), *parts)), PATH)


def test_nothing_is_sent_where_nothing_stands() -> None:
    config = parsed()
    assert config.notify == ()
    assert (config.alerts.quiet, config.alerts.changes_per_week, config.alerts.digest_minute) == (None, 1, 1080)
    assert config.wearers[0].nudges == ()
    assert config.wearers[0].routes == (Route("longer on one foot"),)


def test_a_way_has_its_address_and_where_its_secret_is() -> None:
    (entry,) = parsed(HOOK, 'token_file = "secret"').notify
    assert (entry.kind, entry.url, entry.token_file) == (
        "webhook",
        "https://host:8000/a?b=c",
        Path("/somewhere/secret"),
    )


def test_a_nudge_of_a_known_habit_needs_no_time() -> None:
    nudge = '[[wearer.nudge]]\nrule = "bag"\nhabit = "carrying"\nnotify = ["hook"]\n'
    (wearer,) = parsed(nudge, HOOK).wearers
    assert wearer.nudges == (NudgeSettings("bag", "carrying", 1800.0, "either"),)
    assert wearer.routes[1] == Route("bag", ("hook",))
    assert wearer.monitor(parsed(nudge, HOOK)).nudges == wearer.nudges


def test_a_rule_may_go_nowhere_or_somewhere() -> None:
    config = parsed("cooldown_s = 60\nnotify = []\n", HOOK)  # the example ends with its alert
    assert config.wearers[0].routes == (Route("longer on one foot", (), 60.0),)


def test_quiet_hours_may_pass_midnight() -> None:
    alerts = parsed('[alerts]\nquiet = "22:30-07:00"\nchanges_per_week = 0\ndigest = "09:05"').alerts
    assert (alerts.quiet, alerts.changes_per_week, alerts.digest_minute) == ((1350, 420), 0, 545)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('notify = ["phone"]\n' + HOOK, r'there is no \[\[notify\]\] with the id "phone"[\s\S]*hook'),
        ('[[wearer.nudge]]\nrule = "x"\nhabit = "flying"\n', r"\.habit: expected one of"),
        ('[[wearer.nudge]]\nrule = "x"\nhabit = "hunching"\n', r"\.after_s: expected after how many seconds"),
        ('[[wearer.nudge]]\nrule = "x"\nhabit = "sitting"\nafter_s = 30\n', "must not lie below on_s"),
        ('[[wearer.nudge]]\nrule = "longer on one foot"\nhabit = "sitting"\n', "two rules are called"),
        ('[alerts]\nquiet = "22-7"\n', "local times from and to"),
        ('[alerts]\nquiet = "07:00-07:00"\n', "local times from and to"),
        ('[alerts]\ndigest = "25:00"\n', "a local time such as"),
        ("[alerts]\nchanges_per_week = -1\n", "a whole number"),
        (HOOK.replace("https://host:8000/a?b=c", "host"), r"\.url: expected an address"),
        (HOOK.replace("https://", "https://me:pw@"), "a name or password stands"),
        (HOOK + HOOK, r"two \[\[notify\]\] are called"),
        (HOOK + 'topic = "a/#"\n', "a topic without wildcards"),
        (HOOK + 'token = "s3cret"\n', "no such key"),
        ('[[notify]]\nid = "p"\nkind = "apprise"\nurl = "ntfy://x"\n', r"\.url: no such key"),
    ],
)
def test_mistakes_are_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        parsed(text)
    assert "pw" not in str(refused.value)
    assert "s3cret" not in str(refused.value)
