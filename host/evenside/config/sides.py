"""What the words of a configuration say about sides, and what a missing side costs.

A node whose name says one side and whose key says the other is almost certainly a mistake, and one that would turn
every figure round. So it is an error until a person confirms it. A side without a partner is no error: its samples are
recorded, only no figure can come of it, and that is told.
"""

from __future__ import annotations

import re

from evenside.config.sinks import is_local
from evenside.config.values import Config, WearerConfig
from evenside_analysis.settings import pairs_of
from evenside_analysis.types import Side

__all__ = ["notes_on", "side_said", "side_turned"]

_WORDS: dict[str, Side] = {"left": "left", "links": "left", "right": "right", "rechts": "right"}
_TURNED = {"left": "right", "right": "left", "links": "rechts", "rechts": "links"}
# At the start of a word or of a hump: "rightfoot" and "footRight" speak of a side, "upright" and "cleft" do not.
_SAID = re.compile(r"(?<![^\W\d_])(?i:left|links|right|rechts)|(?<=[a-z])(?:Left|Links|Right|Rechts)")


def side_said(name: str) -> Side | None:
    """The side that a name speaks of; None where it speaks of none, or of both."""
    said = {_WORDS[word.lower()] for word in _SAID.findall(name)}
    return said.pop() if len(said) == 1 else None


def side_turned(name: str) -> str:
    """The name with the other side in it, wherever it speaks of one."""

    def turned(said: re.Match[str]) -> str:
        word = _TURNED[said[0].lower()]
        return word.capitalize() if said[0][0].isupper() else word

    return _SAID.sub(turned, name)


def notes_on(config: Config) -> tuple[str, ...]:
    """What is allowed, but costs figures or shows them to others; one sentence each."""
    open_sinks = (
        f"sink {sink.id}: its token and the figures go over the network readable for everybody; give an https address"
        for sink in config.sinks
        if sink.url.startswith("http:") and not is_local(sink.url)
    )
    return (
        *(note for wearer in config.wearers for note in (*_alone(wearer), *_silent_alerts(wearer))),
        *open_sinks,
    )


def _alone(wearer: WearerConfig) -> list[str]:
    worn = {(node.node.site, node.node.side) for node in wearer.nodes}
    partner = {"left": "right", "right": "left"}
    return [
        f"{wearer.id}: {entry.node.id} ({entry.node.side} {entry.node.site}) has no partner on the "
        f"{partner[entry.node.side]}: no left/right figure comes from it"
        for entry in wearer.nodes
        if entry.node.side != "centre" and (entry.node.site, partner[entry.node.side]) not in worn
    ]


def _silent_alerts(wearer: WearerConfig) -> list[str]:
    paired = {pair.site for pair in pairs_of(tuple(entry.node for entry in wearer.nodes))}
    return [
        f'{wearer.id}: alert "{limit.rule}" can never be raised: there is no {limit.site} on both sides'
        for limit in wearer.limits
        if limit.site not in paired
    ]
