"""Which device plays which configured node, and whether it can.

A node with a serial number takes that device and no other. The remaining nodes take the devices that state their side
(and site, if they state one); what is still open is paired in the order of addresses. A device that states the other
side is paired too, and then refused by ``contradiction``: a swapped pair would turn every figure around, so a person
has to decide. What this never does: override what a device says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evenside.wire import HelloReply, side_of, site_of
from evenside_analysis.types import Node

__all__ = ["contradiction", "match_devices"]


def match_devices(
    nodes: Sequence[Node], serials: Mapping[str, str], devices: Mapping[int, HelloReply], taken: Mapping[str, int]
) -> dict[str, int]:
    """``taken`` (node id to address) with the further nodes that found a device among those that nobody has.

    ``serials``: node id to serial number ("" or absent: any device that no other node names).
    """
    found = dict(taken)
    free = {address: hello for address, hello in sorted(devices.items()) if address not in found.values()}
    for node in nodes:
        named = [address for address, hello in free.items() if hello.serial == serials.get(node.id, "") != ""]
        if node.id not in found and named:
            found[node.id] = named[0]
            del free[named[0]]
    claimed = {serial for serial in serials.values() if serial}
    free = {address: hello for address, hello in free.items() if hello.serial not in claimed}
    for agrees in (_states_both, _states_side, _states_site, _states_nothing, _any):
        for node in nodes:
            fitting = [address for address, hello in free.items() if agrees(node, hello)]
            if node.id not in found and not serials.get(node.id) and fitting:
                found[node.id] = fitting[0]
                del free[fitting[0]]
    return found


def _states_both(node: Node, hello: HelloReply) -> bool:
    return (side_of(hello.side), site_of(hello.site)) == (node.side, node.site)


def _states_side(node: Node, hello: HelloReply) -> bool:
    return side_of(hello.side) == node.side and site_of(hello.site) is None


def _states_site(node: Node, hello: HelloReply) -> bool:
    return side_of(hello.side) is None and site_of(hello.site) == node.site


def _states_nothing(node: Node, hello: HelloReply) -> bool:
    return side_of(hello.side) is None and site_of(hello.site) is None


def _any(node: Node, hello: HelloReply) -> bool:
    return True


def contradiction(node: Node, side: int) -> str:
    """Why a device that states this side (a code of the wire) cannot be that node, and the mend; "" if it can.

    A site that differs is a matter of words; a side is not.
    """
    stated = side_of(side)
    if stated is None or stated == node.side:
        return ""
    return (
        f"evenside.toml says {node.side}, the device says {stated}. If it is worn on the {stated}, set "
        f'side = "{stated}" for this node in evenside.toml, or exchange the serial numbers of both sides; '
        f"if it is worn on the {node.side}, tell the device so with SET_SIDE {node.side}"
    )
