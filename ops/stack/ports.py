"""Which ports the stack publishes: on the loopback address alone, and each for one service."""

import ipaddress
import re
from collections.abc import Iterator

from ops.stack.compose_file import Compose
from ops.stack.rules import REFERENCE

_NUMBERS = re.compile(r"(?P<first>\d{1,5})(?:-(?P<last>\d{1,5}))?")


def ports(compose: Compose) -> Iterator[str]:
    """A port is published on the loopback address alone."""
    for name, service in compose.services.items():
        for port in service.ports:
            host, _, inside = port.partition(":")
            if ":" not in inside or not _is_loopback(host):
                yield f"{name}: port {port} is published beyond loopback; 127.0.0.1:PORT:PORT is wanted"


def clashes(compose: Compose) -> Iterator[str]:
    """Each published port is one service's: compared as numbers, with a variable's default in its place."""
    taken: dict[tuple[str, str, int], str] = {}
    for name, service in compose.services.items():
        for port in service.ports:
            published = _published(port)
            if not published:
                yield f"{name}: port {port} says no number or range of the host; 127.0.0.1:PORT:PORT is wanted"
            for one in published:
                if one in taken:
                    address, _, number = one
                    twice = f"port {address}:{number} is published by {taken[one]} too"
                    yield f"{name}: {twice}; each service wants one of its own"
                taken.setdefault(one, name)


def _published(port: str) -> list[tuple[str, str, int]]:
    """Address, protocol and number of each port of the host; empty where that cannot be told."""
    filled = REFERENCE.sub(lambda one: (one["rest"] or "").removeprefix(":-"), port)
    outside, _, inside = filled.rpartition(":")
    address, _, said = outside.rpartition(":")
    numbers = _NUMBERS.fullmatch(said)
    if numbers is None:
        return []
    first, last = int(numbers["first"]), int(numbers["last"] or numbers["first"])
    return [(address, inside.partition("/")[2] or "tcp", number) for number in range(first, last + 1)]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
