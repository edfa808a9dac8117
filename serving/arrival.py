"""When a request came, and until when it is to be answered, whichever way it takes."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.types import Scope

KEY = "shipshape.arrival"


@dataclass(frozen=True, slots=True)
class Arrival:
    """`at` is naive UTC, as the log has it; `deadline` is by the clock of the event loop."""

    at: datetime
    deadline: float


def arrive(scope: Scope, timeout_seconds: float) -> Arrival:
    """Note that a request came just now."""
    arrival = Arrival(datetime.now(UTC).replace(tzinfo=None), asyncio.get_running_loop().time() + timeout_seconds)
    scope[KEY] = arrival
    return arrival


def arrival_of(request: Request) -> Arrival:
    """When a request came."""
    arrival: Arrival = request.scope[KEY]
    return arrival
