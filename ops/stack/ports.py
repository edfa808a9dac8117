"""Which ports the stack publishes: on the loopback address alone, and each for one service."""

import ipaddress
import re
from collections.abc import Iterator

from ops.stack.compose_file import Compose
from ops.stack.rules import REFERENCE
from ops.stack.variables import LAST_PORT

_PORT = re.compile(r"(?P<address>[^:]*):(?P<outside>[^:]+):(?P<inside>[^:/]*)(?:/(?P<protocol>.*))?")
_NUMBERS = re.compile(r"(?P<first>[0-9]{1,5})(?:-(?P<last>[0-9]{1,5}))?")
_PROTOCOLS = ("tcp", "udp", "sctp")
_WANTED = "127.0.0.1:PORT:PORT is wanted"


def ports(compose: Compose) -> Iterator[str]:
    """A port is published on the loopback address alone, and says which of the host is which of the container."""
    for name, service in compose.services.items():
        for port in service.ports:
            if no := _wrong(port):
                yield f"{name}: port {port} {no}; {_WANTED}"


def clashes(compose: Compose) -> Iterator[str]:
    """Each published port is one service's: compared as numbers, with a variable's default in its place."""
    taken: dict[tuple[str, str, int], str] = {}
    for name, service in compose.services.items():
        for port in service.ports:
            for one in _published(port):
                if one in taken:
                    address, _, number = one
                    twice = f"port {address}:{number} is published by {taken[one]} too"
                    yield f"{name}: {twice}; each service wants one of its own"
                taken.setdefault(one, name)


def _wrong(port: str) -> str | None:
    """What is wrong with it, in words that follow it; the address may come from no variable."""
    if not _is_loopback(port.partition(":")[0]):
        return "is published beyond loopback"
    said = _PORT.fullmatch(_filled(port))
    if said is None:
        return "says no number or range of the host"
    for side in ("outside", "inside"):
        if not _numbers(said[side]):
            return f"has {said[side]!r} {side}, which is no number or range from 1 to {LAST_PORT}"
    outside, inside = len(_numbers(said["outside"])), len(_numbers(said["inside"]))
    if outside != inside:
        return f"has ranges of {outside} outside and {inside} inside, so that none can tell which is which"
    if said["protocol"] is not None and said["protocol"].lower() not in _PROTOCOLS:
        return f"has the protocol {said['protocol']!r}, which is none of {', '.join(_PROTOCOLS)}"
    return None


def _published(port: str) -> Iterator[tuple[str, str, int]]:
    """Address, protocol and number of each port of the host; none where that cannot be told, which `ports` refuses."""
    if said := _PORT.fullmatch(_filled(port)):
        for number in _numbers(said["outside"]):
            yield said["address"], (said["protocol"] or "tcp").lower(), number


def _filled(port: str) -> str:
    return REFERENCE.sub(lambda one: (one["rest"] or "").removeprefix(":-"), port)


def _numbers(said: str) -> range:
    """The ports of a number or a range; empty where one is no port, or the last comes before the first."""
    numbers = _NUMBERS.fullmatch(said)
    if numbers is None:
        return range(0)
    first, last = int(numbers["first"]), int(numbers["last"] or numbers["first"])
    return range(first, last + 1) if first >= 1 and last <= LAST_PORT else range(0)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
