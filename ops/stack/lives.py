"""What lives on in the stack: watched, started again, and waited for in an order that there is."""

from collections.abc import Iterator, Mapping, Sequence

from ops.stack.compose_file import Compose
from ops.stack.health import unheard


def lives(compose: Compose) -> Iterator[str]:
    """A service is watched, started again and waited for; what runs once is neither."""
    waits = {name: [*service.depends_on] for name, service in compose.services.items()}
    for name, service in compose.services.items():
        if name in _before(waits, name):
            circle = [one for one in waits[name] if name in {one, *_before(waits, one)}]
            yield f"{name}: waits for itself, by way of {' and '.join(circle)}"
        if service.healthcheck:
            yield from unheard(name, service.healthcheck)
        if service.restart not in {"unless-stopped", "no"}:
            yield f"{name}: restart is {service.restart}; unless-stopped, or no for what runs once"
        if (service.restart == "no") == (service.healthcheck is not None):
            yield f"{name}: {'runs once, and has a' if service.healthcheck else 'runs on, and has no'} health check"
        for other, dependency in service.depends_on.items():
            if other not in compose.services:
                yield f"{name}: waits for {other}, which there is not"
                continue
            once = compose.services[other].restart == "no"
            if dependency.condition != ("service_completed_successfully" if once else "service_healthy"):
                yield f"{name}: waits for {other} by {dependency.condition}"
            if set(compose.services[other].profiles) - set(service.profiles):
                yield f"{name}: waits for {other}, which another profile starts"


def _before(waits: Mapping[str, Sequence[str]], name: str) -> set[str]:
    """Every service that has to come before `name`."""
    found: set[str] = set()
    left = [*waits.get(name, ())]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += waits.get(one, ())
    return found
